"""Texts side by side: two columns between tabs, or files with equal numbers of lines whose names tell languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.text_files import (
    is_about,
    look,
    nothing_here,
    read_text,
    split_of_entry,
    texts_alone,
)
from engine.data.samples import NOT_SAID, Samples
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import Cancelled, DataError

_LANGUAGE_WORDS = """
ar bg bn ca cs da de el en es et fa fi fr ga he hi hr hu id is it ja ko lt lv mt nl no nb nn pl pt ro ru sk sl sr sv th
tr uk ur vi zh ara bul cat ces cze dan deu ger ell eng spa est fin fra fre heb hin hrv hun ind isl ita jpn kor lit lav
nld dut nor nob pol por ron rum rus slk slv srp swe tha tur ukr urd vie zho chi arabic bulgarian chinese czech danish
dutch english estonian finnish french german greek hebrew hindi hungarian icelandic italian japanese korean latin
norwegian polish portuguese romanian russian spanish swedish thai turkish ukrainian vietnamese source target src tgt trg
input output question answer
"""
_LANGUAGES = frozenset(_LANGUAGE_WORDS.split())
_WORD = re.compile(r"[A-Za-z]+")
_CREDIT = re.compile(r"CC[- ]BY|CC0|tatoeba|attribution|licen[sc]e|©|https?://", re.IGNORECASE)
CREDIT = "attribution"
SOURCE, TRANSLATION = "text", "translation"


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file of columns is read: what they are called, and whether the first line says so."""

    names: tuple[str, ...]
    header: bool


def language_of(name: str) -> tuple[str, str]:
    """The last word of a file name that is a language's (or says source or target), and the name without it."""
    words = [match for match in _WORD.finditer(name) if match.group().lower() in _LANGUAGES]
    if not words:
        return "", name
    last = words[-1]
    return last.group().lower(), name[: last.start()] + name[last.end() :]


@dataclass(slots=True)
class Pairing:
    """Files that belong together: for each name without its language, the file of each language."""

    languages: tuple[str, str]
    files: list[tuple[FileEntry, FileEntry]] = field(default_factory=list)


def pairing_of(entries: Sequence[FileEntry]) -> Pairing | None:
    """Every file with its twin in the other language; None unless all have one. Languages in the order of names, but
    English, source, src, input and question first."""
    groups: dict[str, dict[str, FileEntry]] = {}
    for entry in entries:
        language, rest = language_of("/".join(entry.parts))
        if not language or language in groups.setdefault(rest, {}):
            return None
        groups[rest][language] = entry
    languages = {tuple(sorted(group)) for group in groups.values()}
    if len(languages) != 1 or len(next(iter(languages))) != 2:
        return None
    first, second = sorted(next(iter(languages)), key=lambda name: (name not in _FIRST, name))
    return Pairing((first, second), [(group[first], group[second]) for group in groups.values()])


_FIRST = frozenset({"en", "eng", "english", "source", "src", "input", "question"})


def columns_of(tree: FileTree, entry: FileEntry) -> Columns | None:
    """Whether a file holds texts side by side between tabs; None where it does not look so.

    The first two columns are texts: nearly all differ, most are more than a word, and long ones stand beside long ones.
    """
    rows = look(tree, entry, 1 << 17).columns("\t")
    if len(rows) < 5:
        return None
    header = _is_header(rows[0], rows[1:])
    body = rows[1:] if header else rows
    width = len(body[0])
    first, second = ([row[column].strip() for row in body] for column in (0, 1))
    if any(len(set(texts)) < 0.1 * len(body) for texts in (first, second)):
        return None
    if any(sum(any(c.isalpha() for c in text) for text in texts) < 0.9 * len(body) for texts in (first, second)):
        return None
    lengths = np.log(np.array([[len(a), len(b)] for a, b in zip(first, second, strict=True) if a and b], np.float64))
    if len(lengths) < 4:
        return None
    words = np.mean([len(text.split()) for text in first])
    spread = lengths.std(axis=0)
    alike = float(np.corrcoef(lengths.T)[0, 1]) if spread.min() > 0.05 else 1.0
    if alike < 0.3 or words < 1.2:
        return None
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(rows[0], 1)] if header else []
    if len(set(names)) != width:
        names = [SOURCE, TRANSLATION, *(f"column {number}" for number in range(3, width + 1))]
        for column in range(2, width):
            if sum(bool(_CREDIT.search(row[column])) for row in body) > 0.9 * len(body):
                names[column] = CREDIT if CREDIT not in names else names[column]
    return Columns(tuple(names), header)


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first line holds names: of languages, or in small letters and found nowhere else."""
    words = [cell.strip().lower() for cell in first[:2]]
    if all(word in _LANGUAGES for word in words):
        return True
    seen = {cell.strip().lower() for row in rest for cell in row[:2]}
    return all(re.fullmatch(r"[a-z_][a-z0-9_ ]{0,30}", cell.strip()) for cell in first) and not set(words) & seen


def parallel_files(tree: FileTree) -> tuple[list[FileEntry], Pairing | None]:
    """The files that hold columns (none where pairs of files do), or pairs of files."""
    texts = texts_alone(tree)
    pairing = pairing_of(texts) if len(texts) >= 2 else None
    if pairing is not None:
        return [], pairing
    tables = [entry for entry in tree.entries if entry.suffix in (".tsv", ".tab") and not is_about(entry)]
    return [*texts, *tables], None


def read_parallel_text(
    tree: FileTree,
    source: Source,
    wanted: Sequence[str] = (),
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Samples:
    """Texts side by side, a column each; those of `wanted` alone where that is given.

    A row that lacks one of the first two texts is left out by name. Raises DataError when files that belong together
    have different numbers of lines, or nothing is side by side.
    """
    left_out, notes = LeftOutList(), LeftOutList()
    left_out.extend(tree.left_out)
    files, pairing = parallel_files(tree)
    rows: list[tuple[str, ...]] = []
    places: list[tuple[str, int]] = []
    given: list[int] = []
    names: tuple[str, ...] = ()
    if pairing is not None:
        names = pairing.languages
        for number, (one, other) in enumerate(pairing.files):
            if cancelled():
                raise Cancelled
            progress(number / len(pairing.files), f"Reading {one.name}")
            texts = [read_text(tree, entry, source, notes).split("\n") for entry in (one, other)]
            lines = [text[:-1] if text and not text[-1].strip() else text for text in texts]
            if len(lines[0]) != len(lines[1]):
                raise DataError(
                    f"{one.name} and {other.name} have different numbers of lines.",
                    where=other.name,
                    expected=f"{len(lines[0]):,} lines, as {one.name} has",
                    found=f"{len(lines[1]):,} lines",
                    hint="Line 1 of one file must be the translation of line 1 of the other, and so on.",
                )
            for line, pair in enumerate(zip(*lines, strict=True), 1):
                rows.append(tuple(cell.strip() for cell in pair))
                places.append((one.name, line))
                given.append(split_of_entry(one))
    for number, entry in enumerate(files):
        if cancelled():
            raise Cancelled
        progress(number / len(files), f"Reading {entry.name}")
        columns = columns_of(tree, entry)
        if columns is None or (names and columns.names != names):
            left_out.add(entry.name, "It does not hold two texts side by side, with a tab between.")
            continue
        names = columns.names
        for line, text in enumerate(read_text(tree, entry, source, notes).split("\n"), 1):
            if not text.strip() or (line == 1 and columns.header):
                continue
            cells = tuple(cell.strip() for cell in text.split("\t"))
            if len(cells) < 2:
                left_out.add(f"{entry.name}, line {line}", "There is no tab in the line.")
                continue
            rows.append((*cells, *[""] * (len(names) - len(cells)))[: len(names)])
            places.append((entry.name, line))
            given.append(split_of_entry(entry))
    kept = []
    for number, row in enumerate(rows):
        if row[0] and row[1]:
            kept.append(number)
        else:
            place, line = places[number]
            left_out.add(f"{place}, line {line}", "One of the two texts is missing.")
    if not kept:
        raise nothing_here(tree, left_out, "two texts side by side: columns with a tab between, or two files of lines")
    splits = np.array([given[number] for number in kept], np.int8)

    def name(index: int) -> str:
        place, line = places[kept[index]]
        return f"{place}, line {line}"

    return Samples(
        count=len(kept),
        columns={
            column: Strings.of(rows[number][place] for number in kept)
            for place, column in enumerate(names)
            if not wanted or column in wanted
        },
        name=name,
        given=None if (splits == NOT_SAID).all() else splits,
        left_out=left_out,
        notes=notes,
        listing=tree.listing(),
    )
