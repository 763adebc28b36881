"""Mean and spread of pictures are exact, however many there are and whatever blocks they are measured in."""

import numpy as np
import pytest

from engine.data.statistics import measure_pictures


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 5, 7, 3), (40, 16, 16, 1), (700, 33, 31, 3)])
@pytest.mark.parametrize("white", [False, True])
def test_statistics_are_those_of_whole_numbers(shape: tuple[int, int, int, int], white: bool) -> None:
    chance = np.random.default_rng(3)
    pictures = np.full(shape, 255, np.uint8) if white else chance.integers(0, 256, shape, dtype=np.uint8)
    train = np.arange(0, len(pictures), 2, dtype=np.int64)
    found = measure_pictures(pictures, train, shape[1:])
    levels = pictures[train].astype(object).reshape(-1, shape[-1])  # Python's own whole numbers
    count = len(levels)
    for channel in range(shape[-1]):
        total, squares = int(levels[:, channel].sum()), int((levels[:, channel] ** 2).sum())
        assert found.mean[channel] == pytest.approx(total / count, rel=1e-6)
        assert found.std[channel] ** 2 == pytest.approx((count * squares - total**2) / count**2, rel=1e-5, abs=1e-9)
    assert found.shape == shape[1:]
