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
