"""The edits behind blocks, one by one: what they do to links, recipe, weights and exposed settings."""

import msgspec
import pytest

from engine.checks.inference import ShapeChecker
from engine.checks.scoped import scoped
from engine.document.block import BlockDefinition, Exposed
from engine.document.block_places import placed
from engine.document.edits import Edit, SetAttributes, SetRecipe, SetShares, apply
from engine.document.flat import flatten
from engine.document.graph import Edge, Frame, Graph, Node, Note
from engine.document.project import Project
from engine.document.project_json import to_bytes
from engine.document.recipe import Phase, Player, Recipe
from engine.errors import GraphError
from gui.design import block_edits
from tests.gui.drawn_networks import residual_network


def do(project: Project, edit: Edit) -> None:
    """Apply an edit; its inverse gives the same bytes back."""
    before = to_bytes(project)
    inverse = apply(project, edit)
    again = apply(project, inverse)
    assert to_bytes(project) == before
    apply(project, again)


def fold(project: Project, *ids: str) -> block_edits.Folded:
    folded = block_edits.fold(project, ShapeChecker(project), ids, project)
    do(project, folded.edit)
    return folded


def players(*nodes: str) -> Recipe:
    return Recipe(phases=(Phase(players=(Player(nodes=nodes),)),))


def trained(project: Project) -> tuple[str, ...]:
    return project.recipe.phases[0].players[0].nodes


def test_frames_and_notes_go_along_when_all_in_them_does() -> None:
    project = residual_network()
    project.graph.put(Frame(id="frame1", title="Stem", x=220, y=-20, width=700, height=120))
    project.graph.put(Frame(id="frame2", title="Half", x=460, y=-20, width=900, height=120))
    project.graph.put(Note(id="note1", text="why", x=300, y=10))
    folded = fold(project, "conv1", "bn1", "relu1")
    definition = project.blocks[folded.definition]
    assert set(definition.graph.marks) == {"frame1", "note1"} and set(project.graph.marks) == {"frame2"}
    assert definition.title == "Stem", "one titled frame gives its name"


def test_two_outer_sources_give_two_ports_and_one_inner_source_one() -> None:
    project = residual_network()
    folded = fold(project, "add1", "flatten1", "fc1", "fc2")
    graph = project.graph
    assert {name: edge.source for name, edge in graph.inputs_of(folded.node).items()} == {
        "input1": "relu2",
        "input2": "conv2",
    }
    assert {edge.target for edge in graph.consumers_of(folded.node)} == {"loss", "answer"}
    assert {edge.output for edge in graph.consumers_of(folded.node)} == {"output"}
    assert ShapeChecker(project).problems() == []


def test_free_inputs_become_ports_too() -> None:
    project = Project(name="x", graph=Graph([Node(id="add1", type="Add"), Node(id="relu1", type="ReLU", x=240)]))
    apply_edge(project, Edge(source="add1", target="relu1"))
    folded = fold(project, "add1", "relu1")
    definition = project.blocks[folded.definition]
    assert definition.ports("BlockInput") == ("input1", "input2") and definition.ports("BlockOutput") == ("output",)


def apply_edge(project: Project, edge: Edge) -> None:
    project.graph.connect(edge)


def test_weights_shared_across_the_edge_are_not_torn_apart() -> None:
    project = residual_network()
    do(project, SetShares(id="conv3", shares="conv2"))
    with pytest.raises(GraphError, match="uses the weights of conv2"):
        block_edits.fold(project, ShapeChecker(project), ["conv3"], project)
    folded = fold(project, "conv2", "conv3", "relu2", "add1")
    assert flatten(project).graph.nodes["block1__conv3"].shares == "block1__conv2"
    edit, _made = block_edits.unpack(project, [folded.node], project)
    do(project, edit)
    assert project.graph.nodes["conv3"].shares == "conv2"


def test_the_recipe_goes_on_training_the_same_nodes() -> None:
    project = residual_network()
    do(project, SetRecipe(recipe=players("conv2", "conv3", "fc1")))
    folded = fold(project, "conv2", "conv3", "relu2", "add1")
    assert trained(project) == ("block1", "fc1")
    again = fold(project, "fc1", "fc2")
    assert trained(project) == ("block1", f"{again.node}__fc1"), "fc2 was not trained, and is not now"
    inner = block_edits.unpack(project, [folded.node], project)[0]
    do(project, inner)
    assert set(trained(project)) >= {"conv2", "conv3", "block2__fc1"}
    do(project, block_edits.unpack(project, [again.node], project)[0])
    assert "fc1" in trained(project) and "fc2" not in trained(project)


def inside(project: Project, block_id: str) -> Project:
    """The project as it is when a block is open."""
    return Project(
        name=project.name,
        data=project.data,
        graph=project.blocks[block_id].graph,
        recipe=project.recipe,
        blocks=project.blocks,
    )


def test_folding_inside_a_block_keeps_recipe_and_exposed_settings() -> None:
    project = residual_network()
    fold(project, "conv2", "conv3", "relu2", "add1")
    do(project, block_edits.expose(project, "block1", "conv3", "kernel_size"))
    do(project, SetAttributes(id="block1", attributes={"kernel_size": 5}))
    do(project, SetRecipe(recipe=players("block1__conv3", "fc1")))
    shown = inside(project, "block1")
    checks = scoped(ShapeChecker(project), "block1__", "block1")
    nested = block_edits.fold(shown, checks, ["conv3", "relu2"], project, "block1")
    do(project, placed(nested.edit, "block1"))
    flat = flatten(project).graph.nodes
    assert flat["block1__block1__conv3"].attributes["kernel_size"] == 5
    assert trained(project) == ("block1__block1", "fc1")
    assert ShapeChecker(project).problems() == []
    edit, _made = block_edits.unpack(inside(project, "block1"), [nested.node], project, "block1")
    do(project, placed(edit, "block1"))
    assert flatten(project).graph.nodes["block1__conv3"].attributes["kernel_size"] == 5
    assert {"block1__conv3", "fc1"} <= set(trained(project)) and "block1__conv2" not in trained(project)


def test_exposed_settings_get_names_of_their_own_and_may_be_joined() -> None:
    project = residual_network()
    fold(project, "conv2", "conv3", "relu2", "add1")
    do(project, block_edits.expose(project, "block1", "conv2", "out_channels"))
    do(project, block_edits.expose(project, "block1", "conv3", "out_channels"))
    assert [item.name for item in project.blocks["block1"].exposed] == ["out_channels", "conv3_out_channels"]
    do(project, SetAttributes(id="block1", attributes={"conv3_out_channels": 8}))
    do(project, block_edits.rename_exposed(project, "block1", "conv3", "out_channels", "width"))
    assert project.graph.nodes["block1"].attributes == {"block": "block1", "width": 8}
    do(project, block_edits.rename_exposed(project, "block1", "conv3", "out_channels", "out_channels"))
    do(project, SetAttributes(id="block1", attributes={"out_channels": 16}))
    flat = flatten(project).graph.nodes
    assert {flat[f"block1__conv{n}"].attributes["out_channels"] for n in (2, 3)} == {16}
    do(project, block_edits.unexpose(project, "block1", "conv2", "out_channels"))
    assert project.graph.nodes["block1"].attributes["out_channels"] == 16, "conv3 still reads it"
    do(project, block_edits.unexpose(project, "block1", "conv3", "out_channels"))
    assert project.graph.nodes["block1"].attributes == {"block": "block1"}
    do(project, block_edits.expose(project, "block1", "conv2", "bias"))
    for name in ("repeat", "", "x" * 65):
        with pytest.raises(GraphError):
            block_edits.rename_exposed(project, "block1", "conv2", "bias", name)


def test_an_independent_copy_shares_nothing_any_more() -> None:
    project = residual_network()
    folded = fold(project, "conv3", "relu2")
    second = msgspec.structs.replace(project.graph.nodes[folded.node], id="twin", shares=folded.node)
    project.graph.add(second)
    do(project, block_edits.make_independent(project, folded.node))
    assert project.graph.nodes["twin"].shares == "" and project.graph.nodes["twin"].attributes["block"] == "block1"
    assert project.graph.nodes[folded.node].attributes["block"] == "block2"
    assert project.blocks["block2"].title == "Block 2"
    assert block_edits.may_share_with(project, "twin") == []


def test_another_definition_takes_over_the_links_by_rank() -> None:
    project = residual_network()
    one = fold(project, "add1", "flatten1")
    two = fold(project, "conv3", "relu2")
    graph = project.graph
    do(project, block_edits.link(project, one.node, two.definition))
    assert {name: edge.source for name, edge in graph.inputs_of(one.node).items()} == {"input": two.node}
    assert graph.inputs_of("fc1")["input"].source == one.node
    with pytest.raises(GraphError, match="no block"):
        block_edits.link(project, one.node, "gone")
    with pytest.raises(GraphError, match="cannot hold itself"):
        block_edits.link(inside(project, two.definition), "conv3", two.definition, two.definition)


def test_a_used_definition_is_not_removed_and_a_free_one_is() -> None:
    project = residual_network()
    folded = fold(project, "conv3", "relu2")
    with pytest.raises(GraphError, match=r"in use: block1"):
        block_edits.remove(project, folded.definition)
    project.blocks["free"] = BlockDefinition(
        id="free", title="Free", exposed=(Exposed(name="a", node="b", attribute="c"),)
    )
    do(project, block_edits.remove(project, "free"))
    assert "free" not in project.blocks


def test_repetitions_with_the_same_weights_stay_so_when_unpacked() -> None:
    project = residual_network()
    folded = fold(project, "conv3", "relu2")
    do(project, block_edits.set_repeat(project, folded.node, 3))
    do(project, SetAttributes(id=folded.node, attributes={"tied": True}))
    cost = ShapeChecker(project).total_cost()
    edit, made = block_edits.unpack(project, [folded.node], project)
    do(project, edit)
    shares = [project.graph.nodes[name].shares for name in made if project.graph.nodes[name].type == "Conv2d"]
    assert shares == ["", "conv3", "conv3"]
    assert ShapeChecker(project).total_cost() == cost
    for count in (0, 1001):
        with pytest.raises(GraphError):
            block_edits.set_repeat(project, made[0], count)
