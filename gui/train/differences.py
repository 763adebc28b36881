"""What differs between the projects of runs: settings in words, and nodes and links of their drawings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import msgspec

from engine.document.graph import Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe

MISSING: Final = "–"

_WORDS: Final = {
    "optimizer.attributes.lr": "learning rate",
    "optimizer.type": "optimizer",
    "schedule.type": "schedule",
    "batch_size": "batch",
    "class_weights": "class weights",
    "clip_norm": "clip norm",
    "weight_init.type": "first weights",
    "bias_init.type": "first biases",
    "average.type": "average",
    "early_stop.patience": "patience",
    "early_stop.metric": "watching",
}


@dataclass(frozen=True, kw_only=True)
class SettingDifference:
    """A setting and its value in each of the runs, in their order; a dash where it is not there."""

    name: str
    path: str
    values: tuple[str, ...]


class Change(StrEnum):
    """What became of a node or a link."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class NodeDifference:
    """A node of either drawing; `words` say what changed."""

    node: Node
    change: Change
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class LinkDifference:
    """A link of either drawing, from node to node."""

    source: str
    target: str
    change: Change


@dataclass(frozen=True, kw_only=True)
class GraphDifference:
    """Both drawings in one."""

    nodes: dict[str, NodeDifference] = field(default_factory=dict)
    links: list[LinkDifference] = field(default_factory=list)

    def counts(self) -> dict[Change, int]:
        """How many nodes and links were added, removed, changed."""
        found = dict.fromkeys(Change, 0)
        for change in (*(node.change for node in self.nodes.values()), *(link.change for link in self.links)):
            found[change] += 1
        return found


def setting_differences(projects: Sequence[Project]) -> list[SettingDifference]:
    """Settings of recipe, data and nodes that are not the same in all."""
    flat = [_settings(project) for project in projects]
    paths = list(dict.fromkeys(path for one in flat for path in one))
    found = []
    for path in paths:
        values = [one.get(path, MISSING) for one in flat]
        if len({_text(value) for value in values}) > 1:
            found.append(
                SettingDifference(
                    name=setting_words(path, [project.recipe for project in projects]),
                    path=path,
                    values=tuple(_text(value) for value in values),
                )
            )
    return found


def setting_words(path: str, recipes: Sequence[Recipe] = ()) -> str:
    """A setting's path as people call it: `learning rate`, `conv1: out_channels`, `critic: learning rate`.

    Where there are several phases or players in one of the recipes, it begins with their names.
    """
    parts = path.split(".")
    if parts[0] == "node":
        return f"{parts[1]}: {' '.join(parts[2:])}" if len(parts) > 2 else f"node {parts[1]}"
    prefix = ""
    if parts[:2] == ["recipe", "phases"] and len(parts) > 3:
        phase = parts[2]
        prefix = _place_words("phase", phase, [recipe.phases for recipe in recipes])
        parts = ["recipe", *parts[3:]]
        if parts[1:2] == ["players"] and len(parts) > 3:
            phases = [
                recipe.phases[int(phase)] for recipe in recipes if phase.isdigit() and int(phase) < len(recipe.phases)
            ]
            prefix += _place_words("player", parts[2], [one.players for one in phases])
            parts = ["recipe", *parts[3:]]
    rest = ".".join(parts[1:]) if len(parts) > 1 else parts[0]
    words = _WORDS.get(rest)
    if words is None:
        words = rest.replace(".attributes", "").replace(".", " ").replace("_", " ")
        if parts[0] == "data":
            words = f"data: {words}"
    return prefix + words


def _place_words(kind: str, place: str, several: Sequence[Sequence[Phase | Player]]) -> str:
    """What a setting of a phase or player begins with: its name, its number where runs call it differently."""
    if not place.isdigit():
        return f"{place}: "
    at = int(place)
    if at == 0 and all(len(held) < 2 for held in several):
        return ""
    names = {held[at].name for held in several if at < len(held)}
    return f"{names.pop()}: " if len(names) == 1 else f"{kind} {at + 1}: "


def graph_difference(before: Graph, after: Graph) -> GraphDifference:
    """From one drawing to another: nodes are the same by id."""
    nodes: dict[str, NodeDifference] = {}
    for node_id, node in after.nodes.items():
        old = before.nodes.get(node_id)
        if old is None:
            nodes[node_id] = NodeDifference(node=node, change=Change.ADDED)
        else:
            words = _changed_words(old, node)
            nodes[node_id] = NodeDifference(node=node, change=Change.CHANGED if words else Change.SAME, words=words)
    for node_id, node in before.nodes.items():
        if node_id not in after.nodes:
            nodes[node_id] = NodeDifference(node=node, change=Change.REMOVED)
    old_links, new_links = _links(before), _links(after)
    links = [
        LinkDifference(
            source=link[0],
            target=link[2],
            change=Change.SAME if link in old_links and link in new_links else _came(link in new_links),
        )
        for link in dict.fromkeys((*new_links, *old_links))
    ]
    return GraphDifference(nodes=nodes, links=links)


def _came(new: bool) -> Change:
    return Change.ADDED if new else Change.REMOVED


def _links(graph: Graph) -> dict[tuple[str, str, str, str], None]:
    return dict.fromkeys((edge.source, edge.output, edge.target, edge.input) for edge in graph.sorted_edges())


def _changed_words(old: Node, new: Node) -> str:
    parts = []
    if old.type != new.type:
        parts.append(f"{old.type} → {new.type}")
    names = dict.fromkeys((*old.attributes, *new.attributes))
    for name in names:
        before, after = old.attributes.get(name, MISSING), new.attributes.get(name, MISSING)
        if before != after:
            parts.append(f"{name} {_text(before)} → {_text(after)}")
    for name in ("frozen", "bypassed"):
        if getattr(old, name) != getattr(new, name):
            parts.append(name if getattr(new, name) else f"not {name}")
    return ", ".join(parts)


def _settings(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = {}
    _flatten("recipe", project.recipe, found)
    _flatten("data", project.data, found)
    for node in project.graph.nodes.values():
        found[f"node.{node.id}"] = node.type
        for name, value in node.attributes.items():
            found[f"node.{node.id}.{name}"] = value
    return found


def _flatten(path: str, value: object, found: dict[str, Any]) -> None:
    """Every setting by its path, also those that are as they are by default."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in ("statistics", "fingerprint"):  # measured, not set
                _flatten(f"{path}.{name}", item, found)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping | msgspec.Struct) for item in value):
        for at, item in enumerate(value):
            _flatten(f"{path}.{at}", item, found)
    else:
        found[path] = value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value) or "none"
    if value is None:
        return "none"
    return str(value)
