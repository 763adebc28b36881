"""Requests about how odd samples look to a network, and how well that tells one kind of them from the others."""

import msgspec

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.comparison import GroupChoice
from engine.protocol.messages.plots import Plot


class ScoreOddness(Request, frozen=True, kw_only=True):
    """How odd each sample of a split looks, and how well that tells those with `value` in `field`. -> OddnessScored

    Without a field it is told what training never saw (`data.split.unseen`). `output` is the field that is answered,
    "" for the main one.
    """

    project_dir: str
    run: str = "best"
    split: str = "test"
    output: str = ""
    field: str = ""
    value: str = ""


class OddSample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample by its number in the data, how odd it looks, and whether it is of the kind that is asked for."""

    index: int
    value: float
    is_odd: bool = False


class OddnessScored(Event, frozen=True, kw_only=True):
    """`odd` samples of the kind against `others`. `auroc` and `average_precision` are None without either.

    `caption` says what oddness is here. `choices` are the fields to choose by, `field_values` the values of the chosen
    one. `oddest` are the oddest samples, most first.
    """

    run: int
    split: str
    output: str
    field: str
    values: list[str]
    caption: str
    odd: int
    others: int
    auroc: float | None = None
    average_precision: float | None = None
    interval: list[float] = []
    choices: list[GroupChoice] = []
    field_values: list[str] = []
    oddest: list[OddSample] = []
    plots: list[Plot] = []
    note: str = ""
