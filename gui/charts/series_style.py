"""How the curves of a chart are told apart: colour, dash and marker, so that colour is never the only sign.

The colours are those of Okabe and Ito's palette for colour-blind eyes (jfly.uni-koeln.de/color), shifted a little so
that each keeps 3:1 against both the dark and the light panel.
"""

from dataclasses import dataclass
from typing import Final

COLORS: Final = ("#5b8cff", "#2fb98a", "#e39a2e", "#a97bff", "#e0663c", "#35a7d6", "#d860ae", "#8d99ae")
MARKERS: Final = ("o", "s", "t", "d", "x", "+", "star", "p")
SOLID: Final[tuple[float, ...]] = ()
DASHED: Final = (4.0, 3.0)
DOTTED: Final = (1.0, 2.5)


@dataclass(frozen=True, kw_only=True)
class SeriesStyle:
    """`dash` in multiples of the line's width, empty for a solid line; `marker` is a symbol name, empty for none."""

    color: str
    dash: tuple[float, ...] = SOLID
    marker: str = ""


def series_style(index: int, *, dash: tuple[float, ...] = SOLID, marked: bool = True) -> SeriesStyle:
    """The style of the n-th thing shown: eight colours, and where they come again, other markers on them."""
    place = index % len(COLORS)
    marker = MARKERS[(index + index // len(COLORS)) % len(MARKERS)]
    return SeriesStyle(color=COLORS[place], dash=dash, marker=marker if marked else "")
