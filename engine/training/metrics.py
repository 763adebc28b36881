"""Metrics as sums on the device: batches are taken in as they come, and the numbers are read once an epoch.

The sums are exact for classes (counts) and in float64 for numbers, so how batches are cut makes no difference.
Axes: N samples, C classes; a prediction may be (N, C, ...) against a target (N, ...).
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engine.catalog.metrics.classes import Top3Accuracy
from engine.catalog.metrics.embeddings import OneShotAccuracy
from engine.catalog.metrics.metric import Feed, Metric
from engine.catalog.registry import metric_named
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.errors import TrainingError
from engine.training.meters import Meter, meter, texts_of
from engine.training.one_shot import episodes_won

DEFAULTS = {
    FieldKind.CATEGORY: ("accuracy",),
    FieldKind.LABELS: ("label_f1_micro", "label_accuracy", "mean_average_precision"),
    FieldKind.NUMBER: ("mean_absolute_error", "r2"),
    FieldKind.SERIES: ("mean_absolute_error", "root_mean_squared_error"),
    FieldKind.MASK: ("accuracy", "jaccard_macro"),
    FieldKind.TEXT: ("accuracy", "perplexity"),
}
"""What is shown while training when the recipe names no metrics."""

MOST_PLACES = 20_000
"""Embeddings that are kept for one-shot recognition; the first of a split are as good as any."""

_BATCHES_WAITING = {"cuda": 64}
"""By kind of device, how many batches of texts wait to be fed to meters: picking out the signs that count makes a card
be waited for. Elsewhere one."""


class Scores:
    """Sums for one output of the network. `prefix` is put before each name where there are several outputs.

    Metrics that need more than the sums of their kind of field have a meter each.
    """

    def __init__(self, field: Field, prefix: str, keys: Sequence[str], device: torch.device) -> None:
        self.field = field
        self.prefix = prefix
        classes = len(field.statistics.classes)
        self._meters: dict[str, tuple[Feed, Meter]] = {}
        for key in keys:
            entry = metric(key)
            if entry.feed is not Feed.COUNTS and (not entry.at_least or classes >= entry.at_least):
                self._meters[key] = (entry.feed, meter(entry, classes, device))
        self.keys = tuple(key for key in keys if metric(key).feed is Feed.COUNTS or key in self._meters)

    def add(self, prediction: Tensor, target: Tensor) -> None:
        """Take in predictions and prepared targets, both on the device and without gradients."""
        raise NotImplementedError

    def _feed(self, feed: Feed, answer: Any, truth: Any) -> None:
        for wanted, item in self._meters.values():
            if wanted is feed:
                item.update(answer, truth)

    def _wants(self, feed: Feed) -> bool:
        return any(wanted is feed for wanted, _ in self._meters.values())

    def values(self) -> dict[str, float]:
        """The metrics of all that was taken in, by name; what has no value (R² of equal numbers) is left out."""
        found = self._values()
        if self._has_seen():
            found |= {key: item.value() for key, (_, item) in self._meters.items()}
        return {f"{self.prefix}{key}": found[key] for key in self.keys if key in found and math.isfinite(found[key])}

    def _values(self) -> dict[str, float]:
        raise NotImplementedError

    def _has_seen(self) -> bool:
        raise NotImplementedError

    def _sums_by_name(self) -> dict[str, Tensor]:
        """The sums that belong to the kind of field."""
        raise NotImplementedError

    def state(self) -> dict[str, Tensor]:
        """The sums themselves, by name, and what meters hold."""
        held = {
            f"{key}/{name}": value for key, (_, item) in self._meters.items() for name, value in item.state().items()
        }
        return {**self._sums_by_name(), **held}

    def clear(self) -> None:
        """Begin anew."""
        for tensor in self._sums_by_name().values():
            tensor.zero_()
        for _, item in self._meters.values():
            item.clear()

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from sums that `state` gave."""
        for name, tensor in self._sums_by_name().items():
            tensor.copy_(state[name])
        for key, (_, item) in self._meters.items():
            item.load({name.partition("/")[2]: value for name, value in state.items() if name.startswith(f"{key}/")})


class CategoryScores(Scores):
    """Counts of right answers, and per class where an average over classes is asked for.

    For a text each sign is an answer; 0 fills texts up and is left out.
    """

    def __init__(
        self, field: Field, prefix: str, keys: Sequence[str], device: torch.device, *, answer: str = "softmax"
    ) -> None:
        super().__init__(field, prefix, keys, device)
        self._classes = max(1, len(field.statistics.classes))
        self._answer = answer
        self._is_text = field.kind is FieldKind.TEXT
        self._threshold = 0.0 if answer in ("softmax", "sigmoid") else 0.5
        self._by_class = bool({"balanced_accuracy", "precision_macro", "recall_macro", "f1_macro"} & set(keys))
        self._with_top = "top_3_accuracy" in keys
        self._k = min(Top3Accuracy().k, self._classes)
        self._seen = torch.zeros(3, dtype=torch.int64, device=device)
        """Samples, right answers, samples whose class is among the first k."""
        self._of_class = torch.zeros((3, self._classes if self._by_class else 0), dtype=torch.int64, device=device)
        """For each class: right answers, answers that name it, samples."""
        self._waiting: list[tuple[Tensor, Tensor]] = []
        """Of batches of texts the negative logarithm of the score of each true sign, and which signs count."""

    def add(self, prediction: Tensor, target: Tensor) -> None:
        if self.field.kind is not FieldKind.CATEGORY and prediction.dim() != target.dim() + 1:
            return  # what stands at the Output has another form than classes; only its loss can judge it
        if (
            self._is_text
            and prediction.dim() == 3
            and self._answer == "softmax"
            and not self._by_class | self._with_top
        ):
            self._add_tokens(prediction, target)
            return
        scores_nc, target_n = by_sample(prediction, target)
        answer_n = classes_of(scores_nc, self._threshold)
        if self._is_text:
            if self._wants(Feed.TOKENS):
                self._add_texts(answer_n.reshape(target.shape), target)
            kept = target_n != 0
            scores_nc, target_n, answer_n = scores_nc[kept], target_n[kept], answer_n[kept]
        right_n = answer_n == target_n
        self._seen[0] += target_n.numel()
        self._seen[1] += right_n.sum()
        if self._with_top and scores_nc.shape[1] >= self._k:
            top_nk = scores_nc.topk(self._k, dim=1).indices
            self._seen[2] += (top_nk == target_n[:, None]).sum()
        if self._by_class:
            self._of_class += count_by_class(answer_n, target_n, self._classes)
        self._feed(Feed.LABELS, answer_n, target_n)
        if self._wants(Feed.SCORES) and target_n.numel():
            self._feed(Feed.SCORES, probabilities(scores_nc, self._answer), target_n)

    def _add_tokens(self, prediction_ncl: Tensor, target_nl: Tensor) -> None:
        """The same for scores of thousands of tokens, which are not moved about: that takes as long as learning."""
        answer_nl, kept_nl = prediction_ncl.argmax(1), target_nl != 0
        if self._wants(Feed.TOKENS):
            self._add_texts(answer_nl, target_nl)
        self._seen[0] += kept_nl.sum()
        self._seen[1] += ((answer_nl == target_nl) & kept_nl).sum()
        if self._wants(Feed.LABELS):
            self._feed(Feed.LABELS, answer_nl[kept_nl], target_nl[kept_nl])
        if self._wants(Feed.SCORES):
            nll_nl = torch.nn.functional.cross_entropy(prediction_ncl.float(), target_nl, reduction="none")
            self._waiting.append((nll_nl, kept_nl))
            if len(self._waiting) >= _BATCHES_WAITING.get(target_nl.device.type, 1):
                self._feed_waiting()

    def _feed_waiting(self) -> None:
        """What is asked of the scores of texts is the score of the truth alone."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            right_n = (-torch.cat([nll_nl[kept_nl] for nll_nl, kept_nl in waiting])).exp()
            if right_n.numel():
                self._feed(Feed.SCORES, right_n[:, None], torch.zeros_like(right_n, dtype=torch.int64))

    def values(self) -> dict[str, float]:
        self._feed_waiting()
        return super().values()

    def state(self) -> dict[str, Tensor]:
        self._feed_waiting()
        return super().state()

    def clear(self) -> None:
        self._waiting.clear()
        super().clear()

    def _add_texts(self, answer_nl: Tensor, target_nl: Tensor) -> None:
        """A text is answered up to the length of the true one: what comes later is filling."""
        answer_nl = answer_nl * (target_nl != 0)
        for key, (feed, item) in self._meters.items():
            if feed is Feed.TOKENS:
                said, true = (texts_of(numbers, single=key == "chrf") for numbers in (answer_nl, target_nl))
                item.update(said, true if key == "token_error_rate" else [[text] for text in true])

    def _values(self) -> dict[str, float]:
        seen, right, top = self._seen.tolist()
        if seen == 0:
            return {}
        found = {"accuracy": right / seen, "top_3_accuracy": top / seen}
        if self._by_class:
            found.update(macro_averages(self._of_class))
        return found

    def _has_seen(self) -> bool:
        return bool(self._seen[0])

    def _sums_by_name(self) -> dict[str, Tensor]:
        return {"seen": self._seen, "of_class": self._of_class}


class NumberScores(Scores):
    """Sums of errors, in the field's own unit."""

    def __init__(
        self, field: Field, prefix: str, keys: Sequence[str], device: torch.device, *, answer: str = "none"
    ) -> None:
        super().__init__(field, prefix, keys, device)
        self._exponential = answer == "exp"
        self._preparation = Preparation(field)
        # MPS has no float64.
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self._sums = torch.zeros(5, dtype=dtype, device=device)
        """Numbers, absolute errors, squared errors, truth, squared truth (both from the mean of the train split)."""
        self._shift = field.statistics.mean[0] if field.statistics.mean else 0.0

    def add(self, prediction: Tensor, target: Tensor) -> None:
        if self.field.kind is FieldKind.SERIES and prediction.shape != target.shape:
            return  # what stands at the Output is no series; only its loss can judge it
        truth = self._preparation.invert(target).to(self._sums.dtype)
        prediction = prediction.exp() if self._exponential else prediction
        answer = self._preparation.invert(prediction).to(self._sums.dtype).reshape(truth.shape)
        error = answer - truth
        from_mean = truth - self._shift
        parts = (error.abs().sum(), error.square().sum(), from_mean.sum(), from_mean.square().sum())
        self._sums[0] += truth.numel()
        self._sums[1:] += torch.stack(parts)
        self._feed(Feed.VALUES, answer.reshape(-1), truth.reshape(-1))
        if prediction.shape == target.shape:
            self._feed(Feed.TENSORS, prediction, target)

    def _values(self) -> dict[str, float]:
        return number_metrics(*self._sums.tolist())

    def _has_seen(self) -> bool:
        return bool(self._sums[0])

    def _sums_by_name(self) -> dict[str, Tensor]:
        return {"sums": self._sums}


class LabelScores(Scores):
    """Yes or no for each of several labels (N, C), against a prepared target of zeros and ones."""

    def __init__(
        self, field: Field, prefix: str, keys: Sequence[str], device: torch.device, *, answer: str = "sigmoid"
    ) -> None:
        super().__init__(field, prefix, keys, device)
        self._answer = answer
        self._count = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, prediction: Tensor, target: Tensor) -> None:
        if prediction.shape == target.shape and len(target):
            self._count += len(target)
            scores = probabilities(prediction, self._answer)[:, -target.shape[1] :]  # of two where there is one label
            self._feed(Feed.SETS, scores, (target > 0.5).long())

    def _values(self) -> dict[str, float]:
        return {}

    def _has_seen(self) -> bool:
        return bool(self._count)

    def _sums_by_name(self) -> dict[str, Tensor]:
        return {"count": self._count}


class TensorScores(Scores):
    """Pictures, sound and arrays against what they should be, both as they are prepared."""

    def __init__(self, field: Field, prefix: str, keys: Sequence[str], device: torch.device) -> None:
        super().__init__(field, prefix, keys, device)
        self._count = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, prediction: Tensor, target: Tensor) -> None:
        if prediction.shape == target.shape and target.is_floating_point():
            self._count += len(target)
            self._feed(Feed.TENSORS, prediction, target)

    def _values(self) -> dict[str, float]:
        return {}

    def _has_seen(self) -> bool:
        return bool(self._count)

    def _sums_by_name(self) -> dict[str, Tensor]:
        return {"count": self._count}


class EmbeddingScores(Scores):
    """Places in a space with the classes of what lies there: kept until the end, as distances need all of them."""

    def __init__(self, field: Field, prefix: str, device: torch.device) -> None:
        super().__init__(field, prefix, (), device)
        self.keys = (OneShotAccuracy.key,)
        self._places: list[Tensor] = []
        self._classes: list[Tensor] = []

    def add(self, prediction: Tensor, target: Tensor) -> None:
        if prediction.dim() == 2 and target.dim() == 1 and sum(map(len, self._classes)) < MOST_PLACES:
            self._places.append(prediction.float())
            self._classes.append(target)

    def _values(self) -> dict[str, float]:
        if not self._classes:
            return {}
        places, classes = (torch.cat(parts).cpu().numpy() for parts in (self._places, self._classes))
        won = episodes_won(places, classes, **OneShotAccuracy.options)
        return {OneShotAccuracy.key: float(won.mean())} if len(won) else {}

    def _has_seen(self) -> bool:
        return bool(self._classes)

    def _sums_by_name(self) -> dict[str, Tensor]:
        return {}

    def state(self) -> dict[str, Tensor]:
        return {"places": torch.cat(self._places), "classes": torch.cat(self._classes)} if self._classes else {}

    def load(self, state: dict[str, Tensor]) -> None:
        self.clear()
        if "places" in state:
            self._places, self._classes = [state["places"].clone()], [state["classes"].clone()]

    def clear(self) -> None:
        self._places, self._classes = [], []


def probabilities(scores_nc: Tensor, answer: str) -> Tensor:
    """(N, C) of what stands at an output; a single score is that of the second of two classes."""
    scores = scores_nc.float()
    if answer == "softmax" and scores.shape[1] > 1:
        return scores.softmax(1)
    if answer in ("softmax", "sigmoid"):
        scores = scores.sigmoid()
    elif answer == "exp":
        scores = scores.exp()
    if scores.shape[1] == 1:
        return torch.cat([1 - scores, scores], 1)
    return scores


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
    field: Field,
    prefix: str,
    wanted: Sequence[str],
    device: torch.device,
    answer: str = "softmax",
    *,
    watched: str = "",
) -> Scores | None:
    """What scores an output for this field; None for kinds that are only judged by their loss.

    `watched` is measured as well, if it is a metric of this kind of field.
    """
    keys = [key for key in wanted if field.kind in metric(key).kinds] or list(DEFAULTS.get(field.kind, ()))
    known = metric_named(watched)
    if known is not None and field.kind in known.kinds and watched not in keys:
        keys.append(watched)
    if answer == "embedding":
        return EmbeddingScores(field, prefix, device) if field.kind is FieldKind.CATEGORY else None
    if not keys:
        return None
    if field.kind in (FieldKind.NUMBER, FieldKind.SERIES):
        return NumberScores(field, prefix, keys, device, answer=answer)
    if field.kind is FieldKind.LABELS:
        return LabelScores(field, prefix, keys, device, answer=answer)
    if field.kind in (FieldKind.CATEGORY, FieldKind.MASK, FieldKind.TEXT):
        if field.kind is FieldKind.CATEGORY:
            keys = list(dict.fromkeys(("accuracy", *keys)))  # picks the best epoch
        if field.kind is FieldKind.MASK:
            keys = list(dict.fromkeys((*keys, "jaccard_macro")))  # likewise
        return CategoryScores(field, prefix, keys, device, answer=answer)
    return TensorScores(field, prefix, keys, device)


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
