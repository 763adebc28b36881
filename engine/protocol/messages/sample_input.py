"""The request for a sample of the data as an input for Try it, with what is true of it."""

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
