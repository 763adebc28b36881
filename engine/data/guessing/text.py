"""Fields of text: characters or words, and how many."""

import re

import numpy as np

from engine.data.preparation.text import WORD_PATTERN
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Step


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
