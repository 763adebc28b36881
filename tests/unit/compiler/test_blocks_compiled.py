"""Networks with blocks compile, run, read as source and export like the same network drawn without."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.compiler.module import compile_project
from engine.compiler.plan import plan
from engine.compiler.source import source_code
from engine.document import edits
from engine.document.edits import AddNode, Connect, Inside, SetAttributes, SetBypassed, SetFrozen, SetShares
from engine.document.flat import flattened
from engine.document.graph import Edge, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from tests.drawn_blocks import with_blocks
from tests.drawn_networks import forward_inputs, random_inputs

torch.set_num_threads(1)


def answer(project: Project) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    torch.manual_seed(1)
    network = compile_project(project)
    torch.manual_seed(2)
    with torch.no_grad():
        return network.eval()(*forward_inputs(network, project))[0], network.state_dict()


def test_the_same_as_the_flat_network() -> None:
    project = with_blocks(repeat=2)
    ours, weights = answer(project)
    theirs, _ = answer(flattened(project))
    assert torch.equal(ours, theirs)
    assert "block1__conv1.weight" in weights and "block1__2__conv2.bias" in weights


def test_every_copy_learns() -> None:
    project = with_blocks(repeat=2)
    network = compile_project(project)
    _, losses = network.training_forward(*random_inputs(network, project, 4))
    losses[0].backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_tied_copies_have_one_set_of_weights() -> None:
    project = with_blocks(repeat=3, tied=True)
    network = compile_project(project)
    names = [name for name, _ in network.named_parameters() if "conv1" in name]
    assert names == ["block1__conv1.weight"]
    assert sum("conv2d" in line for line in network.source.splitlines() if "block1" in line) >= 6


def two_instances() -> Project:
    project = with_blocks()
    for edit in (
        AddNode(node=Node(id="block2", type="Block", attributes={"block": "residual1"}, shares="block1")),
        Connect(edge=Edge(source="block1", output="out1", target="block2", input="in1")),
        Connect(edge=Edge(source="block2", output="out1", target="pool1")),
    ):
        edits.apply(project, edit)
    return project


def test_instances_with_shared_weights_are_tied_copies() -> None:
    shared, weights = answer(two_instances())
    tied, others = answer(with_blocks(repeat=2, tied=True))
    assert weights.keys() == others.keys()
    assert torch.equal(shared, tied)


def test_what_is_done_in_the_definition_is_done_in_every_instance() -> None:
    project = two_instances()
    edits.apply(project, SetShares(id="block2"))
    edits.apply(project, Inside(block="residual1", inner=SetAttributes(id="conv1", attributes={"bias": True})))
    _, weights = answer(project)
    assert {"block1__conv1.bias", "block2__conv1.bias"} <= weights.keys()


def test_a_bypassed_instance_passes_on_and_a_frozen_one_stays() -> None:
    project = with_blocks(repeat=2)
    edits.apply(project, SetBypassed(ids=("block1",), bypassed=True))
    assert not any("block1" in call.node.id for call in plan(project).calls)
    edits.apply(project, SetBypassed(ids=("block1",), bypassed=False))
    edits.apply(project, SetFrozen(ids=("block1",), frozen=True))
    network = compile_project(project)
    moving = {name.partition(".")[0] for name, item in network.named_parameters() if item.requires_grad}
    assert moving == {"stem1", "linear1"}


def test_a_player_that_trains_an_instance_trains_what_is_inside() -> None:
    project = with_blocks(repeat=2)
    project.recipe = Recipe(phases=(Phase(players=(Player(nodes=("block1", "linear1")),)),))
    assert plan(project)
    nodes = flattened(project).recipe.phases[0].players[0].nodes
    assert "linear1" in nodes and "block1__2__conv1" in nodes and "stem1" not in nodes


@pytest.mark.parametrize("attributes", [{}, {"repeat": 2}, {"repeat": 2, "tied": True}])
def test_source_gives_the_same_output(tmp_path: Path, attributes: dict[str, object]) -> None:
    project = with_blocks(**attributes)
    torch.manual_seed(3)
    network = compile_project(project).eval()
    inputs = forward_inputs(network, project)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    namespace: dict[str, object] = {"__name__": "network"}
    exec(compile(source_code(project), "net.py", "exec"), namespace)  # noqa: S102
    made = [item for item in namespace.values() if isinstance(item, type) and issubclass(item, torch.nn.Module)]
    model = made[-1]().eval()
    wanted = set(model.state_dict())
    model.load_state_dict({k: v for k, v in load_file(tmp_path / "weights.safetensors").items() if k in wanted})
    with torch.no_grad():
        assert torch.allclose(model(*inputs), network(*inputs)[0], atol=1e-6)
