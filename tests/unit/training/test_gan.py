"""A GAN drawn with Noise: it learns, goes on to the bit after a kill, and is scored on the same noise each epoch."""

from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import KilledError, MemoryData, Rig, one_phase, same
from torch import Tensor

from engine.checks.inference import ShapeChecker
from engine.compiler.module import compile_project
from engine.document.project import Project
from engine.document.recipe import Phase
from engine.protocol.run_events import EpochFinished, RunFinished
from engine.training import checkpoint
from engine.training.player import players_of
from engine.training.recorded import record
from tests.drawn_gan import CRITIC, GENERATOR, gan, gan_of_blocks, players


def bars(count: int, seed: int) -> Tensor:
    """Pictures (N, 1, 8, 8) of one bright bar on black, upright or across."""
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.full((count, 1, 8, 8), -0.9)
    for number, place in enumerate(torch.randint(0, 16, (count,), generator=generator).tolist()):
        if place < 8:
            pictures[number, 0, place] = 0.9
        else:
            pictures[number, 0, :, place - 8] = 0.9
    return pictures


def data(train: int = 64) -> MemoryData:
    return MemoryData({("picture", "train"): bars(train, 1), ("picture", "val"): bars(24, 2)})


def test_the_generator_learns_and_is_what_answers(tmp_path: Path) -> None:
    project = gan(hidden=64)
    project.recipe = one_phase(Phase(epochs=60, batch_size=32, players=players()))
    rig = Rig(tmp_path, project, data(256))
    assert isinstance(rig.run(), RunFinished)
    network = compile_project(project).eval()
    untrained = network(*network.noise(200, torch.Generator().manual_seed(1)))[0]
    network.load_state_dict(rig.weights("best"))
    assert same(rig.weights("best"), rig.weights("last")), "no loss tells which epoch of a GAN is the best"
    made = network(*network.noise(200, torch.Generator().manual_seed(1)))[0].detach()
    real = bars(2000, 3)
    apart = [float((x.detach().mean(0) - real.mean(0)).abs().mean()) for x in (untrained, made)]
    assert apart[1] < 0.5 * apart[0], f"made pictures should be as bright as real ones: {apart}"
    assert float(made.std(0).mean()) > 0.1, "other noise should give other pictures"


def test_each_player_trains_its_own_nodes_alone(tmp_path: Path) -> None:
    project = gan()
    torch.manual_seed(1)
    network = compile_project(project)
    critic, generator = players_of(project.recipe.phases[0], network, 10, dict(network.named_parameters()))
    _, losses = network.training_forward(bars(16, 4))
    generator.backward(generator.loss(losses))
    moved = {name.partition(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert moved == set(GENERATOR)
    generator.drop_gradients()
    _, losses = network.training_forward(bars(16, 4))
    critic.backward(critic.loss(losses))
    moved = {name.partition(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert moved == set(CRITIC)


@pytest.mark.parametrize("killed_after", [9, 13, 20])
def test_a_killed_run_goes_on_to_the_bit(tmp_path: Path, killed_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Rig(tmp_path / "whole", gan(epochs=3), data())
    whole.run()
    monkeypatch.setattr("engine.training.loop.SAVE_WITHIN_EPOCH_S", 0.0)  # so that it goes on within an epoch too
    broken = Rig(tmp_path / "broken", gan(epochs=3), data())
    with pytest.raises(KilledError):
        broken.run(step_limit=killed_after)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    assert [e.val for e in whole.events(EpochFinished)] == [e.val for e in broken.events(EpochFinished)]  # type: ignore[attr-defined]


def test_scoring_draws_the_same_noise_each_epoch_and_leaves_training_alone(tmp_path: Path) -> None:
    project = gan(epochs=3)
    still = tuple(msgspec.structs.replace(p, optimizer=zero(p.optimizer)) for p in players())
    project.recipe = one_phase(Phase(epochs=3, batch_size=16, players=still))
    rig = Rig(tmp_path / "still", project, data())
    rig.run()
    told = [event.val for event in rig.events(EpochFinished)]  # type: ignore[union-attr]
    assert told[0] == told[1] == told[2], "nothing moved, so only the noise could make a difference"
    learned = [event.train for event in rig.events(EpochFinished)]  # type: ignore[union-attr]
    assert learned[0] != learned[1], "training draws new noise"

    scored, unscored = Rig(tmp_path / "a", gan(), data()), Rig(tmp_path / "b", gan(), data())
    unscored.data.values[("picture", "val")] = bars(0, 1)
    scored.run()
    unscored.run()
    assert same(scored.weights(), unscored.weights())


def zero(step):  # type: ignore[no-untyped-def]
    """The optimizer, standing still."""
    return msgspec.structs.replace(step, attributes={**step.attributes, "lr": 1e-30})


def test_a_gan_of_blocks_learns_as_one_without(tmp_path: Path) -> None:
    plain, folded = Rig(tmp_path / "plain", gan(), data()), Rig(tmp_path / "folded", gan_of_blocks(), data())
    assert not ShapeChecker(gan_of_blocks()).problems()
    plain.run()
    folded.run()
    names = {
        "maker1__gen1": "gen1",
        "maker1__gen2": "gen2",
        "critic1__critic1": "critic1",
        "critic1__critic2": "critic2",
    }
    told = {name: tensor.shape for name, tensor in plain.weights().items()}
    moved = {f"{names[name.partition('.')[0]]}.{name.partition('.')[2]}": t for name, t in folded.weights().items()}
    assert {name: tensor.shape for name, tensor in moved.items()} == told
    start = compile_started(gan_of_blocks())
    assert all(not torch.equal(start[name], tensor) for name, tensor in folded.weights().items()), "all of them learn"


def compile_started(project: Project) -> dict[str, Tensor]:
    torch.manual_seed(project.recipe.seed)
    return dict(compile_project(project).state_dict())


def test_other_seeds_draw_other_noise() -> None:
    network = compile_project(gan())
    pictures = bars(5, 1)
    torch.manual_seed(1)
    first = network.training_forward(pictures)[0][0]
    again = network.training_forward(pictures)[0][0]
    torch.manual_seed(1)
    same_seed = network.training_forward(pictures)[0][0]
    assert torch.equal(first, same_seed) and not torch.equal(first, again)
    assert len(network.training_forward(bars(9, 1))[0][0]) == 9, "a row for each row of the batch"


def test_a_recorded_step_draws_what_the_step_draws() -> None:
    torch.manual_seed(1)
    project = gan()
    network = compile_project(project)
    for player in players_of(project.recipe.phases[0], network, 10, dict(network.named_parameters())):
        recording = record(network.training_forward, network, player, [bars(16, 1)])
        assert recording is not None, "noise should not keep a small network from being recorded"
        torch.manual_seed(5)
        played = recording.play([bars(16, 1)])
        after = torch.get_rng_state()
        torch.manual_seed(5)
        predictions, losses = network.training_forward(bars(16, 1))
        assert torch.equal(played.predictions[0], predictions[0]) and torch.equal(after, torch.get_rng_state())
        assert [float(a) for a in played.losses] == [float(b.detach()) for b in losses]


def test_the_checkpoint_holds_both_players(tmp_path: Path) -> None:
    rig = Rig(tmp_path, gan(), data())
    rig.run()
    held = checkpoint.read(rig.folder)
    assert held is not None and {name.partition("/")[0] for name in held.tensors} >= {"player0", "player1", "rng"}
