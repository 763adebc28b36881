"""Values as something to look at: small pictures, curves as their least and largest values, and words."""

import math
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data.left_out import printable
from engine.data.pictures import thumbnail
from engine.data.samples import Sound
from engine.document.data_spec import Field, FieldKind
from engine.protocol.messages.data import Shown

CURVES: Final = 8
"""How many channels of a series are drawn; the others are counted."""
FEW: Final = 3
"""How many values of a series are written out in a line."""
SHORT: Final = 8
"""Up to how many numbers an array is written out in a cell."""
WORDS: Final = 40
"""How many numbers of a list are written out."""

Floats = npt.NDArray[Any]


def draw_raw(field: Field, raw: Any, size: int) -> Shown:
    """The value as it is in the data. `size` is the largest side of a picture and the number of points of a curve."""
    match field.kind:
        case FieldKind.IMAGE:
            width, height, rgb = thumbnail(raw, size)
            channels = {1: "grey", 2: "grey and alpha", 3: "colour", 4: "colour and alpha"}[raw.shape[2]]
            return Shown(width=width, height=height, rgb=rgb, facts=f"{raw.shape[1]} × {raw.shape[0]}, {channels}")
        case FieldKind.MASK:
            classes = raw[..., 0] if raw.ndim == 3 else raw
            width, height, mask = small_mask(classes, size)
            names = [class_name(field, int(number)) for number in np.unique(classes)[:6]]
            return Shown(width=width, height=height, mask=mask, facts=", ".join(names))
        case FieldKind.AUDIO:
            sound: Sound = raw
            return Shown(
                curve=least_and_largest(sound.samples[:, None], size),
                channels=1,
                facts=f"{duration(len(sound.samples) / max(1, sound.rate))}, {sound.rate / 1000:g} kHz",
            )
        case FieldKind.SERIES:
            return draw_curves(np.asarray(raw), size)
        case FieldKind.ARRAY:
            return draw_array(np.asarray(raw), size)
        case _:
            return Shown(text=words(field, raw))


def words(field: Field, raw: Any, limit: int = 4000) -> str:
    """A value in words, as for a cell of a table."""
    if field.kind is FieldKind.DATE and isinstance(raw, float):
        return date_text(raw)
    if isinstance(raw, float):
        return "missing" if raw != raw else f"{raw:.6g}"
    if isinstance(raw, Sound):
        return duration(len(raw.samples) / max(1, raw.rate))
    if isinstance(raw, np.ndarray):
        if field.kind is FieldKind.IMAGE:
            return f"{raw.shape[1]} × {raw.shape[0]}"
        if raw.size <= SHORT and field.kind is FieldKind.ARRAY:
            return ", ".join(number(float(item)) for item in raw.reshape(-1))
        if field.kind is FieldKind.SERIES and raw.size:
            flat = raw.reshape(-1)
            few = ", ".join("missing" if value != value else f"{value:.4g}" for value in flat[:FEW].tolist())
            return few + (f" … {flat.size} values" if flat.size > FEW else "")
        return " × ".join(map(str, raw.shape)) + " numbers"
    text = str(raw)
    return "\n".join(printable(line, limit) for line in text[:limit].split("\n")) if text else "missing"


def date_text(seconds: float) -> str:
    """2021-03-04, with the time where it is not midnight."""
    if not math.isfinite(seconds):
        return "missing"
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{seconds:.0f} s since 1970"
    if moment.hour or moment.minute or moment.second:
        return moment.strftime("%Y-%m-%d %H:%M" if not moment.second else "%Y-%m-%d %H:%M:%S")
    return moment.strftime("%Y-%m-%d")


def duration(seconds: float) -> str:
    """0.42 s, 12.50 s, 3:07 min."""
    if seconds >= 60:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
    return f"{seconds:.2f} s"


def class_name(field: Field, number: int) -> str:
    """The class of that number, by name where it has one."""
    classes = field.statistics.classes
    return printable(classes[number], 40) if 0 <= number < len(classes) else f"class {number}"


def small_mask(classes: npt.NDArray[Any], size: int) -> tuple[int, int, bytes]:
    """Width, height and class numbers of a mask made to fit a square; every pixel is one that was there."""
    mask = np.ascontiguousarray(classes.astype(np.uint8))
    if max(mask.shape) > size:
        factor = size / max(mask.shape)
        to = max(1, round(mask.shape[1] * factor)), max(1, round(mask.shape[0] * factor))
        mask = np.asarray(Image.fromarray(mask).resize(to, Image.Resampling.NEAREST))
    return mask.shape[1], mask.shape[0], mask.tobytes()


def least_and_largest(values: Floats, points: int) -> bytes:
    """float32 pairs (channels, stretches, 2) of (time, channels): what a line `points` pixels wide can show."""
    time = len(values)
    stretches = max(1, min(points, time))
    if time == 0:
        return b""
    clean = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    starts = (np.arange(stretches, dtype=np.int64) * time) // stretches
    pairs = np.stack((np.minimum.reduceat(clean, starts, axis=0), np.maximum.reduceat(clean, starts, axis=0)), axis=-1)
    return np.ascontiguousarray(pairs.transpose(1, 0, 2)).astype("<f4").tobytes()


def draw_curves(values: Floats, size: int) -> Shown:
    """(time, channels) as curves, the first few channels."""
    shown = values[:, :CURVES]
    more = f", the first {CURVES} shown" if values.shape[1] > CURVES else ""
    channels = "1 channel" if values.shape[1] == 1 else f"{values.shape[1]} channels"
    return Shown(
        curve=least_and_largest(shown, size),
        channels=shown.shape[1],
        facts=f"{values.shape[0]:,} steps, {channels}{more}, {extent(values)}",
    )


def draw_array(values: Floats, size: int) -> Shown:
    """Any block of numbers in the way that says most: words, a curve, or a picture of its first plane."""
    facts = f"{' × '.join(map(str, values.shape)) or '1'}, {extent(values)}"
    if values.size == 0:
        return Shown(text="nothing", facts=facts)
    if values.ndim == 0 or values.size == 1:
        return Shown(text=number(float(values.reshape(-1)[0])), facts="")
    if values.ndim == 1:
        if values.size <= WORDS:
            return Shown(text=", ".join(number(float(item)) for item in values), facts=facts)
        return Shown(curve=least_and_largest(values[:, None], size), channels=1, facts=facts)
    while values.ndim > 3:
        values = values[0]
    if values.ndim == 3 and values.shape[0] in (1, 3):
        return picture_of(values, facts=facts, size=size)
    plane = values if values.ndim == 2 else values[0]
    return heat_of(plane, facts=facts, size=size)


def picture_of(values: Floats, *, facts: str, size: int, low: float | None = None, high: float | None = None) -> Shown:
    """A prepared picture (1 or 3, H, W): grey levels as they are where they can be, else stretched to its range."""
    clean = np.nan_to_num(values.astype(np.float32))
    if low is None or high is None:
        low, high = bounds(clean)
    levels = np.clip((clean - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    width, height, rgb = thumbnail(np.ascontiguousarray(levels.transpose(1, 2, 0)), size)
    return Shown(width=width, height=height, rgb=rgb, facts=facts)


def bounds(values: Floats) -> tuple[float, float]:
    """What black and white stand for in a prepared picture: 0 and 1, 0 and 255, or its own range."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low >= 0 and high <= 255 and high > 1.5:
        return 0.0, 255.0
    return low, high


def heat_of(plane: Floats, *, facts: str, size: int) -> Shown:
    """A plane of numbers (rows, columns), the largest brightest; the first row lies at the bottom."""
    clean = np.nan_to_num(plane.astype(np.float32))
    low, high = float(clean.min()), float(clean.max())
    levels = (clean - low) / max(high - low, 1e-9)
    # Dark blue over teal to light yellow: rising in brightness, told apart by colour-blind eyes.
    stops = np.array([[13, 18, 60], [35, 80, 140], [43, 182, 168], [250, 240, 170]], np.float32)
    place = levels[::-1] * (len(stops) - 1)
    below = np.clip(place.astype(np.int64), 0, len(stops) - 2)
    rest = (place - below)[..., None]
    colours = (stops[below] * (1 - rest) + stops[below + 1] * rest).astype(np.uint8)
    width, height, rgb = thumbnail(np.ascontiguousarray(colours), size)
    return Shown(width=width, height=height, rgb=rgb, facts=facts)


def extent(values: Floats) -> str:
    """From the least to the largest."""
    there = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return f"{number(float(there.min()))} … {number(float(there.max()))}" if there.size else "no numbers"


def number(value: float) -> str:
    """Four digits that matter."""
    return f"{value:.4g}" if math.isfinite(value) else "missing"


def with_caption(shown: Shown, caption: str) -> Shown:
    """The same under another caption."""
    return msgspec.structs.replace(shown, caption=caption)
