"""A folder, an archive or a single file as one list of files, read whole and within limits."""

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.archives import (
    BROKEN,
    MAX_FILE_BYTES,
    MAX_FILES,
    Member,
    Members,
    Packed,
    is_junk,
    kind_of,
    named_like_archive,
    tar_members,
    without_packing,
    zip_members,
)
from engine.errors import DataError

_BESIDE: Final = frozenset(
    (".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".html", ".pdf", ".tm", "")
)
"""Endings of files that lie beside archives; where there are others, archives are taken for copies and left alone."""

_PACKED_TABLES: Final = frozenset((".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".npy", ".arrow", ".xml"))
"""Endings before .gz, .bz2 or .xz that are read as if the file were not packed."""


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
        name = self.parts[-1]
        dot = name.rfind(".")  # as pathlib, at a tenth of its cost: every layout asks it of every file
        return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


@dataclass(slots=True)
class FileTree:
    """The files below `root` (folder, archive or one file), junk and hidden ones left out, sorted by name.

    `inside` are the folders that were stepped into because they were the only thing there.
    """

    root: Path
    entries: list[FileEntry]
    left_out: LeftOutList
    inside: tuple[str, ...] = ()
    _members: dict[tuple[str, ...], Member] = field(default_factory=dict)
    _closers: list[Callable[[], None]] = field(default_factory=list)

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
            data = self._first(entry, limit + 1)
        except OSError as error:
            raise DataError(f"{where} cannot be read: {reason(error)}.", where=where) from None
        except BROKEN as error:
            raise DataError(f"{where} is damaged inside the archive ({error}).", where=where) from None
        if len(data) > limit:
            raise DataError(f"{where} is larger than it says.", where=where)
        return data

    def head(self, entry: FileEntry, size: int = 512) -> bytes:
        """The first bytes; empty when it cannot be read (reading it whole then says why)."""
        try:
            return self._first(entry, size)
        except (DataError, OSError, *BROKEN):
            return b""

    def _first(self, entry: FileEntry, size: int) -> bytes:
        member = self._members.get(entry.parts)
        if member is not None:
            return member.read(size)
        with self.path(entry).open("rb") as file:
            return file.read(size)

    def path(self, entry: FileEntry) -> Path:
        """Where a file lies on disk; not for what is in an archive."""
        return self.root if self.root.is_file() else self.root.joinpath(*self.inside, *entry.parts)

    def on_disk(self, entry: FileEntry) -> Path | None:
        """Where a file lies on disk as it is; None for what is in an archive or packed."""
        return None if entry.parts in self._members else self.path(entry)

    @property
    def is_archive(self) -> bool:
        """Whether the files lie in an archive."""
        return bool(self._members)

    def listing(self) -> str:
        """A digest of names, sizes and stamps: changes when anything was added, removed or written."""
        digest = hashlib.blake2b(digest_size=16)
        for entry in self.entries:
            digest.update(f"{entry.name}\0{entry.size}\0{entry.stamp}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def close(self) -> None:
        """Let go of the archives."""
        for close in self._closers:
            close()


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
    """List a folder (each real folder once, so loops of links end), an archive, a single file, or a part of an archive
    (sets.zip/penguins.csv).

    Raises DataError when there is nothing at `root` or nothing readable in it.
    """
    try:
        status = root.stat()
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            return _open_part(root, progress, cancelled)
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        raise DataError(
            f"There is nothing at {root}." if missing else f"{root} cannot be opened: {reason(error)}.",
            where=str(root),
            hint="Check the path. Was the folder moved or renamed?" if missing else "",
        ) from None
    except ValueError:
        raise DataError("This is not a path.", where=repr(str(root))[:200]) from None
    left_out = LeftOutList()
    pace = Pace(0, "Listing files", progress, cancelled)
    if stat.S_ISDIR(status.st_mode):
        entries = sorted(_walk(root, left_out, pace), key=_order)
        tree = FileTree(root=root, entries=entries, left_out=left_out)
        _open_packed(tree)
    elif not stat.S_ISREG(status.st_mode):
        raise DataError(f"{root} is neither a file nor a folder.", where=str(root))
    else:
        tree = _open_file(root, status, left_out, pace)
    _open_inner_archives(tree, pace)
    _step_inside(tree)
    return tree


def _open_part(root: Path, progress: Progress, cancelled: IsCancelled) -> FileTree:
    """A folder or file inside an archive, by the path of the archive with that of the part behind it."""
    archive = next(parent for parent in root.parents if parent.exists())
    tree = open_tree(archive, progress=progress, cancelled=cancelled)
    wanted = root.relative_to(archive).parts
    wanted = wanted[len(tree.inside) :] if wanted[: len(tree.inside)] == tree.inside else wanted
    found = [entry for entry in tree.entries if entry.parts[: len(wanted)] == wanted]
    if not tree.is_archive or not found:
        names = ", ".join(entry.name for entry in tree.entries[:6])
        raise DataError(
            f"There is nothing called {'/'.join(wanted)} in {archive.name}.",
            where=str(root),
            found=names if tree.is_archive else "a file that is no archive",
            hint="Check the path.",
        )
    below = len(wanted) - (found[0].parts == wanted)
    members = {entry.parts[below:]: tree._members[entry.parts] for entry in found}
    tree.entries = [FileEntry(entry.parts[below:], entry.size, entry.stamp) for entry in found]
    tree._members, tree.inside = members, (*tree.inside, *wanted[:below])
    tree.root = root
    return tree


def _open_file(root: Path, status: os.stat_result, left_out: LeftOutList, pace: Pace) -> FileTree:
    """The tree of an archive or of a single file."""
    alone = FileEntry((root.name,), status.st_size, status.st_mtime_ns)
    try:
        file = root.open("rb")
    except OSError as error:
        raise DataError(f"{root} cannot be read: {reason(error)}.", where=str(root)) from None
    try:
        kind = kind_of(file, root.name)
        if kind == "packed":
            entry = FileEntry((PurePosixPath(root.name).stem or root.name,), alone.size, alone.stamp)
            file.close()
            return FileTree(root=root, entries=[entry], left_out=left_out, _members={entry.parts: Packed(root)})
        members = _members_of(file, kind, root.name, left_out, pace)
    except OSError as error:
        file.close()
        raise DataError(f"{root} cannot be read: {reason(error)}.", where=str(root)) from None
    except BaseException:
        file.close()
        raise
    if members is None:
        file.close()
        return FileTree(root=root, entries=[alone], left_out=left_out)
    entries = sorted((FileEntry(parts, item[0], item[1]) for parts, item in members.by_path.items()), key=_order)
    return FileTree(
        root=root,
        entries=entries,
        left_out=left_out,
        _members={parts: item[2] for parts, item in members.by_path.items()},
        _closers=members.closers,
    )


def _members_of(file: IO[bytes], kind: str, where: str, left_out: LeftOutList, pace: Pace) -> Members | None:
    """What an archive holds; None for a file that is none. Raises DataError for kinds that cannot be opened."""
    if kind in ("rar", "7z"):
        raise DataError(
            f"{where} is a {kind.upper()} archive, which cannot be opened here.",
            where=where,
            expected="a folder, or a .zip, .tar, .tar.gz, .tar.bz2 or .tar.xz archive",
            hint="Unpack it and choose the folder.",
        )
    if kind == "zip":
        return zip_members(file, where, left_out)
    if kind in ("tar", "packed tar"):
        return tar_members(file, where, left_out, packed=kind == "packed tar", pace=pace)
    return None


def _open_packed(tree: FileTree) -> None:
    """Let tables packed with gzip and the like stand in the list under their own names."""
    names = {entry.parts for entry in tree.entries}
    for number, entry in enumerate(tree.entries):
        if entry.suffix not in (".gz", ".bz2", ".xz"):
            continue
        inner = (*entry.parts[:-1], PurePosixPath(entry.parts[-1]).stem)
        if PurePosixPath(inner[-1]).suffix.lower() in _PACKED_TABLES and inner not in names:
            tree._members[inner] = Packed(tree.path(entry))
            tree.entries[number] = FileEntry(inner, entry.size, entry.stamp)


def _open_inner_archives(tree: FileTree, pace: Pace) -> None:
    """Archives inside a folder or archive become folders of their name, as one zip for each class.

    Only where nothing but archives and papers lie there: beside other data an archive is a copy. One level deep.
    """
    packed = [entry for entry in tree.entries if named_like_archive(entry.parts[-1])]
    if not packed or any(entry.suffix not in _BESIDE for entry in tree.entries if entry not in packed):
        return
    wrapped = set(packed)
    entries = [entry for entry in tree.entries if entry not in wrapped]
    for entry in packed:
        try:
            file = _opened(tree, entry)
            inner = LeftOutList()
            members = _members_of(file, kind_of(file, entry.parts[-1]), entry.name, inner, pace)
        except DataError as error:
            tree.left_out.add(entry.name, error.message)
            continue
        except (OSError, *BROKEN) as error:
            tree.left_out.add(entry.name, f"It cannot be opened ({error}).")
            continue
        folder = (*entry.parts[:-1], without_packing(entry.parts[-1]))
        for left in inner.items:
            tree.left_out.add(left.where if left.where == entry.name else f"{entry.name}/{left.where}", left.reason)
        if members is None:
            file.close()
            tree.left_out.add(entry.name, "It is not an archive.")
            continue
        tree._closers += members.closers
        for parts, (size, stamp, member) in members.by_path.items():
            tree._members[(*folder, *parts)] = member
            entries.append(FileEntry((*folder, *parts), size, stamp))
    tree.entries = sorted(entries, key=_order)


def _opened(tree: FileTree, entry: FileEntry) -> IO[bytes]:
    """An archive as an open file; one inside another is copied to a nameless temporary file."""
    path = tree.on_disk(entry)
    if path is not None:
        return path.open("rb")
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the tree
    file.write(tree.read(entry))
    file.seek(0)
    return file


def _order(entry: FileEntry) -> tuple[str, ...]:
    return entry.parts


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
            if is_junk(item.name):
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


def _step_inside(tree: FileTree) -> None:
    """Drop leading folders that all files share."""
    while tree.entries:
        firsts = {entry.parts[0] for entry in tree.entries if len(entry.parts) > 1}
        loose = [entry for entry in tree.entries if len(entry.parts) == 1]
        if len(firsts) != 1 or loose:
            return
        (first,) = firsts
        tree.inside = (*tree.inside, first)
        tree._members = {parts[1:]: member for parts, member in tree._members.items() if parts[0] == first}
        tree.entries = [FileEntry(entry.parts[1:], entry.size, entry.stamp) for entry in tree.entries]
