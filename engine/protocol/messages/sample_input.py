"""Requests for a sample of the data, or a file, as an input for Try it, and what they are answered with."""

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.data import Shown
from engine.protocol.messages.deployment import Answer


class ReadSample(Request, frozen=True, kw_only=True):
    """A sample as Predict takes it. -> SampleRead

    `size` is the largest side of a picture, and the number of points of a curve, as it is shown.
    """

    project_dir: str
    index: int
    size: int = 640


class SampleRead(Event, frozen=True, kw_only=True):
    """`values` by field, as Predict takes them: numbers (None where missing), text, lists; a picture, a recording or a
    mask is {"sample": index}, so that it is answered as it is in the data and need not travel. `shown` is how such a
    field looks. `truth` says what is to be answered, by field to be learned.
    """

    index: int
    name: str
    split: str
    values: dict[str, object]
    shown: dict[str, Shown] = {}
    truth: dict[str, Answer] = {}


class ReadInput(Request, frozen=True, kw_only=True):
    """How a file that is given for a field looks, and its numbers where it is a series. -> InputRead"""

    project_dir: str
    field: str
    path: str
    size: int = 640


class InputRead(Event, frozen=True, kw_only=True):
    """`series` holds the values of each moment, None where one is missing; empty for what is no series."""

    field: str
    path: str
    shown: Shown
    series: list[list[float | None]] = []
