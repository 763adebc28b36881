"""Guards the guards: what a checkpoint holds for players, scales and smaller batches is needed to go on exactly."""

from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import KilledError, Rig, class_data, classifier, one_phase, same

from engine.document.data_spec import Step
from engine.document.recipe import Phase, Player, Precision, Recipe
from engine.training import checkpoint
from engine.training.live import CHANGES

NOISY = (
    ("hidden", "Linear", {"out_features": 16}),
    ("relu1", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)


def recipe(**more: object) -> Recipe:
    players = tuple(
        Player(name=name, nodes=(node,), optimizer=Step(type="SGD", attributes={"lr": 0.05, "momentum": 0.9}))
        for name, node in (("body", "hidden"), ("head", "scores"))
    )
    average = Step(type="EMA", attributes={"decay": 0.9})
    return one_phase(Phase(epochs=3, batch_size=10, players=players), average=average, **more)


def broken_off(folder: Path, project: object, steps: int = 31) -> Rig:
    rig = Rig(folder, project, class_data())  # type: ignore[arg-type]
    with pytest.raises(KilledError):
        rig.run(step_limit=steps)
    return rig


@pytest.mark.parametrize(
    "left_out",
    [
        "player0/hidden.weight/momentum_buffer",
        "player1/scores.weight/momentum_buffer",
        "live/hidden.weight",
        "average/taken",
        "rng/cpu",
    ],
)
def test_each_tensor_is_needed(tmp_path: Path, left_out: str) -> None:
    project = classifier(*NOISY, recipe=recipe())
    whole = Rig(tmp_path / "a", project, class_data())
    whole.run()
    rig = broken_off(tmp_path / "b", project)
    found = checkpoint.read(rig.folder)
    assert left_out in found.tensors, sorted(found.tensors)
    other = torch.zeros_like(found.tensors[left_out])
    if left_out == "rng/cpu":
        other = torch.Generator().manual_seed(99).get_state()
    checkpoint.write(rig.folder.checkpoints, "last", found.state, found.weights, {**found.tensors, left_out: other})
    rig.run(resume=True)
    assert not same(whole.weights(), rig.weights())


@pytest.mark.parametrize("change", [{"rows_at_once": 3}, {"phase_step": 0}, {"position": 2}, {"epoch": 0}])
def test_each_number_is_needed(tmp_path: Path, change: dict[str, int]) -> None:
    """Smaller parts give other last digits; another place in the run gives other batches, rates or turns."""
    used = recipe()
    phase = used.phases[0]
    players = tuple(
        msgspec.structs.replace(player, schedule=Step(type="CosineAnnealing"), every=number + 1)
        for number, player in enumerate(phase.players)
    )
    used = msgspec.structs.replace(used, phases=(msgspec.structs.replace(phase, players=players),))
    project = classifier(*NOISY, recipe=used)
    whole = Rig(tmp_path / "a", project, class_data())
    whole.run()
    rig = broken_off(tmp_path / "b", project)
    found = checkpoint.read(rig.folder)
    state = msgspec.structs.replace(found.state, **change)
    checkpoint.write(rig.folder.checkpoints, "last", state, found.weights, found.tensors)
    rig.run(resume=True)
    assert not same(whole.weights(), rig.weights())


def test_the_scale_of_float16_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("small_tasks.choose_precision", lambda wanted, _device: (wanted, ""))
    project = classifier(*NOISY, recipe=recipe(precision=Precision.FLOAT16))
    rig = broken_off(tmp_path / "b", project)
    found = checkpoint.read(rig.folder)
    state = msgspec.structs.replace(found.state, loss_scale=(8192.0, 17))
    checkpoint.write(rig.folder.checkpoints, "last", state, found.weights, found.tensors)
    rig.run(resume=True)
    assert rig.loop is not None
    assert rig.loop.state.loss_scale[0] == 8192.0
    assert rig.loop.state.loss_scale[1] > 17


def test_live_changes_are_needed(tmp_path: Path) -> None:
    project = classifier(*NOISY, recipe=recipe())
    changes = '[{"phase":0,"step":12,"learning_rate":0.2}]'
    whole = Rig(tmp_path / "a", project, class_data())
    (whole.folder.path / CHANGES).write_text(changes)
    whole.run()
    rig = Rig(tmp_path / "b", project, class_data())
    (rig.folder.path / CHANGES).write_text(changes)
    with pytest.raises(KilledError):
        rig.run(step_limit=31)
    (rig.folder.path / CHANGES).unlink()
    rig.run(resume=True)
    assert not same(whole.weights(), rig.weights())
