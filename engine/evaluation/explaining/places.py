"""Relevance of prepared values as relevance in the raw sample: size and cut undone, tokens put back to their words.

Axes: H height, W width, C channels, T time, K tones, F frames.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.drawing import draw_raw, heat_of, words
from engine.data.preparation import Preparation
from engine.data.preparation.picture import ResizeRule
from engine.data.preparation.sound import LengthRule
from engine.data.samples import Sound
from engine.document.data_spec import Field, FieldKind
from engine.evaluation.explaining.spelling import spelling_of
from engine.protocol.messages.data import Shown
from engine.protocol.messages.explanation import FieldRelevance, Span

_BINS: Final = 400
"""Places of the line over a recording."""
_TIMES: Final = 4096
"""Moments of a series that are sent one by one; longer ones are gathered."""

Floats = npt.NDArray[np.float32]


def in_places(field: Field, relevance: Tensor, value: Tensor, raw: Any, *, size: int, smooth: bool) -> FieldRelevance:
    """What a field counts for. `relevance` and `value` are those of one prepared sample, `raw` as the data hold it.

    `size` is the largest side of a picture that comes back; `smooth` draws coarse maps without corners.
    """
    total = float(relevance.double().sum())
    found = FieldRelevance(field=field.name, kind=field.kind.value, total=total)
    make = _MAKERS.get(field.kind, _column)
    return make(_Asked(found, field, relevance, value, raw, size, smooth))


@dataclass(frozen=True, slots=True)
class _Asked:
    found: FieldRelevance
    field: Field
    relevance: Tensor
    value: Tensor
    raw: Any
    size: int
    smooth: bool

    def with_(self, **changes: Any) -> FieldRelevance:
        return msgspec.structs.replace(self.found, **changes)


# Pictures


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the raw picture that reached the network, and where in the prepared picture it lies, one axis.

    Raw points `begin` to `begin + length` became prepared points `at` to `at + size`.
    """

    begin: int
    length: int
    at: int
    size: int


def window_of(field: Field, height: int, width: int) -> tuple[Window, Window]:
    """The windows down and across, for a raw picture of that size."""
    down, across = Window(0, height, 0, height), Window(0, width, 0, width)
    for rule in Preparation(field).byte_rules:
        if isinstance(rule, ResizeRule):
            step = rule.step
            return _resized(height, width, int(step.height), int(step.width), str(step.mode))
    return down, across


def _resized(tall: int, wide: int, height: int, width: int, mode: str) -> tuple[Window, Window]:
    """The same whole-number sums as in preparation."""
    if (tall, wide) == (height, width) or mode == "stretch":
        return Window(0, tall, 0, height), Window(0, wide, 0, width)
    if mode == "cover":
        cut_tall = min(tall, max(1, wide * height // width))
        cut_wide = min(wide, max(1, tall * width // height))
        return (
            Window((tall - cut_tall) // 2, cut_tall, 0, height),
            Window((wide - cut_wide) // 2, cut_wide, 0, width),
        )
    fit_tall = min(height, max(1, (tall * 2 * width + wide) // (2 * wide)))
    fit_wide = min(width, max(1, (wide * 2 * height + tall) // (2 * tall)))
    return (
        Window(0, tall, (height - fit_tall) // 2, fit_tall),
        Window(0, wide, (width - fit_wide) // 2, fit_wide),
    )


def _picture(asked: _Asked) -> FieldRelevance:
    raw = np.asarray(asked.raw)
    shown = draw_raw(asked.field, asked.raw, asked.size)
    down, across = window_of(asked.field, raw.shape[0], raw.shape[1])
    plane = asked.relevance.reshape(-1, *asked.relevance.shape[-2:]).sum(0)
    heat = over_picture(plane, down, across, (raw.shape[0], raw.shape[1]), (shown.height, shown.width), asked.smooth)
    return asked.with_(raw=shown, heat=_bytes(heat), height=shown.height, width=shown.width)


def over_picture(
    plane: Tensor, down: Window, across: Window, raw: tuple[int, int], shown: tuple[int, int], smooth: bool
) -> Floats:
    """A prepared plane (H, W) over the raw picture shown at another size; NaN where the network does not look."""
    y, x = (_sources(window, have, want) for window, have, want in zip((down, across), raw, shown, strict=True))
    inside = np.isfinite(y)[:, None] & np.isfinite(x)[None]
    height, width = plane.shape
    grid = torch.stack(
        torch.meshgrid(
            torch.from_numpy(np.nan_to_num(y) / height * 2 - 1),
            torch.from_numpy(np.nan_to_num(x) / width * 2 - 1),
            indexing="ij",
        )[::-1],
        dim=-1,
    )[None].float()
    found = torch.nn.functional.grid_sample(
        plane[None, None].float(),
        grid,
        mode="bilinear" if smooth else "nearest",
        padding_mode="border",
        align_corners=False,
    )[0, 0].numpy()
    return np.where(inside, found, np.nan).astype(np.float32)


def _sources(window: Window, have: int, want: int) -> npt.NDArray[np.float64]:
    """For each shown point its place in the prepared picture, in points; NaN where nothing of it got there."""
    raw = (np.arange(want) + 0.5) * have / want - window.begin
    place = window.at + raw * window.size / max(1, window.length)
    return np.where((raw >= 0) & (raw <= window.length), place, np.nan)


# Sound


def _sound(asked: _Asked) -> FieldRelevance:
    samples = asked.raw.samples if isinstance(asked.raw, Sound) else np.asarray(asked.raw, np.float32)
    rate = asked.field.statistics.rate or 16_000
    shown = draw_raw(asked.field, Sound(samples, rate), max(asked.size, 320))
    preparation = Preparation(asked.field)
    framed = asked.relevance.dim() == 3
    if framed:
        planes = asked.relevance.sum(0)
        rule = next((rule for rule in preparation.rules if hasattr(rule, "hop") and hasattr(rule, "window")), None)
        hop, window = (rule.hop, rule.window) if rule is not None else (1, 1)
        begins, lengths = np.arange(planes.shape[1]) * hop + window / 2 - hop / 2, hop
        line = planes.sum(0).numpy()
    else:
        planes = None
        line = asked.relevance.reshape(-1, asked.relevance.shape[-1]).sum(0).numpy()
        begins, lengths = np.arange(len(line), dtype=np.float64), 1
    length = next((rule for rule in preparation.byte_rules if isinstance(rule, LengthRule)), None)
    heat = _over_time(line, begins, lengths, len(samples), length)
    changes: dict[str, Any] = {
        "raw": shown,
        "heat": _bytes(heat[None]),
        "height": 1,
        "width": len(heat),
        "seconds": len(samples) / rate,
    }
    if planes is not None:
        tones, frames = planes.shape
        changes |= {
            "map_shown": heat_of(asked.value[0].numpy(), facts="", size=max(asked.size, tones, frames)),
            "map_heat": _bytes(planes.numpy()),
            "map_height": tones,
            "map_width": frames,
        }
    return asked.with_(**changes)


def _over_time(
    line: Floats, begins: npt.NDArray[np.float64], lengths: float, have: int, rule: LengthRule | None
) -> Floats:
    """Relevance a stretch of the raw recording; NaN where nothing of it reached the network.

    `begins` and `lengths` say in samples which stretch each number of the line stands for.
    """
    bins = min(_BINS, max(1, have))
    edges = np.linspace(0, have, bins + 1)
    sums = np.concatenate([[0.0], np.cumsum(line.astype(np.float64))])
    knots = np.concatenate([begins, [begins[-1] + lengths]]) if len(begins) else np.zeros(1)

    def until(place: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return cast("npt.NDArray[np.float64]", np.interp(place, knots, sums))

    if rule is None:
        found = np.diff(until(edges))
        seen = np.ones(bins, bool)
    elif have >= rule.size or rule.step.fill != "repeat":
        over = have - rule.size
        start = {"start": 0, "middle": over // 2, "end": over}[rule.step.keep]
        found = np.diff(until(edges - start))
        seen = (edges[1:] > start) & (edges[:-1] < start + rule.size)
    else:
        times = math.ceil(rule.size / max(1, have))
        over = have * times - rule.size
        start = {"start": 0, "middle": over // 2, "end": over}[rule.step.keep]
        found = sum((np.diff(until(edges + have * turn - start)) for turn in range(times)), np.zeros(bins))
        seen = np.ones(bins, bool)
    return np.where(seen, found, np.nan).astype(np.float32)


# Series


def _series(asked: _Asked) -> FieldRelevance:
    values = np.asarray(asked.raw, np.float32)
    values = values if values.ndim == 2 else values.reshape(len(values), -1)
    time, channels = values.shape
    relevance = asked.relevance
    if tuple(relevance.shape) != (time, channels):
        flat = relevance.reshape(1, 1, *relevance.shape) if relevance.dim() == 2 else relevance.reshape(1, 1, -1, 1)
        grown = torch.nn.functional.interpolate(flat.float(), size=(time, channels), mode="nearest")[0, 0]
        relevance = grown * (float(relevance.sum()) / float(grown.sum()) if float(grown.sum()) else 1.0)
    heat = relevance.T.numpy().astype(np.float32)
    shown_values = values.T
    if time > _TIMES:
        starts = np.arange(_TIMES) * time // _TIMES
        heat = np.add.reduceat(heat, starts, axis=1)
        shown_values = shown_values[:, starts]
    columns = asked.field.options.get("columns")
    named = isinstance(columns, list) and len(columns) == channels
    names = [str(item) for item in columns] if named and isinstance(columns, list) else []
    return asked.with_(
        raw=draw_raw(asked.field, values, max(asked.size, 320)),
        heat=_bytes(heat),
        height=channels,
        width=heat.shape[1],
        names=names or [f"channel {number}" if channels > 1 else asked.field.name for number in range(1, channels + 1)],
        values=np.ascontiguousarray(shown_values).astype("<f4").tobytes(),
    )


# Words and columns


def _text(asked: _Asked) -> FieldRelevance:
    text = str(asked.raw)
    line = asked.relevance.reshape(-1).tolist()
    if asked.relevance.dim() > 1:
        line = asked.relevance.reshape(asked.relevance.shape[0], -1).sum(1).tolist()
    spans = [
        Span(start=place.start, end=place.end, relevance=line[place.position], known=place.known)
        for place in spelling_of(asked.field, text)
        if place.position < len(line)
    ]
    return asked.with_(text=text, spans=spans)


def _column(asked: _Asked) -> FieldRelevance:
    return asked.with_(text=words(asked.field, asked.raw, 200))


def _array(asked: _Asked) -> FieldRelevance:
    relevance = asked.relevance
    if relevance.dim() < 2 and relevance.numel() <= 1:
        return _column(asked)
    plane = relevance.reshape(1, -1) if relevance.dim() < 2 else relevance.reshape(-1, *relevance.shape[-2:]).sum(0)
    shown: Shown = draw_raw(asked.field, asked.raw, asked.size)
    return asked.with_(
        text=words(asked.field, asked.raw, 200),
        raw=shown,
        heat=_bytes(plane.numpy().astype(np.float32)),
        height=plane.shape[0],
        width=plane.shape[1],
    )


def _bytes(values: npt.NDArray[Any]) -> bytes:
    return np.ascontiguousarray(values).astype("<f4").tobytes()


_MAKERS: Final[dict[FieldKind, Callable[[_Asked], FieldRelevance]]] = {
    FieldKind.IMAGE: _picture,
    FieldKind.MASK: _picture,
    FieldKind.AUDIO: _sound,
    FieldKind.SERIES: _series,
    FieldKind.TEXT: _text,
    FieldKind.ARRAY: _array,
}
