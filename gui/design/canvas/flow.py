"""Whether the drawn graph runs down: then links leave cards at the bottom and arrive at the top."""

from gui.design import flow
from gui.design.canvas.geometry import Geometry


def runs_down(geometry: Geometry) -> bool:
    """Whether far more links lead to a card straight below than to one at the right."""
    places, ends = geometry.boxes[:, :2], geometry.ends
    return flow.runs_down(places[ends[:, 0]], places[ends[:, 1]])
