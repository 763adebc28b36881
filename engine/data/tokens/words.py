"""Text as words and punctuation marks."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from engine.catalog.preparation_text import Words
from engine.data.tokens.counting import counted
from engine.data.tokens.tokens import Tokens
from engine.document.data_spec import Statistics

PUNCTUATION = r"""!"#$%&()*+,./:;<=>?@\[\\\]^`{|}~"""
WORD_PATTERN = f"[{PUNCTUATION}]|[^\\t\\n\\f\\r {PUNCTUATION}]+"
"""A punctuation mark, or what stands between blanks and marks; ASCII only, so that Python's re and RE2 agree."""
_WORD = re.compile(WORD_PATTERN)
_CLOSING = frozenset(".,;:!?)]}%")
_OPENING = frozenset("([{")


def canonical_word(word: str) -> str:
    """Lower case for THE, The and the; a word of mixed case (iPhone) stays as it is."""
    low = word.lower()
    return low if word in (low, _capital(low), low.upper()) else word


def _capital(low: str) -> str:
    return low[:1].upper() + low[1:]


class WordTokens(Tokens):
    """Each word and each punctuation mark is a token."""

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        assert isinstance(self.step, Words)
        return self.statistics.vocabulary[: self.step.vocabulary_size]

    @cached_property
    def table(self) -> dict[str, int]:
        found = {word: number for number, word in enumerate(self.vocabulary, self.first)}
        if self.step.lower_case:
            for word, number in list(found.items()):
                if word == word.lower():
                    found.setdefault(_capital(word), number)
                    found.setdefault(word.upper(), number)
        return found

    def parts(self, text: str) -> list[str]:
        return _WORD.findall(text)

    def joined(self, parts: Sequence[str]) -> str:
        """Blanks between words, none before a full stop; cut again it gives the same words."""
        pieces: list[str] = []
        for part in parts:
            if pieces and part not in _CLOSING and pieces[-1] not in _OPENING:
                pieces.append(" ")
            pieces.append(part)
        return "".join(pieces)

    def measured(self, texts: Iterable[str], limit: int = 200_000) -> Statistics:
        return counted(texts, self.parts, canonical_word if self.step.lower_case else None, limit)
