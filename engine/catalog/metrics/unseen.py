"""Metrics that Evaluate works out of a whole split by itself."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.metrics.metric import Feed, Metric


@dataclass(frozen=True, kw_only=True, slots=True)
class OddnessAUROC(Metric):
    """How well oddness tells samples of what training never saw from all others.

    Oddness is what an autoencoder cannot make again, or how unsure a classifier is. The share of pairs, one unseen and
    one other sample, in which the unseen one looks odder: 0.5 is guessing, 1 perfect. Source: Fawcett 2006.
    """

    formula: ClassVar[str] = "area below found unseen samples over false alarms, as the bar is lowered"
    when: ClassVar[str] = "It comes by itself in Evaluate where classes are kept for the test alone."
    key: ClassVar[str] = "oddness_auroc"
    caption: ClassVar[str] = "AUROC of oddness"
    synonyms: ClassVar[tuple[str, ...]] = ("anomaly", "outlier", "novelty", "out of distribution")
    feed: ClassVar[Feed] = Feed.SPLIT


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceBound(Metric):
    """How likely a variational autoencoder holds the samples to be, from below: the evidence lower bound (ELBO).

    Less what it costs to describe a sample by its hidden values (KL) and to make it again from them (reconstruction),
    in nats a sample; hidden values are drawn once for each. Source: Kingma and Welling 2014.
    """

    formula: ClassVar[str] = "ELBO = −(reconstruction + KL), in nats a sample"
    when: ClassVar[str] = "It comes by itself in Evaluate where a KLPriorLoss stands beside a reconstruction loss."
    key: ClassVar[str] = "elbo"
    caption: ClassVar[str] = "ELBO"
    synonyms: ClassVar[tuple[str, ...]] = ("vae", "likelihood", "evidence", "nats", "variational")
    feed: ClassVar[Feed] = Feed.SPLIT


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceReconstruction(Metric):
    """The part of the ELBO that says how much of a sample is lost when it is made again.

    The negative logarithm of the likelihood of a sample, given its hidden values, in nats.
    """

    formula: ClassVar[str] = "−log p(x | hidden values), in nats a sample"
    when: ClassVar[str] = "It comes with the ELBO; less is better."
    key: ClassVar[str] = "elbo_reconstruction"
    caption: ClassVar[str] = "ELBO, reconstruction"
    larger_is_better: ClassVar[bool] = False
    feed: ClassVar[Feed] = Feed.SPLIT


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceDivergence(Metric):
    """The part of the ELBO that says how much the hidden values tell of a sample.

    The Kullback-Leibler divergence of its hidden values from the bell curve that all are drawn to, in nats.
    """

    formula: ClassVar[str] = "KL(hidden values of a sample ‖ N(0, 1)), in nats a sample"
    when: ClassVar[str] = "It comes with the ELBO; near 0 the hidden values tell nothing."
    key: ClassVar[str] = "elbo_kl"
    caption: ClassVar[str] = "ELBO, KL"
    larger_is_better: ClassVar[bool] = False
    feed: ClassVar[Feed] = Feed.SPLIT
