"""Plots and pictures as values: what the window draws, a report holds and `--json` writes is one and the same."""

from enum import StrEnum

import msgspec

from engine.protocol.messages.data import Shown


class PlotKind(StrEnum):
    """How a series is drawn."""

    LINE = "line"
    STEPS = "steps"  # a line that keeps its value up to the next point
    POINTS = "points"
    BARS = "bars"
    BAND = "band"  # what lies between `low` and `high`


class PlotAxis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A scale. `names` stand at 0, 1, 2, ... where the places are things and not numbers; `low` and `high` bound it
    where the values alone do not say what is possible. `is_share`: 1 is read as 100 %."""

    name: str
    unit: str = ""
    names: list[str] = []
    low: float | None = None
    high: float | None = None
    is_share: bool = False


class PlotSeries(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is drawn, at most 1,000 points.

    `color` counts things that are told apart: the same number, the same thing. `low` and `high` are the edges of a
    band, or how far a point or bar may be off. Bars stand around their x, `width` wide, from 0 to y, or from `low`.
    """

    name: str
    kind: PlotKind
    x: list[float]
    y: list[float] = []
    low: list[float] = []
    high: list[float] = []
    width: float = 1.0
    color: int = 0
    is_dashed: bool = False
    is_shown: bool = True
    """Whether it is drawn before anybody asks for it: of many classes only some are."""
    samples: list[int] = []
    """Of points, the number of each one's sample in the data."""


class PlotReference(msgspec.Struct, frozen=True, kw_only=True):
    """A straight line to compare with, from one point to another."""

    name: str
    x: list[float]
    y: list[float]


class Plot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One plot. `view` is the key of the view it stands in, `key` its own name there; `note` says what it shows.

    `is_square`: one step across is to be as long as one step up.
    """

    key: str
    view: str
    title: str
    x: PlotAxis
    y: PlotAxis
    caption: str = ""
    series: list[PlotSeries] = []
    references: list[PlotReference] = []
    note: str = ""
    is_square: bool = False


class PictureRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pictures side by side. `index` is the sample's number in the data, -1 where they were made from nothing."""

    pictures: list[Shown]
    caption: str = ""
    index: int = -1


class PictureGrid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows of pictures; `columns` names what stands in each column, empty where all are of one sort."""

    key: str
    view: str
    title: str
    rows: list[PictureRow]
    columns: list[str] = []
    caption: str = ""
    note: str = ""
