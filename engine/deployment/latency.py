"""How long an exported file takes for one raw sample of the test split, in onnxruntime with one thread an operator."""

import time
from pathlib import Path
from typing import Final

import numpy as np

from engine.data.dataset import Dataset
from engine.data.progress import IsCancelled, never
from engine.deployment.description import NOISE, draw, read_metadata
from engine.deployment.session import as_input, open_session
from engine.errors import Cancelled
from engine.protocol.messages.answered_samples import LatencyMeasured

MOST_S: Final = 1.0
"""Seconds after which no more answers are timed, however few there were."""
MOST_TIMES: Final = 200
_FEWEST: Final = 5
_WARM: Final = 3
_SAMPLES: Final = 8


def measure_latency(path: Path, run: int, dataset: Dataset, *, cancelled: IsCancelled = never) -> LatencyMeasured:
    """Time answers to single samples, several samples in turn; preparation counts, as it is in the file.

    Raises DataError when the file was not written by Netwright or a sample cannot be read, and Cancelled.
    """
    session = open_session(str(path))
    description, _ = read_metadata(session.get_modelmeta().custom_metadata_map, str(path))
    numbers = dataset.split_numbers("test")
    numbers = numbers if len(numbers) else dataset.split_numbers("all")
    places = np.linspace(0, len(numbers) - 1, min(_SAMPLES, len(numbers))).astype(np.int64)
    inputs = [
        {
            item.name: draw(item, (0, at, place))[None]
            if item.kind == NOISE
            else as_input([dataset.raw(index, item.field)], item.kind)
            for place, item in enumerate(description.inputs)
        }
        for at, index in enumerate(numbers[places].tolist())
    ]
    for at in range(_WARM):
        session.run(None, inputs[at % len(inputs)])
    seconds: list[float] = []
    end = time.perf_counter() + MOST_S
    while len(seconds) < MOST_TIMES and (len(seconds) < _FEWEST or time.perf_counter() < end):
        if cancelled():
            raise Cancelled
        given = inputs[len(seconds) % len(inputs)]
        started = time.perf_counter()
        session.run(None, given)
        seconds.append(time.perf_counter() - started)
    return LatencyMeasured(
        run=run,
        milliseconds=1000 * float(np.median(seconds)),
        slow_milliseconds=1000 * float(np.percentile(seconds, 95)),
        times=len(seconds),
    )
