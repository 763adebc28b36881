"""Augmentation of text: on the numbers of its tokens, be they characters, words or byte pairs.

Padding and marks stay what they are, and a text never becomes empty. A text that a network writes is varied where it
looks back at it, never where it is the truth.
"""

import dataclasses
from typing import ClassVar

from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.entry import attribute
from engine.document.data_spec import FieldKind

_TEXT = (FieldKind.TEXT,)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class DropTokens(AugmentationStep):
    """Leaves out some words, each at random; the rest closes up.

    Words, characters or pieces, whichever the text is cut into. Source: Wei and Zou 2019 (random deletion).
    """

    formula: ClassVar[str] = "x without each token with probability share"
    when: ClassVar[str] = "Use it for sentences whose sense does not hang on one word."
    caption: ClassVar[str] = "Leave words out"
    target: ClassVar[str] = "engine.data.augmentation.text.drop"
    synonyms: ClassVar[tuple[str, ...]] = ("word dropout", "random deletion", "eda")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    share: float = attribute(0.1, minimum=0, maximum=0.9, help="Share of the words that are left out.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MaskTokens(AugmentationStep):
    """Makes some words unknown, each at random, so that the network reads them from what stands around.

    It also teaches what an unknown word is, which a vocabulary of the train split never shows. Source: Bowman et al.
    2016 (word dropout).
    """

    formula: ClassVar[str] = "x with each token unknown with probability share"
    when: ClassVar[str] = "Use it for texts that will hold words never seen in training."
    caption: ClassVar[str] = "Hide words"
    target: ClassVar[str] = "engine.data.augmentation.text.mask"
    synonyms: ClassVar[tuple[str, ...]] = ("word dropout", "unknown", "mask", "bert")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    share: float = attribute(0.1, minimum=0, maximum=0.9, help="Share of the words that become unknown.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SwapTokens(AugmentationStep):
    """Lets some neighbours change places.

    Of words it varies their order, of characters it makes the usual slip of the keys. Source: Wei and Zou 2019.
    """

    formula: ClassVar[str] = "x[i], x[i+1] → x[i+1], x[i] with probability share"
    when: ClassVar[str] = "Use it for typed text, or where the order of words is free."
    caption: ClassVar[str] = "Swap neighbours"
    target: ClassVar[str] = "engine.data.augmentation.text.swap"
    synonyms: ClassVar[tuple[str, ...]] = ("random swap", "transpose", "typo", "eda")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    share: float = attribute(0.1, minimum=0, maximum=1, help="Share of the pairs that change places.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CutSpan(AugmentationStep):
    """Cuts a run of words out of some texts.

    Source: SpanBERT, Joshi et al. 2020, which hides such runs.
    """

    formula: ClassVar[str] = "x[:i] and x[i+n:], n up to share of its length"
    when: ClassVar[str] = "Use it for long texts that say the same in several places."
    caption: ClassVar[str] = "Cut a passage out"
    target: ClassVar[str] = "engine.data.augmentation.text.cut_span"
    synonyms: ClassVar[tuple[str, ...]] = ("span deletion", "cutout", "passage")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    share: float = attribute(0.3, above=0, maximum=0.9, help="Longest run, as a part of the text.")
    probability: float = attribute(0.5, minimum=0, maximum=1, help="Share of the texts that lose a run.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CropText(AugmentationStep):
    """Keeps one run of each text, with its own length and place."""

    formula: ClassVar[str] = "x[i:i+n], n at least smallest of its length"
    when: ClassVar[str] = "Use it for documents, any part of which tells the class."
    caption: ClassVar[str] = "Keep a passage"
    target: ClassVar[str] = "engine.data.augmentation.text.crop"
    synonyms: ClassVar[tuple[str, ...]] = ("random crop", "excerpt", "passage", "window")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    smallest: float = attribute(0.6, above=0, maximum=1, help="Shortest run, as a part of the text.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReplaceTokens(AugmentationStep):
    """Puts others of the vocabulary in the place of some words, each at random.

    Of characters this makes misprints. Source: Xie et al. 2020.
    """

    formula: ClassVar[str] = "x with each token any other with probability share"
    when: ClassVar[str] = "Use it for text that was scanned, dictated or mistyped."
    caption: ClassVar[str] = "Replace words"
    target: ClassVar[str] = "engine.data.augmentation.text.replace"
    synonyms: ClassVar[tuple[str, ...]] = ("noise", "typo", "misprint", "random replacement")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    share: float = attribute(0.05, minimum=0, maximum=0.9, help="Share of the words that are replaced.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RepeatTokens(AugmentationStep):
    """Writes some words twice, as a stutter or a key that sticks; what no longer fits is cut."""

    formula: ClassVar[str] = "x[i] → x[i], x[i] with probability share"
    when: ClassVar[str] = "Use it for text that was typed or dictated."
    caption: ClassVar[str] = "Repeat words"
    target: ClassVar[str] = "engine.data.augmentation.text.repeat"
    synonyms: ClassVar[tuple[str, ...]] = ("duplicate", "stutter", "typo")
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    share: float = attribute(0.05, minimum=0, maximum=0.9, help="Share of the words that stand twice.")


OF_TEXT: tuple[type[AugmentationStep], ...] = (
    DropTokens,
    MaskTokens,
    SwapTokens,
    CutSpan,
    CropText,
    ReplaceTokens,
    RepeatTokens,
)
"""Every kind for text, in the order of the menu."""
