"""What turns the tensor at an Output into an answer: softmax, sigmoid, exp or nothing."""

from engine.catalog import registry
from engine.catalog.losses import Loss
from engine.checks.walking import real_source, sources_of
from engine.document.graph import Graph, natural
from engine.errors import GraphError

NOISE = "Noise"

_DONE = {"Softmax": "none", "Sigmoid": "none", "Softmin": "none", "LogSoftmax": "exp", "LogSigmoid": "exp"}
"""Activations whose result is an answer already, or its logarithm."""


def answer_of(graph: Graph, output_id: str) -> str:
    """ "softmax", "sigmoid", "exp", "embedding" or "none", for an Output.

    The loss that sees the same tensor says it; without one, the activation before the Output; else it is taken as it
    is. Bypassed nodes are seen through. Raises GraphError when the node does not exist.
    """
    graph.node(output_id)
    edge = graph.inputs_of(output_id).get("prediction")
    if edge is None:
        return "none"
    own = real_source(graph, edge)
    kinds = {kind: registry.layer_type(kind) for kind in {node.type for node in graph.nodes.values()}}
    losses = {kind: found for kind, found in kinds.items() if found is not None and issubclass(found, Loss)}
    seeing = [node.id for node in graph.nodes.values() if node.type in losses and not node.bypassed]
    for loss_id in sorted(seeing, key=natural):
        seen = graph.inputs_of(loss_id).get(_first_port(losses[graph.nodes[loss_id].type]))
        if seen is not None and real_source(graph, seen) == own:
            return losses[graph.nodes[loss_id].type].answer
    if own[0] not in graph.nodes:
        raise GraphError(f"There is no node '{own[0]}'.", where=own[0])
    return _DONE.get(graph.nodes[own[0]].type, "none")


def is_made_of_noise(graph: Graph, output_id: str) -> bool:
    """Whether what stands at an Output is made of random numbers: each time another one, so there is no one truth that
    it could be compared with."""
    return any(graph.nodes[node_id].type == NOISE for node_id in sources_of(graph, [output_id]))


def _first_port(loss: type[Loss]) -> str:
    """What a loss judges: its prediction, or the anchor of three."""
    names = [port.name for port in loss.inputs]
    return "prediction" if "prediction" in names or not names else names[0]
