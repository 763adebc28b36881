"""Text as word pieces, as BERT cuts it.

What becomes of a character does not depend on its neighbours: it is left out, a blank, a word of its own (punctuation,
Chinese), or one to three letters in small form without accents. So a table of characters says it all, here and in ONNX.
Source: Devlin et al. 2018 and the tokenizers of their published models.
"""

import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from engine.catalog.preparation_text import BEGIN, CONTINUED, END, LONGEST_WORD, UNKNOWN, WordPiece
from engine.data.tokens.byte_pairs import train_byte_pairs
from engine.data.tokens.tokens import Tokens
from engine.document.data_spec import Statistics

_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_MOST_REMEMBERED = 200_000
_BETWEEN = "\t"


def is_chinese(character: str) -> bool:
    """Whether a character is one of the ideographs that stand alone."""
    code = ord(character)
    return any(first <= code <= last for first, last in _CHINESE)


@lru_cache(maxsize=1 << 16)
def letters_of(character: str) -> str:
    """What a character becomes: nothing, a blank, or its letters in small form without accents."""
    if character in "\t\n\r" or unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return " "
    if character in "\0\ufffd" or unicodedata.category(character) in ("Cc", "Cf"):
        return ""
    plain = [part for part in unicodedata.normalize("NFD", character) if unicodedata.category(part) != "Mn"]
    return "".join(low for part in plain for low in part.lower() if unicodedata.category(low) != "Mn")


@lru_cache(maxsize=1 << 16)
def stands_alone(character: str, origin: str = "") -> bool:
    """Whether a letter is a word of its own: a punctuation mark, or a Chinese character (as it came, or as it is)."""
    if character in string.punctuation or unicodedata.category(character).startswith("P"):
        return True
    return is_chinese(origin or character)


class WordPieceTokens(Tokens):
    """Pieces of words, the longest that fits first."""

    def __init__(self, step: WordPiece, statistics: Statistics) -> None:
        super().__init__(step, statistics)
        self._remembered: dict[str, tuple[int, ...]] = {}

    @cached_property
    def table(self) -> dict[str, int]:
        return {piece: number for number, piece in enumerate(self.vocabulary, self.first)}

    @cached_property
    def longest_piece(self) -> int:
        """Letters of the longest piece."""
        return max((len(piece.removeprefix(CONTINUED)) for piece in self.vocabulary), default=1)

    def parts(self, text: str) -> list[str]:
        """The words, punctuation marks and Chinese characters for themselves."""
        found: list[str] = []
        open_word = False
        for character in text:
            for letter in letters_of(character):
                if letter == " ":
                    open_word = False
                elif stands_alone(letter, character):
                    found.append(letter)
                    open_word = False
                elif open_word:
                    found[-1] += letter
                else:
                    found.append(letter)
                    open_word = True
        return found

    def numbers(self, text: str) -> list[int]:
        found: list[int] = []
        for word in self.parts(text):
            known = self._remembered.get(word)
            if known is None:
                known = self._encoded(word)
                if len(self._remembered) < _MOST_REMEMBERED:
                    self._remembered[word] = known
            found += known
        return found

    def _encoded(self, word: str) -> tuple[int, ...]:
        if len(word) > LONGEST_WORD:
            return (UNKNOWN,)
        table, found, start = self.table, [], 0
        while start < len(word):
            prefix = CONTINUED if start else ""
            for end in range(min(len(word), start + self.longest_piece), start, -1):
                number = table.get(prefix + word[start:end])
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return (UNKNOWN,)
        return tuple(found)

    def row(self, text: str) -> list[int]:
        """Begin, the pieces that have room, end; where ends are not marked, the pieces alone."""
        if not self.step.ends:
            return self.numbers(text)[: self.step.length]
        return [BEGIN, *self.numbers(text)[: self.step.length - 2], END]

    def text(self, numbers: Iterable[int]) -> str:
        found = [number for number in numbers if number != BEGIN]
        return super().text(found)

    def joined(self, parts: Sequence[str]) -> str:
        """Blanks before pieces that begin a word."""
        return "".join(part.removeprefix(CONTINUED) if part.startswith(CONTINUED) else f" {part}" for part in parts)[1:]

    def measured(self, texts: Iterable[str], limit: int = 200_000) -> Statistics:
        kept = list(texts)
        vocabulary = self.statistics.vocabulary
        if self.step.pieces == "learned":
            counts: Counter[str] = Counter()
            for text in kept:
                counts.update(word for word in self.parts(text) if len(word) <= LONGEST_WORD)
            vocabulary = learned_pieces(counts, min(limit, self.step.vocabulary_size))
        tokens = WordPieceTokens(self.step, Statistics(vocabulary=vocabulary))
        longest = max((len(tokens.numbers(text)) + 2 for text in kept), default=0)
        return Statistics(vocabulary=vocabulary, longest=longest)


def learned_pieces(counts: Counter[str], size: int) -> tuple[str, ...]:
    """The letters of these words and what of them goes together most, to begin a word and to go on one.

    Found as byte pairs are: a word's first letter is told from the same letter further on.
    """
    letters = sorted({letter for word in counts for letter in word})
    room = max(0, size - 2 * len(letters))
    pieces, _merges = train_byte_pairs(Counter({_BETWEEN + word: count for word, count in counts.items()}), room + 1)
    both = [*letters, *(CONTINUED + letter for letter in letters)]
    longer = []
    for piece in pieces:
        plain = piece.removeprefix(_BETWEEN)
        if len(plain) > 1:
            longer.append(plain if piece.startswith(_BETWEEN) else CONTINUED + plain)
    return tuple(dict.fromkeys([*both, *longer]))[: max(size, 1)]
