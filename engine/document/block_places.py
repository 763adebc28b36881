"""Where blocks stand in a project: every graph, every instance, the ways to a definition, and edits led into one."""

from collections.abc import Iterator, Mapping
from typing import Final

from engine.document.block import BLOCK, BlockDefinition, DrawnBlock, definition_id
from engine.document.block_files import holds
from engine.document.edit import DataEdit
from engine.document.edits import (
    AddBlock,
    Batch,
    Edit,
    Inside,
    RemoveBlock,
    SetBlock,
    SetClassWeights,
    SetData,
    SetName,
    SetRecipe,
)
from engine.document.flat import prefixes
from engine.document.graph import Graph, Node, natural
from engine.document.project import Project


def graphs(document: Project) -> Iterator[tuple[str, Graph]]:
    """Every graph of a document with the definition it belongs to, the project's own first."""
    yield "", document.graph
    for name in sorted(document.blocks, key=natural):
        yield name, document.blocks[name].graph


def instances(document: Project, block_id: str) -> list[tuple[str, Node]]:
    """Every instance of a definition, with the definition in which it stands (empty: the project's own graph)."""
    return [
        (holder, node)
        for holder, graph in graphs(document)
        for node in graph.sorted_nodes()
        if node.type == BLOCK and definition_id(node) == block_id
    ]


def paths_to(document: Project, block_id: str, most: int = 200) -> list[tuple[str, ...]]:
    """Ways to a definition from the project's own graph, by instances; the shortest first."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[tuple[str, ...], Graph, frozenset[str]]] = [((), document.graph, frozenset())]
    while waiting and len(found) < most:
        path, graph, above = waiting.pop(0)
        for node in graph.sorted_nodes():
            name = definition_id(node)
            if name not in document.blocks or name in above:
                continue
            way = (*path, node.id)
            if name == block_id:
                found.append(way)
            elif holds(document.blocks, name, block_id):
                waiting.append((way, document.blocks[name].graph, above | {name}))
    return found


def places(document: Project, holder: str) -> list[str]:
    """The prefixes under which the nodes of a definition stand in the flat graph."""
    if not holder:
        return [""]
    found: list[str] = []
    for path in paths_to(document, holder):
        begun = [""]
        graph = document.graph
        for name in path:
            node = graph.nodes[name]
            begun = [prefix for start in begun for prefix in prefixes(start, node)]
            graph = document.blocks[definition_id(node)].graph
        found += begun
    return found


_WHOLE: Final = (AddBlock, RemoveBlock, SetBlock, Inside, SetData, SetRecipe, SetClassWeights, SetName, DataEdit)


def placed(edit: Edit, block_id: str) -> Edit:
    """An edit of the graph of a definition as one of the document; what is of the document already stays as it is."""
    if not block_id or isinstance(edit, _WHOLE):
        return edit
    if isinstance(edit, Batch):
        parts = tuple(placed(part, block_id) for part in edit.edits)
        if all(isinstance(part, Inside) and part.block == block_id for part in parts) and parts:
            return Inside(block=block_id, inner=edit) if _is_inner(edit) else Batch(title=edit.title, edits=parts)
        return Batch(title=edit.title, edits=parts)
    return Inside(block=block_id, inner=edit)


def _is_inner(edit: Edit) -> bool:
    """Whether an edit speaks of one graph alone."""
    return all(map(_is_inner, edit.edits)) if isinstance(edit, Batch) else not isinstance(edit, _WHOLE)


def block_title(block: BlockDefinition | DrawnBlock) -> str:
    """What a definition is called."""
    return block.title or block.id


def instance_title(project: Project, node: Node) -> str:
    """What the card of an instance is called; empty for any other node."""
    definition = project.blocks.get(definition_id(node))
    return node.title or block_title(definition) if definition is not None else ""


def refusal_to_hold(blocks: Mapping[str, BlockDefinition], holder: str, block_id: str) -> str:
    """Why an instance of a definition cannot stand in another; empty when it can."""
    if block_id not in blocks:
        return f"There is no block '{block_id[:80]}' in this project."
    if not holder or not holds(blocks, block_id, holder):
        return ""
    title = block_title(blocks[block_id])
    if holder == block_id:
        return f"{title} cannot hold itself."
    return f"{title} holds {block_title(blocks[holder])}, so it cannot stand inside it."


def holder_of(project: Project) -> str:
    """The definition whose graph is the project's `graph`, as it is when a block is open; empty for its own."""
    return next((block.id for block in project.blocks.values() if block.graph is project.graph), "")
