"""Word pieces on strings, and in an ONNX graph.

In ONNX a table says for each character which letters it becomes, and the pieces are a tree of letters in a second
table. All places of all texts go down the tree at the same time, a letter a round, and remember the longest piece that
began there. Which of these places pieces really begin at is found by following, from the first letter of each word, how
far each piece reaches: in steps of 1, 2, 4, ... pieces, all words at once.
"""

import sys
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from engine.catalog.preparation_step import PreparationStep
from engine.catalog.preparation_text import BEGIN, CONTINUED, END, LONGEST_WORD, UNKNOWN, WordPiece
from engine.data.preparation.text import TextRule
from engine.data.tokens.word_pieces import WordPieceTokens, letters_of, stands_alone
from engine.document.data_spec import Statistics
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

_NOTHING, _BLANK, _LETTER, _ALONE, _FIRST = range(5)
"""Numbers of letters: none, a blank, one no piece has, one that is a word; from the last on those of the pieces."""
_MOST_LETTERS = 3
"""That one character becomes, as a Korean syllable does."""
_FROM_START, _GOES_ON = 0, 1
"""The two roots of the tree of pieces."""


class WordPieceRule(TextRule):
    """Strings to the numbers of their word pieces."""

    def __init__(self, step: PreparationStep, statistics: Statistics, channels: int | None = None) -> None:
        super().__init__(step, statistics, channels)
        assert isinstance(step, WordPiece)
        if step.pieces == "given" and not statistics.vocabulary:
            raise DataError(
                "The word pieces of the pretrained network are not there.",
                where="Word pieces",
                expected="the list of pieces that came with the network",
                found="none",
                hint="Add the pretrained network again, or choose a list of pieces that is learned.",
            )

    def write(self, writer: "OnnxWriter", value: str) -> str:
        return _Writing(writer, cast(WordPieceTokens, self.tokens)).rows(
            self._tokenizer(writer, value, separators=[""]), self.step.token_length, marked=self.step.ends
        )


class _Marks(NamedTuple):
    """Values of yes and no for each place."""

    counts: str
    starts: str


class _Writing:
    """The nodes of one text field."""

    def __init__(self, writer: "OnnxWriter", tokens: WordPieceTokens) -> None:
        self.writer = writer
        pieces = [(piece.startswith(CONTINUED), piece.removeprefix(CONTINUED)) for piece in tokens.vocabulary]
        letters = sorted({letter for _, piece in pieces for letter in piece})
        self.letters = {letter: number for number, letter in enumerate(letters, _FIRST)}
        self.count = _FIRST + len(letters)
        self.tree: dict[int, int] = {}
        """State × letters + letter -> next state."""
        self.piece_at = [0, 0]
        """Number of the piece that ends at a state; 0 for none."""
        for number, (goes_on, piece) in enumerate(pieces, tokens.first):
            state = _GOES_ON if goes_on else _FROM_START
            for letter in piece:
                key = state * self.count + self.letters[letter]
                if key not in self.tree:
                    self.tree[key] = len(self.piece_at)
                    self.piece_at.append(0)
                state = self.tree[key]
            if piece and not self.piece_at[state]:
                self.piece_at[state] = number
        alone = np.zeros(self.count, np.int64)
        alone[_ALONE] = 1
        for letter, number in self.letters.items():
            alone[number] = stands_alone(letter)
        self.alone = writer.constant(alone, stem="alone")

    def rows(self, characters: str, length: int, *, marked: bool) -> str:
        """Characters (N, T) as strings to numbers (N, length), begin and end among them where they are marked."""
        room = length - 2 if marked else length
        add, ints = self.writer.add, self._ints
        letters = self._letters(characters)
        # A word gives a piece at least, so that words beyond the length need not be looked at.
        word = add("CumSum", [self._whole(self._marks(letters).starts), ints(1)])
        used = add("ReduceSum", [self._whole(add("Less", [word, ints(room + 1)])), ints(1)], keepdims=0)
        letters = add(
            "Slice", [letters, ints(0), add("Reshape", [add("ReduceMax", [used], keepdims=1), ints(1)]), ints(1)]
        )
        letters = add("Pad", [letters, ints(0, 0, 0, 1), self._int(_NOTHING)])
        ids = self._pieces(letters)
        ids = add("Pad", [ids, ints(0, 0, 0, length), self._int(0)])
        ids = add("Slice", [ids, ints(0), ints(room), ints(1)])
        if not marked:
            return cast(str, ids)
        count = add("ReduceSum", [self._whole(add("Greater", [ids, ints(0)])), ints(1)], keepdims=1)
        ids = add("Pad", [ids, ints(0, 1, 0, 0), self._int(BEGIN)])
        ids = add("Pad", [ids, ints(0, 0, 0, 1), self._int(0)])
        steps = self.writer.constant(np.arange(length, dtype=np.int64)[None], stem="steps")
        last = add("Equal", [steps, add("Add", [count, ints(1)])])
        return cast(str, add("Where", [last, ints(END), ids]))

    def _letters(self, characters: str) -> str:
        """Letters one behind the other, (N, L) of their numbers, 0 behind the end; one place more than the longest."""
        add, ints = self.writer.add, self._ints
        table = character_table(self.letters, self.count)
        codes = add(
            "LabelEncoder",
            [characters],
            domain="ai.onnx.ml",
            keys_strings=["", *table],
            values_int64s=[_NOTHING, *table.values()],
            default_int64=_LETTER,
        )
        parts = []
        for place in range(_MOST_LETTERS):
            part = add("Div", [codes, ints(self.count**place)]) if place else codes
            part = add("Mod", [part, ints(self.count)])
            parts.append(add("Unsqueeze", [part, ints(2)]))
        letters = add("Reshape", [add("Concat", parts, axis=2), ints(0, -1)])
        letters = add("Pad", [letters, ints(0, 0, 0, 1), self._int(_NOTHING)])
        kept = self._whole(add("Greater", [letters, ints(_NOTHING)]))
        longest = add("ReduceMax", [add("ReduceSum", [kept, ints(1)], keepdims=0)], keepdims=1)
        longest = add("Add", [add("Reshape", [longest, ints(1)]), ints(1)])
        return cast(str, add("Slice", [self._closed_up(letters, kept), ints(0), longest, ints(1)]))

    def _marks(self, letters: str) -> _Marks:
        """Which places hold a letter, and where words start."""
        add, ints = self.writer.add, self._ints
        single = add("Cast", [add("Gather", [self.alone, letters])], to=_bool())
        counts = add("Greater", [letters, ints(_BLANK)])
        apart = add("Or", [add("Not", [counts]), single])
        before = add("Slice", [self._whole(apart), ints(0), ints(-1), ints(1)])
        before = add("Cast", [add("Pad", [before, ints(0, 1, 0, 0), self._int(1)])], to=_bool())
        return _Marks(counts, add("And", [counts, add("Or", [single, before])]))

    def _pieces(self, letters: str) -> str:
        """Letters (N, L) to the numbers of pieces, closed up to the left."""
        add, ints = self.writer.add, self._ints
        counts, starts = self._marks(letters)
        goes_on = add("And", [counts, add("Not", [starts])])
        piece, length = self._longest(letters, counts, starts, goes_on)

        nothing = add("Mul", [letters, ints(0)])
        begun, word = self._whole(starts), add("CumSum", [self._whole(starts), ints(1)])
        reached, leads_to = begun, self._leads_to(letters, length)
        for _ in range(LONGEST_WORD.bit_length()):
            further = add("ScatterElements", [nothing, leads_to, reached], axis=1, reduction="max")
            reached = add("Max", [reached, further])
            leads_to = add("GatherElements", [leads_to, leads_to], axis=1)
        reached = add("And", [add("Cast", [reached], to=_bool()), counts])

        stuck = self._whole(add("And", [reached, add("Equal", [length, ints(0)])]))
        stuck = add("ScatterElements", [nothing, word, stuck], axis=1, reduction="max")
        size = add("ScatterElements", [nothing, word, self._whole(counts)], axis=1, reduction="add")
        unknown = add("Or", [add("Greater", [stuck, ints(0)]), add("Greater", [size, ints(LONGEST_WORD)])])
        unknown = add("Cast", [add("GatherElements", [self._whole(unknown), word], axis=1)], to=_bool())
        kept = add("And", [reached, add("Or", [add("Not", [unknown]), starts])])
        ids = add("Where", [unknown, ints(UNKNOWN), piece])
        return self._closed_up(ids, self._whole(kept))

    def _longest(self, letters: str, counts: str, starts: str, goes_on: str) -> tuple[str, str]:
        """For each place the longest piece that begins there, and how many letters it has; 0 where there is none."""
        add, ints = self.writer.add, self._ints
        lost = len(self.piece_at)
        states = self.writer.constant(np.array([*self.piece_at, 0], np.int64), stem="piece_at")
        zero = add("Mul", [letters, ints(0)])
        state = add("Where", [starts, ints(_FROM_START), ints(_GOES_ON)])
        this = add("Where", [counts, letters, ints(0)])
        following = self._moved(add("Where", [goes_on, letters, ints(0)]))

        def round_(state: str, this: str, following: str, best: str, length: str, number: str) -> tuple[str, list[str]]:
            state = add(
                "LabelEncoder",
                [add("Add", [add("Mul", [state, ints(self.count)]), this])],
                domain="ai.onnx.ml",
                keys_int64s=list(self.tree) or [0],
                values_int64s=list(self.tree.values()) or [lost],
                default_int64=lost,
            )
            piece = add("Gather", [states, state])
            found = add("Greater", [piece, ints(0)])
            best = add("Where", [found, piece, best])
            length = add("Where", [found, number, length])
            more = add("Cast", [add("ReduceMin", [state], keepdims=0)], to=_int64())
            more = add("Less", [more, self._int(lost)])
            return more, [state, following, self._moved(following), best, length, add("Add", [number, ints(1)])]

        ended = self.writer.loop(round_, [state, this, following, zero, zero, ints(1)])
        return ended[3], ended[4]

    def _leads_to(self, letters: str, length: str) -> str:
        """For each place the one behind its piece, one further where there is none; the last place stays."""
        add, ints = self.writer.add, self._ints
        one = add("Add", [add("Mul", [letters, ints(0)]), ints(1)])
        place = add("Sub", [add("CumSum", [one, ints(1)]), ints(1)])
        target = add("Add", [place, add("Max", [length, ints(1)])])
        last = add("Sub", [self.writer.size(letters, 1), ints(1)])
        return cast(str, add("Min", [target, last]))

    def _moved(self, value: str) -> str:
        """(N, L) one place to the left, 0 at the end."""
        add, ints = self.writer.add, self._ints
        rest = add("Slice", [value, ints(1), ints(np.iinfo(np.int64).max), ints(1)])
        return cast(str, add("Pad", [rest, ints(0, 0, 0, 1), self._int(0)]))

    def _closed_up(self, value: str, kept: str) -> str:
        """Entries that are kept (1, else 0) one behind the other from the left; 0 behind them. Numbers from 0 up."""
        add, ints = self.writer.add, self._ints
        place = add("Max", [add("Sub", [add("CumSum", [kept, ints(1)]), ints(1)]), ints(0)])
        nothing = add("Mul", [value, ints(0)])
        return cast(str, add("ScatterElements", [nothing, place, add("Mul", [value, kept])], axis=1, reduction="max"))

    def _whole(self, value: str) -> str:
        return cast(str, self.writer.add("Cast", [value], to=_int64()))

    def _ints(self, *items: int) -> str:
        return self.writer.constant(np.array(items, np.int64))

    def _int(self, item: int) -> str:
        return self.writer.constant(np.array(item, np.int64))


def character_table(letters: dict[str, int], count: int) -> dict[str, int]:
    """Each character that is not just one letter no piece has -> the numbers of its letters, packed as digits."""
    found: dict[str, int] = {}
    for character, become in _all_letters().items():
        numbers = [_number(letter, character, letters) for letter in become]
        packed = sum(number * count**place for place, number in enumerate(numbers[:_MOST_LETTERS]))
        if packed != _LETTER:
            found[character] = packed
    return found


@cache
def _all_letters() -> dict[str, str]:
    """What each character that Unicode knows becomes."""
    known = (chr(code) for code in range(sys.maxunicode + 1))
    return {item: letters_of(item) for item in known if unicodedata.category(item) not in ("Cn", "Co", "Cs")}


def _number(letter: str, character: str, letters: dict[str, int]) -> int:
    if letter == " ":
        return _BLANK
    return letters.get(letter, _ALONE if stands_alone(letter, character) else _LETTER)


def _bool() -> Any:
    from onnx import TensorProto

    return TensorProto.BOOL


def _int64() -> Any:
    from onnx import TensorProto

    return TensorProto.INT64
