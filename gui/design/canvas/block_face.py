"""The card of an instance of a block: its name, how often it is repeated, what is in it, and the names of its ports."""

import dataclasses
from typing import Final

from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, definition_id
from engine.document.graph import Node, Value
from engine.document.project import Project
from gui.design.block_edits import repeats
from gui.design.block_stock import layers_of
from gui.design.canvas.face import NodeFace

BLOCK_TYPES: Final = frozenset({BLOCK, BLOCK_INPUT, BLOCK_OUTPUT})


_PORTS: Final = (BLOCK_INPUT, BLOCK_OUTPUT)


def block_face(face: NodeFace, node: Node, project: Project) -> NodeFace:
    """The face of an instance, and of a port inside; any other face as it is."""
    linked = project.graph.inputs_of(node.id)
    if node.type == BLOCK_INPUT:  # what feeds it is drawn at the box of the block
        return dataclasses.replace(face, color="block", inputs=tuple(linked))
    if node.type == BLOCK_OUTPUT:
        read = {edge.output for edge in project.graph.consumers_of(node.id)}
        return dataclasses.replace(face, color="block", outputs=face.outputs if read else ())
    definition = project.blocks.get(definition_id(node))
    if node.type != BLOCK:
        return face
    if definition is None:
        return dataclasses.replace(face, title=node.title or "Block", color="block", line="")
    several = max(len(face.inputs), len(face.outputs)) > 1
    return dataclasses.replace(
        face,
        title=_title(node, definition),
        line="" if several else block_line(definition, node),
        fields=(),
        color="block",
        stack=repeats(node),
        input_names=_names(definition, face.inputs) if several else (),
        output_names=_names(definition, face.outputs) if several else (),
    )


def block_line(definition: BlockDefinition, node: Node) -> str:
    """What an instance sets for itself, else how much is in it."""
    parts = [
        f"{name.replace('_', ' ')} {_words(node.attributes[name])}"
        for name in dict.fromkeys(item.name for item in definition.exposed)
        if name in node.attributes
    ]
    if node.attributes.get("tied") is True and repeats(node) > 1:
        parts.append("same weights")
    count = layers_of(definition)
    return " · ".join(parts[:3]) or ("1 layer" if count == 1 else f"{count} layers")


def _title(node: Node, definition: BlockDefinition) -> str:
    title = node.title or definition.title or definition.id
    count = repeats(node)
    return f"{title} × {count}" if count > 1 else title


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return "×".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def block_words(document: Project, node: Node | None) -> str:
    """What is said of an instance under the pointer; empty for any other node."""
    definition = document.blocks.get(definition_id(node)) if node is not None else None
    if node is None or definition is None:
        return ""
    kinds = dict.fromkeys(inner.type for inner in definition.graph.sorted_nodes() if inner.type not in _PORTS)
    held = ", ".join(list(kinds)[:6]) + ("…" if len(kinds) > 6 else "")
    count = repeats(node)
    often = f", {count} times one behind the other" if count > 1 else ""
    return f"{definition.title or definition.id}{often}: {held or 'empty'}. Double click opens it."


def _names(definition: BlockDefinition, ports: tuple[str, ...]) -> tuple[str, ...]:
    nodes = definition.graph.nodes
    return tuple((nodes[port].title if port in nodes else "") or port for port in ports)
