"""Which node may be a slow copy of which: asked by the checks of a recipe and by the form that offers the pairs."""

from collections.abc import Collection

from engine.document.graph import Graph
from engine.document.recipe import Phase


def copies_of(phase: Phase) -> set[str]:
    """The nodes of a phase that follow others."""
    return {target.node for player in phase.players for target in player.targets}


def trained_by_name(phase: Phase) -> set[str]:
    """The nodes that players of a phase name as theirs; a player that names none trains all that is no copy."""
    return {name for player in phase.players for name in player.nodes}


def refusal(graph: Graph, node: str, of: str, *, copies: Collection[str], trained: Collection[str]) -> str:
    """Why `node` cannot follow `of`, to be put behind a colon; empty when it can. Both must be in the graph."""
    copy, original = graph.node(node), graph.node(of)
    if node == of:
        return "they are the same node"
    if of in copies:
        return "that is a copy itself"
    if node in trained:
        return "a player trains it"
    if graph.owner(node) == graph.owner(of):
        return "they share their weights already"
    if graph.owner(node) != node:
        return "it uses the weights of another node"
    if copy.type != original.type or copy.attributes != original.attributes:
        return "they are not of the same make"
    return ""
