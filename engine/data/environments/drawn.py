"""Drawings of the environments that come with gymnasium, for where their own need a package that is not there."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

SIZE: Final = (600, 400)
BACKGROUND: Final = (250, 250, 251)
INK: Final = (38, 44, 54)
_GROUND: Final = (176, 184, 196)
_BODY: Final = (54, 106, 196)
_MOVING: Final = (206, 122, 42)
MARKED: Final = (244, 208, 150)
_GOAL: Final = (52, 148, 96)
_TWICE: Final = 2
"""Drawn so many times as large and made smaller, so that edges are smooth."""

Drawing = Callable[[Any, Any], Image.Image]


def _blank() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (SIZE[0] * _TWICE, SIZE[1] * _TWICE), BACKGROUND)
    return picture, ImageDraw.Draw(picture)


def _finished(picture: Image.Image) -> Image.Image:
    return picture.reduce(_TWICE)


def _cart_pole(environment: Any, observation: Any) -> Image.Image:
    """A cart on a track with a pole on top; the track is as long as the cart may go."""
    place, _, angle, _ = (float(value) for value in observation)
    picture, draw = _blank()
    width, height = picture.size
    limit = float(getattr(environment, "x_threshold", 2.4))
    unit = width / (2 * limit)
    x, ground = width / 2 + place * unit, height * 0.72
    draw.line((0, ground, width, ground), fill=_GROUND, width=4)
    for side in (-limit, limit):
        draw.line(
            (width / 2 + side * unit * 0.995, ground - 24, width / 2 + side * unit * 0.995, ground + 24),
            fill=_GROUND,
            width=6,
        )
    cart_width, cart_height = 0.5 * unit, 0.26 * unit
    draw.rounded_rectangle(
        (x - cart_width / 2, ground - cart_height, x + cart_width / 2, ground), radius=10, fill=_BODY
    )
    long = 2 * float(getattr(environment, "length", 0.5)) * unit
    foot = (x, ground - cart_height * 0.85)
    top = (foot[0] + long * math.sin(angle), foot[1] - long * math.cos(angle))
    draw.line((*foot, *top), fill=_MOVING, width=20)
    for point, radius, colour in ((foot, 12, INK), (top, 10, _MOVING)):
        draw.ellipse((point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius), fill=colour)
    return _finished(picture)


def _mountain_car(environment: Any, observation: Any) -> Image.Image:
    """A car in a valley, whose goal is the flag on the right."""
    place = float(observation[0])
    low, high = float(environment.min_position), float(environment.max_position)
    picture, draw = _blank()
    width, height = picture.size

    def point(x: float) -> tuple[float, float]:
        return (x - low) / (high - low) * width, height * (0.8 - 0.55 * (math.sin(3 * x) * 0.45 + 0.55))

    draw.line([point(x) for x in np.linspace(low, high, 120)], fill=_GROUND, width=6, joint="curve")
    flag = point(float(environment.goal_position))
    draw.line((flag[0], flag[1], flag[0], flag[1] - 120), fill=INK, width=6)
    draw.polygon([(flag[0], flag[1] - 120), (flag[0] + 54, flag[1] - 98), (flag[0], flag[1] - 76)], fill=_GOAL)
    x, y = point(place)
    draw.ellipse((x - 30, y - 58, x + 30, y + 2), fill=_BODY)
    return _finished(picture)


def _acrobot(environment: Any, observation: Any) -> Image.Image:
    """Two rods that hang from a point; the lower end is to come above the line."""
    cosine, sine, cosine2, sine2 = (float(value) for value in observation[:4])
    first, second = math.atan2(sine, cosine), math.atan2(sine2, cosine2)
    picture, draw = _blank()
    width, height = picture.size
    unit = height / 4.6
    hung = (width / 2, height / 2)
    draw.line((0, hung[1] - unit, width, hung[1] - unit), fill=_GOAL, width=4)
    knee = (hung[0] + unit * math.sin(first), hung[1] + unit * math.cos(first))
    end = (knee[0] + unit * math.sin(first + second), knee[1] + unit * math.cos(first + second))
    for a, b, colour in ((hung, knee, _BODY), (knee, end, _MOVING)):
        draw.line((*a, *b), fill=colour, width=24)
    for joint in (hung, knee, end):
        draw.ellipse((joint[0] - 14, joint[1] - 14, joint[0] + 14, joint[1] + 14), fill=INK)
    return _finished(picture)


DRAWINGS: Final[Mapping[str, Drawing]] = {
    "CartPole": _cart_pole,
    "MountainCar": _mountain_car,
    "Acrobot": _acrobot,
}
"""By the environment's name without its version."""


def numbers_as_bars(values: npt.NDArray[np.float64]) -> Image.Image:
    """What is seen as bars that grow to the right or to the left: the numbers of an environment nobody has drawn.

    1 reaches half of the way, and larger ones are squeezed, so that none leaves the picture.
    """
    picture, draw = _blank()
    width, height = picture.size
    shown = values.ravel()[:64]
    row = (height - 40) / max(1, len(shown))
    middle = width / 2
    draw.line((middle, 20, middle, height - 20), fill=_GROUND, width=2)
    for number, value in enumerate(shown):
        share = float(value / (1 + abs(value))) if math.isfinite(value) else 0.0
        top = 20 + row * number
        left, right = sorted((middle, middle + share * (middle - 40)))
        draw.rectangle((left, top + row * 0.15, right, top + row * 0.85), fill=_BODY if share >= 0 else _MOVING)
    return _finished(picture)
