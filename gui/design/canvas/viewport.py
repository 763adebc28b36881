"""Where the canvas looks: the zoom and the place of the graph's origin on the screen."""

from typing import Final

MIN_ZOOM: Final = 0.02
MAX_ZOOM: Final = 4.0

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in canvas units."""


class Viewport:
    """screen = canvas * zoom + offset. The offset keeps to whole device pixels, so that text does not shimmer."""

    def __init__(self) -> None:
        self.zoom = 1.0
        self.x = 0.0
        self.y = 0.0
        self.ratio = 1.0
        """Device pixels per pixel of the screen the canvas is on."""

    def set_ratio(self, ratio: float) -> bool:
        """Another screen; False when it is as fine as the last one."""
        if ratio == self.ratio:
            return False
        self.ratio = ratio
        self.x, self.y = self._whole(self.x), self._whole(self.y)
        return True

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """A canvas point on the widget."""
        return x * self.zoom + self.x, y * self.zoom + self.y

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """A widget point on the canvas."""
        return (x - self.x) / self.zoom, (y - self.y) / self.zoom

    def visible(self, width: float, height: float) -> Box:
        """What a widget of that size shows."""
        left, top = self.to_canvas(0, 0)
        right, bottom = self.to_canvas(width, height)
        return left, top, right, bottom

    def pan(self, dx: float, dy: float) -> tuple[float, float]:
        """Move the picture by pixels; returns how far it moved after rounding."""
        before = self.x, self.y
        self.x = self._whole(self.x + dx)
        self.y = self._whole(self.y + dy)
        return self.x - before[0], self.y - before[1]

    def zoom_about(self, x: float, y: float, zoom: float) -> bool:
        """Change the zoom so that the canvas point under (x, y) stays there; False when the zoom was at its limit."""
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        if abs(zoom - self.zoom) < 1e-9:
            return False
        cx, cy = self.to_canvas(x, y)
        self.zoom = zoom
        self.x = self._whole(x - cx * zoom)
        self.y = self._whole(y - cy * zoom)
        return True

    def center_on(self, x: float, y: float, width: float, height: float) -> None:
        """Put a canvas point into the middle of a widget of that size."""
        self.x = self._whole(width / 2 - x * self.zoom)
        self.y = self._whole(height / 2 - y * self.zoom)

    def center(self, width: float, height: float) -> tuple[float, float]:
        """The canvas point in the middle."""
        return self.to_canvas(width / 2, height / 2)

    def fit(
        self,
        box: Box,
        width: float,
        height: float,
        *,
        margin: float = 56,
        top: float = 0,
        bottom: float = 0,
        largest: float = 1.0,
    ) -> None:
        """Show the whole box, no larger than `largest`, clear of what covers the view above and below."""
        top, bottom = max(top, margin), max(bottom, margin)
        across = max(1.0, box[2] - box[0])
        down = max(1.0, box[3] - box[1])
        zoom = min((width - 2 * margin) / across, (height - top - bottom) / down, largest)
        self.zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        self.center_on((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, width, height + top - bottom)

    def state(self) -> tuple[float, float, float]:
        """Zoom and offset, to compare and to animate between."""
        return self.zoom, self.x, self.y

    def set_state(self, state: tuple[float, float, float]) -> None:
        """Take over what `state` gave."""
        self.zoom = state[0]
        self.x = self._whole(state[1])
        self.y = self._whole(state[2])

    def _whole(self, value: float) -> float:
        return round(value * self.ratio) / self.ratio
