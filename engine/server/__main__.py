"""`python -m engine.server`: the engine beside the window, speaking the protocol on stdin and stdout.

It says ready before it imports torch, and ends when its stdin closes; runs it started go on.
"""

import contextlib
import faulthandler
import os
import signal
import sys
from importlib import metadata
from pathlib import Path

from engine.protocol.messages.base import EngineReady
from engine.server.channel import Channel, claim_stdout
from engine.server.handlers import HANDLERS
from engine.server.server import Server
from engine.training.runtime import wait_politely
from engine.training.spare import Spare


def ready_event() -> EngineReady:
    """Versions and devices, found without importing torch."""
    torch_version = _version("torch")
    devices = ["cpu"]
    if "+cpu" not in torch_version:
        names = sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        devices += [f"cuda:{name}" for name in names if name.isdecimal()]
    return EngineReady(version=_version("netwright"), torch=torch_version, devices=devices)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _warm_up() -> None:
    """Import torch while nobody waits; if it cannot be imported, the first request that needs it says so."""
    with contextlib.suppress(ImportError, OSError):
        import torch  # noqa: F401


def main() -> int:
    """Serve until the window is gone."""
    with contextlib.suppress(ValueError, OSError):
        faulthandler.enable()  # the window shows its first line when the engine crashes
    # Ctrl+C in the terminal reaches every process of the group; the window decides about the engine. A handler rather
    # than SIG_IGN, which child processes would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    wait_politely()
    channel = Channel(claim_stdout())
    return Server(channel, HANDLERS, spare=Spare()).serve(0, ready_event(), warm_up=_warm_up)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Not sys.exit: a worker deep inside a library must not keep a closed engine alive.
    os._exit(code)
