"""Walks over a drawn network: where a tensor really comes from, and which layer set its width."""

from collections.abc import Iterable, Iterator

from engine.catalog import registry
from engine.catalog.layer import Layer
from engine.catalog.losses import Loss
from engine.checks.shapes import ShapeInference, keeps_width
from engine.document.graph import Edge, Graph, Node
from engine.errors import NetwrightError


def first_edge(checker: ShapeInference, node_id: str) -> Edge | None:
    """The link at the first input port of a node, of one that chooses at the port it chooses."""
    ports = checker.ports(node_id)
    layer = checker.layers.get(node_id)
    port = (layer.handed_on() if layer is not None else "") or (ports[0].name if ports else "")
    return checker.project.graph.inputs_of(node_id).get(port)


def passed_on(graph: Graph, node_id: str) -> Edge | None:
    """The link whose tensor a node passes on when it is bypassed or taken out.

    The one at its first input; of a node that chooses, at the input it chooses.
    """
    inputs = graph.inputs_of(node_id)
    node = graph.node(node_id)
    found = registry.layer_type(node.type)
    if found is not None and found.inputs:
        return inputs.get(handed_on(node) or found.inputs[0].name)
    return min(inputs.values(), key=lambda edge: edge.input, default=None)


def handed_on(node: Node) -> str:
    """The input port whose tensor a node gives as it is, whether bypassed or not; empty where it computes."""
    found = registry.layer_type(node.type)
    if found is None or found.handed_on is Layer.handed_on:
        return ""
    try:
        return registry.layer(node).handed_on()
    except NetwrightError:  # the checks tell of it at the node
        return ""


def real_source(graph: Graph, edge: Edge) -> tuple[str, str]:
    """Node and output port that fill an edge; bypassed nodes, switches and the ports of blocks are seen through."""
    seen = set()
    while True:
        node = graph.nodes.get(edge.source)
        if node is None or not (node.bypassed or handed_on(node)) or edge.source in seen:
            return edge.source, edge.output
        seen.add(edge.source)
        inner = passed_on(graph, edge.source)
        if inner is None:
            return edge.source, edge.output
        edge = inner


def upstream(checker: ShapeInference, edge: Edge | None) -> Iterator[Node]:
    """The nodes before an edge, nearest first, along first inputs; ends at a source, a free input or a cycle."""
    graph = checker.project.graph
    seen: set[str] = set()
    while edge is not None and edge.source not in seen:
        seen.add(edge.source)
        yield graph.nodes[edge.source]
        edge = first_edge(checker, edge.source)


def sources_of(graph: Graph, node_ids: Iterable[str]) -> set[str]:
    """These nodes and all that they depend on: of what is bypassed or chooses, only what it passes on."""
    found: set[str] = set()
    waiting = list(node_ids)
    while waiting:
        node_id = waiting.pop()
        if node_id in found:
            continue
        found.add(node_id)
        node = graph.nodes.get(node_id)
        if node is not None and (node.bypassed or handed_on(node)):
            passed = passed_on(graph, node_id)
            waiting += [passed.source] if passed is not None else []
        else:
            waiting += [edge.source for edge in graph.inputs_of(node_id).values()]
    return found


def width_setter(checker: ShapeInference, edge: Edge) -> Node | None:
    """The layer before an edge whose attribute sets how many features arrive there, if it is in plain sight.

    None when a layer with weights of its own would change too, or when it counts twice (bidirectional).
    """
    for node in upstream(checker, edge):
        layer = checker.layers.get(node.id)
        if layer is None:
            return None
        if layer.width and not node.bypassed:
            counts_once = not getattr(layer, "bidirectional", False) and not getattr(layer, "proj_size", 0)
            alone = counts_once and ends_only(checker, node.id)
            return node if alone else None
        if not node.bypassed and not keeps_width(layer):
            return None
    return None


def ends_only(checker: ShapeInference, node_id: str) -> bool:
    """Whether a node leads to Outputs and losses alone, through nothing but layers that keep the width."""
    graph = checker.project.graph
    seen = {node_id}
    stack = [node_id]
    while stack:
        for edge in graph.consumers_of(stack.pop()):
            layer = checker.layers.get(edge.target)
            if layer is None or edge.target in seen:
                continue
            seen.add(edge.target)
            if layer.output_ports():
                if not keeps_width(layer):
                    return False
                stack.append(edge.target)
    return True


def without_target(checker: ShapeInference, losses: Iterable[str]) -> list[str]:
    """Those of the losses that learn without being told what is right: from energies, from the distances of a map."""
    found = []
    for loss_id in losses:
        layer = checker.layers.get(loss_id)
        taught = not isinstance(layer, Loss) or any(port.name == "target" for port in layer.input_ports())
        if not taught and not getattr(layer, "measure", False):
            found.append(loss_id)
    return found
