"""Where a network that is given noise puts what it knows: the hidden values that go into the same weights.

A decoder drawn twice, once behind its encoder and once behind noise, makes something of any place; the samples have
places too, which are shown beside.
"""

from engine.checks.walking import real_source
from engine.document.graph import Graph


def place_of_samples(graph: Graph, noise_id: str) -> str:
    """The node whose values take, at nodes with the same weights, the place of this noise; "" where there is none.

    `graph` is flat.
    """
    for node in graph.nodes.values():
        owner = graph.owner(node.id)
        for port, edge in graph.inputs_of(node.id).items():
            if real_source(graph, edge)[0] != noise_id:
                continue
            for other in graph.nodes.values():
                if other.id == node.id or graph.owner(other.id) != owner:
                    continue
                twin = graph.inputs_of(other.id).get(port)
                if twin is not None and (found := real_source(graph, twin)[0]) != noise_id:
                    return found
    return ""
