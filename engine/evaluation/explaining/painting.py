"""An explanation as a picture file: the sample in grey with relevance over it, orange for and blue against."""

import io
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.protocol.messages.data import Shown
from engine.protocol.messages.explanation import Explanation, FieldRelevance

_SIDE: Final = 480
_FOR: Final = np.array([240, 140, 30], np.float32)
_AGAINST: Final = np.array([74, 141, 255], np.float32)
_UNSEEN: Final = np.array([20, 22, 26], np.float32)
_STRENGTH: Final = 0.75


def painted(explanation: Explanation) -> bytes | None:
    """A PNG of the first field that has places to be drawn over; None where there is none, as in a table."""
    for field in explanation.fields:
        found = _painted(field)
        if found is not None:
            buffer = io.BytesIO()
            found.save(buffer, "PNG")
            return buffer.getvalue()
    return None


def _painted(field: FieldRelevance) -> Image.Image | None:
    if field.map_shown.rgb:
        heat = np.frombuffer(field.map_heat, "<f4").reshape(field.map_height, field.map_width)[::-1]
        return _over(field.map_shown, heat)
    if field.raw.rgb and field.heat:
        return _over(field.raw, np.frombuffer(field.heat, "<f4").reshape(field.height, field.width))
    return None


def _over(shown: Shown, heat: npt.NDArray[Any]) -> Image.Image:
    picture = Image.frombytes("RGB", (shown.width, shown.height), shown.rgb).convert("L")
    factor = max(1, _SIDE // max(shown.width, shown.height))
    size = (shown.width * factor, shown.height * factor)
    grey = np.asarray(picture.resize(size, Image.Resampling.NEAREST), np.float32)[..., None].repeat(3, 2)
    there = np.isfinite(heat)
    scale = float(np.percentile(np.abs(heat[there]), 99.5)) if there.any() else 0.0
    level = np.clip(np.nan_to_num(heat) / (scale or 1.0), -1, 1).astype(np.float32)
    level = np.asarray(Image.fromarray(level).resize(size, Image.Resampling.NEAREST))
    seen = np.asarray(Image.fromarray(there.astype(np.uint8)).resize(size, Image.Resampling.NEAREST))[..., None] > 0
    share = (np.abs(level) ** 0.7)[..., None] * _STRENGTH
    colour = np.where(level[..., None] < 0, _AGAINST, _FOR)
    mixed = (grey * 0.7 + 20) * (1 - share) + colour * share
    mixed = np.where(seen, mixed, mixed * 0.3 + _UNSEEN * 0.7)
    return Image.fromarray(np.clip(np.round(mixed), 0, 255).astype(np.uint8))
