"""Requests to try a network and to hand it on, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.writing import WrittenToken


class Predict(Request, frozen=True, kw_only=True):
    """Answer for new inputs, through the exported file in onnxruntime. -> PredictionMade

    Each input is {field: value}; a picture's value is a path, or {"pixels": bytes, "height", "width", "channels"};
    {"sample": index} takes the value from the project's data. Noise is a list of numbers, or says how it is drawn:
    {"seed", "toward": another seed, "share": how far on the way there, "set": {place: number}}, each of which may be
    missing.

    `which` weights of the run: those of its best epoch, or the last ones, as of a run that is paused. Texts are written
    as `engine.deployment.writing.Manner` says; with `stream` the text of a single input is told of while it is written.
    -> TextWritten before the answer.
    """

    project_dir: str
    inputs: list[dict[str, object]]
    run: str = "best"
    which: str = "best"
    temperature: float | None = None
    top_k: int = 0
    seed: int = 0
    length: int = 0
    stream: bool = False


class Export(Request, frozen=True, kw_only=True):
    """Write an ONNX file and prove it. -> ModelExported"""

    project_dir: str
    to: str
    run: str = "best"
    precision: str = "float32"
    opset: int = 20
    contents: str = "whole"
    """"whole": preparation, network and answer; "network": prepared numbers in, what the network gives out."""
    optimised: bool = False
    int8: str = "auto"
    """static, dynamic, or auto: what suits the network."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one output: `value` a label or a number; `scores` by class, best first, for categories.

    For a mask `value` says in words what is seen, `scores` is the share of the points that each class has, and `mask`
    holds a class number (0 to 255) for each point, row by row, `height` × `width`. For a series `series` holds the
    values of each moment to come, whose `names` it says, `value` the first of them in words. For a picture that was
    made `pixels` holds a byte for each channel of each point, row by row, `height` × `width` × `channels`. For a text
    that was written `written` holds its tokens, in order, behind the beginning that was given. For an array `numbers`
    holds the first thousand of its numbers.
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
    written: list[WrittenToken] = []
    numbers: list[float] = []


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Answers for one input, by output field; `problem` instead when the input could not be used.

    `notes` say what makes the answer doubtful: a category that was never seen, a number far from all that were.
    `drawn` holds the first numbers of each noise that was put in.
    """

    input: str
    outputs: dict[str, Answer] = {}
    problem: str = ""
    notes: list[str] = []
    drawn: dict[str, list[float]] = {}


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
    made_up: bool = False
    """Whether the samples are random numbers, since the project has no data: an imported network may have none."""
    alike: float = 1.0
    """Share of the same answers; of masks the share of points that are the same."""
    score_name: str = ""
    """accuracy, f1, iou or r2 of the first output, on those of the samples that are of the test split: `score` of the
    file, `score_before` of the network in torch; empty where there is none, as for texts that are written."""
    score: float = 0.0
    score_before: float = 0.0
    scored: int = 0


class ModelExported(Event, frozen=True, kw_only=True):
    """An ONNX file was written and proved."""

    file: str
    bytes: int
    opset: int
    inputs: list[dict[str, object]]
    outputs: list[dict[str, object]]
    verified: Verified
    run: int = 0
    precision: str = "float32"
    contents: str = "whole"
    int8: str = ""
    """The kind of int8 that was written."""
    proof: str = ""
    """The file with the report of the proof and golden samples."""
