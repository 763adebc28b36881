"""What a run decided by measuring, kept in its folder, so that it and its like compute alike whenever they go on.

A measurement on a busy machine may come out otherwise the next time. So a run that was killed before its first
checkpoint, a fork, further seeds of a repeat and the same run started anew take over what was decided for the same
network, batches and machine.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from engine.document.atomic import write_atomically
from engine.errors import ProjectError
from engine.protocol.run_folder import RunFolder

FILE: Final = "measured.json"
MOST_LOOKED_AT: Final = 200


class Decisions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`about` says what was measured; of decisions "" is one that was not made.

    `compiled` is "eager" or the mode of torch.compile.
    """

    about: str
    precision: str = ""
    compiled: str = ""


def subject(*parts: object) -> str:
    """A short name for what is measured: equal where all the parts are."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def decided(folder: RunFolder, about: str) -> Decisions:
    """What this run, or else the newest of its project, decided about the same; empty when none has."""
    for path in _newest_first(folder):
        found = _read(path)
        if found is not None and found.about == about:
            return found
    return Decisions(about=about)


def keep(folder: RunFolder, found: Decisions) -> None:
    """Write decisions down. Where the disk takes nothing they hold for this process all the same."""
    try:
        write_atomically(folder.path / FILE, msgspec.json.encode(found) + b"\n")
    except ProjectError:
        return  # the log and the checkpoints, which matter more, say so


def keep_compiled(folder: RunFolder, compiled: str) -> None:
    """Add what was decided about compiling to what a run has written down."""
    found = _read(folder)
    if found is not None:
        keep(folder, msgspec.structs.replace(found, compiled=compiled))


def _newest_first(folder: RunFolder) -> Iterator[RunFolder]:
    yield folder
    try:
        names = [path.name for path in folder.path.parent.iterdir()]
    except OSError:
        return
    numbers = sorted((int(name) for name in names if name.isascii() and name.isdecimal()), reverse=True)
    for number in numbers[:MOST_LOOKED_AT]:
        yield RunFolder(folder.path.parent / f"{number:04d}")


def _read(folder: RunFolder) -> Decisions | None:
    try:
        return msgspec.json.decode((folder.path / FILE).read_bytes(), type=Decisions)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
