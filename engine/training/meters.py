"""Metrics that take in answers batch by batch: those of torchmetrics, and small ones that it lacks.

torchmetrics is imported when a recipe asks for one of its metrics, never before. What a meter holds is tensors by
name, so that a run can go on within an epoch. Axes: N samples, C classes.
"""

import importlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.catalog.metrics.metric import Feed, Metric


class Meter(Protocol):
    """A metric at work."""

    def update(self, answer: Any, truth: Any) -> None:
        """Take in a batch, as the metric's feed says."""

    def value(self) -> float:
        """The metric of all that was taken in; nan where there is none."""

    def state(self) -> dict[str, Tensor]:
        """What it holds, by name."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` gave."""

    def clear(self) -> None:
        """Begin anew."""


def meter(entry: type[Metric], classes: int, device: torch.device) -> Meter:
    """The meter behind a metric of the catalog, for so many classes."""
    room, _, name = entry.target.rpartition(".")
    # MPS has no float64.
    dtype = torch.float32 if device.type == "mps" else torch.float64
    if room == __name__:
        own: Meter = OWN[name](device=device, dtype=dtype, **entry.options)
        return own
    kind = getattr(importlib.import_module(room), name)
    options = dict(entry.options)
    if entry.feed in (Feed.LABELS, Feed.SCORES):
        options |= {"num_classes": max(2, classes), "validate_args": False}
    if entry.feed is Feed.SETS:
        options |= {"num_labels": max(2, classes), "validate_args": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some say that they keep everything; the help of the metric does too
        return _LibraryMeter(kind(**options).to(device), dtype if entry.feed is Feed.VALUES else None)


class _LibraryMeter:
    """A metric of torchmetrics."""

    def __init__(self, metric: Any, dtype: torch.dtype | None) -> None:
        self._metric = metric.set_dtype(dtype) if dtype is not None else metric

    def update(self, answer: Any, truth: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of batches without a class, of equal numbers, ...
            self._metric.update(answer, truth)

    def value(self) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(self._metric.compute())

    def state(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {"batches": torch.tensor(self._metric.update_count)}
        for name, held in self._metric.metric_state.items():
            if isinstance(held, Tensor):
                found[name] = held
            elif held:
                found[name] = torch.cat([part.reshape(-1) if part.dim() == 0 else part for part in held])
        return found

    def load(self, state: dict[str, Tensor]) -> None:
        self.clear()
        for name, held in self._metric.metric_state.items():
            if name in state:
                value = state[name].to(self._metric.device, copy=True)
                setattr(self._metric, name, value if isinstance(held, Tensor) else [value])
        self._metric._update_count = int(state["batches"])  # it has no public way to say that it has seen something

    def clear(self) -> None:
        self._metric.reset()


class _Mean:
    """The mean of a number for each sample."""

    def __init__(self, *, device: torch.device, dtype: torch.dtype) -> None:
        self._sums = torch.zeros(2, dtype=dtype, device=device)

    def each(self, answer: Any, truth: Any) -> Tensor:
        """The number for each sample (N,)."""
        raise NotImplementedError

    def update(self, answer: Any, truth: Any) -> None:
        found = self.each(answer, truth).to(self._sums)
        self._sums += torch.stack([found.sum(), torch.full_like(self._sums[0], found.numel())])

    def value(self) -> float:
        total, count = self._sums.tolist()
        return total / count if count else float("nan")

    def state(self) -> dict[str, Tensor]:
        return {"sums": self._sums}

    def load(self, state: dict[str, Tensor]) -> None:
        self._sums.copy_(state["sums"])

    def clear(self) -> None:
        self._sums.zero_()


def _right(scores_nc: Tensor, true_n: Tensor) -> Tensor:
    return scores_nc.gather(1, true_n[:, None]).squeeze(1)


class _LogLoss(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return -_right(answer, truth).to(self._sums.dtype).clamp(min=1e-15).log()


class _Perplexity(_LogLoss):
    def value(self) -> float:
        return float(torch.tensor(super().value(), dtype=torch.float64).exp())


class _Brier(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return answer.square().sum(1) - 2 * _right(answer, truth) + 1


class _ReciprocalRank(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return 1 / (1 + (answer > _right(answer, truth)[:, None]).sum(1))


class _Confidence(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return answer.amax(1)


class _Bias(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return answer - truth


class _Pinball(_Mean):
    def __init__(self, *, quantile: float, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__(device=device, dtype=dtype)
        self._quantile = quantile

    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        gap = truth - answer
        return torch.maximum(self._quantile * gap, (self._quantile - 1) * gap)


class _Within(_Mean):
    def __init__(self, *, share: float, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__(device=device, dtype=dtype)
        self._share = share

    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return (answer - truth).abs() <= self._share * truth.abs()


class _AbsoluteError(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        return (answer - truth).abs().flatten()


class _Cosine(_Mean):
    def each(self, answer: Tensor, truth: Tensor) -> Tensor:
        said, true = (x.reshape(x.shape[0], -1).to(self._sums.dtype) for x in (answer, truth))
        return torch.nn.functional.cosine_similarity(said, true, dim=1)


class _ExactMatch(_Mean):
    def each(self, answer: Sequence[str], truth: Sequence[Sequence[str]]) -> Tensor:
        return torch.tensor([said in true for said, true in zip(answer, truth, strict=True)], dtype=torch.float64)


class _MaximumError(_Mean):
    def update(self, answer: Tensor, truth: Tensor) -> None:
        if answer.numel():
            largest = (answer - truth).abs().amax().to(self._sums)
            self._sums[0] = torch.maximum(self._sums[0], largest)
            self._sums[1] = 1


class _MedianError:
    """Keeps every error, as a median needs all of them."""

    def __init__(self, *, device: torch.device, dtype: torch.dtype) -> None:
        self._kept: list[Tensor] = []

    def update(self, answer: Tensor, truth: Tensor) -> None:
        self._kept.append((answer - truth).abs().flatten())

    def value(self) -> float:
        return float(torch.cat(self._kept).median()) if self._kept else float("nan")

    def state(self) -> dict[str, Tensor]:
        return {"errors": torch.cat(self._kept)} if self._kept else {}

    def load(self, state: dict[str, Tensor]) -> None:
        self._kept = [state["errors"]] if "errors" in state else []

    def clear(self) -> None:
        self._kept = []


class _Neighbours:
    """Keeps answers and truths, as each is to be looked for among all the others.

    Distances are those of the values as prepared, `neighbour` says the how many-th real neighbour bounds the
    neighbourhood of a real one. Beyond `most` samples nothing is taken in.
    """

    def __init__(self, *, neighbour: int, most: int, device: torch.device, dtype: torch.dtype) -> None:
        self._neighbour, self._most = neighbour, most
        self._made: list[Tensor] = []
        self._real: list[Tensor] = []

    def among(self, apart_rm: Tensor, radius_r: Tensor) -> Tensor:
        """The mean of these is the value. R real and M made samples, how far they are apart, how far neighbours are."""
        raise NotImplementedError

    def update(self, answer: Tensor, truth: Tensor) -> None:
        room = self._most - sum(map(len, self._made))
        if room > 0:
            self._made.append(answer[:room].reshape(min(room, len(answer)), -1).float().cpu())
            self._real.append(truth[:room].reshape(min(room, len(truth)), -1).float().cpu())

    def value(self) -> float:
        if sum(map(len, self._made)) <= self._neighbour:
            return float("nan")
        made, real = torch.cat(self._made), torch.cat(self._real)
        if not bool(made.isfinite().all()):
            return 0.0
        radius = torch.cdist(real, real).kthvalue(self._neighbour + 1, dim=1).values  # the nearest one is itself
        return float(self.among(torch.cdist(real, made), radius).double().mean())

    def state(self) -> dict[str, Tensor]:
        return {"made": torch.cat(self._made), "real": torch.cat(self._real)} if self._made else {}

    def load(self, state: dict[str, Tensor]) -> None:
        self._made, self._real = ([state[name].clone()] if name in state else [] for name in ("made", "real"))

    def clear(self) -> None:
        self._made, self._real = [], []


class _Coverage(_Neighbours):
    def among(self, apart_rm: Tensor, radius_r: Tensor) -> Tensor:
        return apart_rm.amin(1) <= radius_r


class _Fidelity(_Neighbours):
    def among(self, apart_rm: Tensor, radius_r: Tensor) -> Tensor:
        return (apart_rm <= radius_r[:, None]).any(0)


OWN: dict[str, Callable[..., Meter]] = {
    "LogLoss": _LogLoss,
    "Perplexity": _Perplexity,
    "Brier": _Brier,
    "ReciprocalRank": _ReciprocalRank,
    "Confidence": _Confidence,
    "Bias": _Bias,
    "Pinball": _Pinball,
    "Within": _Within,
    "AbsoluteError": _AbsoluteError,
    "Cosine": _Cosine,
    "ExactMatch": _ExactMatch,
    "MaximumError": _MaximumError,
    "MedianError": _MedianError,
    "Coverage": _Coverage,
    "Fidelity": _Fidelity,
}
"""Meters of ours by the last part of a metric's target."""


def texts_of(numbers_nl: Tensor, *, single: bool) -> list[str]:
    """Texts of numbered signs as a library of texts wants them: words with blanks between, or a character a sign.

    0 fills a text up and ends it; it is no sign.
    """
    found = []
    for row in numbers_nl.tolist():
        signs = [number for number in row if number != 0]
        found.append("".join(chr(0x4E00 + n % 0x5000) for n in signs) if single else " ".join(map(str, signs)))
    return found
