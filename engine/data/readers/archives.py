"""The members of zip and tar archives and of packed single files, each read on its own and within limits.

Nothing is written beside the archive. What is packed as a whole (tar.gz, tar.bz2, tar.xz) is run through once into a
nameless temporary file, since its members cannot be reached otherwise; the system removes that file with the process.
"""

import bz2
import io
import lzma
import shutil
import stat
import struct
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from engine.data.left_out import LeftOutList
from engine.data.progress import Pace
from engine.errors import DataError

MAX_FILE_BYTES: Final = 1 << 30
MAX_FILES: Final = 5_000_000
MAX_ARCHIVE_BYTES: Final = 64 << 30
MAX_RATIO: Final = 2000
"""An archive member that grows more than this is a bomb; the best real one (a blank picture) stays far below."""

_MAX_HEADER_BYTES: Final = 1 << 20
"""Long names and the like in a tar; a larger header is an attack on memory."""
_MAX_LZMA_MEMORY: Final = 256 << 20
_SPARE_BYTES: Final = 512 << 20
"""What stays free on the disk that holds the temporary file."""
_CHUNK: Final = 1 << 20
_MAGIC: Final = 6
"""Bytes by which a packed stream is known."""

_JUNK = {"__macosx", "thumbs.db", "desktop.ini"}
_NOT_ARCHIVES = frozenset(
    (".npz", ".xlsx", ".xlsm", ".xlsb", ".ods", ".docx", ".pptx", ".odt", ".epub", ".jar", ".apk", ".whl")
)
"""Endings of files that are zip archives inside but are read as one file."""

BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError),
    *(NotImplementedError, ValueError, OverflowError, struct.error, MemoryError),
)
"""What the standard library raises for damaged archives."""

Parts = tuple[str, ...]


class Member(Protocol):
    """A file inside an archive."""

    def read(self, limit: int) -> bytes:
        """Up to `limit` bytes of it. Raises OSError or one of BROKEN."""
        ...


@dataclass(slots=True)
class Members:
    """What an archive holds, by path: (size, stamp, member). `close` lets go of the file."""

    by_path: dict[Parts, tuple[int, int, Member]] = field(default_factory=dict)
    closers: list[Callable[[], None]] = field(default_factory=list)
    total: int = 0

    def add(self, parts: Parts, size: int, stamp: int, member: Member, where: str) -> None:
        """One more. Raises DataError when it all would be too much."""
        self.total += size
        if self.total > MAX_ARCHIVE_BYTES:
            raise DataError(f"{where} would unpack to more than {MAX_ARCHIVE_BYTES >> 30} GB.", where=where)
        if len(self.by_path) >= MAX_FILES:
            raise DataError(f"There are more than {MAX_FILES:,} files.", where=where)
        self.by_path[parts] = (size, stamp, member)


@dataclass(frozen=True, slots=True)
class Blob:
    """An open file that several threads read at places of their own."""

    file: IO[bytes]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes from a place."""
        with self.lock:
            self.file.seek(offset)
            return self.file.read(size)


@dataclass(frozen=True, slots=True)
class _Span:
    """A member that lies in a file as it is."""

    blob: Blob
    offset: int
    size: int

    def read(self, limit: int) -> bytes:
        return self.blob.read(self.offset, min(self.size, limit))


@dataclass(frozen=True, slots=True)
class _Zipped:
    """A member of a whole zip archive."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    lock: threading.Lock

    def read(self, limit: int) -> bytes:
        with self.lock, self.archive.open(self.info) as member:
            return member.read(limit)


@dataclass(frozen=True, slots=True)
class _Deflated:
    """A member of a zip archive whose list is missing."""

    blob: Blob
    offset: int
    packed: int
    crc: int

    def read(self, limit: int) -> bytes:
        unpack = zlib.decompressobj(-15)
        data = unpack.decompress(self.blob.read(self.offset, self.packed), limit)
        if unpack.eof and zlib.crc32(data) != self.crc:
            raise zipfile.BadZipFile("Bad CRC-32")
        return data


@dataclass(frozen=True, slots=True)
class Packed:
    """A single file behind gzip, bzip2 or xz."""

    path: Path

    def read(self, limit: int) -> bytes:
        pieces: list[bytes] = []
        with self.path.open("rb") as file:
            stream = _Unpacking(file)
            while limit > 0 and (piece := stream.read(limit)):
                pieces.append(piece)
                limit -= len(piece)
        return b"".join(pieces)


# What kind of archive it is ------------------------------------------------------------------------------------------


def is_junk(name: str) -> bool:
    """Whether a file or folder is what systems leave behind."""
    return name.startswith(".") or name.lower() in _JUNK


def named_like_archive(name: str) -> bool:
    """Whether a file name promises an archive."""
    low = name.lower()
    packed = (".tgz", ".tbz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
    return low.endswith((".zip", ".tar", *packed))


def without_packing(name: str) -> str:
    """The name of an archive or packed file without what says so: "dogs.tar.gz" is "dogs"."""
    low = name.lower()
    for ending in (".tar.gz", ".tar.bz2", ".tar.xz", ".zip", ".tar", ".tgz", ".tbz2", ".tbz", ".txz"):
        if low.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def kind_of(file: IO[bytes], name: str) -> str:
    """ "zip", "tar", "packed tar", "packed", "rar", "7z" or "" for an open file, by its first bytes; it is rewound."""
    head = file.read(512)
    try:
        if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            return "" if PurePosixPath(name).suffix.lower() in _NOT_ARCHIVES else "zip"
        if head[:6] == b"7z\xbc\xaf\x27\x1c":
            return "7z"
        if head[:4] == b"Rar!":
            return "rar"
        if _is_tar(head):
            return "tar"
        if _unpacker(head) is not None:
            file.seek(0)
            try:
                inside = _Unpacking(file).read(512)
            except (DataError, OSError, *BROKEN):
                inside = b""
            promised = named_like_archive(name) and not name.lower().endswith((".zip", ".tar"))
            return "packed tar" if promised or _is_tar(inside) else "packed"
        return ""
    finally:
        file.seek(0)


def _is_tar(head: bytes) -> bool:
    """The checksum of a tar header is as good as a signature; old ones have no other."""
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


# Zip -----------------------------------------------------------------------------------------------------------------


def zip_members(file: IO[bytes], where: str, left_out: LeftOutList) -> Members:
    """The members of a zip archive; paths that leave it, bombs, links and encrypted members are left out by name.

    Of an archive that was cut off, what stands in front is found. Raises DataError when nothing of it can be read.
    """
    found = Members()
    try:
        archive = zipfile.ZipFile(file)
        infos = archive.infolist()
    except (OSError, *BROKEN) as error:
        _cut_zip(Blob(file), where, left_out, found)
        if not found.by_path:
            raise DataError(
                f"{where} is not a complete zip archive.",
                where=where,
                found=str(error),
                hint="Copy or download it again.",
            ) from None
        left_out.add(where, "The archive is cut off; what stood in front was read.")
        found.closers.append(file.close)
        return found
    lock = threading.Lock()
    found.closers += [archive.close, file.close]
    for info in infos:
        parts = _inner_path(info.filename, left_out)
        if info.is_dir() or not parts:
            continue
        if info.flag_bits & 1:
            left_out.add(info.filename, "It is encrypted.")
        elif info.file_size > MAX_RATIO * max(info.compress_size, 512):
            left_out.add(info.filename, f"It would unpack to {info.file_size >> 20} MB from almost nothing.")
        elif stat.S_ISLNK(info.external_attr >> 16):
            left_out.add(info.filename, "It is a link.")
        else:
            found.add(parts, info.file_size, info.CRC, _Zipped(archive, info, lock), where)
    return found


def _inner_path(name: str, left_out: LeftOutList) -> Parts:
    """The path of a member, () for junk and for one that leads out of the archive, which is noted."""
    parts = tuple(part for part in PurePosixPath(name.replace("\\", "/")).parts if part != ".")
    if not parts or any(is_junk(part) for part in parts if part != ".."):
        return ()
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        left_out.add(name, "Its path leads out of the archive.")
        return ()
    return parts


def _cut_zip(blob: Blob, where: str, left_out: LeftOutList, found: Members) -> None:
    """Go from member to member where the list at the end is missing. Source: PKWARE APPNOTE 4.3.7."""
    end = blob.file.seek(0, io.SEEK_END)
    at = 0
    while at + 30 <= end and len(found.by_path) < MAX_FILES:
        head = blob.read(at, 30)
        mark, _, flags, method, _, _, crc, packed, size, names, more = struct.unpack("<IHHHHHIIIHH", head)
        if mark != 0x04034B50 or flags & 9 or 0xFFFFFFFF in (packed, size):
            return
        name = blob.read(at + 30, names).decode("utf-8" if flags & 0x800 else "cp437", "replace")
        begin = at + 30 + names + more
        at = begin + packed
        parts = _inner_path(name, left_out)
        if not parts or name.endswith("/"):
            continue
        if at > end:
            left_out.add(name, "It is cut off with the archive.")
        elif method == zipfile.ZIP_STORED and packed == size:
            found.add(parts, size, crc, _Span(blob, begin, size), where)
        elif method == zipfile.ZIP_DEFLATED and size <= MAX_RATIO * max(packed, 512):
            found.add(parts, size, crc, _Deflated(blob, begin, packed, crc), where)
        else:
            left_out.add(name, "It is packed in a way that cannot be read.")


# Tar -----------------------------------------------------------------------------------------------------------------


class _Header(tarfile.TarInfo):
    """A header that says how the archive ended and refuses to fill the memory."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(archive)
        except Exception as error:  # raised again: whoever reads the archive tells the user
            archive.ended = type(error).__name__  # type: ignore[attr-defined]
            raise

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        extended = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
        named = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
        if self.type in (*extended, *named) and not 0 <= self.size <= _MAX_HEADER_BYTES:
            raise tarfile.ReadError("a header is too large")
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


def tar_members(file: IO[bytes], where: str, left_out: LeftOutList, *, packed: bool, pace: Pace) -> Members:
    """The members of a tar archive. Links, devices, absolute paths and paths that leave it are left out by name.

    Of an archive that is cut off or damaged, what stands in front is used, and the rest noted. Raises DataError for a
    bomb, when the disk is full, and when nothing can be read.
    """
    found = Members()
    if packed:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the members, which close it
        found.closers.append(spool.close)
        blob, source = Blob(spool), _Unpacking(file, room=shutil.disk_usage(tempfile.gettempdir()).free - _SPARE_BYTES)
        end = -1
    else:
        found.closers.append(file.close)
        blob, source = Blob(file), None
        end = file.seek(0, io.SEEK_END)
        file.seek(0)
    trouble = ""
    try:
        archive = tarfile.open(fileobj=source or file, mode="r|" if packed else "r:", tarinfo=_Header)  # type: ignore[call-overload] # noqa: SIM115 - the members read on from the file
        while (member := archive.next()) is not None:
            archive.members = []  # it would keep them all, a million headers in memory
            pace.at(len(found.by_path))
            parts = _inner_path(member.name, left_out)
            if not parts or member.isdir():
                continue
            if refused := _refusal(member):
                left_out.add(member.name, refused)
            elif source is not None:
                _spool(archive, member, parts, blob, found, where, left_out)
            elif member.offset_data + member.size > end:
                left_out.add(member.name, "It is cut off with the archive.")
                break
            else:
                found.add(parts, member.size, _stamp(member), _Span(blob, member.offset_data, member.size), where)
        ended = getattr(archive, "ended", "EOFHeaderError")
        if ended != "EOFHeaderError":
            trouble = "cut off" if ended in ("EmptyHeaderError", "TruncatedHeaderError") else "damaged"
    except DataError:
        _close(found)
        raise
    except EOFError:
        trouble = "cut off"
    except (OSError, *BROKEN):
        trouble = "damaged"
    if packed:
        file.close()
    if trouble and not found.by_path:
        _close(found)
        raise DataError(
            f"{where} is {trouble}: nothing in it can be read.", where=where, hint="Copy or download it again."
        )
    if trouble:
        left_out.add(where, f"The archive is {trouble}; what stood in front was read.")
    return found


def _stamp(member: tarfile.TarInfo) -> int:
    return int(member.mtime * 1000) ^ member.chksum << 44


def _refusal(member: tarfile.TarInfo) -> str:
    """Why a member is not used; empty for a file."""
    if member.issym() or member.islnk():
        return "It is a link."
    if member.issparse():
        return "It is a sparse file."
    if not member.isreg():
        return "It is not a regular file."
    if not 0 <= member.size <= MAX_FILE_BYTES:
        return f"It is larger than {MAX_FILE_BYTES >> 30} GB."
    return ""


def _spool(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    parts: Parts,
    blob: Blob,
    found: Members,
    where: str,
    left_out: LeftOutList,
) -> None:
    """Copy a member to the temporary file; one that is cut off is noted."""
    begin = blob.file.seek(0, io.SEEK_END)
    content = archive.extractfile(member)
    assert content is not None
    checksum = 0
    try:
        left = member.size
        while left:
            chunk = content.read(min(_CHUNK, left))
            if not chunk:
                raise EOFError
            checksum = zlib.crc32(chunk, checksum)
            blob.file.write(chunk)
            left -= len(chunk)
    except DataError:
        raise
    except (OSError, *BROKEN):
        left_out.add(member.name, "It is cut off with the archive.")
        raise
    found.add(parts, member.size, checksum, _Span(blob, begin, member.size), where)


def _close(found: Members) -> None:
    for close in found.closers:
        close()


# Packed streams ------------------------------------------------------------------------------------------------------


class _Stream(Protocol):
    """What zlib, bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflate:
    """gzip with the face of the other two."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


class _Broken:
    """Stands in for a stream that turned out damaged, until somebody reads on."""

    eof, needs_input, unused_data = False, False, b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        raise EOFError("the file is damaged")


def _unpacker(head: bytes) -> Callable[[], _Stream] | None:
    """What unpacks a stream that begins so."""
    if head[:3] == b"\x1f\x8b\x08":
        return _Inflate
    if head[:3] == b"BZh":
        return bz2.BZ2Decompressor
    if head[:6] == b"\xfd7zXZ\0":
        return lambda: lzma.LZMADecompressor(memlimit=_MAX_LZMA_MEMORY)
    return None


class _Unpacking:
    """Reads a gzip, bzip2 or xz file piece by piece; also several streams one behind the other.

    Raises EOFError where the file ends too early, DataError when it grows like a bomb or beyond `room`.
    """

    def __init__(self, file: IO[bytes], room: int = MAX_FILE_BYTES * 2) -> None:
        self._file = file
        self._name = str(getattr(file, "name", "") or "the archive")
        self._room = room
        self._data = file.read(_CHUNK)
        self._read = len(self._data)
        self._given = 0
        self._new = _unpacker(self._data)
        self._stream: _Stream | None = self._new() if self._new is not None else None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only before the end or damage, of which the next call tells."""
        pieces: list[bytes] = []
        while size > 0 and self._stream is not None:
            stream = self._stream
            if stream.eof:
                rest = stream.unused_data
                if len(rest) < _MAGIC:
                    more = self._file.read(_CHUNK)
                    self._read += len(more)
                    rest += more
                self._new = _unpacker(rest)  # padding and rubbish behind the end are none of our business
                self._data, self._stream = rest, self._new() if self._new is not None else None
                continue
            if stream.needs_input and not self._data:
                self._data = self._file.read(_CHUNK)
                self._read += len(self._data)
                if not self._data:
                    if pieces:
                        break  # what came before counts; the next call tells
                    raise EOFError("the file ends too early")
            data, self._data = self._data, b""
            try:
                piece = stream.decompress(data, min(size, _CHUNK))
            except (OSError, *BROKEN):
                if not pieces:
                    raise
                self._data = b""
                self._stream = _Broken()
                break
            self._given += len(piece)
            self._check()
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _check(self) -> None:
        if self._given > MAX_RATIO * max(self._read, 512):
            raise DataError(
                f"{Path(self._name).name} unpacks to {self._given >> 20} MB or more from almost nothing.",
                where=self._name,
                hint="Such files are made to fill disks. Get it from a place you trust.",
            )
        if self._given > min(self._room, MAX_ARCHIVE_BYTES):
            raise DataError(
                f"There is not enough room to unpack {Path(self._name).name}.",
                where=self._name,
                expected=f"more than {self._given >> 30} GB",
                hint="Make room on the disk, or unpack it yourself and choose the folder.",
            )
