"""What several nodes have in common: attributes that all their layers declare, and where the values differ."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.catalog.entry import Attribute
from engine.catalog.registry import layer_type
from engine.document.block import BLOCK
from engine.document.graph import Node

_MOST_VALUES: Final = 3
_OF_BLOCK: Final = (BLOCK, "block")


@dataclass(frozen=True, slots=True)
class Common:
    """Attributes that all have, the values of those that are alike, and in words how the others differ."""

    attributes: tuple[Attribute, ...]
    values: dict[str, Any]
    mixed: dict[str, str]


def common_attributes(nodes: Sequence[Node]) -> Common:
    """What the layers of all nodes declare by one name and kind; nothing when one of the layers is not known."""
    kinds = {node.type: layer_type(node.type) for node in nodes}
    declared: list[dict[str, Attribute]] = []
    for kind in kinds.values():
        if kind is None:
            return Common((), {}, {})
        # Which block an instance is of is chosen for each alone: links depend on it.
        declared.append({info.name: info for info in kind.attributes() if (kind.type_name(), info.name) != _OF_BLOCK})
    if not declared:
        return Common((), {}, {})
    shared = [
        _narrowed([others[info.name] for others in declared])
        for info in declared[0].values()
        if all(_alike(info, others.get(info.name)) for others in declared)
    ]
    values: dict[str, Any] = {}
    mixed: dict[str, str] = {}
    by_type = dict(zip(kinds, declared, strict=True))
    for info in shared:
        found = [node.attributes.get(info.name, by_type[node.type][info.name].default) for node in nodes]
        counts = Counter(_text(value) for value in found)
        values[info.name] = found[0]
        if len(counts) > 1:
            found_most = counts.most_common(_MOST_VALUES)
            most = [f"{count} {'have' if count > 1 else 'has'} {text}" for text, count in found_most]
            mixed[info.name] = ", ".join(most) + (", …" if len(counts) > _MOST_VALUES else "")
    return Common(tuple(shared), values, mixed)


def _alike(one: Attribute, other: Attribute | None) -> bool:
    return (
        other is not None
        and one.kind is other.kind
        and one.choices == other.choices
        and one.optional == other.optional
        and one.sides == other.sides
    )


def _narrowed(infos: Sequence[Attribute]) -> Attribute:
    """The attribute with the range that suits all; advanced only where it is for all."""
    first = infos[0]

    def most(name: str, *, lower: bool) -> float | None:
        bounds = [getattr(info, name) for info in infos if getattr(info, name) is not None]
        return (max(bounds) if lower else min(bounds)) if bounds else None

    return dataclasses.replace(
        first,
        minimum=most("minimum", lower=True),
        above=most("above", lower=True),
        maximum=most("maximum", lower=False),
        below=most("below", lower=False),
        advanced=all(info.advanced for info in infos),
    )


def _text(value: Any) -> str:
    """A value as the form writes it; equal ones have equal texts, whether they come from a file or a declaration."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        if value and all(isinstance(item, int) for item in value) and len(set(value)) == 1 and len(value) in (2, 3):
            return str(value[0])
        return " × ".join(str(item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None or value == "" else str(value)
