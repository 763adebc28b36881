"""An exported file plays its environment: the same game for the same seed and actions, and scores for what it earns."""

from pathlib import Path

import msgspec
import pytest
from PIL import Image

from engine.data.environments.game import Game
from engine.deployment.export import export_onnx
from engine.deployment.playing import WatchedGame
from engine.document import files
from engine.document.recipe import Play
from engine.errors import DataError
from engine.evaluation.evaluate import evaluate
from engine.protocol.messages.playing import GameMoment
from engine.training.playing.returns import episode_seed
from tests.unit.deployment.trained_runs import trained_run
from tests.unit.training.games import player_of, register

QUICK = Play(environments=3, every=2, batches=60, memory=200, start_after=30, explore_over=100, episodes=6)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory):
    register()
    folder = tmp_path_factory.mktemp("line") / "project"
    project, _ = player_of("Line-v0", QUICK)
    files.create(folder, project)
    run = trained_run(folder, project, 3)
    made = export_onnx(folder, run, folder / "line.onnx")
    return folder, project, run, made


def seen(moments: list[GameMoment]) -> list[object]:
    return [(item.action, item.reward, item.total, item.step, item.over, item.seen, item.values) for item in moments]


def test_the_file_plays_as_the_network_was_scored(played) -> None:
    folder, project, run, made = played
    assert made.verified.same_answers == made.verified.samples
    assert [item["name"] for item in made.inputs] == ["observation"]
    result = evaluate(folder, run, "test")
    (output,) = result.outputs
    assert output.kind == "episodes" and result.samples == 6 and output.field == "action"
    assert output.metrics["mean_return"] == 1.0 == output.metrics["lowest_return"]
    assert [item.seed for item in output.episodes] == [episode_seed("test", number) for number in range(6)]
    assert [plot.view for plot in output.plots] == ["episodes"]
    game = WatchedGame(folder / "line.onnx", project.data)
    for episode in output.episodes:
        last = game.go_on(episode.seed, steps=50).moments[-1]
        assert (last.total, last.step, last.over) == (episode.total, episode.steps, not episode.cut)
        assert last.values == [] and last.best == -1
    game.close()


def test_a_game_goes_on_from_wherever_it_is_held(played) -> None:
    folder, project, _, _ = played
    one, other = (WatchedGame(folder / "line.onnx", project.data) for _ in range(2))
    middle = next(seed for seed in range(99) if one.go_on(seed).moments[0].seen[0] == 0)
    whole = one.go_on(middle, steps=1).moments
    assert whole[0].action == -1 and whole[0].frame.startswith(b"\x89PNG") and len(whole[0].values) == 2
    taken = [item.action for item in whole[1:]]
    there = one.go_on(middle, taken, actions=[1 - taken[0]], steps=1)
    fresh = other.go_on(middle, taken, actions=[1 - taken[0]], steps=1)
    assert seen(there.moments) == seen(fresh.moments)
    assert there.moments[0].action == 1 - taken[0]
    assert other.go_on(5, steps=3, pictures=False).moments[0].frame == b""
    with pytest.raises(DataError, match="cannot be played"):
        one.go_on(5, actions=[7])
    one.close()
    other.close()


def test_what_is_no_game_is_refused_in_words(played) -> None:
    folder, project, _, _ = played
    with pytest.raises(DataError, match="no environment"):
        WatchedGame(folder / "line.onnx", msgspec.structs.replace(project.data, sources=()))


@pytest.mark.parametrize(
    "name", ["CartPole-v1", "MountainCar-v0", "Acrobot-v1", "FrozenLake-v1", "Blackjack-v1", "Line-v0", "Drawn-v0"]
)
def test_every_environment_has_a_picture(name: str, tmp_path: Path) -> None:
    register()
    game = Game(name, pictures=True)
    game.begin(3)
    first = game.frame()
    while len(game.taken) < 3:
        moment = game.take((len(game.taken) + 1) % len(game.actions))
        if moment.over or moment.cut:
            break
    after = game.frame()
    assert first.dtype == after.dtype == "uint8" and first.ndim == after.ndim == 3 and first.shape[2] == 3
    assert min(first.shape[:2]) >= 100 and (first.shape != after.shape or (first != after).any())
    Image.fromarray(after).save(tmp_path / "frame.png")
    game.close()
