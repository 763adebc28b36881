"""Files of first weights: what a node's reference means, in blocks too, and what their headers say."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.checks.drawn_edits import drawn_edit
from engine.checks.inference import ShapeChecker
from engine.checks.problem import Problem, Severity
from engine.document import edits, files
from engine.document.copying import copy_project
from engine.document.edits import Batch, SetAttributes, SetBypassed, SetFrozen, SetWeights
from engine.document.flat import Flattening, flattened
from engine.document.graph import Initial, Node
from engine.document.node_weights import (
    numbers_in,
    shapes_in,
    spelled_out,
    starting_fresh,
    used_files,
    weights_file,
    weights_of,
)
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe, Target
from engine.errors import ProjectError
from tests.drawn_blocks import with_blocks


@pytest.mark.parametrize(
    ("weights", "key"),
    [
        ("lite0", "conv1.weight"),
        ("lite0#stem", "stem.weight"),
        ("lite0#", "weight"),
        ("lite0#a.b", "a.b.weight"),
    ],
)
def test_what_a_reference_means(weights: str, key: str) -> None:
    found = weights_of(Node(id="conv1", type="Conv2d", weights=weights))
    assert found is not None and found.name == "lite0" and found.key("weight") == key


def test_a_reference_survives_another_id() -> None:
    assert spelled_out(Node(id="conv1", type="Conv2d", weights="lite0")) == "lite0#conv1"
    assert spelled_out(Node(id="conv1", type="Conv2d", weights="lite0#stem")) == "lite0#stem"
    assert spelled_out(Node(id="conv1", type="Conv2d")) == ""


def test_weights_are_saved_and_undone(tmp_path: Path) -> None:
    project = with_blocks()
    back = edits.apply(project, SetWeights(id="stem1", weights="lite0#stem"))
    files.create(tmp_path / "p", project)
    again = files.load(tmp_path / "p")
    assert again.graph.node("stem1").weights == "lite0#stem" and used_files(again) == ["lite0"]
    change = edits.change(SetWeights(id="stem1", weights="lite0#stem"), back)
    assert change.nodes == {"stem1"}
    edits.apply(project, back)
    assert project.graph.node("stem1").weights == "" and used_files(project) == []
    assert edits.title(SetWeights(id="stem1")) == "Start stem1 fresh"


def test_an_instance_gives_its_weights_to_what_is_inside() -> None:
    project = with_blocks(repeat=2)
    edits.apply(project, SetWeights(id="block1", weights="lite0"))
    nodes = flattened(project).graph.nodes
    assert nodes["block1__conv1"].weights == "lite0#block1.conv1"
    assert nodes["block1__2__conv2"].weights == "lite0#block1.2.conv2"
    edits.apply(project, SetWeights(id="block1", weights="lite0#"))
    assert flattened(project).graph.nodes["block1__conv1"].weights == "lite0#conv1"


def test_inside_a_block_the_drawn_id_is_the_prefix() -> None:
    project = with_blocks()
    edits.apply(project, edits.Inside(block="residual1", inner=SetWeights(id="conv1", weights="lite0")))
    assert flattened(project).graph.nodes["block1__conv1"].weights == "lite0#conv1"
    assert flattened(project).graph.nodes["block1__conv2"].weights == ""


def test_forgetting_goes_to_the_instance_that_says_it() -> None:
    project = with_blocks()
    edits.apply(project, SetWeights(id="block1", weights="lite0"))
    assert drawn_edit(SetWeights(id="block1__conv1"), Flattening(project)) == Batch(
        title="Start block1__conv1 fresh", edits=(SetWeights(id="block1"),)
    )
    edits.apply(project, SetWeights(id="block1"))
    edits.apply(project, edits.Inside(block="residual1", inner=SetWeights(id="conv1", weights="lite0")))
    found = drawn_edit(SetWeights(id="block1__conv1"), Flattening(project))
    assert isinstance(found, Batch)
    edits.apply(project, found)
    assert used_files(project) == []


def test_a_copy_of_a_project_has_its_weights(tmp_path: Path) -> None:
    files.create(tmp_path / "p", with_blocks())
    write(tmp_path / "p", "lite0", conv1=(3, 3))
    copy_project(tmp_path / "p", tmp_path / "q")
    assert shapes_in(weights_file(tmp_path / "q", "lite0")) == {"conv1": (3, 3)}


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a\\b", "x" * 101])
def test_a_name_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        weights_file(tmp_path, name)


def write(folder: Path, name: str, **tensors: tuple[int, ...]) -> Path:
    path = weights_file(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key.replace("__", "."): np.zeros(shape, np.float32) for key, shape in tensors.items()}, path)
    return path


def header(**parts: object) -> bytes:
    text = json.dumps(parts).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        (1 << 60).to_bytes(8, "little"),
        (4).to_bytes(8, "little") + b"nope",
        header(a={"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}),
        header(a={"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}) + bytes(4),
        header(a={"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}) + bytes(4),
        header(a={"dtype": "F32"}),
        header(a=[1, 2]),
    ],
)
def test_a_damaged_file_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lite0.safetensors"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match="damaged"):
        shapes_in(path)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, "lite0", a=(2,))
    assert shapes_in(weights_file(tmp_path, "lite0")) == {"a": (2,)}
    write(tmp_path, "lite0", a=(2, 3))
    assert shapes_in(weights_file(tmp_path, "lite0")) == {"a": (2, 3)}


def test_numbers_are_counted_below_each_prefix(tmp_path: Path) -> None:
    path = write(
        tmp_path, "lite0", a__weight=(2, 3), a__running_mean=(2,), b__0__bias=(4,), b__1__weight=(5,), last=(7,)
    )
    assert numbers_in(path) == {"": 22, "a": 6, "b": 9, "b.0": 4, "b.1": 5}


# What the checks say.


def about_weights(project: Project, folder: Path) -> list[Problem]:
    checker = ShapeChecker(project, folder)
    return [problem for problem in checker.problems() if "weights '" in problem.message]


def tensors_of(project: Project) -> dict[str, tuple[int, ...]]:
    """Tensors for the nodes in the block of `with_blocks`, each as large as its node."""
    checker = ShapeChecker(project)
    return {
        f"block1__{name}__weight": (checker.cost_of(f"block1__{name}").parameters,)
        for name in ("conv1", "bn1", "conv2")
        if checker.cost_of(f"block1__{name}").parameters
    }


def test_weights_that_fit_are_no_problem(tmp_path: Path) -> None:
    project = with_blocks()
    write(tmp_path, "lite0", **tensors_of(project))
    edits.apply(project, SetWeights(id="block1", weights="lite0"))
    assert [p.node for p in about_weights(project, tmp_path)] == []
    assert about_weights(project, tmp_path / "elsewhere")


def test_a_missing_file_is_one_warning_with_a_way_out(tmp_path: Path) -> None:
    project = with_blocks()
    edits.apply(project, SetWeights(id="block1", weights="lite0"))
    (problem,) = about_weights(project, tmp_path)
    assert problem.severity is Severity.WARNING and problem.node == "block1__conv1"
    assert "lite0.safetensors is not there" in problem.message and "add the network again" in problem.message
    edits.apply(project, problem.repairs[0].edit)
    assert about_weights(project, tmp_path) == [] and project.graph.node("block1").weights == ""


def test_what_is_not_in_the_file_and_what_is_smaller_is_told_at_the_node(tmp_path: Path) -> None:
    project = with_blocks()
    tensors = tensors_of(project)
    first, *others = tensors
    write(tmp_path, "lite0", **{name: tensors[name] for name in others}, **{first: (2,)})
    edits.apply(project, SetWeights(id="block1", weights="lite0"))
    (problem,) = about_weights(project, tmp_path)
    assert problem.node == "block1__conv1" and "2 numbers where the node has" in problem.message
    write(tmp_path, "lite0", **{name: tensors[name] for name in others})
    (problem,) = about_weights(project, tmp_path)
    assert "hold nothing" in problem.message
    edits.apply(project, SetBypassed(ids=("block1",), bypassed=True))
    assert about_weights(project, tmp_path) == []
    edits.apply(project, SetBypassed(ids=("block1",), bypassed=False))
    edits.apply(project, SetAttributes(id="block1", attributes={"repeat": 3}))
    assert len(about_weights(project, tmp_path)) == 3


# What is frozen, and has no weights to keep.


def frozen_with_weights() -> Project:
    project = with_blocks()
    edits.apply(project, SetWeights(id="block1", weights="lite0"))
    edits.apply(project, SetFrozen(ids=("block1",), frozen=True))
    return project


def left_to_chance(project: Project) -> list[Problem]:
    return [problem for problem in ShapeChecker(project).problems() if "as chance made" in problem.message]


def test_what_starts_fresh_learns(tmp_path: Path) -> None:
    project = frozen_with_weights()
    block = project.graph.node("block1")
    back = edits.apply(project, Batch(title="Start block1 fresh", edits=starting_fresh([block])))
    assert not project.graph.node("block1").weights and not project.graph.node("block1").frozen
    edits.apply(project, back)
    assert project.graph.node("block1") == block
    (gone,) = about_weights(project, tmp_path)
    edits.apply(project, gone.repairs[0].edit)
    assert not project.graph.node("block1").weights and not project.graph.node("block1").frozen


def test_what_is_frozen_with_nothing_to_begin_with_is_told_with_a_way_out() -> None:
    project = frozen_with_weights()
    assert left_to_chance(project) == []
    edits.apply(project, SetWeights(id="block1"))
    (problem,) = left_to_chance(project)
    assert problem.severity is Severity.WARNING and problem.node == "block1__conv1"
    assert problem.message.startswith("Conv2d 'block1 › conv1' and 1 more are frozen, and nothing gives them weights")
    assert "Switch Freeze off" in problem.message and "add the network again" in problem.message
    inner = SetFrozen(ids=("conv1",), frozen=True)  # frozen in the drawing of the block as well
    edits.apply(project, edits.Inside(block="residual1", inner=inner))
    (problem,) = left_to_chance(project)
    edits.apply(project, problem.repairs[0].edit)
    assert left_to_chance(project) == [] and not any(node.frozen for node in flattened(project).graph.nodes.values())


def test_one_frozen_layer_is_told_by_itself() -> None:
    project = with_blocks()
    edits.apply(project, SetFrozen(ids=("stem1",), frozen=True))
    (problem,) = left_to_chance(project)
    assert problem.message.startswith("Conv2d 'stem1' is frozen, and nothing gives it weights: it stays as chance made")
    assert problem.repairs[0].title == "Let stem1 learn"
    edits.apply(project, problem.repairs[0].edit)
    assert left_to_chance(project) == [] and not project.graph.node("stem1").frozen


def test_what_is_meant_to_stay_as_it_begins_is_no_problem() -> None:
    """First weights chosen at the node itself, a normalization alone, and what shares weights that come from a file."""
    project = with_blocks()
    edits.apply(project, edits.Inside(block="residual1", inner=SetFrozen(ids=("bn1",), frozen=True)))
    assert left_to_chance(project) == []
    edits.apply(project, SetFrozen(ids=("stem1",), frozen=True))
    assert left_to_chance(project)
    edits.apply(project, edits.SetInitial(id="stem1", weight=Initial(type="Orthogonal"), bias=None))
    assert left_to_chance(project) == []


def test_a_frozen_copy_that_follows_another_node_is_no_problem() -> None:
    project = with_blocks()
    edits.apply(project, SetFrozen(ids=("linear1",), frozen=True))
    assert left_to_chance(project)
    player = Player(targets=(Target(node="linear1", of="other"),))
    project.recipe = Recipe(phases=(Phase(players=(player,)),))
    assert left_to_chance(project) == []
