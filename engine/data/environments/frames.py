"""What an environment looks like: its own picture, its own text, a drawing of ours, or its numbers as bars.

Its own picture needs pygame for many environments, which is no part of Netwright.
"""

import re
import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from engine.data.environments.drawn import BACKGROUND, DRAWINGS, INK, MARKED, SIZE, numbers_as_bars
from engine.data.environments.opening import gymnasium_package, is_picture

Frame = npt.NDArray[np.uint8]
_COLOURS: Final = re.compile(r"(\x1b\[[0-9;]*m)")
_CELL: Final = (22, 32)
"""Width and height of a letter's place."""
_LEAST: Final = 160
"""Smaller pictures are enlarged, point by point."""


def frame_of(environment: Any, name: str, observation: Any) -> Frame:
    """A picture (H, W, 3) of an environment whose last observation this is."""
    own = _own(environment)
    if own is not None:
        return own
    if is_picture(environment.observation_space):
        return _enlarged(np.asarray(observation, np.uint8))
    drawing = DRAWINGS.get(name.partition("-v")[0])
    if drawing is not None:
        return np.asarray(drawing(environment.unwrapped, observation))
    text = _text(environment)
    if text:
        return _written(text)
    flat = gymnasium_package().spaces.utils.flatten(environment.observation_space, observation)
    return np.asarray(numbers_as_bars(np.asarray(flat, np.float64)))


def _own(environment: Any) -> Frame | None:
    if environment.render_mode != "rgb_array":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.asarray(environment.render())
    except Exception:  # noqa: BLE001 - what it draws with is not installed; it is drawn here instead
        return None
    if found.ndim != 3 or found.shape[2] != 3 or found.dtype != np.uint8 or not found.size:
        return None
    return _enlarged(found)


def _enlarged(picture: Frame) -> Frame:
    if picture.ndim == 2:
        picture = picture[..., None]
    if picture.shape[2] != 3:
        picture = np.repeat(picture[..., :1], 3, axis=2)
    times = -(-_LEAST // max(picture.shape[:2]))
    return np.ascontiguousarray(picture.repeat(times, axis=0).repeat(times, axis=1)) if times > 1 else picture


def _text(environment: Any) -> str:
    """What an environment with a drawing of letters says, whatever it was opened for."""
    if "ansi" not in environment.metadata.get("render_modes", ()):
        return ""
    inner = environment.unwrapped
    draw = getattr(inner, "_render_text", None)
    if draw is None:
        return ""
    try:
        return str(draw()).strip("\n")
    except Exception:  # noqa: BLE001 - it is shown as numbers instead
        return ""


def _written(text: str) -> Frame:
    """Letters in cells; what the text wants in colour stands on a coloured cell."""
    lines = [_cells(line) for line in text.split("\n")]
    font = ImageFont.load_default(22)
    width = max(SIZE[0], 40 + _CELL[0] * max(len(line) for line in lines))
    picture = Image.new("RGB", (width, max(SIZE[1], 40 + _CELL[1] * len(lines))), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        for column, (letter, marked) in enumerate(line):
            x, y = 20 + _CELL[0] * column, 20 + _CELL[1] * row
            if marked:
                draw.rectangle((x, y, x + _CELL[0], y + _CELL[1]), fill=MARKED)
            draw.text((x + _CELL[0] / 2, y + _CELL[1] / 2), letter, fill=INK, font=font, anchor="mm")
    return np.asarray(picture)


def _cells(line: str) -> list[tuple[str, bool]]:
    """The letters of a line, and whether they are in colour."""
    found: list[tuple[str, bool]] = []
    marked = False
    for part in _COLOURS.split(line):
        if _COLOURS.fullmatch(part):
            marked = part != "\x1b[0m"
        else:
            found += [(letter, marked) for letter in part]
    return found
