"""How weights are spread: what is told, how often, and how much of it."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import torch
from small_tasks import Rig, class_data, classifier, one_phase, optimizer
from torch import nn

from engine.document.recipe import Phase
from engine.protocol.run_events import RunFinished, WeightsSeen
from engine.training import pictures, runs
from engine.training.pictures import BINS, MOST_BYTES, WeightPictures, histograms, weights_by_node

HIDDEN = (("hidden", "Linear", {"out_features": 16}), ("norm", "BatchNorm1d", {}), ("relu1", "ReLU", {}))


class Clock:
    """Time that passes when told to; every reading takes `cost`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cost = 0.0

    def __call__(self) -> float:
        self.now += self.cost
        return self.now


def small_network(layers: int = 2) -> nn.Module:
    network = nn.Module()
    for number in range(layers):
        network.add_module(f"fc{number}", nn.Linear(8, 8))
    return network


def test_bars_are_the_histogram_of_numpy(tmp_path: Path) -> None:
    network = nn.Module()
    network.add_module("fc", nn.Linear(30, 40))
    told = histograms(weights_by_node(network))["fc"]
    values = network.fc.weight.detach().flatten()  # type: ignore[union-attr, operator]
    assert (told.low, told.high) == pytest.approx((float(values.min()), float(values.max())), rel=1e-3)
    assert told.count == 1200 and len(told.bars) == BINS
    numpy = pytest.importorskip("numpy")
    counts, _edges = numpy.histogram(values.numpy(), bins=BINS)
    assert max(told.bars) == 99
    assert told.bars == [0 if not count else max(1, round(count / counts.max() * 99)) for count in counts]
    assert told.mean == pytest.approx(float(values.mean()), abs=1e-3)
    assert told.deviation == pytest.approx(float(values.std(correction=0)), rel=1e-2)


def test_large_weights_are_sampled_evenly_wherever_they_lie() -> None:
    network = nn.Module()
    conv = nn.Conv2d(64, 128, 3).to(memory_format=torch.channels_last)
    network.add_module("conv", conv)
    with torch.no_grad():
        conv.weight.copy_(torch.linspace(-1, 1, conv.weight.numel()).reshape(conv.weight.shape))
    told = histograms(weights_by_node(network))["conv"]
    assert told.count == conv.weight.numel()
    assert told.low == pytest.approx(-1, abs=0.02) and told.high == pytest.approx(1, abs=0.02)
    assert told.mean == pytest.approx(0, abs=0.02)
    assert min(told.bars) > 80


def test_equal_weights_are_one_bar_and_broken_ones_are_left_out() -> None:
    network = nn.Module()
    network.add_module("norm", nn.BatchNorm1d(4))
    network.add_module("fc", nn.Linear(2, 2))
    with torch.no_grad():
        network.fc.weight.fill_(float("nan"))  # type: ignore[union-attr, operator]
    told = histograms(weights_by_node(network))
    assert list(told) == ["norm"]
    assert told["norm"].bars == [99] and told["norm"].low == told["norm"].high == 1


def test_pictures_wait_for_their_time_and_for_what_they_cost() -> None:
    told: list[WeightsSeen] = []
    clock = Clock()
    look = WeightPictures(small_network(), told.append, clock=clock)
    look.look(0, 1)
    for step in range(1, 20):
        clock.now += 0.5
        look.look(step, 1)
    assert [event.step for event in told] == [0, 4, 8, 12, 16]
    clock.now += 1
    clock.cost = 0.1  # as on a huge network: then a picture comes every 50 s at most
    look.look(20, 1)
    clock.now += 40
    look.look(21, 1)
    assert told[-1].step == 20
    clock.now += 12
    look.look(22, 1)
    assert told[-1].step == 22


def test_a_long_run_tells_ever_rarer_and_no_more_than_its_share_but_the_last_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 4000)
    monkeypatch.setattr(pictures, "RARER_EVERY_BYTES", 1000)
    told: list[WeightsSeen] = []
    clock = Clock()
    look = WeightPictures(small_network(), told.append, clock=clock)
    for step in range(4000):
        clock.now += 0.5
        look.look(step, 1)
    gaps = [later.step - earlier.step for earlier, later in pairwise(told)]
    assert gaps == sorted(gaps) and gaps[-1] >= 4 * gaps[0]
    size = sum(len(msgspec.json.encode(event)) for event in told)
    assert 3000 < size < 5000
    count = len(told)
    look.look(5000, 1, last=True)
    assert len(told) == count + 1
    assert MOST_BYTES == 2 << 20


def test_a_run_tells_of_its_first_and_last_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = one_phase(Phase(epochs=2, batch_size=16, players=(optimizer("AdamW", lr=0.02),)))
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=recipe), class_data())
    last = rig.run()
    assert isinstance(last, RunFinished)
    told = [event for event in rig.events() if isinstance(event, WeightsSeen)]
    assert told[0].step == 0 and told[-1].epoch == 2
    assert set(told[0].nodes) >= {"hidden", "norm"} and "relu1" not in told[0].nodes
    assert told[0].nodes["hidden"] != told[-1].nodes["hidden"]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_run_process_is_told_whether_pictures_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    commands: list[list[str]] = []

    def begun(command: list[str], **_words: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(pid=1)

    monkeypatch.setattr(runs.subprocess, "Popen", begun)
    folder = runs.create_run(tmp_path, classifier(*HIDDEN))
    runs.start_run_process(folder, pictures=wanted)
    assert ("--no-pictures" in commands[0]) is not wanted
