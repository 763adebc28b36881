"""Learning to act: the memory, the games, the returns, and that a broken run goes on exactly."""

from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checks.inference import ShapeChecker
from engine.data.environments.encoding import Encoding
from engine.data.environments.game import Game
from engine.document.data_spec import SourceKind
from engine.document.environment_fields import ACTION, DONE, LIVED, NEXT, OBSERVATION, REWARD
from engine.document.project import Project
from engine.document.recipe import EarlyStop, Play
from engine.errors import DataError, TrainingError
from engine.protocol.run_events import EpochFinished, RunNote, ViewSeen
from engine.training import loop
from engine.training.live_views.episode import Episode
from engine.training.playing.memory import ReplayMemory
from engine.training.playing.returns import episode_seed
from engine.training.task import prepare_task
from tests.unit.training.games import game_data, player_of, register
from tests.unit.training.small_tasks import KilledError, Rig, same

SMALL = Play(
    environments=3, every=2, batches=20, memory=200, start_after=30, explore_over=100, explore_to=0.1, episodes=6
)


@pytest.fixture(autouse=True)
def _games() -> None:
    register()


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 7), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_memory_keeps_the_last_moments(counts: list[int], size: int, first: int) -> None:
    told = iter(range(10_000))
    begun = torch.tensor([next(told) for _ in range(first)], dtype=torch.float32)
    memory, wanted = ReplayMemory(size, [begun, begun * 2]), deque(begun.tolist(), size)
    for count in counts:
        rows = torch.tensor([next(told) for _ in range(count)], dtype=torch.float32)
        memory.add([rows, rows * 2])
        wanted.extend(rows.tolist())
    held = memory.state()
    assert sorted(held["column0"].tolist()) == sorted(wanted)
    assert torch.equal(held["column0"] * 2, held["column1"])
    again = ReplayMemory(size, [begun[:0], begun[:0]])
    again.load(held)
    if wanted:
        one, other = (m.drawn(20, torch.Generator().manual_seed(3)) for m in (memory, again))
        assert torch.equal(one[0], other[0]) and set(one[0].tolist()) <= set(wanted)


def test_a_memory_too_large_for_the_machine_is_refused() -> None:
    with pytest.raises(TrainingError, match="does not fit into this machine"):
        ReplayMemory(1 << 50, [torch.zeros(1, 4)])


@pytest.mark.parametrize("name", ["Line-v0", "Numbered-v0", "Drawn-v0", "CartPole-v1", "FrozenLake-v1"])
def test_a_moment_is_prepared_as_the_data_are(name: str) -> None:
    data, dataset = game_data(name, 60)
    game = Game(name)
    encoding = Encoding(data, game.space, game.actions)
    rows = dataset.split_indices("train")[:40].tolist()
    numbered = data.field(ACTION).statistics.classes  # type: ignore[union-attr]
    lived = {
        ACTION: [numbered.index(dataset.raw(row, ACTION)) for row in rows],
        REWARD: [dataset.raw(row, REWARD) for row in rows],
        DONE: [dataset.raw(row, DONE) == "yes" for row in rows],
    }
    for field in (OBSERVATION, NEXT):
        raw = [dataset.raw(row, field) for row in rows]
        lived[field] = [int(value) for value in raw] if isinstance(raw[0], str) else raw
    for field in LIVED:
        wanted = dataset.columns((field,), "train").gather(torch.arange(len(rows)))
        made = encoding.rows((field,), lived)
        assert torch.equal(made, wanted) and made.dtype == wanted.dtype, field
    with pytest.raises(DataError, match="is not known of a moment"):
        encoding.rows(("episode",), lived)
    game.close()


def test_it_learns_to_act_and_keeps_the_best(tmp_path: Path) -> None:
    project, data = player_of("Line-v0", msgspec.structs.replace(SMALL, batches=60), epochs=5)
    project.recipe = msgspec.structs.replace(project.recipe, early_stop=EarlyStop(metric="mean_return", patience=2))
    rig = Rig(tmp_path, project, data)  # type: ignore[arg-type]
    last = rig.run()
    assert last.best["mean_return"] == 1.0
    told = [event for event in rig.events(EpochFinished) if isinstance(event, EpochFinished)]
    assert all("mean_return" in event.val for event in told) and "mean_return" in told[0].train
    assert last.best_epoch == max(told, key=lambda event: (event.val["mean_return"], -event.val["loss"])).epoch
    assert "accuracy" not in told[0].val  # what a random player did is not the truth


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Numbered-v0", {}),
        ("Drawn-v0", {}),
        ("Line-v0", {"double": True}),
        ("Line-v0", {"dueling": True}),
        ("Line-v0", {"slow": False}),
        ("Endless-v0", {}),
    ],
)
def test_every_kind_of_game_and_network_is_played(tmp_path: Path, name: str, kind: dict[str, bool]) -> None:
    project, data = player_of(name, msgspec.structs.replace(SMALL, batches=80), epochs=3, **kind)
    assert not [problem for problem in ShapeChecker(project).problems() if problem.severity.value == "error"]
    last = Rig(tmp_path, project, data).run()  # type: ignore[arg-type]
    assert last.best["mean_return"] > (10 if name == "Endless-v0" else 0.3)


@pytest.mark.parametrize("limit", [7, 23])
def test_a_broken_run_goes_on_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    monkeypatch.setattr(loop, "SAVE_WITHIN_EPOCH_S", 0.0)
    (project, data), (again, other) = (player_of("CartPole-v1", SMALL, epochs=3) for _ in range(2))
    whole, broken = Rig(tmp_path / "a", project, data), Rig(tmp_path / "b", again, other)  # type: ignore[arg-type]
    whole.run()
    with pytest.raises(KilledError):
        broken.run(step_limit=limit)
    with pytest.raises(KilledError):
        broken.run(resume=True, step_limit=9)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    ours, theirs = ({e.epoch: (e.train, e.val) for e in rig.events(EpochFinished)} for rig in (broken, whole))  # type: ignore[union-attr]
    assert ours == theirs
    assert not [note for note in broken.events(RunNote) if "does not keep to its seed" in note.text]  # type: ignore[union-attr]


def test_an_environment_that_forgets_its_seed_goes_on_and_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    monkeypatch.setattr(loop, "SAVE_WITHIN_EPOCH_S", 0.0)
    project, data = player_of("Forgetful-v0", SMALL)
    rig = Rig(tmp_path, project, data)  # type: ignore[arg-type]
    with pytest.raises(KilledError):
        rig.run(step_limit=9)
    rig.run(resume=True)
    assert [note for note in rig.events(RunNote) if "does not keep to its seed" in note.text]  # type: ignore[union-attr]


def test_the_same_run_plays_the_same_and_splits_have_their_own_episodes(tmp_path: Path) -> None:
    one, two = (Rig(tmp_path / name, *player_of("Line-v0", SMALL)) for name in ("a", "b"))  # type: ignore[arg-type]
    one.run()
    two.run()
    assert same(one.weights(), two.weights())
    seeds = [episode_seed(split, number) for split in ("val", "test", "playing") for number in range(500)]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 1 << 31 for seed in seeds)


def test_chance_fades_and_what_was_seen_before_acting_is_all_that_counts() -> None:
    project, data = player_of("Line-v0", SMALL)
    task = prepare_task(project, data)
    acting = task.acting(SMALL)
    assert acting.chance == 1.0 and acting.memory.count == len(data.split_indices("train"))
    for _ in range(50):
        acting.step()
    assert acting.lived == 150 and acting.chance == pytest.approx(0.1)
    task.close()


def _source(project: Project) -> None:
    (only,) = project.data.sources
    other = msgspec.structs.replace(only, kind=SourceKind.TABLE)
    project.data = msgspec.structs.replace(project.data, sources=(other,))


def _node(project: Project, name: str, **attributes: object) -> None:
    project.graph.replace(msgspec.structs.replace(project.graph.node(name), attributes=attributes))


def _play(project: Project, **play: object) -> None:
    phase = msgspec.structs.replace(project.recipe.phases[0], play=msgspec.structs.replace(SMALL, **play))
    project.recipe = msgspec.structs.replace(project.recipe, phases=(phase,))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("the data is no environment", _source),
        ("no Output says which action", lambda project: _node(project, "act", field="reward")),
        ("no loss looks at the reward", lambda project: _node(project, "reward", fields=("done",))),
        ("more moments than its memory holds", lambda project: _play(project, memory=10)),
        ("not known before an action", lambda project: _node(project, "now", fields=("observation", "reward"))),
        ("is no Output for the action", lambda project: _play(project, output="td")),
    ],
)
def test_what_is_missing_to_play_is_said(words: str, change: Callable[[Project], None]) -> None:
    project, _ = player_of("Line-v0", SMALL)
    assert not ShapeChecker(project).problems()
    change(project)
    assert words in " ".join(problem.message for problem in ShapeChecker(project).problems())


def test_a_film_of_a_game_is_told_and_changes_nothing(tmp_path: Path) -> None:
    project, data = player_of("Line-v0", SMALL)
    quiet, told = (Rig(tmp_path / name, project, data) for name in ("a", "b"))  # type: ignore[arg-type]
    quiet.run()
    told.run()
    seen = [event for event in told.events(ViewSeen) if isinstance(event, ViewSeen) and event.view == "episode"]
    assert seen and same(quiet.weights(), told.weights())
    film = seen[-1]
    frames, values = film.arrays["frames"], film.arrays["values"]
    assert frames.shape[0] == values.shape[0] and frames.shape[3] == 3 and values.shape[1] == 2
    assert film.facts["environment"] == "Line-v0" and str(film.facts["actions"]).split("\n") == ["0", "1"]
    assert Episode.applies(told.task) is True  # type: ignore[arg-type]
