"""Where the arrow keys go from a node: along its links, and up and down among its neighbours."""

from engine.document.graph import Graph
from gui.design.canvas.geometry import Geometry


def along(graph: Graph, geometry: Geometry, node_id: str, *, forward: bool) -> str | None:
    """The node a link leads to, or comes from; of several the one that lies most level."""
    if forward:
        near = [edge.target for edge in graph.consumers_of(node_id)]
    else:
        near = [edge.source for edge in graph.inputs_of(node_id).values()]
    if not near:
        return None
    y = geometry.boxes[geometry.row_of[node_id], 1]
    return min(dict.fromkeys(near), key=lambda other: abs(geometry.boxes[geometry.row_of[other], 1] - y))


def beside(geometry: Geometry, node_id: str, *, down: bool) -> str | None:
    """The nearest node above or below."""
    row = geometry.row_of[node_id]
    x, y = geometry.boxes[row, :2].tolist()
    offset = geometry.boxes[:, :2] - (x, y)
    wanted = offset[:, 1] > 1 if down else offset[:, 1] < -1
    if not wanted.any():
        return None
    # Sideways counts more, so that the walk stays in its column.
    cost = abs(offset[:, 1]) + 3 * abs(offset[:, 0])
    cost[~wanted] = float("inf")
    return geometry.ids[int(cost.argmin())]


def first(geometry: Geometry) -> str | None:
    """The node a reader begins with: at the left, then at the top."""
    if not geometry.ids:
        return None
    order = geometry.boxes[:, 1] + 0.25 * geometry.boxes[:, 0]
    return geometry.ids[int(order.argmin())]
