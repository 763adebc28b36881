"""Paints a snapshot of the graph on any painter as lines, shapes and text, never as pictures of cards."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from engine.errors import Cancelled
from gui.design.canvas.arrays import Floats, Ints
from gui.design.canvas.marks_paint import paint_frame, paint_note
from gui.design.canvas.sprites import PILL_HEIGHT, paint_card, pill_width
from gui.design.canvas.viewport import Box
from gui.design.drawing.snapshot import Snapshot
from gui.widgets.fonts import mono_font
from gui.widgets.theme import current_theme

_CURVE_STEPS = 24  # at four pixels a unit no corner is off the curve by more than half a pixel
_AT_ONCE = 40
_FULL_DETAIL = 1.0

Step = Callable[[float], None]
"""Told how much is done, 0 to 1, every few nodes; raises Cancelled to stop."""


@dataclass(slots=True)
class Progress:
    """Shared between the window, which reads `fraction` and sets `cancelled`, and the thread that paints."""

    fraction: float = 0.0
    cancelled: bool = False
    stop: Callable[[], object] | None = None
    """What ends the process that paints, where one does; called by `cancel`."""

    def cancel(self) -> None:
        """Paint no further; on the window's thread."""
        self.cancelled = True
        if self.stop is not None:
            self.stop()

    def __call__(self, fraction: float) -> None:
        """What the painter calls."""
        if self.cancelled:
            raise Cancelled("The drawing was not exported.")
        self.fraction = fraction


def prepare(snapshot: Snapshot, step: Step) -> Box:
    """Find how all links run; returns the box around what is painted."""
    links = snapshot.links
    for start in range(0, len(links), 200):
        snapshot.geometry.resolve(links[start : start + 200])
        step(0.3 * start / len(links))
    return snapshot.extent()


def paint(painter: QPainter, snapshot: Snapshot, step: Step) -> None:
    """Paint in canvas units, in the colours of this thread's theme: frames, links, notes, cards, then shapes."""
    hints = QPainter.RenderHint
    painter.setRenderHints(hints.Antialiasing | hints.TextAntialiasing)
    for frame in snapshot.marks.frames:
        paint_frame(painter, frame)
    _paint_links(painter, snapshot)
    for note in snapshot.marks.notes:
        paint_note(painter, note)
    geometry = snapshot.geometry
    count = max(1, len(snapshot.nodes))
    for number, row in enumerate(snapshot.nodes.tolist()):
        if number % _AT_ONCE == 0:
            step(0.3 + 0.6 * number / count)
        x, y = geometry.boxes[row, :2].tolist()
        painter.save()
        painter.translate(x, y)
        paint_card(painter, geometry.faces[row], _FULL_DETAIL)
        painter.restore()
    _paint_shapes(painter, snapshot, step)


def _paint_links(painter: QPainter, snapshot: Snapshot) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(current_theme().color("edge"), 1.7))
    for _links, curves in snapshot.geometry.curves(snapshot.links, _CURVE_STEPS):
        for points in curves:
            path = QPainterPath(QPointF(*points[0].tolist()))
            for x, y in points[1:].tolist():
                path.lineTo(x, y)
            painter.drawPath(path)


def _paint_shapes(painter: QPainter, snapshot: Snapshot, step: Step) -> None:
    geometry, links = snapshot.geometry, snapshot.links
    if not len(links):
        return
    theme = current_theme()
    ends = geometry.end_points(links)
    room = np.where(geometry.routes[links] >= 2, np.inf, np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]))
    middles = geometry.middles(links)
    font = mono_font(11)
    small = mono_font(9)
    centered = Qt.AlignmentFlag.AlignCenter
    for number, index in enumerate(_worth_writing(room)):
        if number % 200 == 0:
            step(0.9 + 0.1 * number / len(links))
        text = snapshot.link_text(geometry.edges[links[index]])
        if not text:
            continue
        width = pill_width(text)
        x, y = middles[index].tolist()
        if width - 8 <= room[index]:
            box = QRectF(x - width / 2, y - PILL_HEIGHT / 2, width, PILL_HEIGHT)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("background"))
            painter.drawRoundedRect(box, 9, 9)
            painter.setFont(font)
        elif (width - 16) * 0.84 <= room[index] - 2:
            # In a narrow gap the words alone stand above the link.
            box = QRectF(x - width / 2, y - PILL_HEIGHT * 0.84, width, PILL_HEIGHT * 0.84)
            painter.setFont(small)
        else:
            continue
        painter.setPen(theme.color("dim"))
        painter.drawText(box, centered, text)


def _worth_writing(room: Floats) -> list[int]:
    found: Ints = np.flatnonzero(room > 28)
    return [int(index) for index in found]
