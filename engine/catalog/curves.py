"""What a layer that works value by value does to one value, as points to be drawn."""

import functools
from typing import Final

from engine.catalog import formulas
from engine.catalog.layer import Layer

REACH: Final = 4.0
COUNT: Final = 97


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> formulas.Term:
    return formulas.parse(text)


def curve_points(layer: Layer) -> list[tuple[float, float]]:
    """Points (x, y) from -4 to 4 with the layer's settings; fewer where it has no value, none for other layers."""
    if not layer.curve:
        return []
    term = _parsed(layer.curve)
    settings = {name: float(value) for name, value in layer.values().items() if isinstance(value, int | float)}
    points = []
    for number in range(COUNT):
        x = -REACH + 2 * REACH * number / (COUNT - 1)
        try:
            y = formulas.value(term, {**settings, "x": x})
        except (ArithmeticError, ValueError, TypeError):
            continue  # outside of where it is defined, like the logarithm of a negative number
        points.append((x, y))
    return points
