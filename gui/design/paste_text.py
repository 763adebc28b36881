"""What a text on the clipboard means: nodes copied here, other JSON, PyTorch code, a printed network, a chain.

Whatever can be taken is taken; `note` says what was not.
"""

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from engine.catalog.layer import InputPort
from engine.checks.knowledge import Checks
from engine.document.edits import AddNode, Connect, Edit
from engine.document.graph import Edge, Node
from engine.document.project import Project
from engine.document.tidying.layout import Card, tidy
from engine.document.tidying.layout import Wire as LaidWire
from engine.errors import GraphError, NetwrightError
from gui.design import graph_edits
from gui.design.canvas.face import CARD_WIDTH, HEIGHT_WITH_LINE
from gui.design.chain_text import add_chain, is_chain, read_chain
from gui.design.flow import COLUMN
from gui.design.graph_edits import Clipping
from gui.design.torch_text import TorchText, looks_like_torch, read_torch

_MOST_TEXT: Final = 16 << 20
_MOST_NODES: Final = 20_000
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_HINT: Final = "Copy nodes here, PyTorch code such as nn.Sequential(…), a printed network, or a chain: conv 64 > relu."


@dataclass(frozen=True, slots=True)
class Pasted:
    """The edit, the ids it makes, and what of the text was left out (empty for nothing)."""

    edit: Edit
    made: list[str]
    note: str = ""


def read_paste(text: str, project: Project, checker: Checks, x: float, y: float) -> Pasted:
    """The edit that puts what a text holds at (x, y). Raises GraphError when it holds nothing of use."""
    if not text.strip():
        raise GraphError("There is nothing to paste.", hint=_HINT)
    if len(text) > _MOST_TEXT:
        raise GraphError("What is on the clipboard is too long to be a network.", hint=_HINT)
    try:
        edit, made = graph_edits.paste(project, graph_edits.read_clipping(text), x, y)
        return Pasted(edit, made)
    except GraphError:
        pass  # not copied here, or changed since: the readers below take what they can
    for_json = _loads(text)
    if for_json is not None:
        clipping, note = _clipping(for_json)
        if clipping is not None:
            edit, made = graph_edits.paste(project, clipping, x, y)
            return Pasted(edit, made, note)
        raise GraphError("The JSON on the clipboard holds no nodes.", found=note or text.strip()[:40], hint=_HINT)
    if is_chain(text) and not looks_like_torch(text):
        chain = read_chain(" > ".join(line.strip() for line in text.strip().splitlines() if line.strip()))
        if chain.problem or not chain.links:
            raise GraphError(f"The chain on the clipboard can't be read. {chain.problem}".strip(), hint=_HINT)
        edit, made = add_chain(project, checker, chain, None, x, y)
        return Pasted(edit, made)
    found = read_torch(text)
    if not found.parts:
        said = f" {found.problems[0]}" if found.problems and looks_like_torch(text) else ""
        raise GraphError(f"The clipboard holds no layers.{said}", found=text.strip()[:40], hint=_HINT)
    edit, made = _from_torch(found, project, x, y)
    return Pasted(edit, made, _note(found.problems))


def _note(problems: list[str]) -> str:
    said = " ".join(problems[:3])
    more = len(problems) - 3
    return f"{said} And {more} more." if more > 0 else said


# PyTorch.


def _from_torch(found: TorchText, project: Project, x: float, y: float) -> tuple[Edit, list[str]]:
    taken: set[str] = set()
    ids: list[str] = []
    for part in found.parts:
        free = part.name and part.name not in taken and part.name not in project.graph.nodes and "__" not in part.name
        ids.append(part.name if free else project.graph.free_id(part.kind.type_name(), taken))
        taken.add(ids[-1])
    places = _places(found, ids)
    edits: list[Edit] = []
    ports: list[tuple[InputPort, ...]] = []
    for part, node_id in zip(found.parts, ids, strict=True):
        dx, dy = places[node_id]
        node = Node(id=node_id, type=part.kind.type_name(), attributes=part.attributes, x=x + dx, y=y + dy)
        edits.append(AddNode(node=node))
        ports.append(part.kind.from_attributes(part.attributes).input_ports())
    for wire in found.wires:
        source, target = found.parts[wire.source].kind, ports[wire.target]
        if source.outputs and wire.port < len(target) and wire.source != wire.target:
            edge = Edge(
                source=ids[wire.source], output=source.outputs[0], target=ids[wire.target], input=target[wire.port].name
            )
            edits.append(Connect(edge=edge))
    title = f"Paste {found.parts[0].kind.type_name()}" if len(ids) == 1 else f"Paste {len(ids)} layers"
    return graph_edits.batch(title, edits), ids


def _places(found: TorchText, ids: list[str]) -> dict[str, tuple[float, float]]:
    """A row for a chain, layers from left to right for anything that branches."""
    sources = [wire.source for wire in found.wires]
    targets = [wire.target for wire in found.wires]
    branches = len(set(sources)) < len(sources) or len(set(targets)) < len(targets)
    if not branches and len(ids) <= 12:
        return {node_id: (number * COLUMN, 0.0) for number, node_id in enumerate(ids)}
    cards = [Card(node_id, CARD_WIDTH, HEIGHT_WITH_LINE) for node_id in ids]
    return tidy(cards, [LaidWire(ids[wire.source], ids[wire.target]) for wire in found.wires])


# JSON that was not written by copying.


def _loads(text: str) -> Any:
    """The JSON value of a text, None when it is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _clipping(value: Any) -> tuple[Clipping | None, str]:
    """Nodes and links of a project file, of {"nodes": …, "edges": …} or of a list of nodes; and what was left out."""
    if isinstance(value, dict) and isinstance(value.get("graph"), dict):
        value = value["graph"]
    listed = value if isinstance(value, list) else value.get("nodes") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        return None, ""
    problems: list[str] = []
    nodes: dict[str, Node] = {}
    for number, item in enumerate(listed[:_MOST_NODES], start=1):
        node, problem = _node(item, number, nodes)
        if node is not None:
            nodes[node.id] = node
        elif problem:
            problems.append(problem)
    edges: dict[tuple[str, str], Edge] = {}
    given = value.get("edges") if isinstance(value, dict) else None
    for number, item in enumerate(given if isinstance(given, list) else (), start=1):
        edge = _convert(item, Edge)
        if not isinstance(edge, Edge) or edge.source not in nodes or edge.target not in nodes:
            problems.append(f"Link {number} leads nowhere.")
        elif edge.source != edge.target:
            edges[edge.target, edge.input] = edge
    if not isinstance(given, list) and len(nodes) == len(listed):
        edges = _row_edges(list(nodes.values()))
    if not nodes:
        return None, _note(problems)
    return Clipping(netwright="nodes", nodes=tuple(nodes.values()), edges=tuple(edges.values())), _note(problems)


def _node(item: Any, number: int, others: dict[str, Node]) -> tuple[Node | None, str]:
    """One node, with an id and a place where it has none."""
    if not isinstance(item, dict) or not isinstance(item.get("type"), str) or not item["type"]:
        return None, f"Node {number} has no type."
    filled = {"id": f"node{number}", "x": number * COLUMN, "y": 0.0, **item}
    if not isinstance(filled["id"], str) or not _ID.fullmatch(filled["id"]) or filled["id"] in others:
        filled["id"] = f"node{number}"
        while filled["id"] in others:
            filled["id"] += "x"
    known = {name: filled[name] for name in Node.__struct_fields__ if name in filled}
    node = _convert(known, Node)
    if isinstance(node, Node):
        return node, ""
    node = _convert({name: value for name, value in known.items() if name in ("id", "type", "x", "y")}, Node)
    if isinstance(node, Node):
        return node, ""
    return None, f"Node {number} ({item['type'][:30]}) can't be read."


def _row_edges(nodes: list[Node]) -> dict[tuple[str, str], Edge]:
    """A list of nodes without links is a chain, as far as its layers have one way in and one out."""
    edges: dict[tuple[str, str], Edge] = {}
    for before, after in itertools.pairwise(nodes):
        source, target = graph_edits.type_of(before), graph_edits.type_of(after)
        if source is not None and target is not None and source.outputs and target.inputs:
            port = target.inputs[0].name
            edges[after.id, port] = Edge(source=before.id, output=source.outputs[0], target=after.id, input=port)
    return edges


def _convert(value: Any, to: type[Any]) -> object:
    try:
        return msgspec.convert(value, to, strict=True)
    except (msgspec.ValidationError, RecursionError, NetwrightError):
        return None
