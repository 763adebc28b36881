"""Text: characters or words to the numbers of a vocabulary, padded on the left so that the last step is the end.

In ONNX: com.microsoft.Tokenizer, which every onnxruntime has, and a LabelEncoder. Lower case is a matter of the look-up
table (A and a have the same number), since StringNormalizer fails where its locale is not installed
(https://github.com/onnx/sklearn-onnx/issues/1019).
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from engine.catalog.preparation import FIRST_TOKEN
from engine.data.preparation.rule import Rule
from engine.data.strings import Strings

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

UNKNOWN = 1
_PUNCTUATION = r"""!"#$%&()*+,./:;<=>?@\[\\\]^`{|}~"""
WORD_PATTERN = f"[{_PUNCTUATION}]|[^\\t\\n\\f\\r {_PUNCTUATION}]+"
"""A punctuation mark, or what stands between blanks and marks; ASCII only, so that Python's re and RE2 agree."""
_WORD = re.compile(WORD_PATTERN)


def lower_character(character: str) -> str:
    """Lower case where that is one character again; as in the look-up table, without regard to neighbours."""
    low = character.lower()
    return low if len(low) == 1 else character


@cache
def _upper_characters() -> dict[str, list[str]]:
    """Lower-case character -> the others that count as it."""
    found: dict[str, list[str]] = {}
    for code in range(0x1F000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        character = chr(code)
        low = lower_character(character)
        if low != character:
            found.setdefault(low, []).append(character)
    return found


def canonical_word(word: str) -> str:
    """Lower case for THE, The and the; a word of mixed case (iPhone) stays as it is."""
    low = word.lower()
    return low if word in (low, _capital(low), low.upper()) else word


def _capital(low: str) -> str:
    return low[:1].upper() + low[1:]


class _Tokens(Rule):
    """Shared by characters and words: table, padding, ONNX."""

    def table(self) -> dict[str, int]:
        """Every spelling that is known -> its number."""
        raise NotImplementedError

    def tokens(self, text: str) -> list[str]:
        """The parts of a text."""
        raise NotImplementedError

    def _write_tokens(self, writer: "OnnxWriter", value: str) -> str:
        raise NotImplementedError

    def apply(self, batch: Strings) -> Tensor:
        """Strings to int64 (N, length)."""
        length, table = self.step.length, self.table()
        ids = np.zeros((len(batch.values), length), np.int64)
        used = np.zeros(len(batch.values), bool)
        used[batch.codes] = True
        for row in np.flatnonzero(used):
            found = [table.get(token, UNKNOWN) for token in self.tokens(batch.values[row])[:length]]
            if found:
                ids[row, length - len(found) :] = found
        return torch.from_numpy(ids[batch.codes])

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        def ints(*items: int) -> str:
            return writer.constant(np.array(items, np.int64))

        length, table = self.step.length, self.table()
        ids = writer.add(
            "LabelEncoder",
            [self._write_tokens(writer, value)],
            domain="ai.onnx.ml",
            keys_strings=["", *table],
            values_int64s=[0, *table.values()],
            default_int64=UNKNOWN,
        )
        ids = writer.add("Pad", [ids, ints(0, length), writer.constant(np.array(0, np.int64)), ints(1)])
        ids = writer.add("Slice", [ids, ints(0), ints(length), ints(1)])
        used = writer.add("Cast", [writer.add("Greater", [ids, ints(0)])], to=TensorProto.INT64)
        count = writer.add("ReduceSum", [used, ints(1)], keepdims=1)
        steps = writer.constant(np.arange(length, dtype=np.int64)[None], stem="steps")
        source = writer.add("Add", [writer.add("Sub", [steps, ints(length)]), count])  # (N, length); below 0: padding
        moved = writer.add("GatherElements", [ids, writer.add("Max", [source, ints(0)])], axis=1)
        return cast(str, writer.add("Where", [writer.add("Less", [source, ints(0)]), ints(0), moved]))

    def _tokenizer(self, writer: "OnnxWriter", value: str, **attributes: Any) -> str:
        return cast(
            str,
            writer.add("Tokenizer", [value], domain="com.microsoft", mark=0, mincharnum=1, pad_value="", **attributes),
        )


class CharactersRule(_Tokens):
    """Strings to the numbers of their characters."""

    def table(self) -> dict[str, int]:
        found = {character: number for number, character in enumerate(self.statistics.vocabulary, FIRST_TOKEN)}
        if self.step.lower_case:
            upper = _upper_characters()
            for character, number in list(found.items()):
                for other in upper.get(character, ()):
                    found.setdefault(other, number)
        return found

    def tokens(self, text: str) -> list[str]:
        return list(text)

    def _write_tokens(self, writer: "OnnxWriter", value: str) -> str:
        return self._tokenizer(writer, value, separators=[""])


class WordsRule(_Tokens):
    """Strings to the numbers of their words."""

    def table(self) -> dict[str, int]:
        words = self.statistics.vocabulary[: self.step.vocabulary_size]
        found = {word: number for number, word in enumerate(words, FIRST_TOKEN)}
        if self.step.lower_case:
            for word, number in list(found.items()):
                if word == word.lower():
                    found.setdefault(_capital(word), number)
                    found.setdefault(word.upper(), number)
        return found

    def tokens(self, text: str) -> list[str]:
        return _WORD.findall(text)

    def _write_tokens(self, writer: "OnnxWriter", value: str) -> str:
        return self._tokenizer(writer, value, tokenexp=WORD_PATTERN)


def measure_vocabulary(rule: Rule, texts: Iterable[str], limit: int = 200_000) -> tuple[tuple[str, ...], int]:
    """The vocabulary of these texts, most frequent first, and the most tokens one of them has."""
    assert isinstance(rule, _Tokens)
    counts: Counter[str] = Counter()
    longest = 0
    for text in texts:
        tokens = rule.tokens(text)
        longest = max(longest, len(tokens))
        counts.update(tokens)
    if rule.step.lower_case:
        same = lower_character if isinstance(rule, CharactersRule) else canonical_word
        merged: Counter[str] = Counter()
        for token, count in counts.items():
            merged[same(token)] += count
        counts = merged
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(token for token, _ in ordered[:limit]), longest
