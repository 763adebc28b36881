"""Batches: every sample once an epoch, in an order that seed and epoch alone decide."""

from itertools import pairwise

import pytest
import torch
from small_tasks import MemoryColumn

from engine.training.feed import Feed, batch_bounds, epoch_order, keyed_seed

CPU = torch.device("cpu")


def columns(samples: int, resident: bool) -> list[MemoryColumn]:
    rows = torch.arange(samples, dtype=torch.float32)
    return [
        MemoryColumn(rows[:, None].expand(samples, 3).contiguous(), resident=resident),
        MemoryColumn(torch.arange(samples), resident=True),
    ]


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize(("samples", "batch_size"), [(10, 3), (9, 3), (1, 4), (1000, 7), (5, 100)])
def test_every_sample_comes_once_and_fields_stay_together(samples: int, batch_size: int, resident: bool) -> None:
    feed = Feed(columns(samples, resident), CPU)
    order = epoch_order(samples, 7, 0)
    bounds = batch_bounds(samples, batch_size, join_single=False)
    batches = list(feed.batches(bounds, order))
    feed.close()
    assert [len(batch[0]) for batch in batches] == [b - a for a, b in pairwise(bounds)]
    assert torch.equal(torch.cat([batch[1] for batch in batches]), order)
    for picture, label in batches:
        assert torch.equal(picture[:, 0], label.float())


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("start", [0, 1, 63, 64, 65, 199, 200, 201])
def test_starting_later_gives_the_rest(start: int, resident: bool) -> None:
    feed = Feed(columns(1000, resident), CPU)
    order = epoch_order(1000, 7, 3)
    bounds = batch_bounds(1000, 5, join_single=False)
    whole = list(feed.batches(bounds, order))
    rest = list(feed.batches(bounds, order, start))
    feed.close()
    assert len(rest) == max(0, 200 - start)
    for a, b in zip(whole[start:], rest, strict=True):
        assert torch.equal(a[0], b[0])
        assert a[0].data_ptr() % 64 == b[0].data_ptr() % 64  # matrix kernels' last bits may depend on it


def test_without_an_order_it_is_that_of_the_split() -> None:
    feed = Feed(columns(10, True), CPU)
    assert torch.cat([batch[1] for batch in feed.batches([0, 4, 8, 10])]).tolist() == list(range(10))


def test_pictures_come_channels_last() -> None:
    rows = torch.randn(20, 3, 4, 5)
    for resident in (True, False):
        feed = Feed([MemoryColumn(rows, resident=resident)], CPU, channels_last=True)
        order = epoch_order(20, 1, 1)
        for start, (batch,) in zip(range(0, 20, 8), feed.batches([0, 8, 16, 20], order), strict=True):
            assert torch.equal(batch, rows[order[start : start + 8]])
            assert batch.is_contiguous(memory_format=torch.channels_last)
        feed.close()


def test_no_samples_give_no_batches() -> None:
    feed = Feed([MemoryColumn(torch.zeros(0, 3))], CPU)
    assert list(feed.batches(batch_bounds(0, 4, join_single=True))) == []


def test_order_depends_on_seed_and_epoch() -> None:
    orders = {tuple(epoch_order(50, seed, epoch).tolist()) for seed in (1, 2**40 + 1, 2**61) for epoch in range(3)}
    assert len(orders) == 9
    assert torch.equal(epoch_order(50, 1, 1), epoch_order(50, 1, 1))


def test_a_single_last_sample_is_joined_when_asked() -> None:
    assert batch_bounds(9, 4, join_single=True) == [0, 4, 9]
    assert batch_bounds(9, 4, join_single=False) == [0, 4, 8, 9]
    assert batch_bounds(1, 4, join_single=True) == [0, 1]
    assert batch_bounds(4, 4, join_single=True) == [0, 4]
    assert batch_bounds(3, 1, join_single=True) == [0, 1, 3]


def test_keyed_seeds_are_those_of_their_parts() -> None:
    assert keyed_seed(1, "order", 2) == keyed_seed(1, "order", 2)
    assert len({keyed_seed(seed, word) for seed in range(50) for word in ("order", "steps")}) == 100
