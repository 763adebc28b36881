"""The picture of everything that stands still, kept so that hover, drag and pan repaint only what changes."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QRegion

Draw = Callable[[QPainter, QRect], None]

_MARGIN_PX: Final = 96
"""How far the picture reaches beyond the canvas on each side: panning draws this much ahead, and then only looks on."""


class GraphLayer:
    """A pixmap somewhat larger than the canvas, and the regions of it that are out of date.

    Regions are kept in the picture's own pixels; callers speak of the canvas widget's pixels.
    """

    def __init__(self) -> None:
        self._picture = QPixmap()
        self._size = QSize()
        self._ratio = 1.0
        self._stale = QRegion()
        self._left = self._top = 0  # where the canvas lies in the picture, in its pixels

    @property
    def stale(self) -> bool:
        """Whether a part of what can be seen waits to be drawn."""
        return self._stale.intersects(self._visible())

    def resize(self, size: QSize, ratio: float) -> None:
        """Fit the canvas; everything is out of date after a change."""
        if size == self._size and ratio == self._ratio:
            return
        self._size, self._ratio = QSize(size), ratio
        margin = 2 * self._margin()
        self._picture = QPixmap(
            max(1, round(size.width() * ratio)) + margin, max(1, round(size.height() * ratio)) + margin
        )
        self.invalidate()

    def invalidate(self) -> None:
        """All of it is out of date."""
        self._left = self._top = self._margin()
        self._stale = QRegion(self._picture.rect())

    def invalidate_rect(self, rect: QRectF) -> QRect:
        """A part is out of date; returns what can be seen of it in whole pixels of the canvas."""
        ratio = self._ratio
        inside = QRectF(
            rect.x() * ratio + self._left, rect.y() * ratio + self._top, rect.width() * ratio, rect.height() * ratio
        )
        self._stale += inside.toAlignedRect().intersected(self._picture.rect())
        return rect.toAlignedRect().intersected(QRect(QPoint(0, 0), self._size))

    def scroll(self, dx: float, dy: float) -> None:
        """Look elsewhere, by a distance that is whole in device pixels; what comes in is drawn when it is shown."""
        self._left -= round(dx * self._ratio)
        self._top -= round(dy * self._ratio)
        frame, visible = self._picture.rect(), self._visible()
        if frame.contains(visible):
            return
        # Room is made on the side that is looked towards.
        margin = self._margin()
        ahead_x = 0 if dx > 0 else 2 * margin if dx < 0 else margin
        ahead_y = 0 if dy > 0 else 2 * margin if dy < 0 else margin
        px = 2 * margin - ahead_x - self._left if not frame.left() <= visible.left() <= frame.left() + 2 * margin else 0
        py = 2 * margin - ahead_y - self._top if not frame.top() <= visible.top() <= frame.top() + 2 * margin else 0
        self._left += px
        self._top += py
        if abs(px) >= frame.width() or abs(py) >= frame.height():
            self.invalidate()
            return
        self._picture.scroll(px, py, frame)
        self._stale = QRegion(frame) - (QRegion(frame) - self._stale).translated(px, py).intersected(frame)

    def bring_up_to_date(self, background: QColor, draw: Draw) -> bool:
        """Draw what can be seen and is out of date; False when nothing was. `draw` gets a rectangle of the canvas."""
        visible = self._visible()
        needed = self._stale.intersected(visible)
        if needed.isEmpty():
            return False
        rects = list(iter(needed))  # type: ignore[call-overload]
        bounding = needed.boundingRect()
        area = sum(rect.width() * rect.height() for rect in rects)
        # Many small parts cost more than the box around them.
        if len(rects) > 6 or area * 1.6 > bounding.width() * bounding.height():
            rects = [bounding]
        rects = [self._with_ahead(rect, visible) for rect in rects]
        ratio = self._ratio
        with QPainter(self._picture) as painter:
            for rect in rects:
                self._stale -= rect
                painter.resetTransform()
                painter.setClipRect(rect)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                painter.fillRect(rect, background)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.translate(self._left, self._top)
                painter.scale(ratio, ratio)
                shown = QRectF(rect.translated(-self._left, -self._top))
                draw(
                    painter,
                    QRectF(
                        shown.x() / ratio, shown.y() / ratio, shown.width() / ratio, shown.height() / ratio
                    ).toAlignedRect(),
                )
        return True

    def show(self, painter: QPainter, part: QRect) -> None:
        """Copy a part of the canvas to the screen, pixel by pixel."""
        ratio = self._ratio
        source = QRectF(
            part.x() * ratio + self._left, part.y() * ratio + self._top, part.width() * ratio, part.height() * ratio
        )
        painter.drawPixmap(QRectF(part), self._picture, source)

    def _margin(self) -> int:
        return round(_MARGIN_PX * self._ratio)

    def _visible(self) -> QRect:
        margin = 2 * self._margin()
        frame = self._picture.rect()
        return QRect(self._left, self._top, frame.width() - margin, frame.height() - margin)

    def _with_ahead(self, rect: QRect, visible: QRect) -> QRect:
        """A strip that comes in at a side is drawn on to the end of the picture: a pan goes on that way."""
        frame = self._picture.rect()
        left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
        if rect.height() == visible.height() and rect.width() < visible.width() // 3:
            if left == visible.left():
                left = frame.left()
            elif right == visible.right():
                right = frame.right()
        elif rect.width() == visible.width() and rect.height() < visible.height() // 3:
            if top == visible.top():
                top = frame.top()
            elif bottom == visible.bottom():
                bottom = frame.bottom()
        return QRect(QPoint(left, top), QPoint(right, bottom))
