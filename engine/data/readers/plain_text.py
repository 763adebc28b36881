"""Text to be continued: lines that stand for themselves, or windows cut from files one after the other."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.text_files import (
    Look,
    look,
    nothing_here,
    read_text,
    split_of_entry,
    texts_alone,
    without_tags,
)
from engine.data.readers.text_lines import TEXT
from engine.data.samples import NOT_SAID, TEST, TRAIN, VAL, Samples
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import Cancelled, DataError

WINDOW = 128
_LONGEST_LINE = 300
_FEWEST_LINES = 40
_LINE_WORDS = 40
_SHARES = ((0.8, TRAIN), (0.9, VAL), (1.0, TEST))


class TextForm(StrEnum):
    """What a sample is."""

    LINES = "lines"
    WINDOWS = "windows"


def text_form(looks: Sequence[Look]) -> TextForm:
    """Lines that stand for themselves (names, titles, sentences), or text that runs on from line to line."""
    for item in looks:
        filled = item.filled
        if len(filled) < _FEWEST_LINES or item.blank > 0.01 or max(map(len, filled), default=0) > _LONGEST_LINE:
            return TextForm.WINDOWS
        if item.words > _LINE_WORDS or _runs_on(filled):
            return TextForm.WINDOWS
    return TextForm.LINES


def _runs_on(lines: Sequence[str]) -> bool:
    """Whether lines look as if broken at a width: most are about as long as the longest and end without a stop."""
    lengths = np.array([len(line) for line in lines])
    near = float((lengths > 0.8 * np.percentile(lengths, 95)).mean())
    stops = sum(line.rstrip().endswith((".", "!", "?", '"', "…")) for line in lines) / len(lines)
    return float(np.median(lengths)) > 40 and near > 0.6 and stops < 0.4


def read_plain_text(
    tree: FileTree, source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Samples:
    """Samples of one field, `text`.

    The source's options: `form` lines or windows (found out without it), `window` characters of each. Windows do not
    overlap; of each file the first four fifths are to train on, then as much to validate as to test. Files that are
    called train, val and test say so themselves.
    """
    left_out, notes = LeftOutList(), LeftOutList()
    left_out.extend(tree.left_out)
    entries = texts_alone(tree)
    wanted, size = source.options.get("form"), source.options.get("window")
    known = isinstance(wanted, str) and wanted in list(TextForm)
    form = TextForm(str(wanted)) if known else text_form([look(tree, entry) for entry in entries])
    window = size if isinstance(size, int) and 1 <= size <= 1 << 16 else WINDOW
    texts: list[str] = []
    given: list[int] = []
    starts: list[int] = []
    places: list[int] = []
    used: list[FileEntry] = []
    for number, entry in enumerate(entries):
        if cancelled():
            raise Cancelled
        progress(number / len(entries), f"Reading {entry.name}")
        try:
            text = read_text(tree, entry, source, notes)
        except DataError as error:
            left_out.add(entry.name, error.message)
            continue
        starts.append(len(texts))
        used.append(entry)
        found = _lines(text) if form is TextForm.LINES else _windows(text, window)
        split = split_of_entry(entry)
        for index, (place, sample) in enumerate(found):
            texts.append(sample)
            places.append(place)
            if split == NOT_SAID and form is TextForm.WINDOWS:
                given.append(next(part for share, part in _SHARES if index < share * len(found)))
            else:
                given.append(split)
    if not texts:
        raise nothing_here(tree, left_out, "text files")
    word = "line" if form is TextForm.LINES else "character"

    def name(index: int) -> str:
        part = int(np.searchsorted(starts, index, side="right")) - 1
        return f"{used[part].name}, {word} {places[index]}"

    splits = np.array(given, np.int8)
    return Samples(
        count=len(texts),
        columns={TEXT: Strings.of(texts)},
        name=name,
        given=None if (splits == NOT_SAID).all() else splits,
        left_out=left_out,
        notes=notes,
        listing=tree.listing(),
    )


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    places = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    plain = without_tags([line for _, line in places])
    return [(number, line) for (number, _), line in zip(places, plain, strict=True) if line]


def _windows(text: str, size: int) -> list[tuple[int, str]]:
    """Pieces of `size` characters with the number of their first; the last is shorter."""
    return [(at + 1, text[at : at + size]) for at in range(0, len(text), size) if text[at : at + size].strip()]
