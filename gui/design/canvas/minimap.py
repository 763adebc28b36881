"""The small map in the corner: all nodes, and a frame around what is in view that can be dragged."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from gui.design.canvas.arrays import draw_rects
from gui.design.canvas.geometry import COLORS, Flag, Geometry
from gui.design.canvas.marks import Marks, surrounding
from gui.design.canvas.viewport import Box
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

_SIZE = QSize(172, 108)
_MARGIN = 10.0
_REDRAW_AFTER_MS = 60


class Minimap(QWidget):
    """Shows a geometry; `jumped` asks for a point of the canvas to come into the middle.

    `is_held` while the mouse is held down on it, `let_go` when it is not any more.
    """

    jumped = Signal(float, float)
    let_go = Signal()

    def __init__(self, geometry: Geometry, parent: QWidget, marks: Marks | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.canvas.minimap")
        self.setAccessibleName("Map of the network")
        self.setFixedSize(_SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._geometry = geometry
        self._marks = marks if marks is not None else Marks()
        self.is_held = False
        self._view: Box = (0.0, 0.0, 1.0, 1.0)
        self._shown: Box = (0.0, 0.0, 0.0, 0.0)  # what the map has room for
        self._nodes = QPixmap()
        self._stale = True
        self._scale = 1.0
        self._origin = (0.0, 0.0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timer)
        theme_notifier().changed.connect(self.refresh)

    def refresh(self) -> None:
        """The graph has changed; drawn again soon, once for many changes."""
        if not self._timer.isActive():
            self._timer.start(_REDRAW_AFTER_MS)

    def set_view(self, box: Box) -> None:
        """Show another frame."""
        if box != self._view:
            self._view = box
            if not self._covers(box):
                self.refresh()  # the map makes room for the frame, soon: not at every step of a pan
            self.update()

    def _on_timer(self) -> None:
        self._stale = True
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        ratio = self.devicePixelRatioF()
        if self._stale or self._nodes.devicePixelRatio() != ratio:
            self._draw_nodes(ratio)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawPixmap(QPointF(0, 0), self._nodes)
            left, top = self._to_map(self._view[0], self._view[1])
            right, bottom = self._to_map(self._view[2], self._view[3])
            view = QRectF(left, top, right - left, bottom - top).intersected(self._frame().adjusted(3, 3, -3, -3))
            if view.isValid():
                painter.setPen(QPen(theme.color("accent"), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(view, 4, 4)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.is_held = True
        self._jump(event)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._jump(event)

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not event.buttons():
            self.is_held = False
            self.let_go.emit()

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        self.is_held = False  # with its tab: the release is told to nobody

    def _jump(self, event: QMouseEvent) -> None:
        point = event.position()
        x = (point.x() - self._origin[0]) / self._scale
        y = (point.y() - self._origin[1]) / self._scale
        self.jumped.emit(x, y)

    def _covers(self, box: Box) -> bool:
        shown = self._shown
        return shown[0] <= box[0] and shown[1] <= box[1] and shown[2] >= box[2] and shown[3] >= box[3]

    def _frame(self) -> QRectF:
        return QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)

    def _to_map(self, x: float, y: float) -> tuple[float, float]:
        return x * self._scale + self._origin[0], y * self._scale + self._origin[1]

    def _draw_nodes(self, ratio: float) -> None:
        self._stale = False
        theme = current_theme()
        self._nodes = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        self._nodes.setDevicePixelRatio(ratio)
        self._nodes.fill(Qt.GlobalColor.transparent)
        with QPainter(self._nodes) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("line"), 1))
            ground = theme.color("panel")
            ground.setAlphaF(0.94)
            painter.setBrush(ground)
            painter.drawRoundedRect(self._frame(), 7, 7)
        boxes_of = (self._geometry.extent(), self._marks.extent())
        extent = surrounding(box for box in boxes_of if box is not None)
        if extent is None:
            return
        left, top, right, bottom = extent
        # The frame of the view has room too, unless it is far larger than the graph.
        view = self._view
        grow_x, grow_y = (right - left) * 0.35 + 200, (bottom - top) * 0.35 + 200
        left, top = max(min(left, view[0]), left - grow_x), max(min(top, view[1]), top - grow_y)
        right, bottom = min(max(right, view[2]), right + grow_x), min(max(bottom, view[3]), bottom + grow_y)
        self._shown = (left, top, right, bottom)
        width, height = self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN
        self._scale = min(width / max(1.0, right - left), height / max(1.0, bottom - top), 0.16)
        self._origin = (
            self.width() / 2 - (left + right) / 2 * self._scale,
            self.height() / 2 - (top + bottom) / 2 * self._scale,
        )
        boxes = self._geometry.boxes * self._scale
        boxes[:, 0] += self._origin[0]
        boxes[:, 1] += self._origin[1]
        boxes[:, 2:] = boxes[:, 2:].clip(1.0)
        colors, flags = self._geometry.colors, self._geometry.flags
        with QPainter(self._nodes) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(boxes) < 800)
            self._draw_marks(painter)
            painter.setPen(Qt.PenStyle.NoPen)
            for index, name in enumerate(COLORS):
                chosen = boxes[colors == index]
                if len(chosen):
                    painter.setBrush(QBrush(mix(theme.family(name), theme.panel, 0.15)))
                    draw_rects(painter, chosen)
            wrong = boxes[(flags & int(Flag.ERROR)) != 0]
            if len(wrong):
                painter.setBrush(QBrush(theme.color("error")))
                grown = wrong.copy()
                grown[:, :2] -= 1
                grown[:, 2:] += 2
                draw_rects(painter, grown)

    def _draw_marks(self, painter: QPainter) -> None:
        theme = current_theme()
        for mark in self._marks.drawn:
            color = theme.family(mark.color) if mark.color else theme.color("edge")
            painter.setPen(QPen(mix(color, theme.panel, 0.3), 1))
            ground = QColor(color)
            ground.setAlphaF(0.14)
            painter.setBrush(ground)
            x, y = self._to_map(mark.x, mark.y)
            painter.drawRect(QRectF(x, y, max(2.0, mark.width * self._scale), max(2.0, mark.height * self._scale)))
