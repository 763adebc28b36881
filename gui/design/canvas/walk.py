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
    axis = 0 if geometry.downwards else 1
    level = geometry.boxes[geometry.row_of[node_id], axis]
    return min(dict.fromkeys(near), key=lambda other: abs(geometry.boxes[geometry.row_of[other], axis] - level))


def turned(direction: str, geometry: Geometry) -> str:
    """What an arrow key means as if the graph ran to the right: where it runs down, Down follows the links."""
    if not geometry.downwards:
        return direction
    return {"down": "right", "up": "left", "right": "down", "left": "up"}[direction]


def beside(geometry: Geometry, node_id: str, *, down: bool) -> str | None:
    """The nearest node above or below; at the right or left where the graph runs down."""
    row = geometry.row_of[node_id]
    x, y = geometry.boxes[row, :2].tolist()
    offset = geometry.boxes[:, :2] - (x, y)
    if geometry.downwards:
        offset = offset[:, ::-1]
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
