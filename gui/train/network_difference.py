"""The drawn difference of two networks: one drawing with what was added, removed and changed, in colours and signs."""

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.catalog.registry import layer_type
from gui.train.differences import Change, GraphDifference, NodeDifference
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

_WIDTH: Final = 150.0
_HEIGHT: Final = 46.0
_MARGIN: Final = 24.0
_SIGNS: Final = {Change.ADDED: "+", Change.REMOVED: "−", Change.CHANGED: "~", Change.SAME: ""}
_TONES: Final = {Change.ADDED: "ok", Change.REMOVED: "error", Change.CHANGED: "warn", Change.SAME: "line"}


class NetworkDifference(QWidget):
    """Drag moves the drawing, the wheel zooms, a double click shows all. Nodes lie where they lie in the drawing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.compare.network")
        self.setAccessibleName("Difference of the networks")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._difference = GraphDifference()
        self._zoom = 1.0
        self._at = QPointF()  # of the view's middle, in units of the drawing
        self._held: QPointF | None = None  # where the mouse holds the drawing; set on press, cleared on release
        self._fits = True  # until the user moves: the whole drawing is shown at any size
        theme_notifier().changed.connect(self.update)

    def show_difference(self, difference: GraphDifference) -> None:
        """Show another one, whole."""
        self._difference = difference
        self._fits = True
        counts = difference.counts()
        words = ", ".join(f"{counts[kind]} {kind.value}" for kind in Change if kind is not Change.SAME)
        self.setAccessibleDescription(words)
        self.update()

    def difference(self) -> GraphDifference:
        """What is shown."""
        return self._difference

    def node_at(self, point: QPointF) -> NodeDifference | None:
        """The node at a point of the widget."""
        place = self._to_drawing(point)
        return next((one for one in self._difference.nodes.values() if _rect(one).contains(place)), None)

    @guarded(fallback=lambda _self: QSize(480, 320))
    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    @guarded(fallback=lambda _self: QSize(200, 160))
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    def _fit(self) -> None:
        nodes = self._difference.nodes
        if not nodes:
            return
        whole = QRectF()
        for one in nodes.values():
            whole = whole.united(_rect(one))
        whole = whole.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        self._zoom = min(1.2, self.width() / whole.width(), self.height() / whole.height())
        self._at = whole.center()

    def _to_drawing(self, point: QPointF) -> QPointF:
        middle = QPointF(self.width() / 2, self.height() / 2)
        return (point - middle) / self._zoom + self._at

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._fits:
            self._fit()
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self._difference.nodes:
                painter.setPen(theme.color("faint"))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Both networks are empty")
                return
            painter.translate(self.width() / 2, self.height() / 2)
            painter.scale(self._zoom, self._zoom)
            painter.translate(-self._at)
            self._draw_links(painter)
            for one in self._difference.nodes.values():
                self._draw_node(painter, one)

    def _draw_links(self, painter: QPainter) -> None:
        theme = current_theme()
        nodes = self._difference.nodes
        for link in self._difference.links:
            if link.source not in nodes or link.target not in nodes:
                continue
            source, target = _rect(nodes[link.source]), _rect(nodes[link.target])
            start = QPointF(source.right(), source.center().y())
            end = QPointF(target.left(), target.center().y())
            reach = max(30.0, abs(end.x() - start.x()) / 2)
            path = QPainterPath(start)
            path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
            same = link.change is Change.SAME
            pen = QPen(theme.color("edge" if same else _TONES[link.change]), 1.4 if same else 2.4)
            if link.change is Change.REMOVED:
                pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)

    def _draw_node(self, painter: QPainter, one: NodeDifference) -> None:
        theme = current_theme()
        rect = _rect(one)
        tone = theme.color(_TONES[one.change])
        same = one.change is Change.SAME
        pen = QPen(tone, 1.2 if same else 2.2)
        if one.change is Change.REMOVED:
            pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(theme.color("panel") if same else mix(theme.panel, tone, 0.12))
        painter.drawRoundedRect(rect, 7, 7)
        kind = layer_type(one.node.type)
        family = kind.family.value if kind is not None else "shape"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family(family))
        painter.drawRoundedRect(QRectF(rect.left() + 6, rect.top() + 8, 3, rect.height() - 16), 1.5, 1.5)
        painter.setFont(text_font())
        painter.setPen(theme.color("dim" if same else "text"))
        metrics = painter.fontMetrics()
        room = QRectF(rect.left() + 16, rect.top() + 5, rect.width() - 40, 18)
        label = kind.label() if kind is not None else one.node.type
        shown = metrics.elidedText(plain_text(label), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(theme.color("faint"))
        below = QRectF(rect.left() + 16, rect.top() + 23, rect.width() - 22, 18)
        words = one.words or one.node.title or one.node.id
        words = painter.fontMetrics().elidedText(plain_text(words), Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, words)
        sign = _SIGNS[one.change]
        if sign:
            badge = QRectF(rect.right() - 22, rect.top() + 5, 16, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tone)
            painter.drawEllipse(badge)
            painter.setPen(theme.color("background" if theme.dark else "panel"))
            painter.setFont(text_font())
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, sign)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.position()

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._fits = False
            self._at -= (event.position() - self._held) / self._zoom
            self._held = event.position()
            self.update()

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    @guarded
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._fits = True
        self.update()

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._fits = False
        before = self._to_drawing(event.position())
        self._zoom = min(3.0, max(0.05, self._zoom * 1.0015 ** event.angleDelta().y()))
        self._at += before - self._to_drawing(event.position())
        self.update()
        event.accept()

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            one = self.node_at(QPointF(event.pos()))
            if one is None:
                QToolTip.hideText()
            else:
                words = f"{one.node.id}: {one.change.value}" + (f"\n{one.words}" if one.words else "")
                QToolTip.showText(event.globalPos(), tooltip_text(words), self)
            return True
        return super().event(event)


def _rect(one: NodeDifference) -> QRectF:
    return QRectF(one.node.x, one.node.y, _WIDTH, _HEIGHT)
