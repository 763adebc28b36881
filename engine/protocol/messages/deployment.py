"""Requests to try a network and to hand it on, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class Predict(Request, frozen=True, kw_only=True):
    """Answer for new inputs, through the exported file in onnxruntime. -> PredictionMade

    Each input is {field: value}; a picture's value is a path, or {"pixels": bytes, "height", "width", "channels"}.

    `which` weights of the run: those of its best epoch, or the last ones, as of a run that is paused.
    """

    project_dir: str
    inputs: list[dict[str, object]]
    run: str = "best"
    which: str = "best"


class Export(Request, frozen=True, kw_only=True):
    """Write an ONNX file and prove it. -> ModelExported"""

    project_dir: str
    to: str
    run: str = "best"
    precision: str = "float32"
    opset: int = 20


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one output: `value` a label or a number; `scores` by class, best first, for categories.

    For a mask `value` says in words what is seen, `scores` is the share of the points that each class has, and `mask`
    holds a class number (0 to 255) for each point, row by row, `height` × `width`. For a series `series` holds the
    values of each moment to come, whose `names` it says, `value` the first of them in words. For a picture that was
    made `pixels` holds a byte for each channel of each point, row by row, `height` × `width` × `channels`.
    """

    value: str | float
    scores: dict[str, float] = {}
    mask: bytes = b""
    height: int = 0
    width: int = 0
    series: list[list[float]] = []
    names: list[str] = []
    pixels: bytes = b""
    channels: int = 0


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Answers for one input, by output field; `problem` instead when the input could not be used."""

    input: str
    outputs: dict[str, Answer] = {}
    problem: str = ""


class PredictionMade(Event, frozen=True, kw_only=True):
    """Answers in the order of the inputs. `milliseconds` is onnxruntime's time a sample."""

    run: int
    predictions: list[Prediction]
    milliseconds: float


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The proof of an export: samples compared through the whole path, same answers among them, largest difference."""

    samples: int
    same_answers: int
    max_abs_difference: float
    batch_sizes: list[int] = []
    any_size: bool = False


class ModelExported(Event, frozen=True, kw_only=True):
    """An ONNX file was written and proved."""

    file: str
    bytes: int
    opset: int
    inputs: list[dict[str, object]]
    outputs: list[dict[str, object]]
    verified: Verified
    run: int = 0
