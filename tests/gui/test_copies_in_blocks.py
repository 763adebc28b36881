"""Nodes that follow others keep doing so when they are folded into blocks, and when those are unpacked."""

import msgspec

from engine.checks.inference import ShapeChecker
from engine.document.edits import AddNode, Edit, SetRecipe, apply
from engine.document.flat import flattened
from engine.document.project import Project
from engine.document.project_json import to_bytes
from engine.document.recipe import Phase, Player, Recipe, Target
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


def follow(project: Project, *pairs: tuple[str, str]) -> None:
    targets = tuple(Target(node=node, of=of, tau=0.5) for node, of in pairs)
    do(project, SetRecipe(recipe=Recipe(phases=(Phase(players=(Player(targets=targets),)),))))


def followed(project: Project) -> set[tuple[str, str]]:
    return {(target.node, target.of) for target in project.recipe.phases[0].players[0].targets}


def test_a_copy_follows_into_a_block_and_out_again() -> None:
    project = residual_network()
    follow(project, ("conv3", "conv2"))
    folded = fold(project, "conv3", "relu2")
    assert followed(project) == {(f"{folded.node}__conv3", "conv2")}
    assert followed(flattened(project)) == {(f"{folded.node}__conv3", "conv2")}
    edit, made = block_edits.unpack(project, [folded.node], project)
    do(project, edit)
    assert followed(project) == {("conv3", "conv2")}
    assert "conv3" in made


def test_a_copy_of_a_block_follows_node_by_node_once_one_of_them_is_unpacked() -> None:
    project = residual_network()
    folded = fold(project, "conv3", "relu2")
    instance = project.graph.node(folded.node)
    do(project, AddNode(node=msgspec.structs.replace(instance, id="copied", x=0.0, y=900.0)))
    follow(project, ("copied", folded.node))
    whole = followed(flattened(project))
    assert whole >= {("copied__conv3", f"{folded.node}__conv3"), ("copied__relu2", f"{folded.node}__relu2")}
    edit, _ = block_edits.unpack(project, [folded.node], project)
    do(project, edit)
    assert followed(project) == {("copied__conv3", "conv3"), ("copied__relu2", "relu2")}
    assert {target.tau for target in project.recipe.phases[0].players[0].targets} == {0.5}
