"""More than 200 kinds of broken file, each made on disk beside good ones.

A case is a name and what makes it. `BROKEN_MEDIA` lie among twelve good pictures or recordings for each of two classes
and must be listed with a reason, the good ones used. `BROKEN_WHOLES` are all there is (a table, an archive, arrays):
either what is left of them is used or the import is refused with a sentence. `ODD_NAMES` are good files with names that
programs trip over: they are used.
"""

# ruff: noqa: E501 - a case is a line

import bz2
import gzip
import io
import json
import lzma
import os
import socket
import sqlite3
import struct
import tarfile
import wave
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import soundfile
from PIL import Image

from tests.unit.data.samples_on_disk import idx_bytes, jpeg, noisy, png

Make = Callable[[Path], None]
"""Makes the broken file at a path."""


class Broken(NamedTuple):
    """One kind: `suffix` of the file's name, `make` what puts it there, `media` picture or sound, "" for a whole."""

    name: str
    suffix: str
    make: Make
    media: str = ""
    usable: bool = False
    """Whether the format allows to use it after all, in part or as a whole: it need not be listed then."""


def content(data: bytes | Callable[[], bytes]) -> Make:
    """Writes these bytes; large ones are made when they are wanted."""

    def make(path: Path) -> None:
        path.write_bytes(data if isinstance(data, bytes) else data())

    return make


# -- good files, to be broken ----------------------------------------------------------------------------------------


def _picture(form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(noisy(5, 40, 40)).save(stream, form, **options)
    return stream.getvalue()


def _sound(form: str, subtype: str | None = None) -> bytes:
    stream = io.BytesIO()
    tone = np.sin(np.arange(8000) / 9).astype(np.float32) * 0.4
    soundfile.write(stream, tone, 8000, format=form, subtype=subtype)
    return stream.getvalue()


def _plain_wav() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(4000) / 9) * 9000).astype("<i2").tobytes())
    return stream.getvalue()


def _frame(rows: int = 120) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    size = rng.normal(size=rows)
    return pl.DataFrame(
        {"size": size, "colour": ["red", "green", "blue"] * (rows // 3), "kind": np.where(size > 0, "big", "small")}
    )


def _saved(write: Callable[[Any], object]) -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def _sheet(cells: int = 60) -> bytes:
    """An Excel file with the least there may be in one."""
    rows = ["<row><c t='inlineStr'><is><t>a</t></is></c><c t='inlineStr'><is><t>kind</t></is></c></row>"]
    rows += [
        f"<row><c><v>{i * 1.5}</v></c><c t='inlineStr'><is><t>{'xy'[i % 2]}</t></is></c></row>" for i in range(cells)
    ]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f"<Types xmlns='{types}'><Default Extension='rels' ContentType='application/vnd."
        "openxmlformats-package.relationships+xml'/><Default Extension='xml' ContentType='application/xml'/>"
        f"<Override PartName='/xl/workbook.xml' ContentType='{sheet_type}.sheet.main+xml'/>"
        f"<Override PartName='/xl/worksheets/sheet1.xml' ContentType='{sheet_type}.worksheet+xml'/></Types>",
        "_rels/.rels": f"<Relationships xmlns='{relations}'><Relationship Id='r1' Type='{office}/officeDocument' "
        "Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets><sheet name='s' sheetId='1' r:id='r1'/>"
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{relations}'><Relationship Id='r1' "
        f"Type='{office}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>",
        "xl/worksheets/sheet1.xml": f"<worksheet xmlns='{main}'><sheetData>{''.join(rows)}</sheetData></worksheet>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a real, kind text)")
    connection.executemany("insert into t values (?, ?)", [(i * 1.5, "xy"[i % 2]) for i in range(300)])
    connection.commit()
    return connection.serialize()


def _empty_database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a real)")
    connection.execute("drop table t")
    connection.commit()
    return connection.serialize()


def _archive(mode: str) -> bytes:
    """Class folders of pictures in a zip or tar."""
    stream = io.BytesIO()
    members = {f"{name}/{i:02}.png": png(noisy(ord(name[0]) * 100 + i)) for name in ("cat", "dog") for i in range(12)}
    if mode == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def _npz() -> bytes:
    labels = np.arange(60) % 3
    return _saved(lambda stream: np.savez_compressed(stream, x=np.random.default_rng(1).random((60, 5)), y=labels))


GOOD_PICTURES: dict[str, bytes] = {
    ".png": _picture("PNG"),
    ".jpg": _picture("JPEG"),
    ".gif": _picture("GIF"),
    ".bmp": _picture("BMP"),
    ".tif": _picture("TIFF"),
    ".webp": _picture("WEBP", lossless=True),
    ".ppm": _picture("PPM"),
    ".jp2": _picture("JPEG2000"),
}
GOOD_SOUNDS: dict[str, bytes] = {
    ".wav": _plain_wav(),
    ".flac": _sound("FLAC"),
    ".ogg": _sound("OGG", "VORBIS"),
    ".aiff": _sound("AIFF"),
}
GOOD_WHOLES: dict[str, bytes] = {
    ".csv": _frame().write_csv().encode(),
    ".tsv": _frame().write_csv(separator="\t").encode(),
    ".jsonl": _frame().write_ndjson().encode(),
    ".parquet": _saved(_frame().write_parquet),
    ".arrow": _saved(_frame().write_ipc),
    ".xlsx": _sheet(),
    ".sqlite": _database(),
    ".npz": _npz(),
    ".zip": _archive("zip"),
    ".tar": _archive("w:"),
    ".tar.gz": _archive("w:gz"),
    ".tar.bz2": _archive("w:bz2"),
    ".tar.xz": _archive("w:xz"),
}

# -- cut off at every tenth ------------------------------------------------------------------------------------------


def _cut(suffix: str, data: bytes, media: str) -> list[Broken]:
    found = []
    for tenth in range(1, 10):
        part = data[: len(data) * tenth // 10]
        found.append(Broken(f"{suffix[1:]} cut at {tenth} tenths", suffix, content(part), media))
    return found


# -- what says it is something else ----------------------------------------------------------------------------------

_SCRIPT = b"#!/bin/sh\nrm -rf / # not to be run\n"
_PICKLE = b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."
_NOISE = np.random.default_rng(9).integers(0, 256, 4000, dtype=np.uint8).tobytes()
_PAGE = b"<!DOCTYPE html><html><body>404 not found</body></html>"

_LIARS: dict[str, bytes] = {
    "nothing": b"",
    "zeros": bytes(5000),
    "noise": _NOISE,
    "a web page": _PAGE,
    "a script": _SCRIPT,
    "a pickle": _PICKLE,
    "one byte": b"\x89",
    "a PDF": b"%PDF-1.7\n" + _NOISE,
}


def _liars() -> list[Broken]:
    found = []
    for what, data in _LIARS.items():
        for suffix, media in ((".png", "picture"), (".jpg", "picture"), (".wav", "sound"), (".flac", "sound")):
            found.append(Broken(f"{suffix[1:]} that is {what}", suffix, content(data), media))
        for suffix in (".csv", ".xlsx", ".parquet", ".npz", ".zip", ".tar.gz"):
            found.append(Broken(f"{suffix[1:]} that is {what}", suffix, content(data)))
    return found


# -- bombs, and headers that promise too much -------------------------------------------------------------------------


def _png_of(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


def _zip_of(name: str, data: bytes, **more: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data, **more)
    return stream.getvalue()


def _zip_with_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in ("cat", "dog"):
            for number in range(6):
                archive.writestr(f"{name}/{number}.png", png(noisy(number + 50 * len(name) + ord(name[0]))))
        with archive.open("cat/bomb.png", "w") as member:
            for _ in range(120):
                member.write(bytes(1 << 20))


def _tar_member(path: Path, **more: Any) -> None:
    with tarfile.open(path, "w") as tar:
        for name in ("cat", "dog"):
            for number in range(6):
                data = png(noisy(number + 50 * len(name) + ord(name[0])))
                info = tarfile.TarInfo(f"{name}/{number}.png")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("cat/odd.png")
        for key, value in more.items():
            setattr(info, key, value)
        tar.addfile(info)


def _wav_saying(frames: int, rate: int = 8000, channels: int = 1, bits: int = 16) -> bytes:
    body = bytes(2000)
    form = struct.pack(
        "<HHIIHH", 1, channels, rate, rate * channels * bits // 8 & 0xFFFFFFFF, channels * bits // 8 & 0xFFFF, bits
    )
    size = frames * channels * bits // 8 & 0xFFFFFFFF
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size) + body
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + chunks


def _idx_saying(*shape: int) -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(500)


def _npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode() + b" " * (118 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def _npz_of(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return stream.getvalue()


_TOO_MUCH: list[Broken] = [
    Broken("png of 4 billion pixels", ".png", content(lambda: _png_of(65_000, 65_000)), "picture"),
    Broken("png of no width", ".png", content(_png_of(0, 10)), "picture"),
    Broken("png 2 billion wide", ".png", content(_png_of(2**31 - 1, 1)), "picture"),
    Broken(
        "png with a wrong check sum",
        ".png",
        content(_picture("PNG")[:40] + b"\0\0\0\0" + _picture("PNG")[44:]),
        "picture",
    ),
    Broken(
        "bmp of 2 billion rows",
        ".bmp",
        content(b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 40, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0)),
        "picture",
    ),
    Broken("gif without a picture", ".gif", content(b"GIF89a\x10\x00\x10\x00\x00\x00\x00;"), "picture"),
    Broken("tiff that points beyond its end", ".tif", content(b"II*\0\xff\xff\xff\x7f"), "picture"),
    Broken(
        "tiff that points at itself",
        ".tif",
        content(b"II*\0\x08\0\0\0\x01\0\x00\x01\x03\0\x01\0\0\0\x10\0\0\0\x08\0\0\0"),
        "picture",
    ),
    Broken("jpeg of two bytes", ".jpg", content(b"\xff\xd8"), "picture"),
    Broken(
        "jpeg with a huge header",
        ".jpg",
        content(b"\xff\xd8" + (b"\xff\xe1\xff\xff" + bytes(65533)) * 20 + b"\xff\xd9"),
        "picture",
    ),
    Broken("webp that says it is larger", ".webp", content(b"RIFF\xff\xff\xff\x7fWEBPVP8 " + bytes(50)), "picture"),
    Broken("ppm of 10 billion pixels", ".ppm", content(b"P6\n100000 100000\n255\n" + bytes(100)), "picture"),
    Broken("wav that says 4 GB", ".wav", content(_wav_saying(2**31 - 1)), "sound", usable=True),
    Broken("wav of no rate", ".wav", content(_wav_saying(100, rate=0)), "sound"),
    Broken("wav of no channels", ".wav", content(_wav_saying(100, channels=0)), "sound"),
    Broken("wav of 65,535 channels", ".wav", content(_wav_saying(100, channels=65_535)), "sound"),
    Broken("wav of no bits", ".wav", content(_wav_saying(100, bits=0)), "sound"),
    Broken("wav of 4 billion samples a second", ".wav", content(_wav_saying(100, rate=2**32 - 1)), "sound"),
    Broken("wav without sound", ".wav", content(_wav_saying(0)[:44]), "sound"),
    Broken("zip with a bomb among pictures", ".zip", _zip_with_bomb),
    Broken(
        "zip of zips of zips",
        ".zip",
        content(lambda: _zip_of("a.zip", _zip_of("b.zip", _zip_of("c.zip", bytes(9_000_000))))),
    ),
    Broken("zip whose members lead out", ".zip", content(_zip_of("../../evil.csv", b"a,b\n1,2\n"))),
    Broken("zip with an absolute path", ".zip", content(_zip_of("/etc/evil.csv", b"a,b\n1,2\n"))),
    Broken("zip with a Windows path", ".zip", content(_zip_of("C:\\evil.csv", b"a,b\n1,2\n"))),
    Broken("zip of nothing", ".zip", content(b"PK\x05\x06" + bytes(18))),
    Broken("zip whose directory is gone", ".zip", content(_archive("zip")[:-60])),
    Broken("gzip bomb called csv", ".csv.gz", content(lambda: gzip.compress(bytes(120 << 20), 9))),
    Broken("bzip2 bomb", ".tar.bz2", content(lambda: bz2.compress(bytes(60 << 20)))),
    Broken("xz bomb", ".tar.xz", content(lambda: lzma.compress(bytes(120 << 20)))),
    Broken("tar that says a member has 8 EB", ".tar", lambda path: _tar_member(path, size=2**62)),
    Broken("tar with a link out", ".tar", lambda path: _tar_member(path, type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    Broken(
        "tar with a hard link out", ".tar", lambda path: _tar_member(path, type=tarfile.LNKTYPE, linkname="../../x")
    ),
    Broken("tar with a device", ".tar", lambda path: _tar_member(path, type=tarfile.CHRTYPE, devmajor=1, devminor=5)),
    Broken("tar with a pipe", ".tar", lambda path: _tar_member(path, type=tarfile.FIFOTYPE)),
    Broken("idx of 16 TB", "-images-idx3-ubyte", content(_idx_saying(2**28, 256, 256))),
    Broken("idx of 255 axes", "-images-idx3-ubyte", content(b"\0\0\x08\xff" + bytes(1020))),
    Broken("idx without labels", "-images-idx3-ubyte", content(idx_bytes(np.zeros((20, 8, 8))))),
    Broken(
        "npz of Python objects",
        ".npz",
        content(_npz_of(x=_npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", _PICKLE))),
    ),
    Broken(
        "npz that says 8 TB",
        ".npz",
        content(_npz_of(x=_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}"))),
    ),
    Broken("npz with a header that is code", ".npz", content(_npz_of(x=_npy("__import__('os').system('id')")))),
    Broken("npz of other lengths", ".npz", content(_saved(lambda s: np.savez(s, x=np.zeros((5, 3)), y=np.arange(6))))),
    Broken(
        "npz bomb",
        ".npz",
        content(
            lambda: _npz_of(x=_npy("{'descr': '|u1', 'fortran_order': False, 'shape': (125829120,)}", bytes(120 << 20)))
        ),
    ),
    Broken(
        "npy of complex numbers",
        ".npz",
        content(_saved(lambda s: np.savez(s, x=np.zeros((20, 3), complex), y=np.arange(20) % 2))),
    ),
    Broken("xlsx bomb", ".xlsx", content(lambda: _zip_of("xl/workbook.xml", bytes(120 << 20)))),
    Broken("xlsx without sheets", ".xlsx", content(_zip_of("xl/workbook.xml", b"<workbook/>"))),
    Broken(
        "parquet with a wrong footer", ".parquet", content(b"PAR1" + _NOISE + struct.pack("<I", 2**31 - 1) + b"PAR1")
    ),
    Broken("parquet of two magic words", ".parquet", content(b"PAR1PAR1")),
    Broken(
        "arrow with a wrong footer",
        ".arrow",
        content(b"ARROW1\0\0" + _NOISE + struct.pack("<i", 2**31 - 1) + b"ARROW1"),
    ),
    Broken("database with torn pages", ".sqlite", content(_database()[:1500] + _NOISE)),
    Broken("database without tables", ".sqlite", content(_empty_database)),
    Broken("csv that is a header alone", ".csv", content(b"a,b,c\n")),
    Broken("csv with a quote never closed", ".csv", content(b'a,b\n1,"x\n' + b"2,y\n" * 500)),
    Broken("csv with a cell of 20 MB", ".csv", content(lambda: b"a,b\n1," + b"x" * (20 << 20) + b"\n2,y\n")),
    Broken(
        "csv of 30,000 columns",
        ".csv",
        content(lambda: b",".join(b"%d" % i for i in range(30_000)) + b"\n" + b",".join([b"1"] * 30_000) + b"\n"),
    ),
    Broken(
        "csv with another width in each row",
        ".csv",
        content(b"a,b\n" + b"".join(b",".join([b"1"] * (i % 7 + 1)) + b"\n" for i in range(90))),
    ),
    Broken("csv of UTF-16 without its mark", ".csv", content("a,kind\n1,x\n2,y\n".encode("utf-16-le") * 40)),
    Broken(
        "csv of UTF-16 cut within a character",
        ".csv",
        content("a,kind\n".encode("utf-16") + "1,x\n2,y\n".encode("utf-16-le") * 40 + b"\x31"),
    ),
    Broken("csv with broken UTF-8", ".csv", content(b"a,kind\n" + b"1,\xff\xfe\xc3(\n2,y\n" * 40)),
    Broken("csv with NUL bytes", ".csv", content(b"a,kind\n" + b"1,x\0\n2,y\n" * 40)),
    Broken("csv of one line without end", ".csv", content(lambda: b"a,b,kind" * 200_000)),
    Broken("json nested 100,000 deep", ".json", content(lambda: b"[" * 100_000 + b"]" * 100_000)),
    Broken("json of one number", ".json", content(b"12345678901234567890")),
    Broken("json of a number of a million digits", ".json", content(lambda: b"[" + b"9" * 1_000_000 + b"]")),
    Broken("jsonl of broken lines", ".jsonl", content(b'{"a": 1, "kind": "x"}\n{"a": \n{"a": 2, "kind": "y"}\n' * 40)),
    Broken(
        "jsonl with other keys in each line",
        ".jsonl",
        content(b"".join(json.dumps({f"k{i}": i}).encode() + b"\n" for i in range(300))),
    ),
    Broken("text of one line", ".txt", content(b"only this")),
]

# -- what is no file, or one that nobody may read ---------------------------------------------------------------------


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _pair(path: Path) -> None:
    other = path.with_name("other-" + path.name)
    other.symlink_to(path.name)
    path.symlink_to(other.name)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have no more than 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


_NO_FILES: list[Broken] = [
    Broken("link to nothing", ".png", lambda path: path.symlink_to("nowhere.png"), "picture"),
    Broken("link to itself", ".png", _loop, "picture"),
    Broken("two links to each other", ".png", _pair, "picture"),
    Broken("link to endless zeros", ".png", lambda path: path.symlink_to("/dev/zero"), "picture"),
    Broken("pipe", ".png", lambda path: os.mkfifo(path), "picture"),
    Broken("socket", ".png", _socket, "picture"),
    Broken("folder called like a picture", ".png", lambda path: path.mkdir(), "picture", usable=True),
    Broken(
        "folder that holds itself",
        "",
        lambda path: path.symlink_to("..", target_is_directory=True),
        "picture",
        usable=True,
    ),
    Broken("forty links in a row", ".png", lambda path: _chain(path, 45), "picture", usable=True),
    Broken("sparse file of 3 GB", ".png", lambda path: _sparse(path, 3 << 30), "picture"),
    Broken("sparse sound of 3 GB", ".wav", lambda path: _sparse(path, 3 << 30), "sound"),
]


def _chain(path: Path, length: int) -> None:
    folder = path.parent / ".links"  # hidden, so that the links themselves are not looked at
    folder.mkdir()
    target = "nowhere.png"
    for number in range(length):
        link = folder / f"{number}.png"
        link.symlink_to(target)
        target = link.name
    path.symlink_to(f".links/{target}")


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


BROKEN_MEDIA: list[Broken] = [
    *(case for suffix, data in GOOD_PICTURES.items() for case in _cut(suffix, data, "picture")),
    *(case for suffix, data in GOOD_SOUNDS.items() for case in _cut(suffix, data, "sound")),
    *(case for case in (*_liars(), *_TOO_MUCH, *_NO_FILES) if case.media),
]
BROKEN_WHOLES: list[Broken] = [
    *(case for suffix, data in GOOD_WHOLES.items() for case in _cut(suffix, data, "")),
    *(case for case in (*_liars(), *_TOO_MUCH) if not case.media),
]

ODD_NAMES: dict[str, str | bytes] = {
    "Chinese": "猫的照片",
    "Arabic, from right to left": "صورة قطة",
    "Hindi": "बिल्ली",
    "Thai": "แมวน้อย",
    "Hebrew with vowels": "חָתוּל",
    "emoji with joined parts": "👩‍👩‍👧‍👦🐈‍⬛",
    "letters taken apart": "e\u0301a\u0308o\u0302",
    "a mark that turns the direction": "abc\u202egnp.tac",
    "nothing that is seen": "\u200b\u200d\ufeff",
    "a line break": "first\nsecond",
    "a tab and a bell": "a\tb\ac",
    "quotes": 'it\'s "quoted" `so`',
    "a leading dash": "-rf",
    "blanks around": "  spaced out  ",
    "dots": "name...more...",
    "per cent and dollar": "%s%n$HOME$(id)",
    "a comma and semicolon": "a,b;c|d",
    "255 bytes": "n" * 251,
    "bytes that are no UTF-8": b"caf\xe9\xff",
    "a backslash": "a\\b",
    "a star and a question mark": "a*b?c",
    "stacked marks": "z" + "\u0300\u0301\u0302\u0316" * 10,
    "mathematical letters": "𝓬𝓪𝓽",
    "a name of DOS": "CON",
    "a dollar template": "${jndi:x}",
    "a tag": "<script>alert(1)</script>".replace("/", "\u2215"),
}


def count() -> int:
    """How many kinds there are."""
    return len(BROKEN_MEDIA) + len(BROKEN_WHOLES) + len(ODD_NAMES)


def good_folder(root: Path, media: str) -> Path:
    """Twelve good files for each of two classes."""
    for number, name in enumerate(("cat", "dog")):
        folder = root / name
        folder.mkdir(parents=True)
        for index in range(12):
            if media == "picture":
                (folder / f"{index:03}.png").write_bytes(jpeg_or_png(number * 1000 + index))
            else:
                tone = np.sin(np.arange(1200) / (3 + number * 4 + index / 20)) * 9000
                with wave.open(str(folder / f"{index:03}.wav"), "wb") as file:
                    file.setparams((1, 2, 8000, 0, "NONE", ""))
                    file.writeframes(tone.astype("<i2").tobytes())
    return root


def jpeg_or_png(seed: int) -> bytes:
    """A small good picture."""
    return png(noisy(seed)) if seed % 2 else jpeg(noisy(seed))
