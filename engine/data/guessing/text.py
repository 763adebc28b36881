"""Fields of text: characters or words, and how many."""

import re

import numpy as np

from engine.data.preparation.text import WORD_PATTERN
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.document.graph import Value


def text_field(name: str, column: Strings) -> Field:
    """Characters for names and codes, words for sentences; long enough for nearly all."""
    texts = [text for text in column.values if text][:20_000]
    words = np.array([len(text.split()) for text in texts] or [1])
    if float(np.median(words)) <= 2.5:
        lengths = np.array([len(text) for text in texts] or [1])
        length = int(min(128, max(4, np.percentile(lengths, 99.5))))
        return Field(
            name=name, kind=FieldKind.TEXT, preparation=(Step(type="Characters", attributes={"length": length}),)
        )
    pattern = re.compile(WORD_PATTERN)
    counts = np.array([len(pattern.findall(text)) for text in texts])
    length = int(min(256, max(4, np.percentile(counts, 97))))
    return Field(name=name, kind=FieldKind.TEXT, preparation=(Step(type="Words", attributes={"length": length}),))


def continued_field(name: str, column: Strings, *, lines: bool) -> Field:
    """Text that is learned from its own beginning: characters, filled up on the right; lines end with a mark."""
    lengths = np.array([len(text) for text in column.values] or [1])
    length = int(min(512, max(4, np.percentile(lengths, 99.5) + 1 if lines else lengths.max())))
    attributes: dict[str, Value] = {"length": length, "lower_case": False, "pad": "right"}
    if lines:
        attributes["ends"] = True
    step = Step(type="Characters", attributes=attributes)
    return Field(name=name, kind=FieldKind.TEXT, role=Role.TARGET, preparation=(step,))


def translated_field(name: str, column: Strings, role: Role) -> Field:
    """One side of a translation: byte pairs, as many as the amount of text can teach; ends marked."""
    texts = column.values[:20_000]
    words = np.array([len(re.findall(WORD_PATTERN, text)) for text in texts] or [1])
    size = 1000 if len(column) < 5000 else 2000 if len(column) < 100_000 else 8000
    # A word is about 1.4 pieces at these sizes; 95 texts of 100 are whole, since the few long ones cost most time.
    length = int(min(128, max(6, 1.4 * np.percentile(words, 95) + 2)))
    attributes: dict[str, Value] = {"length": length, "vocabulary_size": size, "ends": True, "pad": "right"}
    step = Step(type="BytePairs", attributes=attributes)
    return Field(name=name, kind=FieldKind.TEXT, role=role, preparation=(step,))


def set_aside(name: str) -> Field:
    """A column that is kept but not used."""
    return Field(name=name, kind=FieldKind.TEXT, role=Role.IGNORED)
