"""A network asked about every sample of a split, a batch at a time, on the best device there is."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import torch
from torch import Tensor

from engine.compiler.module import CompiledNetwork
from engine.data.column import Column
from engine.data.dataset import Dataset
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.errors import Cancelled
from engine.training.device import choose_device

BATCH: Final = 512
_NUMBERS_A_BATCH: Final = 2 << 20
"""Of the network's inputs together; 40 grey pictures of 224 × 224."""


def answer_batches(
    network: CompiledNetwork,
    dataset: Dataset,
    split: str,
    *,
    most: int = BATCH,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    """The place in the split at which a batch begins, and what stands at each output for it, on the CPU.

    Noise is drawn by the same seed each time. `most` samples a batch. The network is on the CPU again at the end.
    Raises Cancelled.
    """
    device = choose_device("auto")
    network = network.to(device).eval()
    columns = [dataset.columns(network.input_fields[node_id], split) for node_id in network.input_ids]
    count = len(columns[0]) if columns else len(dataset.split_indices(split))
    batch = max(1, min(most, batch_for(columns)))
    generator = torch.Generator().manual_seed(0)  # so that noise, and with it the scores, are the same each time
    try:
        for start in range(0, count, batch):
            if cancelled():
                raise Cancelled
            rows = torch.arange(start, min(start + batch, count))
            given = [*(column.gather(rows) for column in columns), *network.noise(len(rows), generator)]
            with torch.inference_mode():
                answers = tuple(raw.cpu() for raw in network(*(tensor.to(device) for tensor in given)))
            yield start, answers
            progress(min(1.0, (start + batch) / count), "Answering")
    finally:
        network.to("cpu")


def predict_split(
    network: CompiledNetwork,
    dataset: Dataset,
    split: str,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> tuple[Tensor, ...]:
    """What stands at each output for every sample of a split, on the CPU, in the order of the split.

    All of it is held: for outputs that may be large ask `engine.evaluation.answered`. Raises Cancelled.
    """
    parts = [answers for _, answers in answer_batches(network, dataset, split, progress=progress, cancelled=cancelled)]
    return tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))


def batch_for(columns: Sequence[Column]) -> int:
    """How many samples go through the network together: fewer of large ones, whose layers would fill the memory."""
    numbers = sum(math.prod(column.row_shape) for column in columns)
    return max(1, min(BATCH, _NUMBERS_A_BATCH // max(1, numbers)))
