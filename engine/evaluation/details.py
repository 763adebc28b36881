"""What is told of an output beside its main scores: averages over classes, intervals, ranking and plots.

Axes: N samples, C classes, R answers a sample, H moments ahead.
"""

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.catalog.metrics.embeddings import OneShotAccuracy
from engine.catalog.metrics.unseen import EvidenceBound, EvidenceDivergence, EvidenceReconstruction, OddnessAUROC
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.answers import probabilities
from engine.evaluation.evidence import evidence
from engine.evaluation.forecasts import known_past, simple_forecasts
from engine.evaluation.intervals import (
    interval_of_auroc,
    interval_of_mean,
    interval_of_median,
    interval_of_sums,
    intervals_of_counts,
)
from engine.evaluation.labels import THRESHOLD
from engine.evaluation.oddness import depends_on_inputs, unseen_ranking
from engine.evaluation.plots.calibration import calibration_plots
from engine.evaluation.plots.curves import curve_plots
from engine.evaluation.plots.forecast import forecast_plots
from engine.evaluation.plots.numbers import number_plots
from engine.evaluation.plots.pictures import made_from_noise, reconstructed
from engine.evaluation.plots.regions import overlaps, region_plots
from engine.evaluation.plots.text import text_plots
from engine.evaluation.ranking import Ranking, mean_known, ranked, ranked_classes
from engine.evaluation.scores import CALIBRATION_BINS, overlap_of, wilson_interval
from engine.protocol.messages.evaluation import ClassScore, FieldEvaluation
from engine.training.metrics import by_sample
from engine.training.one_shot import episodes_won

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

_MOST_RANKED: Final = 2_000_000
"""Scores that are put in order for curves and areas; of more, samples are chosen evenly."""
_SHARES: Final = ("accuracy", "top_2_accuracy", "top_3_accuracy", "top_5_accuracy")


def detailed(
    given: Answered, output: AnsweredOutput, found: FieldEvaluation, written: dict[int, str] | None = None
) -> FieldEvaluation:
    """`found` with intervals, averages, plots and pictures. `written` are texts written freely, by place."""
    field, target = output.field, output.target
    if field is None or target is None:
        return found
    found = msgspec.structs.replace(found, kind=field.kind.value)
    if output.texts is not None:
        return _text(given, output, found, written or {})
    if field.kind is FieldKind.CATEGORY and found.matrix:
        return _with_oddness(given, output, _with_one_shot(given, output, _category(given, output, field, found)))
    if field.kind is FieldKind.LABELS and found.per_class:
        return _labels(given, output, found)
    if output.areas is not None:
        return _mask(given, output.areas, field, found)
    if field.kind in (FieldKind.NUMBER, FieldKind.SERIES) and "mean_absolute_error" in found.metrics:
        return _with_oddness(given, output, _number(given, output, field, found))
    return _with_oddness(given, output, _other(given, output, field, found))


def _with_one_shot(given: Answered, output: AnsweredOutput, found: FieldEvaluation) -> FieldEvaluation:
    """With how well classes are recognised that were shown once: those that were kept for the test, where there are."""
    if output.places is None or output.target is None:
        return found
    classes = output.target.numpy()
    kept = given.dataset.unseen()[given.indices.numpy()]
    if len(np.unique(classes[kept])) > 1:
        classes = np.where(kept, classes, -1)
    won = episodes_won(output.places.numpy(), classes, **OneShotAccuracy.options)
    if not len(won):
        return found
    key = OneShotAccuracy.key
    intervals = {**found.intervals, key: interval_of_mean(won)}
    metrics = {key: float(won.mean()), **found.metrics}
    metrics[key] = float(won.mean())
    return msgspec.structs.replace(found, metrics=metrics, intervals=_known_intervals(intervals, metrics))


def _with_oddness(given: Answered, output: AnsweredOutput, found: FieldEvaluation) -> FieldEvaluation:
    """With how well oddness tells samples that were kept from training from the others."""
    ranking = unseen_ranking(given, output)
    area = ranking[0].auroc() if ranking is not None else None
    if ranking is None or area is None:
        return found
    intervals = {**found.intervals, OddnessAUROC.key: ranking[1]} if ranking[1] else found.intervals
    return msgspec.structs.replace(found, metrics={**found.metrics, OddnessAUROC.key: area}, intervals=intervals)


def _category(given: Answered, output: AnsweredOutput, field: Field, found: FieldEvaluation) -> FieldEvaluation:
    scores = probabilities(output.raw, output.answer, len(found.classes))
    assert output.target is not None
    scores_t, true_t = by_sample(scores, output.target)
    scores_nc, true_n = scores_t.double().numpy(), true_t.numpy()
    count, classes = scores_nc.shape
    if classes != len(found.classes):
        return found
    single = count == given.count
    answer_n, confidence_n = scores_nc.argmax(1), scores_nc.max(1)
    right_n = answer_n == true_n
    chosen = _evenly(count, _MOST_RANKED // max(1, classes))
    positive_nc = true_n[chosen][:, None] == np.arange(classes)[None, :]
    rankings = ranked_classes(scores_nc[chosen], positive_nc)
    micro = ranked(scores_nc[chosen].reshape(-1), positive_nc.reshape(-1))
    matrix = np.array(found.matrix, np.int64)
    intervals: dict[str, list[float]] = {
        name: wilson_interval(round(found.metrics[name] * count), count) for name in _SHARES if name in found.metrics
    }
    if single:
        intervals |= intervals_of_counts(matrix, _of_matrices)
        intervals["calibration_error"] = _calibration_interval(confidence_n, right_n)
        if bounds := interval_of_auroc(scores_nc[chosen], positive_nc):
            intervals["auroc"] = bounds
    else:  # answers of one sample hang together: samples are drawn, not answers
        share = right_n.reshape(given.count, -1).mean(1)
        intervals = {"accuracy": interval_of_mean(share)}
    averages = _averages(found.per_class, matrix, rankings, micro)
    metrics = dict(found.metrics)
    metrics |= _known({"auroc": averages[0].auroc, "average_precision": averages[0].average_precision})
    metrics |= {"precision_weighted": averages[2].precision, "f1_weighted": averages[2].f1}
    return msgspec.structs.replace(
        found,
        metrics=metrics,
        per_class=_with_areas(found.per_class, rankings),
        averages=averages,
        interval=intervals["accuracy"] or found.interval,
        intervals=_known_intervals(intervals, metrics),
        plots=[
            *curve_plots(found.classes, rankings, micro, is_single=True),
            *calibration_plots(confidence_n, right_n),
        ],
    )


def _labels(given: Answered, output: AnsweredOutput, found: FieldEvaluation) -> FieldEvaluation:
    assert output.target is not None
    scores_nc = probabilities(output.raw, output.answer, 0).double().numpy()
    true_nc = output.target.numpy() > THRESHOLD
    named_nc = scores_nc > THRESHOLD
    count, labels = scores_nc.shape
    chosen = _evenly(count, _MOST_RANKED // max(1, labels))
    rankings = ranked_classes(scores_nc[chosen], true_nc[chosen])
    micro = ranked(scores_nc[chosen].reshape(-1), true_nc[chosen].reshape(-1))
    both, said, have = ((named_nc & true_nc), named_nc, true_nc)
    sums = np.stack([item.sum(1) for item in (both, said, have)], 1).astype(np.float64)
    intervals = {
        "all_labels_right": found.interval,
        "label_accuracy": interval_of_mean((named_nc == true_nc).mean(1)),
        "label_f1_micro": interval_of_sums(sums, lambda s: 2 * s[:, 0] / np.maximum(1, s[:, 1] + s[:, 2])),
    }
    each = np.concatenate([both, said, have], 1).astype(np.float64)
    if each.size <= 4_000_000:
        intervals["label_f1_macro"] = interval_of_sums(each, lambda s: _macro_f1(s, labels))
    averages = _label_averages(found.per_class, rankings, micro, sums.sum(0))
    metrics = dict(found.metrics)
    metrics |= _known({"auroc": averages[0].auroc, "mean_average_precision": averages[0].average_precision})
    metrics["label_f1_macro"] = averages[0].f1
    confidence = np.where(named_nc, scores_nc, 1 - scores_nc).reshape(-1)
    return msgspec.structs.replace(
        found,
        metrics=metrics,
        per_class=_with_areas(found.per_class, rankings),
        averages=averages,
        intervals=_known_intervals(intervals, metrics),
        plots=[
            *curve_plots(found.classes, rankings, micro, is_single=False),
            *calibration_plots(confidence, (named_nc == true_nc).reshape(-1), of="labels"),
        ],
    )


def _mask(given: Answered, areas: Tensor, field: Field, found: FieldEvaluation) -> FieldEvaluation:
    areas_n3c = areas.numpy()
    sums = areas_n3c.reshape(len(areas_n3c), -1).astype(np.float64)
    classes = areas_n3c.shape[2]

    def accuracy(drawn: Floats) -> Floats:
        right, _, true = drawn.reshape(-1, 3, classes).transpose(1, 0, 2)
        return np.asarray(right.sum(1) / np.maximum(1, true.sum(1)))

    def dice(drawn: Floats) -> Floats:
        right, named, true = drawn.reshape(-1, 3, classes).transpose(1, 0, 2)
        there = named + true > 0
        return np.asarray(
            np.where(there, 2 * right / np.maximum(1, named + true), 0).sum(1) / np.maximum(1, there.sum(1))
        )

    intervals = {
        "jaccard_macro": interval_of_sums(sums, lambda drawn: overlap_of(drawn, classes)),
        "accuracy": interval_of_sums(sums, accuracy),
        "dice": interval_of_sums(sums, dice),
    }
    each = overlaps(areas_n3c)
    return msgspec.structs.replace(
        found,
        intervals=_known_intervals(intervals, found.metrics),
        plots=region_plots(field, found.per_class, each, areas_n3c, given.indices.numpy()),
    )


def _number(given: Answered, output: AnsweredOutput, field: Field, found: FieldEvaluation) -> FieldEvaluation:
    preparation = Preparation(field)
    raw = output.raw.exp() if output.answer == "exp" else output.raw
    assert output.target is not None
    answer = preparation.invert(raw.float()).reshape(output.target.shape).double().numpy()
    true = preparation.invert(output.target).double().numpy()
    by_row_answer, by_row_true = answer.reshape(given.count, -1), true.reshape(given.count, -1)
    indices = given.indices.numpy()
    intervals = number_intervals(by_row_answer, by_row_true)
    if field.kind is FieldKind.SERIES and answer.ndim == 3:
        past = known_past(field, given.dataset, given.indices)
        plots = forecast_plots(
            field,
            answer,
            true,
            past if past is None else past.astype(np.float64),
            {
                name: value.astype(np.float64)
                for name, value in simple_forecasts(field, given.dataset, given.indices).items()
            },
            indices,
        )
    else:
        repeated = np.repeat(indices, by_row_true.shape[1])
        plots = number_plots(field, by_row_answer.reshape(-1), by_row_true.reshape(-1), repeated)
    return msgspec.structs.replace(found, intervals=_known_intervals(intervals, found.metrics), plots=plots)


def number_intervals(answer_nr: Floats, true_nr: Floats) -> dict[str, list[float]]:
    """Intervals of the usual scores of numbers; the samples (rows) are drawn again."""
    off = answer_nr - true_nr
    from_mean = true_nr - np.nanmean(true_nr) if true_nr.size else true_nr
    sums = np.stack(
        [
            np.full(len(off), off.shape[1], np.float64),
            np.abs(off).sum(1),
            np.square(off).sum(1),
            from_mean.sum(1),
            np.square(from_mean).sum(1),
        ],
        1,
    )
    sums = sums[np.isfinite(sums).all(1)]

    def r2(s: Floats) -> Floats:
        spread = s[:, 4] - s[:, 3] ** 2 / np.maximum(1, s[:, 0])
        return np.asarray(np.where(spread > 0, 1 - s[:, 2] / np.where(spread > 0, spread, 1), np.nan))

    found = {
        "mean_absolute_error": interval_of_sums(sums, lambda s: s[:, 1] / np.maximum(1, s[:, 0])),
        "root_mean_squared_error": interval_of_sums(sums, lambda s: np.sqrt(s[:, 2] / np.maximum(1, s[:, 0]))),
        "r2": interval_of_sums(sums, r2),
    }
    if off.shape[1] == 1:
        found["median_absolute_error"] = interval_of_median(np.abs(off[:, 0]))
    return found


def _text(given: Answered, output: AnsweredOutput, found: FieldEvaluation, written: dict[int, str]) -> FieldEvaluation:
    texts = output.texts
    assert texts is not None
    target = texts.target_nl.numpy()
    answers, nll = output.raw.numpy(), texts.nll_nl
    there = target != 0
    intervals: dict[str, list[float]] = {}
    if answers.shape == target.shape:
        sums = np.stack([((answers == target) & there).sum(1), there.sum(1)], 1).astype(np.float64)
        intervals["accuracy"] = interval_of_sums(sums, lambda s: s[:, 0] / np.maximum(1, s[:, 1]))
    unlikely = None
    if nll is not None:
        unlikely = nll.double().numpy()
        sums = np.stack([unlikely.sum(1), there.sum(1)], 1).astype(np.float64)
        intervals["perplexity"] = interval_of_sums(
            sums, lambda s: np.exp(np.minimum(50.0, s[:, 0] / np.maximum(1, s[:, 1])))
        )
    if written:
        right = sum(text == texts.text(place) for place, text in written.items())
        intervals["exact_match"] = wilson_interval(right, len(written))
    lengths = [(len(texts.text(place)), len(text)) for place, text in written.items()]
    chosen = given.indices.numpy()[np.array(list(written), np.int64)] if written else np.zeros(0, np.int64)
    return msgspec.structs.replace(
        found,
        intervals=_known_intervals(intervals, found.metrics),
        plots=text_plots(target, answers, unlikely, lengths, chosen),
    )


def _other(given: Answered, output: AnsweredOutput, field: Field, found: FieldEvaluation) -> FieldEvaluation:
    """Pictures, sound and arrays: what was made anew beside what was given, and what was made from nothing."""
    metrics, intervals = dict(found.metrics), {}
    pictures = made_from_noise(given, output, field)
    is_paired = output.errors is not None and depends_on_inputs(given, output)
    if is_paired and output.errors is not None:
        errors = output.errors.numpy()
        if np.isfinite(errors).all():
            sums = np.stack([errors[:, 1], np.ones(len(errors))], 1)
            found_error = {
                "mean_absolute_error": (float(errors[:, 0].mean()), interval_of_mean(errors[:, 0])),
                "root_mean_squared_error": (
                    float(np.sqrt(errors[:, 1].mean())),
                    interval_of_sums(sums, lambda s: np.sqrt(s[:, 0] / np.maximum(1, s[:, 1]))),
                ),
            }
            for name, (value, bounds) in found_error.items():
                metrics.setdefault(name, value)
                intervals[name] = bounds
        bound = evidence(given, output)
        if bound is not None:
            metrics |= {
                EvidenceBound.key: bound.bound,
                EvidenceReconstruction.key: bound.reconstruction,
                EvidenceDivergence.key: bound.kl,
            }
        shown, plots = reconstructed(given, output, field)
        pictures = [*shown, *pictures]
    else:
        plots = []
    return msgspec.structs.replace(
        found, metrics=metrics, intervals=_known_intervals(intervals, metrics), plots=plots, pictures=pictures
    )


def _averages(per_class: list[ClassScore], matrix: Int64s, rankings: list[Ranking], micro: Ranking) -> list[ClassScore]:
    """Macro (classes that nobody named or had are left out), micro, and weighted by samples."""
    right, named, true = np.diag(matrix).astype(np.float64), matrix.sum(0), matrix.sum(1)
    total = max(1, int(true.sum()))
    seen, present = (named + true) > 0, true > 0
    share = float(right.sum()) / total
    precision, recall, f1 = (
        np.array([getattr(item, name) for item in per_class]) for name in ("precision", "recall", "f1")
    )
    areas = [ranking.auroc() for ranking in rankings]
    means = [ranking.average_precision() for ranking in rankings]
    weights = true / total

    def weighted(values: Any) -> float:
        return float((np.asarray(values, np.float64) * weights).sum())

    return [
        ClassScore(
            name="macro",
            precision=float(precision[seen].mean()) if seen.any() else 0.0,
            recall=float(recall[present].mean()) if present.any() else 0.0,
            f1=float(f1[seen].mean()) if seen.any() else 0.0,
            samples=int(true.sum()),
            auroc=mean_known(areas),
            average_precision=mean_known(means),
        ),
        ClassScore(
            name="micro",
            precision=share,
            recall=share,
            f1=share,
            samples=int(true.sum()),
            auroc=micro.auroc(),
            average_precision=micro.average_precision(),
        ),
        ClassScore(
            name="weighted",
            precision=weighted(precision),
            recall=weighted(recall),
            f1=weighted(f1),
            samples=int(true.sum()),
            auroc=_weighted_known(areas, true),
            average_precision=_weighted_known(means, true),
        ),
    ]


def _label_averages(
    per_class: list[ClassScore], rankings: list[Ranking], micro: Ranking, sums: Floats
) -> list[ClassScore]:
    both, said, have = sums.tolist()
    samples = np.array([item.samples for item in per_class], np.float64)
    areas = [ranking.auroc() for ranking in rankings]
    means = [ranking.average_precision() for ranking in rankings]
    values = {name: np.array([getattr(item, name) for item in per_class]) for name in ("precision", "recall", "f1")}
    weights = samples / max(1.0, samples.sum())
    return [
        ClassScore(
            name="macro",
            **{name: float(value.mean()) for name, value in values.items()},
            samples=int(samples.sum()),
            auroc=mean_known(areas),
            average_precision=mean_known(means),
        ),
        ClassScore(
            name="micro",
            precision=both / said if said else 0.0,
            recall=both / have if have else 0.0,
            f1=2 * both / (said + have) if said + have else 0.0,
            samples=int(samples.sum()),
            auroc=micro.auroc(),
            average_precision=micro.average_precision(),
        ),
        ClassScore(
            name="weighted",
            **{name: float((value * weights).sum()) for name, value in values.items()},
            samples=int(samples.sum()),
            auroc=_weighted_known(areas, samples),
            average_precision=_weighted_known(means, samples),
        ),
    ]


def _weighted_known(values: list[float | None], weights: Any) -> float | None:
    known = [(value, float(weight)) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _with_areas(per_class: list[ClassScore], rankings: list[Ranking]) -> list[ClassScore]:
    return [
        msgspec.structs.replace(
            item,
            auroc=ranking.auroc(),
            average_precision=ranking.average_precision() if ranking.is_both else None,
        )
        for item, ranking in zip(per_class, rankings, strict=True)
    ]


def _of_matrices(counts: Floats) -> dict[str, Floats]:
    """Scores of drawn confusion matrices (D, C, C)."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    named, true = counts.sum(1), counts.sum(2)
    precision = np.divide(right, named, out=np.zeros_like(right), where=named > 0)
    recall = np.divide(right, true, out=np.zeros_like(right), where=true > 0)
    f1 = np.divide(2 * right, named + true, out=np.zeros_like(right), where=named + true > 0)
    seen, present = (named + true) > 0, true > 0
    total = true.sum(1)
    mean_recall = recall.sum(1) / np.maximum(1, present.sum(1))
    return {
        "precision_macro": precision.sum(1) / np.maximum(1, seen.sum(1)),
        "recall_macro": mean_recall,
        "balanced_accuracy": mean_recall,
        "f1_macro": f1.sum(1) / np.maximum(1, seen.sum(1)),
        "precision_weighted": (precision * true).sum(1) / total,
        "f1_weighted": (f1 * true).sum(1) / total,
    }


def _macro_f1(sums: Floats, labels: int) -> Floats:
    both, said, have = sums[:, :labels], sums[:, labels : 2 * labels], sums[:, 2 * labels :]
    return np.asarray(np.where(said + have > 0, 2 * both / np.maximum(1, said + have), 0.0).mean(1))


def _calibration_interval(confidence_n: Floats, right_n: npt.NDArray[np.bool_]) -> list[float]:
    """Interval of the expected calibration error, by the sums of its 15 bins."""
    bins = np.clip(
        np.ceil(np.clip(confidence_n, 0, 1) * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1
    )
    if len(bins) > 40_000:
        chosen = _evenly(len(bins), 40_000)
        bins, confidence_n, right_n = bins[chosen], confidence_n[chosen], right_n[chosen]
    gap = np.zeros((len(bins), CALIBRATION_BINS + 1))
    gap[np.arange(len(bins)), bins] = right_n - confidence_n
    gap[:, -1] = 1
    # Bins of chance samples are off in more ways than the real ones, so drawn errors are larger on the whole.
    return interval_of_sums(gap, lambda s: np.abs(s[:, :-1]).sum(1) / np.maximum(1, s[:, -1]), is_lifted=True)


def _evenly(count: int, most: int) -> Int64s:
    """Places of all, or of so many that are evenly chosen."""
    if count <= max(1, most):
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, max(1, most)).round().astype(np.int64))


def _known(values: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _known_intervals(intervals: dict[str, list[float]], metrics: dict[str, float]) -> dict[str, list[float]]:
    return {name: bounds for name, bounds in intervals.items() if bounds and name in metrics}
