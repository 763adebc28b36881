"""Batches that come to a graphics card beside the steps; a lane of the test's own stands in for the card's."""

import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.training import feed
from engine.training.feed import Feed, batch_bounds, epoch_order
from engine.training.lane import lane_for
from tests.unit.training.small_tasks import MemoryColumn

CPU = torch.device("cpu")


class RecordingLane:
    """Notes who calls it, and for what."""

    def __init__(self) -> None:
        self.sent: list[Tensor] = []
        self.filled_by: set[int] = set()
        self.within = False
        self.waiting: list[int] = []

    def fill(self, make: Callable[[], list[Tensor]]) -> tuple[list[Tensor], int]:
        self.filled_by.add(threading.get_ident())
        self.within = True
        tensors = make()
        self.within = False
        self.waiting.append(len(self.waiting))
        return tensors, self.waiting[-1]

    def arrived(self, filled: tuple[list[Tensor], int]) -> list[Tensor]:
        assert threading.get_ident() not in self.filled_by, "the one that trains waits, not the one that gathers"
        assert filled[1] in self.waiting
        return filled[0]

    def send(self, tensor: Tensor) -> Tensor:
        assert self.within, "a copy has to be asked for on the lane's own stream"
        self.sent.append(tensor)
        return tensor


def test_processors_need_no_lane() -> None:
    assert lane_for(CPU) is None
    assert lane_for(torch.device("mps")) is None


def test_streamed_columns_come_over_the_lane_and_resident_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = RecordingLane()
    monkeypatch.setattr(feed, "lane_for", lambda _: lane)
    monkeypatch.setattr(feed, "CHUNK_BYTES", 1)
    rows = torch.arange(50, dtype=torch.float32)[:, None].expand(50, 3).contiguous()
    varied: list[int] = []

    def vary(batch: Tensor, indices: Tensor, _epoch: int) -> Tensor:
        assert lane.within, "variations are computed on the lane too, behind the copy that they need"
        varied.append(len(indices))
        return batch + 100

    both = Feed(
        [MemoryColumn(rows, resident=False), MemoryColumn(torch.arange(50))],
        CPU,
        vary=[vary, None],
    )
    order = epoch_order(50, 7, 0)
    found = list(both.batches(batch_bounds(50, 8, join_single=False), order))
    both.close()
    assert torch.equal(torch.cat([picture[:, 0] for picture, _ in found]), order.float() + 100)
    assert torch.equal(torch.cat([label for _, label in found]), order)
    assert len(lane.waiting) == len(found) == len(lane.sent) == len(varied) == 7


def test_what_lies_on_the_device_anyway_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[torch.device] = []
    monkeypatch.setattr(feed, "lane_for", asked.append)
    Feed([MemoryColumn(torch.zeros(4, 2))], CPU)
    assert not asked
    Feed([MemoryColumn(torch.zeros(4, 2), resident=False)], CPU)
    assert asked == [CPU]


class FakeStream:
    """Writes down what it is asked."""

    def __init__(self, asked: list[tuple[str, object]], name: str) -> None:
        self.asked, self.name = asked, name

    def wait_stream(self, other: "FakeStream") -> None:
        self.asked.append((f"{self.name} waits for", other.name))

    def wait_event(self, event: "FakeEvent") -> None:
        self.asked.append((f"{self.name} waits for event of", event.of))

    def __enter__(self) -> None:
        self.asked.append(("into", self.name))

    def __exit__(self, *_: object) -> None:
        self.asked.append(("out of", self.name))


class FakeEvent:
    """Remembers whose it is."""

    of = ""

    def record(self, stream: FakeStream) -> None:
        self.of = stream.name


class FakeTensor:
    """A tensor on the card."""

    def __init__(self) -> None:
        self.used_by: list[str] = []

    def record_stream(self, stream: FakeStream) -> None:
        self.used_by.append(stream.name)


def test_the_steps_wait_for_what_the_lane_has_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of CUDA, in order; that CUDA does it can only be seen on a card."""
    asked: list[tuple[str, object]] = []
    steps, tensor = FakeStream(asked, "steps"), FakeTensor()
    monkeypatch.setattr(torch.cuda, "Stream", lambda _: FakeStream(asked, "lane"))
    monkeypatch.setattr(torch.cuda, "Event", FakeEvent)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _: steps)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: stream)
    lane = lane_for(torch.device("cuda"))
    assert lane is not None

    def make() -> list[Tensor]:
        asked.append(("make", ""))
        return [tensor]  # type: ignore[list-item]

    assert lane.arrived(lane.fill(make)) == [tensor]
    assert asked == [
        ("lane waits for", "steps"),
        ("into", "lane"),
        ("make", ""),
        ("out of", "lane"),
        ("steps waits for event of", "lane"),
    ]
    assert tensor.used_by == ["steps"]
