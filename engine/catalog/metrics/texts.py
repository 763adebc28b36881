"""Metrics of answers that are texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import Feed, Metric
from engine.document.data_spec import FieldKind

_TEXT = (FieldKind.TEXT,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Perplexity(Metric):
    """Between how many signs the network wavers on average.

    1 is perfect; without what fills texts up.
    """

    target: ClassVar[str] = "engine.training.meters.Perplexity"
    formula: ClassVar[str] = "e^(−mean log p[t])"
    when: ClassVar[str] = "Use it for networks that write text."
    key: ClassVar[str] = "perplexity"
    caption: ClassVar[str] = "Perplexity"
    synonyms: ClassVar[tuple[str, ...]] = (
        "language",
        "text",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.SCORES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExactMatch(Metric):
    """The share of texts that are right to the last sign.

    0 to 1.
    """

    target: ClassVar[str] = "engine.training.meters.ExactMatch"
    formula: ClassVar[str] = "texts without an error / texts"
    when: ClassVar[str] = "Use it for short answers, names and numbers."
    key: ClassVar[str] = "exact_match"
    caption: ClassVar[str] = "Exact match"
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenErrorRate(Metric):
    """How many signs have to be changed, added or taken out, as a share of the truth.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.text.WordErrorRate"
    formula: ClassVar[str] = "edits / signs of the truth"
    when: ClassVar[str] = "Use it for speech and handwriting."
    key: ClassVar[str] = "token_error_rate"
    caption: ClassVar[str] = "Token error rate"
    synonyms: ClassVar[tuple[str, ...]] = (
        "wer",
        "cer",
        "edit distance",
        "levenshtein",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BLEU(Metric):
    """How many runs of up to four signs of the answer occur in the truth.

    Source: Papineni et al. 2002, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.text.BLEUScore"
    formula: ClassVar[str] = "brevity · (p₁ p₂ p₃ p₄)^¼"
    when: ClassVar[str] = "Use it for translations, to compare with papers."
    key: ClassVar[str] = "bleu"
    caption: ClassVar[str] = "BLEU"
    synonyms: ClassVar[tuple[str, ...]] = (
        "translation",
        "n-gram",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    options: ClassVar[Mapping[str, Any]] = {"smooth": True}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ChrF(Metric):
    """How many runs of up to six signs answer and truth share, misses counting more.

    Source: Popović 2015, torchmetrics; each sign counts as a character.
    """

    target: ClassVar[str] = "torchmetrics.text.CHRFScore"
    formula: ClassVar[str] = "(1 + 4) P R / (4 P + R) over runs of 1 to 6 signs"
    when: ClassVar[str] = "Use it for translations into languages with many word forms."
    key: ClassVar[str] = "chrf"
    caption: ClassVar[str] = "chrF"
    synonyms: ClassVar[tuple[str, ...]] = (
        "translation",
        "character",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    options: ClassVar[Mapping[str, Any]] = {"n_word_order": 0}
    percent: ClassVar[bool] = True
