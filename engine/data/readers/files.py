"""A folder, an archive or a single file as one list of files, read whole and within limits, never unpacked."""

import errno
import hashlib
import os
import stat
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.errors import DataError

MAX_FILE_BYTES = 1 << 30
MAX_FILES = 5_000_000
MAX_ARCHIVE_BYTES = 64 << 30
MAX_RATIO = 2000
"""An archive member that grows more than this is a bomb; the best real one (a blank picture) stays far below."""

_JUNK = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a tree: path below the root, size in bytes, and a stamp that changes with the content."""

    parts: tuple[str, ...]
    size: int
    stamp: int

    @property
    def name(self) -> str:
        """The path below the root, with slashes."""
        return "/".join(self.parts)

    @property
    def suffix(self) -> str:
        """The ending in lower case, with its dot."""
        return PurePosixPath(self.parts[-1]).suffix.lower()


@dataclass(slots=True)
class FileTree:
    """The files below `root` (folder, zip or one file), junk and hidden ones left out, sorted by name.

    `inside` are the folders that were stepped into because they were the only thing there.
    """

    root: Path
    entries: list[FileEntry]
    left_out: LeftOutList
    inside: tuple[str, ...] = ()
    _archive: zipfile.ZipFile | None = None
    _members: dict[tuple[str, ...], zipfile.ZipInfo] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, entry: FileEntry, limit: int = MAX_FILE_BYTES) -> bytes:
        """The content of a file. Raises DataError when it cannot be read or is larger than `limit` bytes."""
        where = entry.name
        if entry.size > limit:
            raise DataError(
                f"{where} is too large.",
                where=where,
                expected=f"up to {limit >> 20} MB",
                found=f"{entry.size >> 20} MB",
            )
        try:
            if self._archive is not None:
                with self._lock, self._archive.open(self._members[entry.parts]) as member:
                    data = member.read(limit + 1)
            else:
                with self.path(entry).open("rb") as file:
                    data = file.read(limit + 1)
        except OSError as error:
            raise DataError(f"{where} cannot be read: {reason(error)}.", where=where) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise DataError(f"{where} is damaged inside the archive ({error}).", where=where) from None
        if len(data) > limit:
            raise DataError(f"{where} is larger than it says.", where=where)
        return data

    def head(self, entry: FileEntry, size: int = 512) -> bytes:
        """The first bytes; empty when it cannot be read (reading it whole then says why)."""
        try:
            if self._archive is not None:
                with self._lock, self._archive.open(self._members[entry.parts]) as member:
                    return member.read(size)
            with self.path(entry).open("rb") as file:
                return file.read(size)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError):
            return b""

    def path(self, entry: FileEntry) -> Path:
        """Where a file lies on disk; not for archives."""
        return self.root if self.root.is_file() else self.root.joinpath(*self.inside, *entry.parts)

    @property
    def is_archive(self) -> bool:
        """Whether the files lie in an archive."""
        return self._archive is not None

    def listing(self) -> str:
        """A digest of names, sizes and stamps: changes when anything was added, removed or written."""
        digest = hashlib.blake2b(digest_size=16)
        for entry in self.entries:
            digest.update(f"{entry.name}\0{entry.size}\0{entry.stamp}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def close(self) -> None:
        """Let go of the archive."""
        if self._archive is not None:
            self._archive.close()


def reason(error: OSError) -> str:
    """An operating system's refusal in words."""
    known = {
        errno.EACCES: "there is no permission",
        errno.EPERM: "there is no permission",
        errno.ENOENT: "it is not there any more",
        errno.ELOOP: "its links go in a circle",
        errno.ENAMETOOLONG: "its name is too long",
        errno.EIO: "the disk reports an error",
        errno.EISDIR: "it is a folder",
    }
    return known.get(error.errno or 0, os.strerror(error.errno) if error.errno else str(error))


def open_tree(root: Path, *, progress: Progress = silent, cancelled: IsCancelled = never) -> FileTree:
    """List a folder (each real folder once, so loops of links end), a zip archive, or a single file.

    Raises DataError when there is nothing at `root` or nothing readable in it.
    """
    try:
        status = root.stat()
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        raise DataError(
            f"There is nothing at {root}." if missing else f"{root} cannot be opened: {reason(error)}.",
            where=str(root),
            hint="Check the path. Was the folder moved or renamed?" if missing else "",
        ) from None
    except ValueError:
        raise DataError("This is not a path.", where=repr(str(root))[:200]) from None
    left_out = LeftOutList()
    if stat.S_ISDIR(status.st_mode):
        entries = sorted(_walk(root, left_out, Pace(0, "Listing files", progress, cancelled)), key=_order)
        tree = FileTree(root=root, entries=entries, left_out=left_out)
    elif not stat.S_ISREG(status.st_mode):
        raise DataError(f"{root} is neither a file nor a folder.", where=str(root))
    elif _is_zip(root):
        tree = _open_zip(root, left_out)
    else:
        return FileTree(
            root=root, entries=[FileEntry((root.name,), status.st_size, status.st_mtime_ns)], left_out=left_out
        )
    _step_inside(tree)
    return tree


def _order(entry: FileEntry) -> tuple[str, ...]:
    return entry.parts


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in _JUNK


def _walk(root: Path, left_out: LeftOutList, pace: Pace) -> Iterator[FileEntry]:
    """Every regular file below a folder. What cannot be listed is noted; FIFOs and devices are never opened."""
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[str, tuple[str, ...]]] = [(str(root), ())]
    found = 0
    while stack:
        folder, parts = stack.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - a str path, a million times
            key = (status.st_dev, status.st_ino)
            if key in seen:
                continue
            seen.add(key)
            with os.scandir(folder) as listing:
                items = sorted(listing, key=lambda item: item.name, reverse=True)
        except OSError as error:
            left_out.add("/".join(parts) or folder, f"The folder cannot be opened: {reason(error)}.")
            continue
        for item in items:
            if _is_junk(item.name):
                continue
            path = (*parts, item.name)
            try:
                info = item.stat()
            except OSError as error:
                dangling = item.is_symlink() and error.errno == errno.ENOENT
                left_out.add(
                    "/".join(path), "It is a link to nothing." if dangling else f"It cannot be opened: {reason(error)}."
                )
                continue
            if stat.S_ISDIR(info.st_mode):
                stack.append((item.path, path))
            elif stat.S_ISREG(info.st_mode):
                found += 1
                pace.at(found)
                if found > MAX_FILES:
                    raise DataError(f"There are more than {MAX_FILES:,} files.", where=str(root))
                yield FileEntry(path, info.st_size, info.st_mtime_ns)
            else:
                left_out.add("/".join(path), "It is not a regular file.")


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06") and path.suffix.lower() not in (".npz", ".xlsx")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}.", where=str(path)) from None


def _open_zip(root: Path, left_out: LeftOutList) -> FileTree:
    """The members of an archive; paths that leave it, bombs and encrypted members are left out by name."""
    try:
        archive = zipfile.ZipFile(root)
        infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        raise DataError(
            f"{root.name} is not a complete zip archive.",
            where=str(root),
            found=str(error),
            hint="Copy or download it again.",
        ) from None
    members: dict[tuple[str, ...], zipfile.ZipInfo] = {}
    total = 0
    for info in infos[:MAX_FILES]:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.is_dir() or not parts or any(_is_junk(part) for part in parts if part != ".."):
            continue
        if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
            left_out.add(info.filename, "Its path leads out of the archive.")
        elif info.flag_bits & 1:
            left_out.add(info.filename, "It is encrypted.")
        elif info.file_size > MAX_RATIO * max(info.compress_size, 512):
            left_out.add(info.filename, f"It would unpack to {info.file_size >> 20} MB from almost nothing.")
        elif stat.S_ISLNK(info.external_attr >> 16):
            left_out.add(info.filename, "It is a link.")
        else:
            total += info.file_size
            members[parts] = info
    if total > MAX_ARCHIVE_BYTES:
        raise DataError(f"{root.name} would unpack to {total >> 30} GB.", where=str(root))
    entries = sorted((FileEntry(parts, info.file_size, info.CRC) for parts, info in members.items()), key=_order)
    return FileTree(root=root, entries=entries, left_out=left_out, _archive=archive, _members=members)


def _step_inside(tree: FileTree) -> None:
    """Drop leading folders that all files share."""
    while tree.entries:
        firsts = {entry.parts[0] for entry in tree.entries if len(entry.parts) > 1}
        loose = [entry for entry in tree.entries if len(entry.parts) == 1]
        if len(firsts) != 1 or loose:
            return
        (first,) = firsts
        tree.inside = (*tree.inside, first)
        tree._members = {parts[1:]: info for parts, info in tree._members.items() if parts[0] == first}
        tree.entries = [FileEntry(entry.parts[1:], entry.size, entry.stamp) for entry in tree.entries]
