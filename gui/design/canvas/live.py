"""The small live pictures on cards: how the weights of each node are spread in the run that is shown."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QBrush, QPainter

from engine.document.flat import SEPARATOR
from engine.protocol.run_events import WeightHistogram, WeightsSeen
from gui.design.canvas.arrays import Floats, Ints, Mask, draw_rects
from gui.design.canvas.face import HEADER, NodeFace
from gui.design.canvas.geometry import COLORS, Geometry
from gui.design.canvas.sprites import BRIEF_BELOW
from gui.design.canvas.viewport import Viewport
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

if TYPE_CHECKING:
    from gui.models.runs import RunsModel
    from gui.models.scope import Scope
    from gui.models.settings import Settings

_LETTER: Final = 7.2
"""Width of a letter of the settings line, which is mono-spaced."""
_LEAST_ROOM: Final = 46.0
_SIDE: Final = 14.0
_BINS: Final = 24


class LivePictures(QObject):
    """Bars of the newest state of the current run, by the node's id in the shown graph.

    They stand where a card is free, so that none changes its size: behind the settings, or as a low strip under them.
    """

    changed = Signal()
    """Other bars, or none."""

    def __init__(self, scope: "Scope", runs: "RunsModel | None", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scope = scope
        self._runs = runs
        self._settings: Settings | None = None
        self._seen: WeightsSeen | None = None
        self._prefix = ""
        self._places: dict[str, int] = {}  # node -> row of `_heights`
        self._heights: Floats = np.zeros((0, _BINS))
        scope.opened.connect(self._take)
        if runs is not None:
            runs.events_arrived.connect(self._on_events)
            runs.current_changed.connect(self._take)
        self._take()

    def follow(self, settings: "Settings | None") -> None:
        """Show or leave out the pictures as the settings say; new runs tell of weights only when they are shown."""
        self._settings = settings
        if settings is not None:
            settings.changed.connect(self._on_settings)
            self._on_settings()

    @property
    def shown(self) -> bool:
        """Whether the user wants them."""
        return self._settings is None or self._settings.values.live_pictures

    @property
    def any(self) -> bool:
        """Whether the current run tells of weights."""
        return self._seen is not None

    def toggle(self) -> None:
        """Show them, or leave them out."""
        if self._settings is not None:
            self._settings.update(live_pictures=not self.shown)

    def of(self, node_id: str) -> WeightHistogram | None:
        """How the weights of a node of the shown graph are spread; None when nobody says."""
        return self._seen.nodes.get(self._prefix + node_id) if self._seen is not None and self.shown else None

    def words(self, node_id: str) -> str:
        """The same in numbers; empty when nobody says."""
        told = self.of(node_id)
        if told is None or self._seen is None or self._runs is None:
            return ""
        spread = f"{told.low:g} to {told.high:g}, mean {told.mean:.3g}, deviation {told.deviation:.3g}"
        count = "1 weight" if told.count == 1 else f"{told.count:,} weights"
        return f"{count} in run {self._runs.current}, {self.when()}:\n{spread}"

    def when(self) -> str:
        """How far the run was when it told of its weights."""
        if self._seen is None:
            return ""
        return f"epoch {self._seen.epoch}" if self._seen.step else "before the first step"

    def draw(self, painter: QPainter, view: Viewport, geometry: Geometry, nodes: Ints) -> None:
        """Draw the bars of those of these nodes that have some."""
        if view.zoom < BRIEF_BELOW or self._seen is None or not self.shown:
            return
        place_of, prefix, ids, faces = self._places, self._prefix, geometry.ids, geometry.faces
        shown = [row for row in nodes.tolist() if prefix + ids[row] in place_of and not faces[row].bypassed]
        if not shown:
            return
        heights = self._heights[[place_of[prefix + ids[row]] for row in shown]]
        rects, there = _bars(
            geometry.boxes[shown, :2], np.array([picture_box(faces[row]) for row in shown]), heights, view
        )
        colors = geometry.colors[shown]
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for color in np.unique(colors).tolist():
            painter.setBrush(QBrush(mix(theme.family(COLORS[color]), theme.panel, 0.22)))
            mine = colors == color
            draw_rects(painter, rects[mine][there[mine]])

    def _on_events(self, run: int, events: list[object]) -> None:
        if self._runs is not None and run == self._runs.current and any(isinstance(e, WeightsSeen) for e in events):
            self._take()

    def _on_settings(self) -> None:
        if self._runs is not None:
            self._runs.pictures = self.shown
        self.changed.emit()

    def _take(self) -> None:
        """Take over the newest state of the current run."""
        runs = self._runs
        seen = runs.curves(runs.current).weights if runs is not None and runs.current is not None else None
        prefix = "".join(f"{instance}{SEPARATOR}" for instance in self._scope.path)
        if seen is not self._seen or prefix != self._prefix:
            self._seen, self._prefix = seen, prefix
            told = seen.nodes if seen is not None else {}
            self._places = {node: place for place, node in enumerate(told)}
            self._heights = np.array([_heights(item.bars) for item in told.values()]).reshape(-1, _BINS)
            self.changed.emit()


def _heights(bars: list[int]) -> list[float]:
    """Heights from 0 to 1; weights that are all equal are one bar in the middle, not a wall."""
    if len(bars) == _BINS:
        return [bar / 99.0 for bar in bars]
    return [1.0 if place == _BINS // 2 else 0.0 for place in range(_BINS)]


def _bars(corners: Floats, boxes: Floats, heights: Floats, view: Viewport) -> tuple[Floats, Mask]:
    """(node, bar, 4) rectangles on the screen, in whole pixels of it, and (node, bar) which are there at all."""
    ratio, scale = view.ratio, view.zoom * view.ratio
    left = (corners[:, 0] + boxes[:, 0]) * scale + view.x * ratio
    base = np.round((corners[:, 1] + boxes[:, 3]) * scale + view.y * ratio)
    width, height = (boxes[:, 2] - boxes[:, 0]) * scale, (boxes[:, 3] - boxes[:, 1]) * scale
    edges = np.round(left[:, None] + width[:, None] * np.linspace(0.0, 1.0, _BINS + 1))
    there: Mask = heights > 0
    tall = np.maximum(np.round(heights * height[:, None]), ratio)
    gap = np.where(width / _BINS >= 3.0, 1.0, 0.0)[:, None]
    rects = np.empty((*heights.shape, 4))
    rects[:, :, 0] = edges[:, :-1]
    rects[:, :, 1] = base[:, None] - tall
    rects[:, :, 2] = np.maximum(1.0, np.diff(edges, axis=1) - gap)
    rects[:, :, 3] = tall
    return rects / ratio, there


def picture_box(face: NodeFace) -> tuple[float, float, float, float]:
    """Where the bars stand on a card: left, top, right, bottom from its top left."""
    behind = _SIDE + len(face.line) * _LETTER + 10 if face.line else _SIDE
    right = face.width - _SIDE
    if right - behind >= _LEAST_ROOM:
        return behind, HEADER + 7, right, face.height - 9
    return _SIDE, face.height - 11, right, face.height - 5
