"""Relevance as colours: what speaks for an answer is orange, what speaks against it blue, what does not count clear.

Orange and blue are told apart by colour-blind eyes in both themes; words, signs and lengths say the same wherever they
are drawn. A measure without a sign goes from amber to red.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

Floats = NDArray[np.float32]

FOR: Final = "#f08c1e"
AGAINST: Final = "#4a8dff"
_WARM: Final = ((245, 176, 66), (255, 93, 93))
_UNSEEN: Final = (10, 11, 13, 150)
"""Lies over what the network does not look at."""
_STEPS: Final = 127
"""Colours that are told apart on each side."""
_LOOKED_AT: Final = 20_000
"""Points that say how strong relevance gets; as many as these tell it in less than a millisecond."""
_TOP: Final = 99.5
"""Percent of the points below which colours are told apart; a few extreme ones do not make the rest pale."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A piece of a text: its first character, the one after its last, and its relevance."""

    start: int
    end: int
    relevance: float
    known: bool = True


@dataclass(frozen=True, kw_only=True)
class Relevant:
    """What one part of a sample counts for, ready to be drawn; what does not belong to its kind is empty.

    `kind`: picture (`picture` with `heat` over it), words (`text` with `parts`), curves (`values` and `heat`, a row a
    channel, in `names`), sound (`envelope`, least and largest a stretch, with `heat` over it; `map_picture` with
    `map_heat`, the first row at the bottom) or column (`text` with `total`).
    """

    name: str
    kind: str
    total: float
    text: str = ""
    picture: QImage = field(default_factory=QImage)
    heat: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    parts: tuple[Part, ...] = ()
    names: tuple[str, ...] = ()
    values: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    seconds: float = 0.0
    envelope: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    map_picture: QImage = field(default_factory=QImage)
    map_heat: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def largest(heat: Floats) -> float:
    """What full colour stands for; 0 where nothing counts."""
    flat = heat.reshape(-1)
    flat = flat[:: max(1, flat.size // _LOOKED_AT)]
    there = np.abs(flat[np.isfinite(flat)])
    if not there.size:
        return 0.0
    top = float(np.percentile(there, _TOP))
    return top if top > 0 else float(there.max())


def overlay(heat: Floats, *, signed: bool, scale: float = 0.0) -> QImage:
    """A picture with the size of `heat` to be laid over the sample; `scale` is what full colour stands for (0: its
    own largest)."""
    rows, columns = heat.shape if heat.ndim == 2 else (0, 0)
    if not rows or not columns:
        return QImage()
    scale = scale or largest(heat) or 1.0
    with np.errstate(invalid="ignore"):
        place = np.nan_to_num(np.clip(heat * np.float32(_STEPS / scale), -_STEPS, _STEPS), nan=-_STEPS - 1.0)
    data = np.ascontiguousarray((place + (_STEPS + 1)).astype(np.uint8))  # 0 for what is not seen
    image = QImage(data.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(_colours(signed))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy: the array goes


@lru_cache(maxsize=2)
def _colours(signed: bool) -> list[int]:
    """The colour of each step from -1 to 1, behind that of what is not seen."""
    found = [QColor(*_UNSEEN).rgba()]
    for step in range(-_STEPS, _STEPS + 1):
        level = step / _STEPS
        if signed:
            color = QColor(AGAINST if level < 0 else FOR)
            color.setAlphaF(abs(level) ** 0.7)
        else:
            color = _warm(level)
        found.append(color.rgba())
    return found


def _warm(level: float) -> QColor:
    """From amber to red, clear at 0 and below."""
    low, high = _WARM
    level = max(0.0, level)
    color = QColor(*(round(a + (b - a) * level) for a, b in zip(low, high, strict=True)))
    color.setAlphaF(0.92 * level**0.8)
    return color


def tint(relevance: float, scale: float, *, signed: bool = True) -> QColor:
    """The colour of a word, a column or a stretch; clear where it counts for nothing."""
    level = max(-1.0, min(1.0, relevance / scale)) if scale > 0 else 0.0
    if signed:
        color = QColor(FOR if level >= 0 else AGAINST)
        color.setAlphaF(abs(level) ** 0.8)
        return color
    return _warm(level)


def signed_text(value: float) -> str:
    """+0.42, −1.3, 0: three digits and always a sign, which is read where colours are not."""
    shown = f"{abs(value):.3g}"
    if float(shown) == 0:
        return "0"
    return f"+{shown}" if value > 0 else f"−{shown}"


def picture_from(rgb: bytes, width: int, height: int) -> QImage:
    """A picture of raw RGB; empty where sizes do not fit."""
    if width <= 0 or height <= 0 or len(rgb) != width * height * 3:
        return QImage()
    return QImage(rgb, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def floats_from(data: bytes, *shape: int) -> Floats:
    """float32, little end first, as an array of that shape; nothing where sizes do not fit."""
    found: NDArray[Any] = np.frombuffer(data, "<f4")
    total = 1
    for size in shape:
        total *= size
    return found.reshape(shape).astype(np.float32) if found.size == total else np.zeros((0,) * len(shape), np.float32)


def strongest(parts: Sequence[float]) -> float:
    """The largest relevance, whatever its sign."""
    return max((abs(part) for part in parts), default=0.0)
