"""The settings of an instance of a block: how often it runs, and what its definition exposes, as attributes."""

import dataclasses
from collections.abc import Mapping

from engine.catalog.entry import Attribute
from engine.catalog.layers.block import Block
from engine.catalog.registry import layer_type
from engine.document.block import BLOCK, BlockDefinition, Exposed, definition_id
from engine.document.edits import Edit, SetAttributes
from engine.document.graph import Node, Value

Blocks = Mapping[str, BlockDefinition]


def instance_attributes(blocks: Blocks, node: Node) -> tuple[Attribute, ...]:
    """Every setting of an instance; an exposed one has the inner node's value for default. Empty without definition."""
    definition = blocks.get(definition_id(node))
    own = tuple(info for info in Block.attributes() if info.name != "block")
    return () if definition is None else (*exposed_attributes(blocks, definition), *own)


def exposed_attributes(blocks: Blocks, definition: BlockDefinition) -> tuple[Attribute, ...]:
    """What instances of a definition set for themselves, each name once; what leads nowhere any more is left out."""
    found: dict[str, Attribute] = {}
    for item in definition.exposed:
        info = attribute_of(blocks, definition, item)
        if info is not None and item.name not in found:
            label = item.name.replace("_", " ")
            found[item.name] = dataclasses.replace(
                info, name=item.name, label=label[:1].upper() + label[1:], advanced=False
            )
    return tuple(found.values())


def attribute_of(blocks: Blocks, definition: BlockDefinition, item: Exposed) -> Attribute | None:
    """The attribute an exposed one stands for, through blocks in blocks; None where there is none such."""
    seen: set[str] = set()
    while definition.id not in seen:
        seen.add(definition.id)
        node = definition.graph.nodes.get(item.node)
        if node is None:
            return None
        inner = blocks.get(definition_id(node))
        through = None
        if inner is not None and node.type == BLOCK:
            through = next((other for other in inner.exposed if other.name == item.attribute), None)
        if inner is None or through is None:
            kind = layer_type(node.type)
            known = kind.attributes() if kind is not None else ()
            info = next((info for info in known if info.name == item.attribute), None)
            value = node.attributes.get(item.attribute)
            return info if info is None or value is None else dataclasses.replace(info, default=_frozen(value))
        if item.attribute in node.attributes:
            info = attribute_of(blocks, inner, through)
            return info and dataclasses.replace(info, default=_frozen(node.attributes[item.attribute]))
        definition, item = inner, through
    return None


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def instance_edit(blocks: Blocks, node: Node, name: str, value: Value) -> Edit | None:
    """Give a setting of an instance another value; None when it has it already.

    What is as the definition has it is not written into the file.
    """
    info = next((info for info in instance_attributes(blocks, node) if info.name == name), None)
    if info is not None:
        default = list(info.default) if isinstance(info.default, tuple) else info.default
        if value == default and type(value) is type(default):
            return SetAttributes(id=node.id, unset=(name,)) if name in node.attributes else None
    old = node.attributes.get(name)
    if name in node.attributes and old == value and type(old) is type(value):
        return None
    return SetAttributes(id=node.id, attributes={name: value})
