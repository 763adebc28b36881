"""What is said of things on the canvas: in tooltips, and to screen readers."""

from collections.abc import Collection
from typing import Final

from engine.catalog.registry import layer_type
from engine.catalog.rules import USUAL_AXES
from engine.catalog.tensors import shape_text
from engine.document.graph import Edge
from gui.design import graph_edits
from gui.design.amounts import number_text
from gui.design.canvas.block_face import block_words
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.glow import share_text
from gui.design.canvas.hit import Hit, Kind
from gui.models.scope import Scope


def words_at(project: Scope, found: Hit) -> str:
    """What is said of a thing under the pointer."""
    checker = project.checker
    graph = project.project.graph
    if found.kind in (Kind.NODE, Kind.BADGE):
        problems = checker.problems_of(found.node)
        if problems:
            more = "Click for repairs" if found.kind is Kind.BADGE else "Repairs: Ctrl+."
            mendable = any(problem.repairs for problem in problems)
            return "\n".join([*(problem.message for problem in problems), *([more] if mendable else [])])
        node = graph.nodes.get(found.node)
        kind = layer_type(node.type) if node is not None else None
        return "\n".join(
            part
            for part in (
                block_words(project.document, node) or (kind.help() if kind is not None else ""),
                cost_words(project, found.node),
            )
            if part
        )
    if found.kind is Kind.INPUT:
        node = graph.node(found.node)
        port = next((port for port in graph_edits.input_ports(node, checker) if port.name == found.port), None)
        edge = graph.inputs_of(found.node).get(found.port)
        spec = checker.specs.get((edge.source, edge.output)) if edge is not None else None
        lines = [found.port]
        if port is not None and port.axes:
            lines.append(f"expects ({', '.join(port.axes)})")
        if spec is not None:
            lines.append(f"gets {shape_text(spec.shape)}")
        elif edge is None:
            lines.append("not linked" + (", which is allowed" if port is not None and port.optional else ""))
        return "\n".join(lines)
    if found.kind is Kind.OUTPUT:
        spec = checker.specs.get((found.node, found.port))
        return f"{found.port}\n{shape_text(spec.shape)}" if spec is not None else f"{found.port}\nshape not known yet"
    if found.kind is Kind.LINK and found.link is not None:
        edge = graph.inputs_of(found.link[0]).get(found.link[1])
        if edge is None:
            return ""
        return link_words(project, edge)
    return ""


def link_words(project: Scope, edge: Edge) -> str:
    """Where a link leads and what flows there: "64 channels × 28 height × 28 width"."""
    spec = project.checker.specs.get((edge.source, edge.output))
    if spec is None:
        return f"{edge.source} → {edge.target}\nshape not known yet"
    names = axis_names(project, edge)
    kind = "" if spec.dtype == "float" else ", whole numbers" if spec.dtype == "int" else ", yes or no"
    if spec.rank == 1:
        named = "1 number"
    elif names:
        sizes = zip(spec.shape[1:], names[1:], strict=True)
        named = " × ".join(
            f"any {name}" if size is None else f"1 {name.removesuffix('s')}" if size == 1 else f"{size:,} {name}"
            for size, name in sizes
        )
    else:
        named = " × ".join("any" if size is None else f"{size:,}" for size in spec.shape[1:])
    return f"{edge.source} → {edge.target}\n{named}{kind}\n{shape_text(spec.shape)}"


_FARTHEST: Final = 40


def axis_names(project: Scope, edge: Edge) -> tuple[str, ...]:
    """What the axes of a tensor on a link are called, batch first; empty when nobody says.

    A port that names its axes says so: the one the link ends at, else the nearest one before or behind it through which
    a tensor of as many axes flows.
    """
    checker, graph = project.checker, project.project.graph
    spec = checker.specs.get((edge.source, edge.output))
    if spec is None:
        return ()
    for forward in (True, False):
        waiting, seen = [edge], {(edge.target, edge.input)}
        while waiting and len(seen) < _FARTHEST:
            at = waiting.pop(0)
            axes = _axes_of(project, at)
            if len(axes) == spec.rank:
                return axes
            more = graph.consumers_of(at.target) if forward else graph.inputs_of(at.source).values()
            for other in more:
                known = checker.specs.get((other.source, other.output))
                if known is not None and known.rank == spec.rank and (other.target, other.input) not in seen:
                    seen.add((other.target, other.input))
                    waiting.append(other)
    return USUAL_AXES.get(spec.rank, ())


def _axes_of(project: Scope, edge: Edge) -> tuple[str, ...]:
    node = project.project.graph.nodes.get(edge.target)
    if node is None:
        return ()
    ports = graph_edits.input_ports(node, project.checker)
    return next((port.axes for port in ports if port.name == edge.input), ())


def cost_words(project: Scope, node_id: str) -> str:
    """Parameters and multiply-adds of a node with their share of the network's; empty when it costs nothing."""
    cost, total = project.checker.cost_of(node_id), project.checker.total_cost()
    parts = []
    for amount, whole, name in (
        (cost.parameters, total.parameters, "parameters"),
        (cost.multiply_adds, total.multiply_adds, "multiply-adds"),
    ):
        if amount:
            share = f" ({share_text(min(1.0, amount / whole))})" if whole else ""
            parts.append(f"{number_text(amount)} {name}{share}")
    return "\n".join(parts)


def selection_words(project: Scope, geometry: Geometry, nodes: Collection[str]) -> str:
    """The selected node with settings, neighbours, shape and problems; the number of several; empty for none."""
    if len(nodes) != 1:
        return f"{len(nodes)} nodes selected" if nodes else ""
    (node_id,) = nodes
    row = geometry.row_of.get(node_id)
    if row is None or node_id not in project.project.graph.nodes:
        return ""
    face = geometry.faces[row]
    sources = [edge.source for edge in project.project.graph.inputs_of(node_id).values()]
    spec = project.checker.specs.get((node_id, face.outputs[0])) if face.outputs else None
    parts = [
        f"{face.title} {node_id}",
        face.line,
        f"input from {', '.join(sources)}" if sources else "no input" if face.inputs else "",
        f"output {shape_text(spec.shape)}" if spec is not None else "",
        *(problem.message for problem in project.checker.problems_of(node_id)),
    ]
    return ", ".join(part for part in parts if part)
