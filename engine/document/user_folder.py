"""The folders in which Netwright keeps what belongs to a person, not to a project."""

import os
import sys
from pathlib import Path


def config_dir() -> Path:
    """The folder of settings, trusted code and the error log; it may not exist yet.

    NETWRIGHT_CONFIG_DIR names another one.
    """
    given = os.environ.get("NETWRIGHT_CONFIG_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Preferences"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "netwright"


def cache_dir() -> Path:
    """The folder of what was fetched and can be fetched again; it may not exist yet.

    NETWRIGHT_CACHE_DIR names another one; with NETWRIGHT_CONFIG_DIR alone it lies in that.
    """
    given = os.environ.get("NETWRIGHT_CACHE_DIR")
    if given:
        return Path(given)
    if os.environ.get("NETWRIGHT_CONFIG_DIR"):
        return config_dir() / "cache"
    if sys.platform == "win32":
        return config_dir() / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "netwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netwright"
