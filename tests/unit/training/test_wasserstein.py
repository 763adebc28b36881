"""A Wasserstein GAN with a penalty on the slope of its critic: it holds the slope, however the graph is trained."""

from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import KilledError, MemoryData, Rig, same
from torch import Tensor

from engine.checks.inference import ShapeChecker
from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.project import Project
from engine.protocol.run_events import EpochFinished
from engine.training import recorded
from engine.training.player import Player, players_of
from tests.drawn_gan import wasserstein


def pictures(count: int, seed: int) -> Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def data() -> MemoryData:
    return MemoryData({("picture", "train"): pictures(64, 1), ("picture", "val"): pictures(16, 2)})


def started(project: Project) -> tuple[CompiledNetwork, list[Player]]:
    torch.manual_seed(3)
    network = compile_project(project)
    return network, players_of(project.recipe.phases[0], network, 10, dict(network.named_parameters()))


def by_hand(network: CompiledNetwork, point: Tensor) -> Tensor:
    """The penalty of the critic at a point, as the paper writes it."""
    point = point.detach().requires_grad_()
    flat = network.critic1(point.flatten(1))
    score = network.critic2(torch.nn.functional.leaky_relu(flat, 0.2))
    (slope,) = torch.autograd.grad(score.sum(), point, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def test_it_is_drawn_without_a_problem() -> None:
    assert not ShapeChecker(wasserstein()).problems()
    assert not ShapeChecker(wasserstein(point="real")).problems()


def test_the_penalty_is_that_of_points_between_made_and_real() -> None:
    project = wasserstein()
    network, (critic, _) = started(project)
    real = pictures(16, 4)
    torch.manual_seed(9)
    _, losses = network.training_forward(real)
    torch.manual_seed(9)
    noise, share = torch.randn(16, 8), torch.empty(16, 1, 1, 1).uniform_(-0.5, 0.5)
    made = network.eval()(noise)[0]
    expected = by_hand(network, (0.5 + share) * real + (0.5 - share) * made)
    told = losses[network.loss_ids.index("steepness")]
    torch.testing.assert_close(told, expected, atol=1e-4, rtol=1e-3)
    ours = torch.autograd.grad(told, critic.tensors, allow_unused=True)
    theirs = torch.autograd.grad(expected, critic.tensors, allow_unused=True)
    for one, other in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("point", ["mixed", "real"])
def test_it_is_at_work_where_nothing_before_the_point_is_trained(point: str) -> None:
    """As in a phase in which the critic learns alone, or at pictures that come from the data."""
    project = wasserstein(point=point)
    (phase,) = project.recipe.phases
    alone = msgspec.structs.replace(phase, players=phase.players[:1])
    project.recipe = msgspec.structs.replace(project.recipe, phases=(alone,))
    network, (critic,) = started(project)
    _, losses = network.training_forward(pictures(16, 4))
    told = losses[network.loss_ids.index("steepness")]
    assert float(told.detach()) > 0.01
    gradients = torch.autograd.grad(told, critic.tensors, allow_unused=True)
    assert any(gradient is not None and bool(gradient.abs().sum() > 0) for gradient in gradients)


def test_training_brings_the_slope_to_one(tmp_path: Path) -> None:
    project = wasserstein()
    project.recipe = msgspec.structs.replace(
        project.recipe, phases=(msgspec.structs.replace(project.recipe.phases[0], epochs=30),)
    )
    rig = Rig(tmp_path, project, data())
    rig.run()
    told = [event.train["loss.steepness"] for event in rig.events(EpochFinished)]  # type: ignore[union-attr]
    assert told[-1] < 0.2 * told[0]


def test_recorded_steps_are_the_same_steps() -> None:
    network, players = started(wasserstein())
    for player in players:
        batch = [pictures(16, 1)]
        recording = recorded.record(network.training_forward, network, player, batch)
        assert recording is not None, f"the {player.name} of a small network can be recorded"
        torch.manual_seed(5)
        played = recording.play(batch)
        torch.manual_seed(5)
        _, losses = network.training_forward(*batch)
        truth = torch.autograd.grad(player.loss(losses), player.tensors, allow_unused=True)
        assert [float(a) for a in played.losses] == [float(b.detach()) for b in losses]
        for one, other in zip(played.gradients, truth, strict=True):
            assert (one is None) == (other is None)
            assert one is None or other is None or torch.equal(one, other)


@pytest.mark.parametrize("killed_after", [3, 6])
def test_a_killed_run_goes_on_to_the_bit(tmp_path: Path, killed_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Rig(tmp_path / "whole", wasserstein(), data())
    whole.run()
    monkeypatch.setattr("engine.training.loop.SAVE_WITHIN_EPOCH_S", 0.0)
    broken = Rig(tmp_path / "broken", wasserstein(), data())
    with pytest.raises(KilledError):
        broken.run(step_limit=killed_after)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
