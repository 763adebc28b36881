"""How a score falls as the inputs get worse: noise, blur, darkness, turns, gaps, at rising strengths.

Pictures, sound, series and text are disturbed by the catalog's augmentation steps; numbers of tables by noise and by
missing values. What is to be answered stays as it is, except masks, which move with their pictures.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.catalog.augmentation import augmentation_type
from engine.data.augmentation import acts_on_raw, augment, augment_mask, augment_raw
from engine.data.preparation import Preparation
from engine.data.preparation.chain import join
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_spec import Field, FieldKind, Step
from engine.document.graph import Value
from engine.errors import Cancelled, DataError
from engine.evaluation.answered import KEPT_BYTES, Answered, AnsweredOutput, Kept
from engine.evaluation.groups import Group, larger_is_better, main_metric, score_group
from engine.evaluation.judging import judged
from engine.evaluation.masks import class_areas, mask_of, true_mask
from engine.protocol.messages.answered_samples import Measure
from engine.protocol.messages.comparison import Disturbance, RobustnessMeasured
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotSeries

VIEW: Final = "robustness"
SAMPLES: Final = 500
SEED: Final = 0
_TOGETHER: Final = 64
_NUMBER_NOISE: Final = "NumberNoise"
_MISSING: Final = "MissingValues"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A disturbance: the augmentation step (or a name of our own) and the attribute that grows.

    `strengths` are in words of `unit`; `others` are attributes that stay.
    """

    type: str
    kind: FieldKind
    caption: str
    attribute: str
    unit: str
    strengths: tuple[float, ...]
    others: tuple[tuple[str, Value], ...] = ()


_ALWAYS: Final = (("probability", 1.0),)

TROUBLES: Final = (
    Trouble(
        type="GaussianNoise",
        kind=FieldKind.IMAGE,
        caption="Noise",
        attribute="strength",
        unit="of the range of grey",
        strengths=(0.05, 0.1, 0.2, 0.4),
    ),
    Trouble(
        type="GaussianBlur",
        kind=FieldKind.IMAGE,
        caption="Blur",
        attribute="sigma",
        unit="pixels",
        strengths=(0.5, 1.0, 2.0, 4.0),
    ),
    Trouble(
        type="Brightness",
        kind=FieldKind.IMAGE,
        caption="Darker or brighter",
        attribute="strength",
        unit="of the brightness",
        strengths=(0.2, 0.4, 0.6, 0.9),
    ),
    Trouble(
        type="Contrast",
        kind=FieldKind.IMAGE,
        caption="Contrast",
        attribute="strength",
        unit="of the contrast",
        strengths=(0.2, 0.4, 0.6, 0.9),
    ),
    Trouble(
        type="RandomRotate",
        kind=FieldKind.IMAGE,
        caption="Turned",
        attribute="degrees",
        unit="degrees",
        strengths=(10.0, 20.0, 45.0, 90.0),
    ),
    Trouble(
        type="RandomShift",
        kind=FieldKind.IMAGE,
        caption="Moved",
        attribute="fraction",
        unit="of the side",
        strengths=(0.05, 0.1, 0.2, 0.3),
    ),
    Trouble(
        type="RandomZoom",
        kind=FieldKind.IMAGE,
        caption="Larger or smaller",
        attribute="strength",
        unit="of the size",
        strengths=(0.1, 0.2, 0.4, 0.6),
    ),
    Trouble(
        type="Erase",
        kind=FieldKind.IMAGE,
        caption="A square hidden",
        attribute="size",
        unit="of the side",
        strengths=(0.1, 0.25, 0.4, 0.6),
        others=_ALWAYS,
    ),
    Trouble(
        type="WhiteNoise",
        kind=FieldKind.AUDIO,
        caption="Hiss",
        attribute="least_db",
        unit="decibels below the sound",
        strengths=(40.0, 20.0, 10.0, 0.0),
        others=_ALWAYS,
    ),
    Trouble(
        type="Gain",
        kind=FieldKind.AUDIO,
        caption="Louder or quieter",
        attribute="decibels",
        unit="decibels",
        strengths=(6.0, 12.0, 20.0, 40.0),
    ),
    Trouble(
        type="SpeedPitch",
        kind=FieldKind.AUDIO,
        caption="Faster or slower",
        attribute="strength",
        unit="of the speed",
        strengths=(0.1, 0.2, 0.35, 0.5),
    ),
    Trouble(
        type="SoundShift",
        kind=FieldKind.AUDIO,
        caption="Earlier or later",
        attribute="fraction",
        unit="of the length",
        strengths=(0.1, 0.2, 0.35, 0.5),
    ),
    Trouble(
        type="Reverb",
        kind=FieldKind.AUDIO,
        caption="Echo",
        attribute="seconds",
        unit="seconds",
        strengths=(0.1, 0.3, 0.6, 1.2),
        others=_ALWAYS,
    ),
    Trouble(
        type="Jitter",
        kind=FieldKind.SERIES,
        caption="Noise",
        attribute="strength",
        unit="of the spread",
        strengths=(0.05, 0.1, 0.25, 0.5),
    ),
    Trouble(
        type="SeriesScale",
        kind=FieldKind.SERIES,
        caption="Larger or smaller",
        attribute="strength",
        unit="of the values",
        strengths=(0.1, 0.2, 0.4, 0.8),
    ),
    Trouble(
        type="BlankSpan",
        kind=FieldKind.SERIES,
        caption="A stretch missing",
        attribute="width",
        unit="of the length",
        strengths=(0.1, 0.2, 0.4, 0.6),
        others=_ALWAYS,
    ),
    Trouble(
        type="DropTokens",
        kind=FieldKind.TEXT,
        caption="Tokens left out",
        attribute="share",
        unit="of the tokens",
        strengths=(0.05, 0.1, 0.2, 0.4),
    ),
    Trouble(
        type="ReplaceTokens",
        kind=FieldKind.TEXT,
        caption="Tokens replaced",
        attribute="share",
        unit="of the tokens",
        strengths=(0.05, 0.1, 0.2, 0.4),
    ),
    Trouble(
        type="SwapTokens",
        kind=FieldKind.TEXT,
        caption="Neighbours swapped",
        attribute="share",
        unit="of the tokens",
        strengths=(0.05, 0.1, 0.2, 0.4),
    ),
    Trouble(
        type=_NUMBER_NOISE,
        kind=FieldKind.NUMBER,
        caption="Noise on numbers",
        attribute="",
        unit="of the standard deviation",
        strengths=(0.1, 0.25, 0.5, 1.0),
    ),
    Trouble(
        type=_MISSING,
        kind=FieldKind.NUMBER,
        caption="Numbers missing",
        attribute="",
        unit="of the numbers",
        strengths=(0.1, 0.2, 0.4, 0.8),
    ),
)


def measure_robustness(
    given: Answered,
    output_field: str = "",
    *,
    samples: int = SAMPLES,
    kinds: tuple[str, ...] = (),
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> RobustnessMeasured:
    """Score a run with its inputs disturbed. Raises DataError where nothing of them can be, and Cancelled."""
    output = given.output(output_field)
    assert output.field is not None
    asked = _Asked(given, output, samples)
    troubles = [one for one in TROUBLES if asked.fields(one) and (not kinds or one.type in kinds)]
    if not troubles:
        raise DataError(
            "None of the network's inputs can be disturbed by degrees.",
            where=output.field.name,
            expected="pictures, sound, series, text or numbers",
        )
    metric, calm = asked.score(None, 0.0, cancelled)
    found = []
    total = sum(len(one.strengths) for one in troubles)
    done = 0
    for one in troubles:
        scores = [calm]
        for strength in one.strengths:
            progress(done / total, f"{one.caption}")
            scores.append(asked.score(one, strength, cancelled)[1])
            done += 1
        strengths = [100.0 if one.type == "WhiteNoise" else 0.0, *one.strengths]
        found.append(Disturbance(key=one.type, caption=one.caption, unit=one.unit, strengths=strengths, scores=scores))
    progress(1.0, "Done")
    sign = 1.0 if larger_is_better(metric) else -1.0
    found.sort(key=lambda item: (sign * sum(item.scores[1:]) / max(1, len(item.scores) - 1), item.key))
    return RobustnessMeasured(
        run=given.run.number,
        split=given.split,
        field=output.field.name,
        metric=metric,
        samples=len(asked.rows),
        disturbances=found,
        plots=[_plot(one, metric) for one in found],
        note="Each sample is changed by chance up to the strength at the bottom, the same each time.",
    )


def _plot(one: Disturbance, metric: str) -> Plot:
    is_share = metric in ("accuracy", "jaccard_macro")
    names = ["as it is" if place == 0 else f"{value:g}" for place, value in enumerate(one.strengths)]
    lost = one.scores[-1] - one.scores[0]
    words = f"{100 * lost:+.1f} points" if is_share else f"{lost:+.3g}"
    return Plot(
        key=f"robustness_{one.key}",
        view=VIEW,
        title=one.caption,
        caption=f"At the strongest {words}".replace("-", "−"),
        x=PlotAxis(name="Strength", unit=one.unit, names=names),
        y=PlotAxis(
            name=metric.replace("_", " ").capitalize() if metric != "jaccard_macro" else "Overlap",
            low=0.0,
            high=1.0 if is_share else None,
            is_share=is_share,
        ),
        series=[
            PlotSeries(
                name="Score",
                kind=PlotKind.LINE,
                x=[float(place) for place in range(len(one.scores))],
                y=one.scores,
            )
        ],
    )


class _Asked:
    """The network asked anew about some samples of the split, with their inputs disturbed."""

    def __init__(self, given: Answered, output: AnsweredOutput, samples: int) -> None:
        if output.texts is not None:
            raise DataError(
                "Networks that write text cannot be disturbed by degrees yet.",
                where=output.output_id,
                hint="See how it copes in Try it.",
            )
        room = KEPT_BYTES // max(1, 4 * output.raw[:1].nbytes)
        count = max(1, min(samples, given.count, max(8, room)))
        self.given, self.output = given, output
        self.rows = torch.unique_consecutive(torch.linspace(0, given.count - 1, count).round().long())
        self._noise = given.network.noise(len(self.rows), torch.Generator().manual_seed(SEED))

    def fields(self, trouble: Trouble) -> list[Field]:
        """The inputs that a disturbance acts on."""
        names = {name for names in self.given.network.input_fields.values() for name in names}
        used = [field for field in self.given.dataset.data.fields if field.name in names]
        found = [field for field in used if field.kind is trouble.kind]
        if trouble.type == _MISSING:
            return [field for field in found if any(step.type == "FillMissing" for step in field.preparation)]
        if trouble.type == _NUMBER_NOISE:
            return [field for field in found if field.statistics.std]
        step = augmentation_type(trouble.type)
        return found if step is not None else []

    def score(self, trouble: Trouble | None, strength: float, cancelled: IsCancelled) -> tuple[str, float]:
        """The main metric and its value."""
        affected = {field.name: field for field in self.fields(trouble)} if trouble is not None else {}
        changed = {
            name: _with_step(field, trouble, strength) for name, field in affected.items() if trouble is not None
        }
        parts = []
        for start in range(0, len(self.rows), _TOGETHER):
            if cancelled():
                raise Cancelled
            rows = self.rows[start : start + _TOGETHER]
            given = [self._input(node_id, rows, changed, trouble, strength) for node_id in self.given.network.input_ids]
            noise = [item[start : start + _TOGETHER] for item in self._noise]
            with torch.inference_mode():
                parts.append(self.given.network(*given, *noise)[self.output.place])
        raw = torch.cat(parts)
        target = self._target(changed)
        areas = None
        if self.output.areas is not None and target is not None:
            areas = class_areas(mask_of(raw, self.output.answer), true_mask(target), self.output.areas.shape[2])
        errors = None
        if self.output.errors is not None and target is not None:
            off = raw.double().reshape(len(raw), -1) - target.double().reshape(len(raw), -1)
            errors = torch.stack([off.abs().mean(1), off.square().mean(1)], 1)
        output = dataclasses.replace(
            self.output,
            raw=raw.clone(),
            target=target,
            rows=torch.arange(len(raw)),
            kept=Kept.WHOLE,
            areas=areas,
            errors=errors,
        )
        part = dataclasses.replace(self.given, indices=self.given.indices[self.rows], outputs=(output,), memo={})
        found = judged(part, output)
        if found.measure is Measure.NONE:
            raise DataError("No sample has a score of its own here.", where=self.output.output_id)
        metric = main_metric(found)
        everything = Group(name="all", members=np.ones(part.count, bool))
        return metric, score_group(part, found, everything).metrics[metric]

    def _input(
        self, node_id: str, rows: Tensor, changed: dict[str, Field], trouble: Trouble | None, strength: float
    ) -> Tensor:
        names = self.given.network.input_fields[node_id]
        numbers = self.given.indices[rows].numpy()
        parts = []
        for name in names:
            field = self.given.dataset.field(name)
            raw = self.given.dataset.rows(name).batch(numbers)
            if name not in changed or trouble is None:
                parts.append(Preparation(field).finish(raw))
            elif field.kind is FieldKind.NUMBER:
                parts.append(Preparation(field).finish(_worse_numbers(field, raw, trouble, strength, rows)))
            else:
                other = changed[name]
                indices = self.given.indices[rows]
                if acts_on_raw(other):
                    batch = augment_raw(other, raw, seed=SEED, epoch=0, indices=indices)
                else:
                    batch = Preparation(field).finish(raw)
                parts.append(augment(other, batch, seed=SEED, epoch=0, indices=indices))
        return join(parts, names)

    def _target(self, changed: dict[str, Field]) -> Tensor | None:
        field = self.output.field
        assert field is not None
        target = self.given.dataset.columns((field.name,), self.given.split).gather(self.rows)
        if field.kind is not FieldKind.MASK:
            return target
        indices = self.given.indices[self.rows]
        for other in changed.values():
            if other.kind is FieldKind.IMAGE:
                target = augment_mask(other, target, seed=SEED, epoch=0, indices=indices)
        return target


def _with_step(field: Field, trouble: Trouble, strength: float) -> Field:
    """The field with that one disturbance as its augmentation."""
    if not trouble.attribute:
        return field
    step = Step(type=trouble.type, attributes={trouble.attribute: strength, **dict(trouble.others)})
    return msgspec.structs.replace(field, augmentation=(step,))


def _worse_numbers(field: Field, raw: Any, trouble: Trouble, strength: float, rows: Tensor) -> Tensor:
    """Raw numbers (N,) with noise or gaps, drawn by sample and field so that they are the same each time."""
    numbers = torch.as_tensor(raw).clone()
    seed = sum(ord(letter) * 31**place for place, letter in enumerate(field.name[:12])) % (1 << 31)
    every = torch.Generator().manual_seed(SEED + seed)
    most = int(rows.max()) + 1
    if trouble.type == _NUMBER_NOISE:
        noise = torch.randn(most, generator=every)[rows]
        return numbers + noise.reshape(-1, *[1] * (numbers.dim() - 1)) * strength * field.statistics.std[0]
    gone = torch.rand(most, generator=every)[rows] < strength
    numbers[gone] = torch.nan
    return numbers
