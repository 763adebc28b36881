"""What is said of things on the canvas: in tooltips, and to screen readers."""

from collections.abc import Collection

from engine.catalog.registry import layer_type
from engine.catalog.tensors import shape_text
from gui.design import graph_edits
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.hit import Hit, Kind
from gui.models.project import ProjectModel


def words_at(project: ProjectModel, found: Hit) -> str:
    """What is said of a thing under the pointer."""
    checker = project.checker
    graph = project.project.graph
    if found.kind in (Kind.NODE, Kind.BADGE):
        problems = checker.problems_of(found.node)
        if problems:
            return "\n".join(problem.message for problem in problems)
        node = graph.nodes.get(found.node)
        kind = layer_type(node.type) if node is not None else None
        return kind.help() if kind is not None else ""
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
        spec = checker.specs.get((edge.source, edge.output))
        shape = shape_text(spec.shape) if spec is not None else "shape not known yet"
        return f"{edge.source} → {edge.target}\n{shape}"
    return ""


def selection_words(project: ProjectModel, geometry: Geometry, nodes: Collection[str]) -> str:
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
