"""The small live pictures on cards: how the weights of each node are spread in the run that is shown."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QBrush, QPainter

from engine.document.flat import SEPARATOR
from engine.protocol.run_events import WeightHistogram, WeightsSeen
from gui.design.canvas.arrays import Floats, Ints, draw_rects
from gui.design.canvas.face import HEADER, NodeFace
from gui.design.canvas.geometry import COLORS, Flag, Geometry
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
        self._bars: dict[str, Floats] = {}  # heights from 0 to 1, made when they are drawn
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
        by_color: dict[int, list[Floats]] = {}
        flags = geometry.flags
        for row in nodes.tolist():
            told = self._seen.nodes.get(self._prefix + geometry.ids[row])
            if told is None or flags[row] & int(Flag.BYPASSED):
                continue
            rects = self._rects(geometry.faces[row], told, geometry.boxes[row, :2], view)
            by_color.setdefault(int(geometry.colors[row]), []).append(rects)
        if not by_color:
            return
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for color, groups in by_color.items():
            painter.setBrush(QBrush(mix(theme.family(COLORS[color]), theme.panel, 0.22)))
            draw_rects(painter, np.concatenate(groups))

    def _rects(self, face: NodeFace, told: WeightHistogram, corner: Floats, view: Viewport) -> Floats:
        """(bar, 4): x, y, width, height on the screen, in whole pixels of it."""
        bars = self._bars.get(face.id)
        if bars is None:
            bars = self._bars[face.id] = np.array(told.bars, dtype=np.float64) / 99.0
        left, top, right, bottom = picture_box(face)
        ratio, zoom = view.ratio, view.zoom
        x, y = view.to_screen(corner[0] + left, corner[1] + bottom)
        width, height = (right - left) * zoom * ratio, (bottom - top) * zoom * ratio
        if len(bars) == 1:
            # All weights are equal: one bar in the middle, not a wall.
            x, width = x + width / ratio * 0.46, width * 0.08
        edges = np.round(x * ratio + np.linspace(0.0, width, len(bars) + 1))
        tall = np.maximum(np.round(bars * height), np.where(bars > 0, ratio, 0.0))
        base = np.round(y * ratio)
        gap = 1.0 if width / len(bars) >= 3.0 else 0.0
        rects = np.empty((len(bars), 4))
        rects[:, 0] = edges[:-1]
        rects[:, 1] = base - tall
        rects[:, 2] = np.maximum(1.0, edges[1:] - edges[:-1] - gap)
        rects[:, 3] = tall
        drawn: Floats = rects[tall > 0] / ratio
        return drawn

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
            self._bars.clear()
            self.changed.emit()


def picture_box(face: NodeFace) -> tuple[float, float, float, float]:
    """Where the bars stand on a card: left, top, right, bottom from its top left."""
    behind = _SIDE + len(face.line) * _LETTER + 10 if face.line else _SIDE
    right = face.width - _SIDE
    if right - behind >= _LEAST_ROOM:
        return behind, HEADER + 7, right, face.height - 9
    return _SIDE, face.height - 11, right, face.height - 5
