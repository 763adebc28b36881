"""The preparation steps that turn text into numbers: characters, words, byte pairs, word pieces.

Number 0 is padding and 1 an unknown character or word; the vocabulary begins at 2, or at 4 where begin and end are
marked.
"""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.tensors import DType, TensorSpec
from engine.document.data_spec import Field, FieldKind, Statistics
from engine.errors import AttributeOutOfRange, ShapeMismatch

UNKNOWN = 1
FIRST_TOKEN = 2
"""Index of the first entry of a vocabulary without marks; 0 is padding, 1 unknown."""
BEGIN, END = 2, 3
"""Marks of begin and end, where a step has them; the vocabulary then begins at 4."""

CONTINUED = "##"
"""Begins a word piece that goes on a word."""
FIRST_PIECE = 4
LONGEST_WORD = 100
"""A longer word has no pieces: it is unknown."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TextStep(PreparationStep):
    """Base of the steps that turn text into numbers."""

    beyond_standard: ClassVar[str] = "the Tokenizer that every onnxruntime has"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.TEXT,)
    ends: bool = attribute(
        False,
        help="Close each text with an end mark, as a network that writes text must learn where to stop. "
        "An Input that is shifted then begins with a begin mark.",
        label="Mark ends",
        advanced=True,
        last=True,
    )
    pad: Literal["left", "right"] = attribute(
        "left",
        help="The side on which short texts are filled up: left for a network that reads to the end, "
        "right for one that writes.",
        label="Fill up",
        advanced=True,
        last=True,
    )

    @property
    def first_token(self) -> int:
        """Number of the first entry of the vocabulary."""
        return FIRST_TOKEN + (2 if self.ends else 0)

    @property
    def begin(self) -> int:
        """What stands before a text that is shifted: the begin mark, or 0 where ends are not marked."""
        return BEGIN if self.ends else 0

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.dtype is not DType.INT or raw.rank != 1:
            raise ShapeMismatch(
                f"{self.label()} needs one text a sample.",
                expected="N (texts)",
                found=f"{raw} ({raw.dtype.value})",
                hint="Put it first, or remove the step before it.",
            )
        return TensorSpec((raw.shape[0], self.token_length), DType.INT, self.index_count(statistics))

    @property
    def token_length(self) -> int:
        """How many numbers each text becomes."""
        raise NotImplementedError

    def index_count(self, statistics: Statistics) -> int:
        """How many different numbers come out: what an Embedding must hold."""
        return self.first_token + len(statistics.vocabulary)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Characters(TextStep):
    """Turns text into the numbers of its characters.

    N × length whole numbers: 0 pads on the left, so that the last step is the end of the text; 1 is an unknown
    character; the vocabulary (from the train split) begins at 2. What is longer than `length` is cut at its end.
    """

    formula: ClassVar[str] = "place of each character in the alphabet"
    when: ClassVar[str] = "Use it for short texts, names and codes."
    target: ClassVar[str] = "engine.data.preparation.text.CharactersRule"
    synonyms: ClassVar[tuple[str, ...]] = ("tokenize", "letters", "char")
    length: int = attribute(32, minimum=1, maximum=4096, help="Characters of each text that are used.")
    lower_case: bool = attribute(True, help="Treat A and a as the same character.")

    @property
    def token_length(self) -> int:
        return self.length


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Words(TextStep):
    """Turns text into the numbers of its words.

    Words stand between blanks; punctuation marks count as words of their own. N × length whole numbers: 0 pads on the
    left, 1 is an unknown word, the vocabulary (from the train split) begins at 2. What is longer than `length` is cut
    at its end. With `lower_case`, "the", "The" and "THE" are the same word.
    """

    formula: ClassVar[str] = "place of each word in the list of words"
    when: ClassVar[str] = "Use it for sentences."
    target: ClassVar[str] = "engine.data.preparation.text.WordsRule"
    synonyms: ClassVar[tuple[str, ...]] = ("tokenize", "token")
    length: int = attribute(64, minimum=1, maximum=4096, help="Words of each text that are used.")
    lower_case: bool = attribute(True, help="Treat The and the as the same word.")
    vocabulary_size: int = attribute(
        10000, minimum=1, maximum=200000, help="Most frequent words that get a number of their own.", label="Vocabulary"
    )

    @property
    def token_length(self) -> int:
        return self.length

    def index_count(self, statistics: Statistics) -> int:
        return self.first_token + min(self.vocabulary_size, len(statistics.vocabulary))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BytePairs(TextStep):
    """Turns text into the numbers of pieces between characters and words (byte-pair encoding).

    The pairs of pieces that occur most in the train split are joined, again and again, until the vocabulary is full: a
    frequent word is one piece, a rare one several, and only a character that was never seen is unknown. N × length
    whole numbers: 0 pads on the left, 1 is unknown, the vocabulary begins at 2. Source: Sennrich et al. 2016.
    """

    formula: ClassVar[str] = "place of each piece in the list of pieces"
    when: ClassVar[str] = "Use it for translation and for texts with many different words."
    caption: ClassVar[str] = "Byte pairs"
    target: ClassVar[str] = "engine.data.preparation.text.BytePairsRule"
    opset: ClassVar[int] = 18
    synonyms: ClassVar[tuple[str, ...]] = ("tokenize", "bpe", "subword", "pieces", "token")
    length: int = attribute(64, minimum=1, maximum=4096, help="Pieces of each text that are used.")
    lower_case: bool = attribute(False, help="Treat A and a as the same character.")
    vocabulary_size: int = attribute(
        4000, minimum=1, maximum=200000, help="Pieces that get a number of their own.", label="Vocabulary"
    )

    @property
    def token_length(self) -> int:
        return self.length


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class WordPiece(TextStep):
    """Turns text into the numbers of pieces of words, the longest that fits first.

    In small letters without accents; blanks and punctuation part words, Chinese characters stand alone. A word of which
    one part is not in the list is unknown as a whole. N × length whole numbers: 2 and 3 mark begin and end, 0 fills up
    on the right. A pretrained network brings its own list; else it is made from the train split, of the pieces that
    occur most. Source: Schuster and Nakajima 2012; Devlin et al. 2018.
    """

    formula: ClassVar[str] = "place of each piece in the list of pieces"
    when: ClassVar[str] = "Use it with a pretrained network for texts, which knows its own pieces."
    caption: ClassVar[str] = "Word pieces"
    target: ClassVar[str] = "engine.data.preparation.word_pieces.WordPieceRule"
    opset: ClassVar[int] = 18
    synonyms: ClassVar[tuple[str, ...]] = ("tokenize", "bert", "subword", "wordpiece", "token")
    length: int = attribute(64, minimum=4, maximum=4096, help="Pieces of each text that are used, the marks included.")
    pieces: Literal["learned", "given"] = attribute(
        "learned", help="Where the list comes from: the train split, or the pretrained network that brought it."
    )
    vocabulary_size: int = attribute(
        4000, minimum=1, maximum=200000, help="How many pieces a list of its own has.", label="Vocabulary"
    )
    ends: bool = attribute(
        True, help="Mark begin and end, as pretrained networks expect.", label="Mark ends", advanced=True, last=True
    )
    pad: Literal["right"] = attribute(
        "right", help="Short texts are filled up behind their end.", label="Fill up", advanced=True, last=True
    )

    @property
    def token_length(self) -> int:
        return self.length

    @property
    def first_token(self) -> int:
        return FIRST_PIECE

    def index_count(self, statistics: Statistics) -> int:
        return FIRST_PIECE + len(statistics.vocabulary)


TEXT_STEPS: tuple[type[TextStep], ...] = (Characters, Words, BytePairs, WordPiece)
"""The steps for text, in the order of the menu."""

_BY_NAME = {step.type_name(): step for step in TEXT_STEPS}


def text_step(field: Field) -> TextStep | None:
    """The step by which a field's text becomes numbers; None without one, or where its settings are wrong."""
    for item in field.preparation:
        kind = _BY_NAME.get(item.type)
        if kind is not None:
            try:
                return kind.from_attributes(item.attributes)
            except AttributeOutOfRange:  # the checks tell the user
                return None
    return None
