"""The request to write a network in every number format and to measure each, and what it is answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class MeasureVariants(Request, frozen=True, kw_only=True):
    """Write a run as float32, float16 and int8, and measure size, score and time. -> VariantsMeasured

    What was measured before for the same weights is answered at once; `fresh` measures again.
    """

    project_dir: str
    run: str = "best"
    fresh: bool = False


class GetVariants(Request, frozen=True, kw_only=True):
    """What was measured before for a run's weights; without variants where nothing was. -> VariantsMeasured"""

    project_dir: str
    run: str = "best"


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One file: `precision` float32, float16 or int8, `int8` static or dynamic.

    `score` is that of the file on the test split, `same` the share of answers that are those of the network in torch,
    `latency_ms` the median time for one raw sample in onnxruntime on one thread. `refused` says why it cannot be
    exported, in words; empty where it can.
    """

    precision: str
    int8: str = ""
    bytes: int = 0
    score: float = 0.0
    same: float = 0.0
    max_abs_difference: float = 0.0
    latency_ms: float = 0.0
    refused: str = ""


class VariantsMeasured(Event, frozen=True, kw_only=True):
    """Variants, float32 first. `score_name` is accuracy, f1, iou or r2, empty where there is no score.

    `score_before` is torch's own on the same `scored` samples of the test split, `samples` are those whose answers were
    compared, `torch_ms` the time of torch for one raw sample.
    """

    run: int
    variants: list[Variant] = []
    score_name: str = ""
    score_before: float = 0.0
    scored: int = 0
    samples: int = 0
    torch_ms: float = 0.0
