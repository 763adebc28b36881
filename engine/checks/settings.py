"""`--set PATH=VALUE`: a change to the project for one run, checked before the run begins.

A path follows project.json (recipe.phases.0.batch_size, graph.nodes.conv1.out_channels, data.split.seed); the settings
people change most have short names (batch_size, epochs, lr, optimizer). What does not exist is answered with what does.
"""

import difflib
import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from engine.catalog import registry
from engine.catalog.entry import Entry
from engine.document.block import definition_id
from engine.document.data_spec import DataSpec, Step
from engine.document.graph import Node, Value
from engine.document.project import Project
from engine.document.project_json import from_bytes, to_bytes
from engine.document.recipe import Recipe
from engine.errors import NetwrightError, ProjectError, UsageError

_STEP_SHORT = ("optimizer", "schedule")
_PHASE_SHORT = ("batch_size", "epochs", "accumulate", "auto_batch", "samples")
_RECIPE_SHORT = tuple(field.name for field in msgspec.structs.fields(Recipe) if field.name != "phases")
_RATE = ("learning_rate", "lr")
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+(,\d+)*)?")
_NODE_PROPERTIES = {"type": str, "title": str, "frozen": bool, "bypassed": bool, "weights": str}

Part = TypeVar("Part", Recipe, DataSpec)


def apply_settings(project: Project, settings: Sequence[str]) -> None:
    """Change the project as `PATH=VALUE` texts say, in their order. Raises UsageError naming the setting."""
    for setting in settings:
        path, separator, text = setting.partition("=")
        path = path.strip()
        if not separator or not path:
            raise UsageError(
                f"'{setting[:80]}' is no setting.",
                where=f"--set {setting[:80]}",
                expected="PATH=VALUE, such as batch_size=32 or graph.nodes.conv1.out_channels=16",
            )
        where = f"--set {setting[:80]}"
        _apply(project, path, _value(text), where)
        try:
            from_bytes(to_bytes(project), "project.json")
        except ProjectError as error:  # a value that project.json cannot hold would be a damaged run later
            raise UsageError(
                f"{path} cannot be {_said(_value(text))}.", where=where, expected=error.expected, found=error.message
            ) from None


def _value(text: str) -> Any:
    """JSON where it is JSON, text otherwise."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _apply(project: Project, path: str, value: Any, where: str) -> None:
    parts = path.split(".")
    match parts:
        case ["graph", "nodes", node_id, *rest] if rest:
            _set_node(project, node_id, rest, value, where)
        case ["graph", *_]:
            raise _unknown(path, "graph", "graph.nodes.ID.ATTRIBUTE", where)
        case ["recipe", *rest]:
            project.recipe = _replaced(project.recipe, rest, value, "recipe", where)
        case ["data", *rest]:
            project.data = _replaced(project.data, rest, value, "data", where)
        case ["name"]:
            project.name = str(value)
        case [name]:
            project.recipe = _short(project.recipe, name, value, where)
        case _:
            raise _unknown(parts[0], "the project", "recipe, graph, data, name", where)
    _check_steps(project.recipe, where)
    require_device(project.recipe.device, where)


def require_device(device: str, where: str) -> None:
    """Raises UsageError when no machine could have a device of that name."""
    if not _DEVICE.fullmatch(device):
        raise UsageError(
            f"There is no device '{device[:40]}'.",
            where=where,
            expected="auto, cpu, cuda or cuda:0,1",
            found=device[:40],
        )


def _short(recipe: Recipe, name: str, value: Any, where: str) -> Recipe:
    """A setting by its short name, in every phase and player it occurs in. batch_size=auto lets the run measure it."""
    if name == "batch_size":
        automatic = value == "auto"
        recipe = _short(recipe, "auto_batch", automatic, where)
        if automatic:
            return recipe
    if name in _RECIPE_SHORT:
        return _replaced(recipe, [name], value, "recipe", where)
    found = False
    for p, phase in enumerate(recipe.phases):
        if name in _PHASE_SHORT:
            recipe = _replaced(recipe, ["phases", str(p), name], value, "recipe", where)
            found = True
            continue
        for q, player in enumerate(phase.players):
            place = ["phases", str(p), "players", str(q)]
            attribute = "lr" if name in _RATE else name
            if name in _STEP_SHORT:
                rest = [name]
            elif attribute in _attribute_names("optimizer", player.optimizer):
                rest = ["optimizer", "attributes", attribute]
            else:
                continue
            recipe = _replaced(recipe, [*place, *rest], value, "recipe", where)
            found = True
    if not found:
        optimizer = recipe.phases[0].players[0].optimizer if recipe.phases and recipe.phases[0].players else None
        names = [*_PHASE_SHORT[:2], *_RATE, *_STEP_SHORT, *_PHASE_SHORT[2:], *_RECIPE_SHORT]
        names += [item for item in (_attribute_names("optimizer", optimizer) if optimizer else ()) if item not in names]
        raise _unknown(name, "the recipe", ", ".join(names) + "; or a path: recipe…, graph.nodes.ID…, data…", where)
    return recipe


def _attribute_names(kind: str, step: Step) -> tuple[str, ...]:
    found: type[Entry] | None = registry.entry_type(kind, step.type)
    return () if found is None else tuple(info.name for info in found.attributes())


def _replaced(part: Part, path: list[str], value: Any, name: str, where: str) -> Part:
    """The part of the document with one value replaced, converted strictly again."""
    whole = _full(part)
    place: Any = whole
    seen = name
    for number, key in enumerate(path):
        last = number == len(path) - 1
        key_: Any = _key(place, key, seen, where)
        if last:
            old = place.get(key_) if isinstance(place, dict) else place[key_]
            is_step = isinstance(old, dict) and set(old) == {"type", "attributes"}
            is_step = is_step or (old is None and key in ("wrapper", "average", "weight_init", "bias_init"))
            place[key_] = {"type": value} if is_step and isinstance(value, str) else value
        else:
            place = place[key_]
        seen = f"{seen}.{key}"
    if not path:
        raise _unknown(name, "the project", ", ".join(f"{name}.{key}" for key in whole), where)
    try:
        return msgspec.convert(whole, type(part), strict=True)
    except msgspec.ValidationError as error:
        text = str(error).partition(" - at `")[0].replace("`", "").removeprefix("Expected ")
        raise UsageError(f"{seen} cannot be {_said(value)}.", where=where, expected=text, found=_said(value)) from None


def _key(place: Any, key: str, seen: str, where: str) -> Any:
    """The key as it stands in the document: a name, or the number of a list's item (fields of the data by name too)."""
    if isinstance(place, list):
        names = [item.get("name") if isinstance(item, dict) else None for item in place]
        if key in names:
            return names.index(key)
        if key.isdecimal() and int(key) < len(place):
            return int(key)
        there = ", ".join(f"{i} ({item})" if item else str(i) for i, item in enumerate(names))
        raise _unknown(key, seen, there or "nothing: the list is empty", where)
    if isinstance(place, dict):
        is_free = seen.endswith((".attributes", ".losses", ".options"))
        if key in place or is_free:
            return key
        raise _unknown(key, seen, ", ".join(place), where)
    raise _unknown(key, seen, "nothing below it", where)


def _full(value: Any) -> Any:
    """A struct as dicts and lists with every field, defaults too."""
    match value:
        case msgspec.Struct():
            return {info.name: _full(getattr(value, info.name)) for info in msgspec.structs.fields(value)}
        case tuple() | list():
            return [_full(item) for item in value]
        case dict():
            return {key: _full(item) for key, item in value.items()}
        case _:
            return value


def _set_node(project: Project, node_id: str, rest: list[str], value: Any, where: str) -> None:
    graph = project.graph
    if node_id not in graph.nodes:
        raise _unknown(node_id, "graph.nodes", ", ".join(graph.nodes) or "nothing: the graph is empty", where)
    node = graph.node(node_id)
    name = rest[1] if rest[0] == "attributes" and len(rest) == 2 else rest[0] if len(rest) == 1 else ".".join(rest)
    layer = registry.layer_type(node.type)
    names = tuple(info.name for info in layer.attributes()) if layer else tuple(node.attributes)
    block = project.blocks.get(definition_id(node))
    exposed = {item.name for item in block.exposed} if block is not None else set()
    names += tuple(sorted(exposed))
    if name in names:
        attributes: dict[str, Value] = {**node.attributes, name: value}
        changed = msgspec.structs.replace(node, attributes=attributes)
    elif name in _NODE_PROPERTIES and isinstance(value, _NODE_PROPERTIES[name]):
        changed = msgspec.structs.replace(node, **{name: value})
    elif name in _NODE_PROPERTIES:
        raise UsageError(f"{name} of {node_id} cannot be {_said(value)}.", where=where, found=_said(value))
    else:
        raise _unknown(name, f"{node_id} ({node.type})", ", ".join([*names, *_NODE_PROPERTIES]), where)
    # What a block exposes belongs to layers inside, whose checks tell whether it makes sense.
    own = {key: item for key, item in changed.attributes.items() if key not in exposed}
    _check_node(msgspec.structs.replace(changed, attributes=own), where)
    graph.replace(changed)


def _check_node(node: Node, where: str) -> None:
    try:
        registry.layer(node)
    except NetwrightError as error:
        raise _told(error, where) from None


def _check_steps(recipe: Recipe, where: str) -> None:
    try:
        for phase in recipe.phases:
            for player in phase.players:
                registry.optimizer(player.optimizer)
                registry.schedule(player.schedule)
    except NetwrightError as error:
        raise _told(error, where) from None


def _told(error: NetwrightError, where: str) -> UsageError:
    return UsageError(error.message, where=where, expected=error.expected, found=error.found, hint=error.hint)


def _unknown(key: str, seen: str, there: str, where: str) -> UsageError:
    close = difflib.get_close_matches(key, re.findall(r"[\w.]+", there), n=1)
    return UsageError(
        f"There is no '{key[:60]}' in {seen}.",
        where=where,
        expected=there[:2000],
        found=key[:60],
        hint=f"Did you mean {close[0]}?" if close else "",
    )


def _said(value: Any) -> str:
    return json.dumps(value)[:60] if not isinstance(value, str) else f"'{value[:60]}'"
