"""Requests to save a network as a ready-made app, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class ListApps(Request, frozen=True, kw_only=True):
    """Which apps a run can be saved as. -> AppsListed"""

    project_dir: str
    run: str = "best"


class SaveApp(Request, frozen=True, kw_only=True):
    """Save a run as an app, see `engine.catalog.apps`. -> AppSaved

    `to` is the folder or file to write. `with_data` copies the data into a Netwright project.
    """

    project_dir: str
    app: str
    to: str
    run: str = "best"
    with_data: bool = False


class AppOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One app. `why_not` is empty when it suits the network. `bytes` and `data_bytes` are known of a Netwright project:
    its size before it is packed, and what the data would add."""

    key: str
    title: str
    line: str
    form: str
    help: str = ""
    why_not: str = ""
    bytes: int = 0
    data_bytes: int = 0


class AppsListed(Event, frozen=True, kw_only=True):
    """All apps, in the order in which they are shown."""

    run: int
    apps: list[AppOffer]


class AppSaved(Event, frozen=True, kw_only=True):
    """An app was written. `path` is the folder or file, `files` what is in it; `open` what a person opens first.

    `samples` golden samples lie with it, so that it can prove itself.
    """

    app: str
    path: str
    bytes: int
    files: list[str] = []
    open: str = ""
    samples: int = 0
    run: int = 0
