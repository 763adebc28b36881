"""What is measured on the train split and stored with a field: classes, mean, spread, fill, vocabulary, shape."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.catalog.preparation_text import text_step
from engine.data.memory import Mapped
from engine.data.preparation import Preparation
from engine.data.preparation.text import TextRule, measure_tokens
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Statistics
from engine.document.graph import natural

Int64s = npt.NDArray[np.int64]

_BLOCK_BYTES = 1 << 20
_EXACT = 256


def measure_pictures(pictures: npt.NDArray[np.uint8], train: Int64s, shape: tuple[int | None, ...]) -> Statistics:
    """Mean and spread of each channel over the train rows of uint8 (N, H, W, C), in grey levels, exactly."""
    channels = pictures.shape[-1]
    count = 0
    total = np.zeros(channels, np.int64)
    squares = np.zeros(channels, np.int64)
    mapped = Mapped()
    step = max(1, _BLOCK_BYTES // max(1, pictures[:1].nbytes))
    for start in range(0, len(train), step):
        block = pictures[train[start : start + step]].reshape(-1, channels)
        mapped.read(pictures, block.nbytes)
        whole = len(block) - len(block) % _EXACT
        for channel in range(channels):
            # Sums of so few squares are whole numbers below 2^24, which float32 holds exactly and adds up fast.
            levels = block[:whole, channel].astype(np.float32).reshape(-1, _EXACT)
            rest = block[whole:, channel].astype(np.int64)
            total[channel] += levels.sum(1).astype(np.int64).sum() + rest.sum()
            squares[channel] += np.einsum("ij,ij->i", levels, levels).astype(np.int64).sum() + (rest * rest).sum()
        count += len(block)
    count = max(1, count)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return Statistics(mean=_rounded(mean), std=_rounded(std), shape=shape)


def measure_numbers(values: npt.NDArray[np.float32] | npt.NDArray[np.float64]) -> Statistics:
    """Mean, spread, range and median of the numbers that are there; of an array field for each of its last axis."""
    numbers = values.astype(np.float64)
    shape = tuple(int(size) for size in values.shape[1:])
    rows = numbers.reshape(-1, shape[-1] if shape else 1)
    there = np.isfinite(rows)
    missing = int(np.isnan(rows).sum())
    if not there.any():
        return Statistics(mean=(0.0,), std=(1.0,), minimum=(0.0,), maximum=(1.0,), missing=missing, shape=shape)
    kept = np.where(there, rows, np.nan)
    empty = ~there.any(axis=0)
    kept[:, empty] = 0.0
    return Statistics(
        mean=_rounded(np.nanmean(kept, axis=0)),
        std=_rounded(np.nanstd(kept, axis=0)),
        minimum=_rounded(np.nanmin(kept, axis=0)),
        maximum=_rounded(np.nanmax(kept, axis=0)),
        fill=_rounded(np.array([np.nanmedian(kept)]))[0],
        missing=missing,
        shape=shape,
    )


def measure_category(column: Strings, train: Int64s, order: tuple[str, ...] = ()) -> Statistics:
    """Classes of all samples (one of the test split alone is still a class), their counts in the train split."""
    everywhere = column.counts()
    present = [name for name, count in zip(column.values, everywhere, strict=True) if count and name]
    classes = order or sort_classes(present)
    in_train = dict(zip(column.values, column.take(train).counts().tolist(), strict=True))
    return Statistics(
        classes=classes, counts=tuple(int(in_train.get(name, 0)) for name in classes), missing=int(in_train.get("", 0))
    )


def measure_text(column: Strings, train: Int64s, field: Field) -> Statistics:
    """Vocabulary and longest text of the train split, for the step that makes numbers of the field's text."""
    counts = column.take(train).counts()
    texts = [text for text, count in zip(column.values, counts, strict=True) for _ in range(int(count))]
    for rule in Preparation(field).rules:
        if isinstance(rule, TextRule):
            return measure_tokens(rule, texts)
    return Statistics(longest=max(map(len, texts), default=0))


def needs_vocabulary(field: Field) -> bool:
    """Whether the field's preparation looks things up in a vocabulary."""
    return field.kind is FieldKind.TEXT and text_step(field) is not None


def sort_classes(names: Sequence[str]) -> tuple[str, ...]:
    """Class names in order: as numbers when all are numbers, else by name, with 10 after 9."""
    try:
        keyed = {name: float(name) for name in names}
    except ValueError:
        return tuple(sorted(names, key=lambda name: (natural(name.casefold()), name)))
    if not all(math.isfinite(value) for value in keyed.values()):
        return tuple(sorted(names, key=lambda name: (natural(name.casefold()), name)))
    return tuple(sorted(names, key=lambda name: (keyed[name], name)))


def _rounded(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Seven significant digits: more than a float32 tells apart, short in a diff."""
    return tuple(float(f"{value:.7g}") for value in np.atleast_1d(values).tolist())
