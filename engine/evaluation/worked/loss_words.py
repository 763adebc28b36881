"""Losses written out with the numbers of a sample, and how they move with each score: the same for every project."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.catalog.layer import Layer
from engine.catalog.losses.classes import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, NLLLoss
from engine.catalog.losses.numbers import L1Loss, MSELoss
from engine.evaluation.worked.numbers import MOST_TERMS, factor, number

MOST_SCORES: Final = 1000


@dataclass(frozen=True, slots=True)
class LossWords:
    """The loss as a sum in numbers, and for each score how its gradient comes about ("" where that is not said)."""

    forward: str
    backward: tuple[str, ...] = ()


Write = Callable[[Sequence[float], Sequence[float]], LossWords]
"""From the prediction and the target of one sample, flat; the target of a class is its number."""


def loss_words(layer: Layer, prediction: Sequence[float], target: Sequence[float]) -> LossWords | None:
    """None for a loss that is not written out, or settings that change what it says."""
    write = _WRITERS.get(type(layer))
    if write is None or not prediction or len(prediction) > MOST_SCORES:
        return None
    if isinstance(layer, CrossEntropyLoss) and layer.label_smoothing:
        return None
    if isinstance(layer, CrossEntropyLoss | NLLLoss):
        if len(target) != 1 or not 0 <= int(target[0]) < len(prediction):
            return None  # one class a sample; a text or a mask has one a place
    elif len(target) != len(prediction):
        return None
    return write(prediction, target)


def exponentials(scores: Sequence[float]) -> str:
    """ "e^1.2 + e^−0.3", of many the largest with what the others add up to."""
    if len(scores) <= MOST_TERMS + 1:
        return " + ".join(f"e^{factor(score)}" for score in scores)
    largest = sorted(range(len(scores)), key=lambda place: -scores[place])[: MOST_TERMS - 1]
    rest = sum(math.exp(min(score, 700.0)) for place, score in enumerate(scores) if place not in largest)
    shown = " + ".join(f"e^{factor(scores[place])}" for place in sorted(largest))
    return f"{shown} + {number(rest)} from {len(scores) - len(largest)} others"


def softmax(scores: Sequence[float]) -> list[float]:
    """Shares of 1."""
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _cross_entropy(scores: Sequence[float], target: Sequence[float]) -> LossWords:
    right = int(target[0])
    shares = softmax(scores)
    forward = f"−log( e^{factor(scores[right])} / ({exponentials(scores)}) ) = −log {number(shares[right])}"
    backward = tuple(
        f"share {number(share)} − 1, as it is the right one" if place == right else f"share {number(share)} − 0"
        for place, share in enumerate(shares)
    )
    return LossWords(forward, backward)


def _nll(scores: Sequence[float], target: Sequence[float]) -> LossWords:
    right = int(target[0])
    return LossWords(
        f"−({number(scores[right])})", tuple("−1" if place == right else "0" for place in range(len(scores)))
    )


def _mse(scores: Sequence[float], target: Sequence[float]) -> LossWords:
    count = len(scores)
    squares = [f"({number(x)} − {factor(t)})²" for x, t in zip(scores, target, strict=True)]
    backward = tuple(f"2 · ({number(x)} − {factor(t)}){_over(count)}" for x, t in zip(scores, target, strict=True))
    return LossWords(_mean(squares), backward)


def _l1(scores: Sequence[float], target: Sequence[float]) -> LossWords:
    return LossWords(_mean([f"|{number(x)} − {factor(t)}|" for x, t in zip(scores, target, strict=True)]))


def _binary(scores: Sequence[float], target: Sequence[float]) -> LossWords:
    pairs = [(x, t, 1 / (1 + math.exp(-max(-700.0, min(700.0, x))))) for x, t in zip(scores, target, strict=True)]
    count = len(pairs)
    backward = tuple(f"(σ({number(x)}) − {factor(t)}){_over(count)} = {_off(p, t, count)}" for x, t, p in pairs)
    return LossWords(_mean([_log_of(p, t) for _x, t, p in pairs]), backward)


def _binary_of_shares(shares: Sequence[float], target: Sequence[float]) -> LossWords:
    return LossWords(_mean([_log_of(p, t) for p, t in zip(shares, target, strict=True)]))


def _off(share: float, target: float, count: int) -> str:
    return f"({number(share)} − {factor(target)}){_over(count)}"


def _log_of(share: float, target: float) -> str:
    if target == 1:
        return f"−log {number(share)}"
    if target == 0:
        return f"−log(1 − {number(share)})"
    return f"−({number(target)} · log {number(share)} + {number(1 - target)} · log(1 − {number(share)}))"


def _over(count: int) -> str:
    return f" / {count}" if count > 1 else ""


def _mean(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    shown = " + ".join(parts[:MOST_TERMS])
    more = f" + … ({len(parts) - MOST_TERMS:,} more)" if len(parts) > MOST_TERMS else ""
    return f"({shown}{more}) / {len(parts)}"


_WRITERS: Final[dict[type[Layer], Write]] = {
    CrossEntropyLoss: _cross_entropy,
    NLLLoss: _nll,
    MSELoss: _mse,
    L1Loss: _l1,
    BCEWithLogitsLoss: _binary,
    BCELoss: _binary_of_shares,
}
