"""Gymnasium environments as moments of a random player: the same for the same seed, whatever is seen and done."""

import sys
from pathlib import Path

import gymnasium
import msgspec
import numpy as np
import pytest
from gymnasium import spaces

from engine.checks.inference import ShapeChecker
from engine.data.dataset import open_dataset
from engine.data.importing import inspect, measure
from engine.data.progress import never
from engine.data.proposals import propose
from engine.data.readers.environment import read_environment
from engine.deployment.export import export_onnx
from engine.document import files
from engine.document.data_spec import FieldKind, Role, Source, SourceKind, SplitMethod
from engine.errors import Cancelled, DataError
from tests.unit.deployment.trained_runs import trained_run


class Corridor(gymnasium.Env[np.ndarray, int]):
    """A picture of a corridor; one step to the right ends it."""

    observation_space = spaces.Box(0, 255, (8, 6, 3), np.uint8)
    action_space = spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[np.ndarray, dict[str, object]]:
        super().reset(seed=seed)
        self.steps = 0
        return np.full((8, 6, 3), 9, np.uint8), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, object]]:
        self.steps += 1
        return np.full((8, 6, 3), self.steps, np.uint8), float(action), action == 2, self.steps > 5, {}


class Broken(Corridor):
    """Falls over."""

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, object]]:
        raise ValueError("it fell over")


@pytest.fixture(autouse=True)
def _environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    for kind in (Corridor, Broken):
        if f"{kind.__name__}-v0" not in gymnasium.registry:
            gymnasium.register(f"{kind.__name__}-v0", kind)


def source(name: str, **options: int) -> Source:
    return Source(kind=SourceKind.ENVIRONMENT, path=f"gym:{name}", options=dict(options))


def test_moments_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    one, same, other = (read_environment(source("CartPole-v1", steps=300, seed=seed)) for seed in (3, 3, 4))
    first, again = one.columns["observation"], same.columns["observation"]
    assert isinstance(first, np.ndarray) and isinstance(again, np.ndarray) and first.shape == (300, 4)
    assert (first == again).all() and one.listing == same.listing
    assert not np.array_equal(first, other.columns["observation"]) and one.listing != other.listing
    after, done, episode = (one.columns[name] for name in ("next_observation", "done", "episode"))
    for step in range(299):
        if done[step] == "no" and episode[step] == episode[step + 1]:
            assert (after[step] == first[step + 1]).all()  # type: ignore[index]
        else:
            assert episode[step] != episode[step + 1]
    assert one.name(0) == "episode 1, step 1"


def test_an_environment_is_proposed_for_and_learned_from(tmp_path: Path) -> None:
    found = inspect("gym:CartPole-v1", target="action")
    assert "2,000 moments" in found.description and found.data.split.method is SplitMethod.GROUPED
    kinds = {field.name: (field.kind, field.role) for field in found.data.fields}
    assert kinds["observation"] == (FieldKind.ARRAY, Role.INPUT) and kinds["action"] == (
        FieldKind.CATEGORY,
        Role.TARGET,
    )
    assert {role for name, (_, role) in kinds.items() if name not in ("observation", "action")} == {Role.IGNORED}
    dataset = open_dataset(tmp_path, found.data)
    episodes: dict[str, set[int]] = {}
    for index in range(dataset.samples):
        episodes.setdefault(dataset.name(index).split(",")[0], set()).add(int(dataset.splits[index]))
    assert len(episodes) > 50 and all(len(splits) == 1 for splits in episodes.values())
    project = propose("Cart", found.data)
    files.create(tmp_path / "project", project)
    made = export_onnx(tmp_path / "project", trained_run(tmp_path / "project", project, 1), tmp_path / "cart.onnx")
    assert made.verified.same_answers == made.verified.samples


@pytest.mark.parametrize(
    ("name", "observation", "action"),
    [
        ("Pendulum-v1", FieldKind.ARRAY, FieldKind.NUMBER),
        ("FrozenLake-v1", FieldKind.CATEGORY, FieldKind.CATEGORY),
        ("Blackjack-v1", FieldKind.ARRAY, FieldKind.CATEGORY),
        ("Corridor-v0", FieldKind.IMAGE, FieldKind.CATEGORY),
    ],
)
def test_every_kind_of_space(name: str, observation: FieldKind, action: FieldKind) -> None:
    data = inspect(f"gym:{name}").data
    kinds = {field.name: field.kind for field in data.fields}
    assert (kinds["observation"], kinds["action"]) == (observation, action)
    assert propose("Any", data).graph.nodes


def test_another_field_is_learned_from_the_moment_and_the_action() -> None:
    data = inspect("gym:CartPole-v1", target="done").data
    roles = {field.name: field.role for field in data.fields}
    assert roles["done"] is Role.TARGET and roles["action"] is Role.INPUT and roles["reward"] is Role.IGNORED
    assert data.field("done").statistics.classes == ("no", "yes")  # type: ignore[union-attr]
    with pytest.raises(DataError, match="cannot be learned from an environment"):
        inspect("gym:CartPole-v1", target="episode")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("CartPol-v1", {}, "There is no environment"),
        ("os:Thing-v0", {}, "There is no environment"),
        ("", {}, "There is no environment"),
        ("CartPole-v1", {"steps": 0}, "option 'steps'"),
        ("CartPole-v1", {"steps": 10**9}, "option 'steps'"),
        ("CartPole-v1", {"seed": -1}, "option 'seed'"),
        ("Broken-v0", {}, "it fell over"),
    ],
)
def test_what_cannot_be_played_says_why(name: str, options: dict[str, int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_environment(source(name, **options))


def test_without_gymnasium_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(DataError, match="not installed") as caught:
        inspect("gym:CartPole-v1")
    assert "pip install gymnasium" in caught.value.hint


def test_it_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        read_environment(source("CartPole-v1", steps=100_000), cancelled=lambda: True)
    assert not never()


def test_a_project_that_asks_for_more_steps_gets_them(tmp_path: Path) -> None:
    data = inspect("gym:Corridor-v0").data
    (only,) = data.sources
    data = msgspec.structs.replace(data, sources=(msgspec.structs.replace(only, options={"steps": 40}),))
    assert open_dataset(tmp_path, data).samples == 40


@pytest.mark.parametrize("name", ["CartPole-v1", "FrozenLake-v1", "Corridor-v0", "Blackjack-v1"])
def test_an_environment_is_learned_to_act_in(name: str) -> None:
    data = inspect(f"gym:{name}", options={"steps": 60}).data
    roles = {field.name: field.role for field in data.fields}
    assert roles.pop("action") is Role.TARGET and roles.pop("episode") is Role.IGNORED
    assert set(roles.values()) == {Role.INPUT}
    project = propose("Player", data)
    play = project.recipe.phases[0].play
    assert play is not None and not ShapeChecker(project).problems()
    assert inspect(f"gym:{name}", task="acting", options={"steps": 60}).data == data


def test_what_cannot_be_acted_in_says_so() -> None:
    with pytest.raises(DataError, match="not one of so many"):
        inspect("gym:Pendulum-v1", task="acting")
    with pytest.raises(DataError, match="not 'reward'"):
        inspect("gym:CartPole-v1", target="reward", task="acting")


def test_what_comes_next_is_prepared_as_what_is_seen(tmp_path: Path) -> None:
    data = inspect("gym:CartPole-v1", target="action").data
    fields = tuple(
        msgspec.structs.replace(field, role=Role.INPUT) if field.name == "next_observation" else field
        for field in data.fields
    )
    data = measure(open_dataset(tmp_path, msgspec.structs.replace(data, fields=fields)))
    now, after = data.field("observation"), data.field("next_observation")
    assert now is not None and after is not None and now.statistics == after.statistics and now.statistics.mean


def test_a_place_that_chance_never_led_to_is_a_place(tmp_path: Path) -> None:
    found = inspect("gym:FrozenLake-v1", options={"steps": 20}).data
    assert found.field("observation").statistics.classes == tuple(map(str, range(16)))  # type: ignore[union-attr]
    again = measure(open_dataset(tmp_path, found))
    assert again.field("observation") == found.field("observation")
