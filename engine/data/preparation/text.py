"""Text to the numbers of its characters, words or byte pairs: on strings, and in an ONNX graph.

In ONNX: com.microsoft.Tokenizer, which every onnxruntime has, and a LabelEncoder. Lower case is a matter of the look-up
table (A and a have the same number), since StringNormalizer fails where its locale is not installed
(https://github.com/onnx/sklearn-onnx/issues/1019). Byte pairs are joined by a Loop over whole numbers.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from engine.catalog.preparation_step import PreparationStep
from engine.catalog.preparation_text import END, UNKNOWN
from engine.data.preparation.rule import Rule
from engine.data.strings import Strings
from engine.data.tokens import Tokens, tokens_of_step
from engine.data.tokens.byte_pairs import BytePairTokens
from engine.data.tokens.words import WORD_PATTERN
from engine.document.data_spec import Statistics

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

__all__ = ["WORD_PATTERN", "BytePairsRule", "CharactersRule", "TextRule", "WordsRule", "measure_tokens"]

_NEVER = 1 << 40
"""The rank of a pair that is not joined."""


class TextRule(Rule):
    """Shared by characters, words and byte pairs: filling up, marks, ONNX."""

    def __init__(self, step: PreparationStep, statistics: Statistics, channels: int | None = None) -> None:
        super().__init__(step, statistics, channels)
        self.tokens: Tokens = tokens_of_step(self.step, statistics)

    def apply(self, batch: Strings) -> Tensor:
        """Strings to int64 (N, length)."""
        length, left = self.step.token_length, self.step.pad == "left"
        used, places = np.unique(batch.codes, return_inverse=True)
        ids = np.zeros((len(used), length), np.int64)
        for place, code in enumerate(used.tolist()):
            row = self.tokens.row(batch.values[code])
            if row:
                ids[place, length - len(row) if left else 0 : length if left else len(row)] = row
        return torch.from_numpy(ids[places.reshape(-1)])

    def write(self, writer: "OnnxWriter", value: str) -> str:
        return self._write_row(writer, self._write_numbers(writer, value))

    def _write_numbers(self, writer: "OnnxWriter", value: str) -> str:
        """Strings (N,) to int64 (N, tokens) of whole texts, filled up on the right."""
        raise NotImplementedError

    def _looked_up(self, writer: "OnnxWriter", tokens: str) -> str:
        table = self.tokens.table
        return cast(
            str,
            writer.add(
                "LabelEncoder",
                [tokens],
                domain="ai.onnx.ml",
                keys_strings=["", *table],
                values_int64s=[0, *table.values()],
                default_int64=UNKNOWN,
            ),
        )

    def _write_row(self, writer: "OnnxWriter", ids: str) -> str:
        """Cut to the length, add the end mark, fill up on the side that is wanted."""
        from onnx import TensorProto

        def ints(*items: int) -> str:
            return writer.constant(np.array(items, np.int64))

        length, marks = self.step.token_length, int(self.step.ends)
        ids = writer.add("Pad", [ids, ints(0, 0, 0, length), writer.constant(np.array(0, np.int64))])
        ids = writer.add("Slice", [ids, ints(0), ints(length - marks), ints(1)])
        used = writer.add("Cast", [writer.add("Greater", [ids, ints(0)])], to=TensorProto.INT64)
        count = writer.add("ReduceSum", [used, ints(1)], keepdims=1)
        steps = writer.constant(np.arange(length, dtype=np.int64)[None], stem="steps")
        if marks:
            ids = writer.add("Pad", [ids, ints(0, 0, 0, marks), writer.constant(np.array(0, np.int64))])
            ids = writer.add("Where", [writer.add("Equal", [steps, count]), ints(END), ids])
            count = writer.add("Add", [count, ints(marks)])
        if self.step.pad == "right":
            return ids
        source = writer.add("Add", [writer.add("Sub", [steps, ints(length)]), count])  # (N, length); below 0: padding
        moved = writer.add("GatherElements", [ids, writer.add("Max", [source, ints(0)])], axis=1)
        return cast(str, writer.add("Where", [writer.add("Less", [source, ints(0)]), ints(0), moved]))

    def _tokenizer(self, writer: "OnnxWriter", value: str, **attributes: Any) -> str:
        return cast(
            str,
            writer.add("Tokenizer", [value], domain="com.microsoft", mark=0, mincharnum=1, pad_value="", **attributes),
        )


class CharactersRule(TextRule):
    """Strings to the numbers of their characters."""

    def _write_numbers(self, writer: "OnnxWriter", value: str) -> str:
        return self._looked_up(writer, self._tokenizer(writer, value, separators=[""]))


class WordsRule(TextRule):
    """Strings to the numbers of their words."""

    def _write_numbers(self, writer: "OnnxWriter", value: str) -> str:
        return self._looked_up(writer, self._tokenizer(writer, value, tokenexp=WORD_PATTERN))


class BytePairsRule(TextRule):
    """Strings to the numbers of their pieces."""

    def _write_numbers(self, writer: "OnnxWriter", value: str) -> str:
        """All words at once: in each round every word joins its pair of the lowest rank wherever that stands.

        That is what `BytePairTokens` does word by word; as no pair reaches over the end of a word, it is enough to
        tell words apart by the blanks in front of them. As many rounds as the word with the most different joins.
        """
        ids = self._looked_up(writer, self._tokenizer(writer, value, separators=[""]))
        tokens = cast(BytePairTokens, self.tokens)
        if not tokens.merges:
            return ids
        zero = writer.constant(np.array(0, np.int64))
        # Two more places: there is always a pair to look at, and the rounds begin with the same shapes as they end.
        ids = writer.add("Pad", [ids, writer.constant([0, 2], np.int64), zero, writer.constant([1], np.int64)])
        (joined,) = writer.loop(lambda symbols: self._write_round(writer, symbols, tokens), [ids])
        return joined

    def _write_round(self, writer: "OnnxWriter", symbols: str, tokens: BytePairTokens) -> tuple[str, list[str]]:
        """One round on (N, T): whether another is needed, and the pieces after it."""
        from onnx import TensorProto

        def ints(*items: int) -> str:
            return writer.constant(np.array(items, np.int64))

        def whole(value: str) -> str:
            return cast(str, writer.add("Cast", [value], to=TensorProto.INT64))

        numbers = self.tokens.first + len(tokens.vocabulary)
        by_rank = sorted(tokens.merges.items(), key=lambda item: item[1])
        made_of = writer.constant(np.array([number for _, (_, number) in by_rank], np.int64), stem="made_of")
        blanks = np.zeros(numbers, np.int64)
        for number, piece in enumerate(tokens.vocabulary, self.tokens.first):
            blanks[number] = piece.startswith(" ")
        size = writer.add("Shape", [symbols])
        left = writer.add("Slice", [symbols, ints(0), ints(-1), ints(1)])
        right = writer.add("Slice", [symbols, ints(1), ints(np.iinfo(np.int64).max), ints(1)])
        rank = writer.add(
            "LabelEncoder",
            [writer.add("Add", [writer.add("Mul", [left, ints(numbers)]), right])],
            domain="ai.onnx.ml",
            keys_int64s=[a * numbers + b for (a, b), _ in by_rank],
            values_int64s=list(range(len(by_rank))),
            default_int64=_NEVER,
        )
        word = writer.add("CumSum", [writer.add("Gather", [writer.constant(blanks, stem="blanks"), left]), ints(1)])
        # The words of a text are fewer than its symbols: a place for each.
        none = writer.add("Expand", [ints(_NEVER), size])
        lowest = writer.add("ScatterElements", [none, word, rank], axis=1, reduction="min")
        lowest = writer.add("GatherElements", [lowest, word], axis=1)
        before = writer.add("Slice", [rank, ints(0), ints(-1), ints(1)])
        before = writer.add(
            "Pad", [before, ints(1, 0), writer.constant(np.array(-1, np.int64)), ints(1)]
        )  # of equal signs in a row every second pair: aaa is aa, a
        chosen = writer.add("Less", [rank, ints(_NEVER)])
        for condition in (
            writer.add("Equal", [rank, lowest]),
            writer.add("Not", [writer.add("Equal", [rank, before])]),
        ):
            chosen = writer.add("And", [chosen, condition])
        joined = writer.add("Gather", [made_of, writer.add("Min", [rank, ints(len(by_rank) - 1)])])
        merged = writer.add("Where", [chosen, joined, left])
        last = writer.add("Slice", [symbols, ints(-1), ints(np.iinfo(np.int64).max), ints(1)])
        merged = writer.add("Concat", [merged, last], axis=1)
        gone = writer.add("Pad", [whole(chosen), ints(1, 0), writer.constant(np.array(0, np.int64)), ints(1)])
        place = writer.add("Sub", [writer.add("CumSum", [writer.add("Sub", [ints(1), gone]), ints(1)]), ints(1)])
        # What is gone has its place taken by the piece before it, which is larger than 0.
        merged = writer.add("Mul", [merged, writer.add("Sub", [ints(1), gone])])
        empty = writer.add("Expand", [ints(0), size])
        merged = writer.add("ScatterElements", [empty, place, merged], axis=1, reduction="max")
        more = writer.add("Cast", [writer.add("ReduceMax", [gone], keepdims=0)], to=TensorProto.BOOL)
        return more, [merged]


def measure_tokens(rule: Rule, texts: Iterable[str]) -> Statistics:
    """Vocabulary (and pairs) and the longest text of these texts, for a step that makes numbers of text."""
    assert isinstance(rule, TextRule)
    return rule.tokens.measured(texts)
