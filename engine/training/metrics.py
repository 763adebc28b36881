"""Metrics as sums on the device: batches are taken in as they come, and the numbers are read once an epoch.

The sums are exact for classes (counts) and in float64 for numbers, so how batches are cut makes no difference.
Axes: N samples, C classes; a prediction may be (N, C, ...) against a target (N, ...).
"""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from engine.catalog.metrics import Metric, Top3Accuracy
from engine.catalog.registry import metric_named
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.errors import TrainingError

DEFAULTS = {
    FieldKind.CATEGORY: ("accuracy",),
    FieldKind.NUMBER: ("mean_absolute_error", "r2"),
}
"""What is shown while training when the recipe names no metrics."""


class Scores:
    """Sums for one output of the network. `prefix` is put before each name where there are several outputs."""

    kind: ClassVar[FieldKind]

    def __init__(self, field: Field, prefix: str, keys: Sequence[str]) -> None:
        self.field = field
        self.prefix = prefix
        self.keys = tuple(keys)

    def add(self, prediction: Tensor, target: Tensor) -> None:
        """Take in predictions and prepared targets, both on the device and without gradients."""
        raise NotImplementedError

    def values(self) -> dict[str, float]:
        """The metrics of all that was taken in, by name; what has no value (R² of equal numbers) is left out."""
        found = self._values()
        return {
            f"{self.prefix}{key}": value for key, value in found.items() if key in self.keys and math.isfinite(value)
        }

    def _values(self) -> dict[str, float]:
        raise NotImplementedError

    def state(self) -> dict[str, Tensor]:
        """The sums themselves, by name."""
        raise NotImplementedError

    def clear(self) -> None:
        """Begin anew."""
        for tensor in self.state().values():
            tensor.zero_()

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from sums that `state` gave."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])


class CategoryScores(Scores):
    """Counts of right answers, and per class where an average over classes is asked for."""

    kind = FieldKind.CATEGORY

    def __init__(
        self, field: Field, prefix: str, keys: Sequence[str], device: torch.device, *, answer: str = "softmax"
    ) -> None:
        super().__init__(field, prefix, keys)
        self._classes = max(1, len(field.statistics.classes))
        self._threshold = 0.0 if answer in ("softmax", "sigmoid") else 0.5
        self._by_class = bool({"balanced_accuracy", "precision_macro", "recall_macro", "f1_macro"} & set(keys))
        self._with_top = "top_3_accuracy" in keys
        self._k = min(Top3Accuracy().k, self._classes)
        self._seen = torch.zeros(3, dtype=torch.int64, device=device)
        """Samples, right answers, samples whose class is among the first k."""
        self._of_class = torch.zeros((3, self._classes if self._by_class else 0), dtype=torch.int64, device=device)
        """For each class: right answers, answers that name it, samples."""

    def add(self, prediction: Tensor, target: Tensor) -> None:
        scores_nc, target_n = by_sample(prediction, target)
        answer_n = classes_of(scores_nc, self._threshold)
        right_n = answer_n == target_n
        self._seen[0] += target_n.numel()
        self._seen[1] += right_n.sum()
        if self._with_top and scores_nc.shape[1] >= self._k:
            top_nk = scores_nc.topk(self._k, dim=1).indices
            self._seen[2] += (top_nk == target_n[:, None]).sum()
        if self._by_class:
            self._of_class += count_by_class(answer_n, target_n, self._classes)

    def _values(self) -> dict[str, float]:
        seen, right, top = self._seen.tolist()
        if seen == 0:
            return {}
        found = {"accuracy": right / seen, "top_3_accuracy": top / seen}
        if self._by_class:
            found.update(macro_averages(self._of_class))
        return found

    def state(self) -> dict[str, Tensor]:
        return {"seen": self._seen, "of_class": self._of_class}


class NumberScores(Scores):
    """Sums of errors, in the field's own unit."""

    kind = FieldKind.NUMBER

    def __init__(
        self, field: Field, prefix: str, keys: Sequence[str], device: torch.device, *, answer: str = "none"
    ) -> None:
        super().__init__(field, prefix, keys)
        self._exponential = answer == "exp"
        self._preparation = Preparation(field)
        # MPS has no float64.
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self._sums = torch.zeros(5, dtype=dtype, device=device)
        """Numbers, absolute errors, squared errors, truth, squared truth (both from the mean of the train split)."""
        self._shift = field.statistics.mean[0] if field.statistics.mean else 0.0

    def add(self, prediction: Tensor, target: Tensor) -> None:
        truth = self._preparation.invert(target).to(self._sums.dtype)
        prediction = prediction.exp() if self._exponential else prediction
        error = self._preparation.invert(prediction).to(self._sums.dtype).reshape(truth.shape) - truth
        from_mean = truth - self._shift
        parts = (error.abs().sum(), error.square().sum(), from_mean.sum(), from_mean.square().sum())
        self._sums[0] += truth.numel()
        self._sums[1:] += torch.stack(parts)

    def _values(self) -> dict[str, float]:
        return number_metrics(*self._sums.tolist())

    def state(self) -> dict[str, Tensor]:
        return {"sums": self._sums}


def by_sample(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (N, C) and class numbers (N,) from (N, C, ...) against (N, ...), or against one-hot rows (N, C)."""
    if target.is_floating_point():
        target = target.argmax(1) if target.dim() > 1 and target.shape[1] > 1 else target.reshape(-1).to(torch.int64)
    if prediction.dim() > 2:
        prediction = prediction.movedim(1, -1).reshape(-1, prediction.shape[1])
    elif prediction.dim() == 1:
        prediction = prediction[:, None]
    return prediction, target.reshape(-1)


def classes_of(scores_nc: Tensor, threshold: float) -> Tensor:
    """The answered class of each sample; a single score says yes (class 1) above the threshold."""
    if scores_nc.shape[1] == 1:
        return (scores_nc[:, 0] > threshold).to(torch.int64)
    return scores_nc.argmax(1)


def count_by_class(answer_n: Tensor, target_n: Tensor, classes: int) -> Tensor:
    """(3, C): for each class right answers, answers that name it, and samples."""
    right_n = target_n[answer_n == target_n]
    return torch.stack(
        [torch.bincount(numbers, minlength=classes)[:classes] for numbers in (right_n, answer_n, target_n)]
    )


def macro_averages(of_class_3c: Tensor) -> dict[str, float]:
    """Averages over classes, from what `count_by_class` counts. Classes that nobody named or had are left out."""
    right, named, samples = of_class_3c.to(torch.float64, copy=True).cpu()
    precision = torch.where(named > 0, right / named.clamp(min=1), 0.0)
    recall = torch.where(samples > 0, right / samples.clamp(min=1), 0.0)
    f1 = 2 * right / (named + samples).clamp(min=1)
    present, seen = samples > 0, (named + samples) > 0
    if not bool(present.any()):
        return {}
    mean_recall = float(recall[present].mean())
    return {
        "balanced_accuracy": mean_recall,
        "recall_macro": mean_recall,
        "precision_macro": float(precision[seen].mean()),
        "f1_macro": float(f1[seen].mean()),
    }


def number_metrics(
    count: float, absolute: float, squared: float, truth: float, squared_truth: float
) -> dict[str, float]:
    """Metrics of numbers from their sums."""
    if count == 0:
        return {}
    spread = squared_truth - truth * truth / count
    found = {"mean_absolute_error": absolute / count, "root_mean_squared_error": math.sqrt(squared / count)}
    if spread > 1e-12 * max(1.0, squared_truth):
        found["r2"] = 1 - squared / spread
    return found


def scores_for(
    field: Field, prefix: str, wanted: Sequence[str], device: torch.device, answer: str = "softmax"
) -> Scores | None:
    """What scores an output for this field; None for kinds that are only judged by their loss."""
    keys = [key for key in wanted if field.kind in metric(key).kinds] or DEFAULTS.get(field.kind, ())
    if field.kind is FieldKind.CATEGORY:
        keys = list(dict.fromkeys(("accuracy", *keys)))  # picks the best epoch
        return CategoryScores(field, prefix, keys, device, answer=answer)
    if field.kind is FieldKind.NUMBER:
        return NumberScores(field, prefix, keys, device, answer=answer)
    return None


def metric(key: str) -> type[Metric]:
    """The metric of that key. Raises TrainingError."""
    found = metric_named(key)
    if found is None:
        raise TrainingError(
            f"There is no metric '{key[:60]}'.", where="metrics", found=key[:60], hint="Choose another in the recipe."
        )
    return found


def is_better_larger(name: str) -> bool:
    """Whether larger is better for a metric as an epoch reports it ("accuracy", "price.r2", "loss")."""
    found = metric_named(name.rpartition(".")[2])
    return found is not None and found.larger_is_better
