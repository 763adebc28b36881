"""Scores of parts of a split: by a class, by numbers in five bins of equal count, by length, by size, by who labelled.

Axes: N samples of the split.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from engine.data.dataset import open_dataset
from engine.data.drawing import date_text, duration
from engine.data.finding import measured
from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.rows import LabelRows, PictureRows, Rows, SoundRows, StringRows
from engine.document import sample_names
from engine.document.data_spec import Field, FieldKind, Role
from engine.errors import Cancelled, DataError
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.intervals import interval_of_mean, interval_of_sums
from engine.evaluation.judging import Judged, JudgedCategory, JudgedMask, JudgedNumber, judged
from engine.evaluation.scores import overlap_of, wilson_interval
from engine.protocol.messages.answered_samples import Measure
from engine.protocol.messages.comparison import GroupChoice, GroupScore, GroupsScored
from engine.training.metrics import count_by_class, macro_averages

SMALL: Final = 20
"""Samples below which a group is marked as too small to say much."""
BINS: Final = 5
MOST_GROUPS: Final = 200
_TOGETHER: Final = 256
_FEW_VALUES: Final = 8
"""Numbers with no more different values than this are groups of their own."""
BY_HAND: Final = ":by_hand"
BY_ANSWER: Final = ":answer"
BY_LEVEL: Final = ":level:"
"""With the name of a field behind it: how bright a picture, how loud a sound is."""
BY_REGION: Final = ":region"
_LEVELS: Final = {FieldKind.IMAGE: "Brightness", FieldKind.AUDIO: "Loudness"}

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Samples of the split that have something in common: bool (N,)."""

    name: str
    members: Bools


def score_groups(
    given: Answered,
    by: str = "",
    output_field: str = "",
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> GroupsScored:
    """Score the groups of one kind. Raises DataError for what cannot be grouped by, and Cancelled."""
    output = given.output(output_field)
    found = judged(given, output)
    if found.measure is Measure.NONE:
        assert output.field is not None
        raise DataError(
            f"No sample has a score of its own for '{output.field.name}'.",
            where=output.field.name,
            hint="Groups need answers that are right or wrong, or a distance from the truth.",
        )
    choices = group_choices(given, output)
    if not choices:
        raise DataError("There is nothing to group these samples by.", hint="Groups need another column of the data.")
    chosen = by or choices[0].key
    groups = list(grouped(given, output, chosen, progress=progress, cancelled=cancelled))
    whole = score_group(given, found, Group(name="all", members=np.ones(given.count, bool)))
    scores = [score_group(given, found, group) for group in groups if group.members.any()]
    main = main_metric(found)
    sign = 1.0 if larger_is_better(main) else -1.0
    scores.sort(key=lambda item: (item.is_small, sign * item.metrics.get(main, 0.0), item.name))
    note = ""
    if len(scores) > MOST_GROUPS:
        note = f"The {MOST_GROUPS} worst of {len(scores):,} groups."
        scores = scores[:MOST_GROUPS]
    alone = int((~np.any([group.members for group in groups], axis=0)).sum()) if groups else given.count
    if alone:
        note = f"{note} {alone:,} samples are in no group.".strip()
    return GroupsScored(
        run=given.run.number,
        split=given.split,
        by=chosen,
        caption=next((choice.caption for choice in choices if choice.key == chosen), chosen),
        metrics=list(whole.metrics),
        overall=whole,
        groups=scores,
        choices=choices,
        note=note,
    )


def group_choices(given: Answered, output: AnsweredOutput) -> list[GroupChoice]:
    """What the samples can be grouped by: inputs first, then what is answered, then columns that are ignored."""
    data = given.dataset.data
    fields = [field for field in data.fields if _can_group(given, field)]
    order = {Role.INPUT: 0, Role.TARGET: 1, Role.IGNORED: 2}
    fields.sort(key=lambda field: order[field.role])
    found = [GroupChoice(key=field.name, caption=_caption(field, data.split.field)) for field in fields]
    found += [
        GroupChoice(key=BY_LEVEL + field.name, caption=f"{_LEVELS[field.kind]} of {field.name}")
        for field in data.inputs()
        if field.kind in _LEVELS
    ]
    if output.areas is not None:
        found.append(GroupChoice(key=BY_REGION, caption="Size of what is to be found"))
    if output.field is not None and output.field.kind in (FieldKind.CATEGORY, FieldKind.LABELS):
        found.append(GroupChoice(key=BY_ANSWER, caption=f"{output.field.name}, as answered"))
    if any(labelling.labelled for labelling in data.labelling):
        found.append(GroupChoice(key=BY_HAND, caption="Who labelled it"))
    return found


def grouped(
    given: Answered,
    output: AnsweredOutput,
    by: str,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Iterator[Group]:
    """The groups of one kind, as they come. Raises DataError."""
    if by == BY_HAND:
        yield from _by_hand(given)
    elif by == BY_ANSWER:
        yield from _by_answer(judged(given, output))
    elif by == BY_REGION and output.areas is not None:
        areas = output.areas.double()
        share = 1 - areas[:, 2, 0] / areas[:, 2].sum(1).clamp(min=1)
        yield from _binned(share.numpy(), lambda value: f"{100 * value:.1f} %")
    elif by.startswith(BY_LEVEL):
        chosen = given.dataset.field(by.removeprefix(BY_LEVEL))
        levels = _levels(given, chosen, progress, cancelled)
        is_sound = chosen.kind is FieldKind.AUDIO
        yield from _binned(levels, lambda value: f"{value:.1f} dB" if is_sound else f"{100 * value:.3g} %")
    else:
        field = given.dataset.data.field(by)
        if field is None:
            known = ", ".join(choice.key for choice in group_choices(given, output))
            raise DataError(
                f"The data has no field '{by[:80]}' to group by.", where=by[:80], expected=known, found=by[:80]
            )
        rows, place = values_of(given, field, progress, cancelled)
        yield from _by_field(given, field, rows, place)


def main_metric(found: Judged) -> str:
    """What groups are put in order by."""
    names = {
        Measure.SURE: "accuracy",
        Measure.OFF: "mean_absolute_error",
        Measure.OVERLAP: "jaccard_macro",
        Measure.DOUBT: "perplexity",
    }
    return names.get(found.measure, "accuracy")


def larger_is_better(metric: str) -> bool:
    """Of the main metrics."""
    return metric in ("accuracy", "jaccard_macro", "exact_match")


def score_group(given: Answered, found: Judged, group: Group) -> GroupScore:
    """Scores of some samples: the main metric first, with its interval."""
    rows = torch.from_numpy(np.flatnonzero(group.members))
    count = len(rows)
    metrics: dict[str, float] = {}
    interval: list[float] = []
    score = found.score[rows].double()
    if found.measure is Measure.SURE and found.right is not None:
        right = int(found.right[rows].sum())
        metrics["accuracy"] = right / max(1, count)
        interval = wilson_interval(right, count)
        if isinstance(found, JudgedCategory):
            counts = count_by_class(
                found.answer[rows].reshape(-1), found.true[rows].reshape(-1).clamp(min=0), len(found.names)
            )
            # Of one class alone, true or answered, it would only say which others there are.
            if min(int((counts[row] > 0).sum()) for row in (1, 2)) > 1:
                metrics["f1_macro"] = macro_averages(counts).get("f1_macro", 0.0)
            metrics["mean_confidence"] = float(found.sure[rows].mean()) if count else 0.0
    elif found.measure is Measure.OFF:
        known = score[torch.isfinite(score)]
        metrics["mean_absolute_error"] = float(known.mean()) if len(known) else 0.0
        interval = interval_of_mean(known.numpy())
        if isinstance(found, JudgedNumber):
            off = (found.answer[rows] - found.true[rows]).double()
            off = off[torch.isfinite(off)]
            if off.numel():
                metrics["root_mean_squared_error"] = float(off.square().mean().sqrt())
                metrics["mean_bias"] = float(off.mean())
    elif isinstance(found, JudgedMask):
        sums = found.areas[rows].reshape(count, -1).double().numpy()
        metrics["jaccard_macro"] = float(overlap_of(sums.sum(0, keepdims=True), len(found.names))[0])
        interval = interval_of_sums(sums, lambda drawn: overlap_of(drawn, len(found.names)))
    elif found.measure is Measure.DOUBT:
        metrics["perplexity"] = float(score.mean().clamp(max=50).exp()) if count else 0.0
        interval = [float(np.exp(min(50.0, bound))) for bound in interval_of_mean(score.numpy())]
        if found.right is not None:
            metrics["exact_match"] = float(found.right[rows].double().mean()) if count else 0.0
    return GroupScore(
        name=group.name,
        samples=count,
        metrics=metrics,
        interval=interval,
        is_small=count < SMALL,
        members=given.indices[rows].numpy().astype("<i4").tobytes(),
    )


def values_of(
    given: Answered, field: Field, progress: Progress = silent, cancelled: IsCancelled = never
) -> tuple[Rows, npt.NDArray[np.int64]]:
    """The values of a field, and for each sample of the split its row among them, -1 for none.

    A column that is not used is not read with the others: for it the data are opened once more. Raises DataError.
    """
    split = given.dataset.data.split
    if field.role is not Role.IGNORED or field.name in (split.field, split.unseen.field):
        return given.dataset.rows(field.name), given.indices.numpy()
    key = f"groups/column/{field.name}"
    if key not in given.memo:
        data = given.dataset.data
        fields = tuple(
            msgspec.structs.replace(other, role=Role.INPUT) if other.name == field.name else other
            for other in data.fields
        )
        wider = msgspec.structs.replace(data, fields=fields)
        other = open_dataset(given.project_dir, wider, progress=progress, cancelled=cancelled)
        places = {other.full_name(number): number for number in range(other.samples)}
        found = [places.get(given.dataset.full_name(number), -1) for number in given.indices.tolist()]
        given.memo[key] = other.rows(field.name), np.array(found, np.int64)
    rows: Rows
    rows, place = given.memo[key]
    return rows, place


def _can_group(given: Answered, field: Field) -> bool:
    if field.role is Role.IGNORED:
        return field.kind in _PLAIN
    if field.kind is FieldKind.IMAGE:
        sizes = measured(given.dataset, field.name, "pixels")
        return len(np.unique(sizes)) > 1
    if field.kind is FieldKind.SERIES:
        return field.role is Role.INPUT and given.dataset.rows(field.name).moments() is not None
    return field.kind in (*_PLAIN, FieldKind.AUDIO)


_PLAIN: Final = (FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.NUMBER, FieldKind.DATE, FieldKind.TEXT)


def _caption(field: Field, split_by: str) -> str:
    what = {
        FieldKind.TEXT: f"Length of {field.name}",
        FieldKind.AUDIO: f"Length of {field.name}",
        FieldKind.IMAGE: f"Size of {field.name}",
        FieldKind.SERIES: f"Time of {field.name}",
    }.get(field.kind, field.name)
    if field.name == split_by:
        return f"{what}, which the split goes by"
    return f"{what}, not used" if field.role is Role.IGNORED else what


def _by_field(given: Answered, field: Field, rows: Rows, place: npt.NDArray[np.int64]) -> Iterator[Group]:
    there = place >= 0
    inside = np.where(there, place, 0)
    if isinstance(rows, LabelRows):
        lists = [rows.labels(int(row)) if known else () for row, known in zip(inside, there, strict=True)]
        for name in sorted({label for labels in lists for label in labels}):
            yield Group(name=name, members=np.array([name in labels for labels in lists], bool))
        yield Group(name="none", members=np.array([not labels for labels in lists], bool))
        return
    if isinstance(rows, StringRows) and field.kind is FieldKind.CATEGORY:
        codes = rows.strings.codes[inside]
        order = {name: at for at, name in enumerate(field.statistics.classes)}
        names = sorted(
            np.unique(codes).tolist(), key=lambda code: (order.get(rows.strings.values[code], len(order)), code)
        )
        for code in names:
            yield Group(name=rows.strings.values[code] or "missing", members=(codes == code) & there)
        return
    values, words = _numbers(given, field, rows, inside)
    values = np.where(there, values, np.nan)
    yield from _binned(values, words)


def _numbers(
    given: Answered, field: Field, rows: Rows, inside: npt.NDArray[np.int64]
) -> tuple[Floats, Callable[[float], str]]:
    """A number of each sample, and how it is written. Raises DataError."""
    if isinstance(rows, StringRows):
        lengths = np.array([len(text) if text else np.nan for text in rows.strings.values], np.float64)
        return lengths[rows.strings.codes[inside]], lambda value: f"{value:,.0f}"
    if isinstance(rows, PictureRows):
        sizes = rows.sizes[inside].astype(np.float64)
        return np.sqrt(sizes[:, 0] * sizes[:, 1]), lambda value: f"{value:,.0f} × {value:,.0f}"
    if isinstance(rows, SoundRows):
        return np.asarray(rows.lengths[inside] / np.maximum(1, rows.rates[inside]), np.float64), duration
    moments = rows.moments()
    if moments is None:
        raise DataError(f"Samples cannot be grouped by '{field.name}'.", where=field.name, found=field.kind.value)
    is_time = field.kind in (FieldKind.DATE, FieldKind.SERIES) and float(np.nanmax(np.abs(moments), initial=0)) > 1e7
    chosen = moments[inside]
    days = float(np.ptp(chosen[np.isfinite(chosen)])) / 86_400 if is_time and np.isfinite(chosen).any() else 0.0
    if is_time:
        return chosen, (lambda value: date_text(value)[:10]) if days > 10 else date_text
    return chosen, lambda value: f"{value:.4g}"


def _levels(given: Answered, field: Field, progress: Progress, cancelled: IsCancelled) -> Floats:
    """(N,) the mean of each picture (0 black, 1 white), or how loud each sound is as recorded, in decibels (0 the
    loudest there can be); worked out once."""
    key = f"groups/level/{field.name}"
    if key not in given.memo:
        level = _loudness if field.kind is FieldKind.AUDIO else _brightness
        parts = []
        for start in range(0, given.count, _TOGETHER):
            if cancelled():
                raise Cancelled
            parts.append(level(given, field, torch.arange(start, min(start + _TOGETHER, given.count))))
            progress(min(1.0, (start + _TOGETHER) / given.count), "Looking at the samples")
        given.memo[key] = np.concatenate(parts)
    found: Floats = given.memo[key]
    return found


def _brightness(given: Answered, field: Field, rows: torch.Tensor) -> Floats:
    values = given.dataset.columns((field.name,), given.split).gather(rows).double()
    for rule in reversed(Preparation(field).tensor_rules):
        if isinstance(rule, NormalizeRule):
            values = values * torch.from_numpy(rule.std) + torch.from_numpy(rule.mean)
    return np.asarray(values.reshape(len(values), -1).mean(1).numpy())


def _loudness(given: Answered, field: Field, rows: torch.Tensor) -> Floats:
    sounds = (given.dataset.raw(index, field.name).samples for index in given.indices[rows].tolist())
    squares = [float(np.square(sound, dtype=np.float64).mean()) if len(sound) else 0.0 for sound in sounds]
    return 10 * np.log10(np.maximum(squares, 1e-10))


def _binned(values: Floats, words: Callable[[float], str]) -> Iterator[Group]:
    """Few different values as they are, many in bins of about equal count."""
    known = np.isfinite(values)
    different = np.unique(values[known])
    if len(different) <= _FEW_VALUES:
        for value in different.tolist():
            yield Group(name=words(value), members=values == value)
    else:
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)))
        whole = bool((different == np.round(different)).all()) and float(np.abs(different).max()) < 1e6
        edges = np.unique(np.ceil(edges)) if whole else edges
        for at, (low, high) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
            last = at == len(edges) - 2
            with np.errstate(invalid="ignore"):
                members = (values >= low) & ((values <= high) if last else (values < high))
            top = high if last else high - 1 if whole else high
            between = "to" if last or whole else "to below"
            name = words(low) if low == top else f"{words(low)} {between} {words(top)}"
            yield Group(name=name, members=members)
    if not known.all():
        yield Group(name="missing", members=~known)


def _by_hand(given: Answered) -> Iterator[Group]:
    data = given.dataset.data
    named: set[str] = set()
    for labelling in data.labelling:
        for part in labelling.labelled:
            named.update(sample_names.names(part.samples))
    members = np.array([given.dataset.full_name(index) in named for index in given.indices.tolist()], bool)
    yield Group(name="labelled by hand", members=members)
    yield Group(name="as it came", members=~members)


def _by_answer(found: Judged) -> Iterator[Group]:
    answer: Any = getattr(found, "answer", None)
    names: tuple[str, ...] = getattr(found, "names", ())
    if answer is None or not names:
        raise DataError("These answers are no classes to group by.", where=BY_ANSWER)
    for number, name in enumerate(names):
        members = answer[:, number] if answer.dtype is torch.bool else (answer == number).any(1)
        yield Group(name=name, members=members.numpy())
