"""Metrics of answers that are pictures, sound, series or arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import Feed, Metric
from engine.document.data_spec import FieldKind

_IMAGE = (FieldKind.IMAGE,)
_SIGNAL = (FieldKind.AUDIO, FieldKind.SERIES)
_ANY = (FieldKind.ARRAY, FieldKind.AUDIO, FieldKind.SERIES, FieldKind.IMAGE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PeakSignalNoiseRatio(Metric):
    """How clear a rebuilt picture is, in decibels.

    From values as they are prepared, 0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.image.PeakSignalNoiseRatio"
    formula: ClassVar[str] = "10 log₁₀(1 / mean squared error)"
    when: ClassVar[str] = "Use it for enlarged, cleaned and compressed pictures."
    key: ClassVar[str] = "peak_signal_noise_ratio"
    caption: ClassVar[str] = "Signal to noise (PSNR)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "psnr",
        "decibel",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _IMAGE
    feed: ClassVar[Feed] = Feed.TENSORS
    options: ClassVar[Mapping[str, Any]] = {"data_range": 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class StructuralSimilarity(Metric):
    """How alike two pictures look in light, contrast and structure.

    1 is the same. Source: Wang et al. 2004, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.image.StructuralSimilarityIndexMeasure"
    formula: ClassVar[str] = "mean (2 μμ + c)(2 σ + c) / ((μ² + μ² + c)(σ² + σ² + c))"
    when: ClassVar[str] = "Use it for rebuilt pictures: it is nearer to what eyes see than PSNR."
    key: ClassVar[str] = "structural_similarity"
    caption: ClassVar[str] = "Structural similarity (SSIM)"
    synonyms: ClassVar[tuple[str, ...]] = ("ssim",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _IMAGE
    feed: ClassVar[Feed] = Feed.TENSORS
    options: ClassVar[Mapping[str, Any]] = {"data_range": 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalNoiseRatio(Metric):
    """How clear a rebuilt signal is, in decibels.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.audio.SignalNoiseRatio"
    formula: ClassVar[str] = "10 log₁₀(Σ truth² / Σ error²)"
    when: ClassVar[str] = "Use it for sound and measurements."
    key: ClassVar[str] = "signal_noise_ratio"
    caption: ClassVar[str] = "Signal to noise (SNR)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "snr",
        "decibel",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _SIGNAL
    feed: ClassVar[Feed] = Feed.TENSORS


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleInvariantSNR(Metric):
    """How clear a rebuilt signal is, whatever its loudness, in decibels.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.audio.ScaleInvariantSignalNoiseRatio"
    formula: ClassVar[str] = "SNR after the best scaling of the answer"
    when: ClassVar[str] = "Use it for separated or cleaned sound."
    key: ClassVar[str] = "scale_invariant_snr"
    caption: ClassVar[str] = "Signal to noise, any loudness"
    synonyms: ClassVar[tuple[str, ...]] = (
        "si-snr",
        "decibel",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _SIGNAL
    feed: ClassVar[Feed] = Feed.TENSORS


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconstructionError(Metric):
    """How far values are off on average, as they are prepared.

    In the unit of the prepared values.
    """

    target: ClassVar[str] = "engine.training.meters.AbsoluteError"
    formula: ClassVar[str] = "mean |answer − truth|"
    when: ClassVar[str] = "Use it for autoencoders of anything."
    key: ClassVar[str] = "reconstruction_error"
    caption: ClassVar[str] = "Reconstruction error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _ANY
    feed: ClassVar[Feed] = Feed.TENSORS
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineSimilarity(Metric):
    """How well answers point in the direction of the truth.

    -1 to 1, a sample taken as one vector.
    """

    target: ClassVar[str] = "engine.training.meters.Cosine"
    formula: ClassVar[str] = "mean x · t / (‖x‖ ‖t‖)"
    when: ClassVar[str] = "Use it for embeddings and directions."
    key: ClassVar[str] = "cosine_similarity"
    caption: ClassVar[str] = "Cosine similarity"
    kinds: ClassVar[tuple[FieldKind, ...]] = _ANY
    feed: ClassVar[Feed] = Feed.TENSORS


_NEIGHBOURS: Mapping[str, Any] = {"neighbour": 5, "most": 2000}


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage(Metric):
    """For what is made from noise: how many of the real samples have a made one in their neighbourhood.

    The neighbourhood of a real sample reaches to its fifth nearest real one, by values as they are prepared. Small
    where a generator makes the same few things over and over. Of 2,000 samples at most. Source: Naeem et al. 2020.
    """

    target: ClassVar[str] = "engine.training.meters.Coverage"
    formula: ClassVar[str] = "real samples with a made one nearer than their 5th real neighbour / real samples"
    when: ClassVar[str] = "Use it for generators, to see whether they make everything there is."
    key: ClassVar[str] = "coverage"
    caption: ClassVar[str] = "Coverage of the real"
    synonyms: ClassVar[tuple[str, ...]] = ("gan", "mode collapse", "recall", "diversity", "generator")
    kinds: ClassVar[tuple[FieldKind, ...]] = _ANY
    feed: ClassVar[Feed] = Feed.TENSORS
    options: ClassVar[Mapping[str, Any]] = _NEIGHBOURS
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Fidelity(Metric):
    """For what is made from noise: how many of the made samples lie in the neighbourhood of a real one.

    Neighbourhoods are those of Coverage; pictures that are blurred lie near many. Source: Kynkäänniemi et al. 2019.
    """

    target: ClassVar[str] = "engine.training.meters.Fidelity"
    formula: ClassVar[str] = "made samples nearer to a real one than its 5th real neighbour / made samples"
    when: ClassVar[str] = "Use it beside coverage, to see whether what a generator makes could be real."
    key: ClassVar[str] = "fidelity"
    caption: ClassVar[str] = "Near the real"
    synonyms: ClassVar[tuple[str, ...]] = ("gan", "precision", "realism", "generator")
    kinds: ClassVar[tuple[FieldKind, ...]] = _ANY
    feed: ClassVar[Feed] = Feed.TENSORS
    options: ClassVar[Mapping[str, Any]] = _NEIGHBOURS
    percent: ClassVar[bool] = True
