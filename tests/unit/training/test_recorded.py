"""Recorded steps give the very numbers of the steps that were recorded, and are made only where they pay."""

from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import torch
from torch import nn

from engine.document.data_spec import Step
from engine.document.project import Project
from engine.document.recipe import Phase, Player
from engine.protocol.run_events import RunFinished
from engine.training import recorded
from engine.training.task import prepare_task
from tests.unit.training.small_tasks import (
    KilledError,
    MemoryData,
    Rig,
    class_data,
    classifier,
    number,
    number_data,
    one_phase,
    optimizer,
    picture_project,
    same,
)

HIDDEN: tuple[Any, ...] = (
    ("hidden", "Linear", {"out_features": 12}),
    ("norm", "BatchNorm1d", {}),
    ("relu", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)


def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "_allowed", lambda task: False)


def at_once(monkeypatch: pytest.MonkeyPatch) -> list[recorded.Recording]:
    """Record after the third step whatever it costs; gives the recordings that are made and used."""
    made: list[recorded.Recording] = []
    play = recorded.Recording.play

    def counted(self: recorded.Recording, inputs: Any) -> recorded.Played:
        made.append(self)
        return play(self, inputs)

    monkeypatch.setattr(recorded, "_WATCH_STEPS", 3)
    monkeypatch.setattr(recorded, "_GAIN", 1e9)
    monkeypatch.setattr(recorded, "_SHORT_GAIN", 1e9)
    monkeypatch.setattr(recorded.Recording, "play", counted)
    return made


def recipe(**more: Any) -> Any:
    phase = Phase(epochs=4, batch_size=16, players=(more.pop("player", optimizer("AdamW", lr=0.01)),))
    return one_phase(phase, **more)


def both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project, data: MemoryData
) -> tuple[Rig, Rig, list[recorded.Recording]]:
    """The same run without and with recording."""
    with monkeypatch.context() as patch:
        eager(patch)
        plain = Rig(tmp_path / "plain", project, data)
        assert isinstance(plain.run(), RunFinished)
    with monkeypatch.context() as patch:
        used = at_once(patch)
        quick = Rig(tmp_path / "quick", project, data)
        assert isinstance(quick.run(), RunFinished)
    return plain, quick, used


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"clip_norm": 0.1},
        {"label_smoothing": 0.1},
        {"class_weights": True},
        {"average": Step(type="EMA")},
        {"player": optimizer("SGD", lr=0.1, momentum=0.9)},
        {"player": msgspec.structs.replace(optimizer("AdamW", lr=0.01), wrapper=Step(type="SAM"))},
    ],
    ids=["plain", "clipped", "smoothed", "weighed", "averaged", "sgd", "sam"],
)
def test_a_recorded_run_ends_with_the_same_weights(
    more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = classifier(*HIDDEN, recipe=recipe(**more))
    plain, quick, used = both(tmp_path, monkeypatch, project, class_data(train=100))
    assert len(used) >= 15, "recorded steps were taken"  # 4 epochs of 6 whole batches and one of 4 samples
    assert same(plain.weights(), quick.weights())


def test_pictures_and_numbers_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, data = picture_project(recipe())
    plain, quick, used = both(tmp_path / "a", monkeypatch, project, data)
    assert used and same(plain.weights(), quick.weights())
    project = classifier(*HIDDEN, recipe=recipe(), target=number())
    plain, quick, used = both(tmp_path / "b", monkeypatch, project, number_data())
    assert used and same(plain.weights(), quick.weights())


def test_two_players_have_a_recording_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    players = (
        Player(name="low", nodes=("hidden", "norm"), optimizer=Step(type="AdamW", attributes={"lr": 0.01})),
        Player(name="high", nodes=("scores",), optimizer=Step(type="SGD", attributes={"lr": 0.1}), every=2),
    )
    project = classifier(*HIDDEN, recipe=one_phase(Phase(epochs=4, batch_size=16, players=players)))
    plain, quick, used = both(tmp_path, monkeypatch, project, class_data())
    assert len({id(recording) for recording in used}) == 2
    assert same(plain.weights(), quick.weights())


def test_a_run_that_was_killed_goes_on_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run was recorded and where it was not makes no difference to what comes after it."""
    project = classifier(*HIDDEN, recipe=recipe())
    with monkeypatch.context() as patch:
        eager(patch)
        plain = Rig(tmp_path / "plain", project, class_data())
        plain.run()
        broken = Rig(tmp_path / "broken", project, class_data())
        with pytest.raises(KilledError):
            broken.run(step_limit=15)
    with monkeypatch.context() as patch:
        used = at_once(patch)
        broken.run(resume=True)
    assert used and same(plain.weights(), broken.weights())


def test_the_network_is_left_as_it_was_by_recording() -> None:
    project = classifier(*HIDDEN, recipe=recipe())
    task = prepare_task(project, class_data())
    task.network.train()
    players = _players(task)
    before = {name: value.clone() for name, value in task.network.state_dict().items()}
    random = torch.get_rng_state()
    batch = next(task.train.batches([0, 16]))
    found = recorded.record(task.network.training_forward, task.network, players[0], batch[: task.input_count])
    assert found is not None and found.seconds > 0
    assert same(before, dict(task.network.state_dict())) and torch.equal(random, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in task.network.parameters())
    assert found.fits(batch[: task.input_count])
    assert not found.fits([tensor[:7] for tensor in batch[: task.input_count]])
    assert found.holds()
    parameter = next(task.network.parameters())
    parameter.data = parameter.data.clone()
    assert not found.holds()


def _players(task: Any) -> Any:
    from engine.training.player import players_of

    return players_of(task.project.recipe.phases[0], task.network, 10, task.trainable)


class _Own(nn.Module):
    """Does something else each time it is called, which a recording could not know."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 3)
        self.calls = 0

    def training_forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        self.calls += 1
        out = self.linear(x) * self.calls
        return (out,), (nn.functional.cross_entropy(out, y),)


class _Asking(_Own):
    def training_forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        out = self.linear(x)
        if out.sum() > 0:  # depends on values
            out = out * 2
        return (out,), (nn.functional.cross_entropy(out, y),)


class _Silent(_Own):
    """Its gradients follow from nothing that comes in."""

    def training_forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        return (x,), (self.linear.weight.sum() * 0 + self.linear.bias.sum(),)


def _recorded(network: _Own, batch: tuple[torch.Tensor, torch.Tensor]) -> recorded.Recording | None:
    class Alone:
        tensors: ClassVar[list[nn.Parameter]] = list(network.parameters())

        @staticmethod
        def loss(losses: Any) -> Any:
            return losses[0]

    return recorded.record(network.training_forward, network, Alone(), batch)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [_Own, _Asking])
def test_what_would_not_be_the_same_is_not_recorded(kind: type[_Own]) -> None:
    assert _recorded(kind(), (torch.randn(8, 6), torch.randint(0, 3, (8,)))) is None


def test_gradients_that_are_always_the_same_are_new_each_time() -> None:
    """Whoever clips them changes them in place: the next step must not find them changed."""
    batch = (torch.randn(8, 6), torch.randint(0, 3, (8,)))
    found = _recorded(_Silent(), batch)
    assert found is not None
    for gradient in found.play(batch).gradients:
        assert gradient is not None
        gradient.mul_(0.1)
    weight, bias = found.play(batch).gradients
    assert weight is not None and bias is not None
    assert not weight.any() and bool((bias == 1).all())


def test_short_runs_are_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("recorded")

    monkeypatch.setattr(recorded, "record", never)
    monkeypatch.setattr(recorded, "_WATCH_STEPS", 3)
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=recipe()), class_data())
    assert isinstance(rig.run(), RunFinished)
