"""Files of text: which files they are, what their first lines look like, and reading them whole."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median

from engine.data.left_out import LeftOutList
from engine.data.pictures import SUFFIXES as PICTURES
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.sniffing import decode_table
from engine.data.samples import NOT_SAID, split_of_name, split_of_words
from engine.document.data_spec import Source
from engine.errors import DataError

MAX_BYTES = 256 << 20
HEAD_BYTES = 1 << 15
_ABOUT = ("readme", "license", "licence", "copying", "changelog", "about", "_about", "notice", "classes", "labels")
_OTHERS = frozenset(
    {
        *(".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".md", ".rst", ".html", ".htm", ".py", ".js", ".pdf"),
        *(".png", ".jpg", ".jpeg", ".gif", ".npz", ".npy", ".wav", ".ini", ".cfg", ".log", ".gz", ".zip", ".tar"),
        *(
            ".jsonl",
            ".ndjson",
            ".xlsx",
            ".xls",
            ".ods",
            ".parquet",
            ".arrow",
            ".feather",
            ".sqlite",
            ".db",
            ".pkl",
            ".pt",
        ),
        *(
            ".flac",
            ".ogg",
            ".mp3",
            ".aiff",
            ".aif",
            ".bz2",
            ".xz",
            ".7z",
            ".rar",
            ".doc",
            ".docx",
            ".exe",
            ".dll",
            ".so",
        ),
    }
)
_TAGGED = re.compile(r"<([A-Za-z][\w-]*)>(.*)</\1>\Z")


def is_about(entry: FileEntry) -> bool:
    """Whether a file speaks about the data, by its name."""
    return PurePosixPath(entry.parts[-1]).stem.lower() in _ABOUT


def text_entries(tree: FileTree) -> list[FileEntry]:
    """Files that may hold samples: of a text-like ending, and not about the data."""
    return [entry for entry in tree.entries if entry.suffix not in _OTHERS and not is_about(entry)]


def texts_alone(tree: FileTree) -> list[FileEntry]:
    """The text files of a tree that holds nothing else worth looking at; none where it does."""
    entries = text_entries(tree)
    if any(entry.suffix in PICTURES for entry in tree.entries):
        return []
    if len(entries) < 0.8 * sum(not is_about(entry) for entry in tree.entries):
        return []
    return [entry for entry in entries if entry.size and b"\0" not in tree.head(entry)]


@dataclass(frozen=True, slots=True)
class Look:
    """The first lines of a file, without their line ends."""

    lines: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        """The lines that are not blank."""
        return [line for line in self.lines if line.strip()]

    @property
    def blank(self) -> float:
        """The share of blank lines."""
        return 1 - len(self.filled) / len(self.lines) if self.lines else 0.0

    @property
    def words(self) -> float:
        """Words of a line, the middle of all."""
        return float(median([len(line.split()) for line in self.filled] or [0]))

    def columns(self, delimiter: str) -> list[list[str]]:
        """Every line cut at the delimiter; [] unless nearly all have one number of columns, two or more."""
        rows = [line.split(delimiter) for line in self.filled]
        if not rows:
            return []
        widths = [len(row) for row in rows]
        width = max(set(widths), key=widths.count)
        fitting = [row for row in rows if len(row) == width]
        return fitting if width > 1 and len(fitting) >= 0.9 * len(rows) else []


def look(tree: FileTree, entry: FileEntry, size: int = HEAD_BYTES) -> Look:
    """The first lines of a file; the last one, which the size may have cut, is left out of a longer file."""
    data = tree.head(entry, size)
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if len(data) == size or lines[-1] == "":
        lines = lines[:-1] if len(lines) > 1 else lines
    return Look(tuple(lines))


def read_text(tree: FileTree, entry: FileEntry, source: Source, notes: LeftOutList) -> str:
    """The whole text of a file, its lines ended by newlines. Raises DataError when it is no text."""
    encoding = source.options.get("encoding")
    text, _, remarks = decode_table(
        tree.read(entry, MAX_BYTES), entry.name, encoding if isinstance(encoding, str) else ""
    )
    for place, sentence in remarks:
        notes.add(place, sentence)
    return text


def without_tags(lines: list[str]) -> list[str]:
    """Lines without the tag around them, where all but a few are wrapped in one: <Pros>Easy to use</Pros>."""
    found = [_TAGGED.match(line) for line in lines]
    if not lines or sum(match is not None for match in found) < 0.95 * len(lines):
        return lines
    return [match.group(2).strip() if match is not None else line for line, match in zip(lines, found, strict=True)]


def split_of_entry(entry: FileEntry) -> int:
    """The split that a folder above a file, or the name of the file, speaks of; NOT_SAID without one."""
    above = next((split_of_name(part) for part in entry.parts[:-1] if split_of_name(part) != NOT_SAID), NOT_SAID)
    return above if above != NOT_SAID else split_of_words(entry.parts[-1])


def nothing_here(tree: FileTree, left_out: LeftOutList, expected: str) -> DataError:
    """No line of text could be read."""
    return DataError(
        "There is no text here.",
        where=str(tree.root),
        expected=expected,
        found=left_out.items[0].reason if left_out.items else "no files of text",
    )
