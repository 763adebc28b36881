"""Writes a file so that after a crash, a full disk or a power cut either the old or the new content is there, whole.

Temp file in the same folder, write, fsync, replace, fsync of the folder: the one recipe of those measured that lost
nothing, over kill -9 and power cuts (SQLite's and git's order; Pillai et al., "All File Systems Are Not Created Equal",
OSDI 2014). Left out on purpose: hard links (FAT and some shares have none) and a second fsync after a failed one, which
may claim success for pages the kernel has dropped.
"""

import errno
import os
import secrets
import shutil
import socket
import stat
import sys
import time
import zlib
from pathlib import Path

from engine.errors import ProjectError

_RETRY_WINERRORS = {5, 32, 33}  # held by a virus scanner, an indexer or a sync tool
_RETRY_S = 2.5
_DAY_S = 86_400.0


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put `data` at `path`. Returns once it would survive a power cut; raises ProjectError, and the old file is intact.

    A link is followed and its target replaced; permissions of the old file are kept. `durable=False` leaves out the
    fsyncs, for what can be made again.
    """
    target = Path(os.path.realpath(path))
    temp = target.parent / _temp_name()
    try:
        _write(temp, target, data, durable)
    except OSError as error:
        try:
            temp.unlink()
        except OSError:
            pass  # never made, or the folder is gone; an old leftover is removed on the next opening
        raise _not_saved(path, len(data), error) from error


def _write(temp: Path, target: Path, data: bytes, durable: bool) -> None:
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            written = os.write(descriptor, rest)
            if written <= 0:
                raise OSError(errno.EIO, "nothing was written")
            rest = rest[written:]
        if os.fstat(descriptor).st_size != len(data):
            raise OSError(errno.EIO, "the file came out shorter than what was written")
        _keep_mode(target, temp)
        if durable:
            _sync(descriptor)
    finally:
        os.close(descriptor)
    _replace(temp, target)
    if durable:
        _sync_folder(target.parent)


def _keep_mode(target: Path, temp: Path) -> None:
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return
    temp.chmod(mode)


def _sync(descriptor: int) -> None:
    """Flush a file down to the disk; on macOS fsync alone stops at the drive's cache."""
    if sys.platform == "darwin":  # pragma: no cover
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable. Windows has no such call; some shares refuse it, and then there is nothing to do."""
    if sys.platform == "win32":  # pragma: no cover
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _replace(temp: Path, target: Path) -> None:
    """Rename over; on Windows tried again while another program holds the file."""
    wait_s, waited_s = 0.05, 0.0
    while True:
        try:
            temp.replace(target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _RETRY_WINERRORS or waited_s >= _RETRY_S:
                raise
        time.sleep(wait_s)
        waited_s += wait_s
        wait_s *= 2


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _temp_name() -> str:
    """Short and fixed in length, since the target's own name may already be as long as the system allows."""
    return f".save-{_host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def remove_leftovers(folder: Path) -> None:
    """Remove temp files of saves whose process was killed; those of a save going on elsewhere stay. Never raises."""
    import psutil  # only here: it takes longer to import than all else in this room

    try:
        names = [entry.name for entry in os.scandir(folder) if entry.name.startswith(".save-")]
    except OSError:
        return
    for name in names:
        parts = name.removesuffix(".tmp").split("-")
        if not name.endswith(".tmp") or len(parts) != 4 or not parts[2].isdecimal():
            continue
        try:
            if parts[1] == _host():
                stale = not psutil.pid_exists(int(parts[2]))
            else:
                stale = time.time() - (folder / name).stat().st_mtime > _DAY_S
            if stale:
                (folder / name).unlink()
        except (OSError, OverflowError):
            continue  # gone meanwhile, or not ours to remove


def _not_saved(path: Path, size: int, error: OSError) -> ProjectError:
    """The system's error in the user's words."""
    reason, hint = _reason(path, size, error)
    return ProjectError(f"{path.name} was not saved: {reason}.", where=str(path), hint=hint)


def _reason(path: Path, size: int, error: OSError) -> tuple[str, str]:
    match error.errno:
        case errno.ENOSPC:
            return f"the disk is full (needs {megabytes(size)}{_free(path)})", "Free some room, or save elsewhere."
        case errno.EDQUOT:
            return "your quota on this disk is used up", "Remove files you do not need, or save elsewhere."
        case errno.EFBIG:
            return "the file is larger than the system allows here", "Save to another disk."
        case errno.EROFS:
            return "the disk is read-only", "Save elsewhere."
        case errno.EACCES | errno.EPERM:
            return "you may not write there", "Change the folder's permissions, or save elsewhere."
        case errno.EIO:
            return "the disk reported a fault and may be failing", "Save to another disk and check this one."
        case errno.ENOENT | errno.ENOTDIR:
            return "its folder is gone", "Put the folder back, or save elsewhere."
        case errno.EISDIR:
            return "a folder has that name", "Choose another name."
        case errno.ENAMETOOLONG:
            return "its name or path is longer than the system allows", "Choose a shorter one."
        case errno.ELOOP:
            return "it is a link that leads back to itself", "Remove the link."
        case errno.EMFILE | errno.ENFILE:
            return "too many files are open", "Close other programs, then save again."
        case _:
            return (error.strerror or "the system refused").rstrip("."), "Save again, or elsewhere."


def _free(path: Path) -> str:
    try:
        return f", {megabytes(shutil.disk_usage(path.parent).free)} free"
    except OSError:
        return ""


def megabytes(size: int) -> str:
    """A size in words: "12 kB", "3.4 MB"."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{max(1, round(size / 1e3))} kB"
