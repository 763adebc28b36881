"""The picture of everything that stands still, kept so that hover, drag and pan repaint only what changes."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QRegion

Draw = Callable[[QPainter, QRect], None]


class GraphLayer:
    """A pixmap of the size of the canvas with the regions of it that are out of date, in widget pixels."""

    def __init__(self) -> None:
        self._picture = QPixmap()
        self._size = QSize()
        self._ratio = 1.0
        self._stale = QRegion()

    @property
    def picture(self) -> QPixmap:
        """The picture; call `bring_up_to_date` first."""
        return self._picture

    @property
    def stale(self) -> bool:
        """Whether a part waits to be drawn."""
        return not self._stale.isEmpty()

    def resize(self, size: QSize, ratio: float) -> None:
        """Fit the canvas; everything is out of date after a change."""
        if size == self._size and ratio == self._ratio:
            return
        self._size, self._ratio = QSize(size), ratio
        self._picture = QPixmap(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
        self._picture.setDevicePixelRatio(ratio)
        self.invalidate()

    def invalidate(self) -> None:
        """All of it is out of date."""
        self._stale = QRegion(QRect(QPoint(0, 0), self._size))

    def invalidate_rect(self, rect: QRectF) -> QRect:
        """A part is out of date; returns that part in whole pixels."""
        whole = rect.toAlignedRect().intersected(QRect(QPoint(0, 0), self._size))
        self._stale += whole
        return whole

    def scroll(self, dx: float, dy: float) -> None:
        """Move the picture by a distance that is whole in device pixels; only the strips that come in are drawn."""
        px, py = round(dx * self._ratio), round(dy * self._ratio)
        if abs(px) >= self._picture.width() or abs(py) >= self._picture.height():
            self.invalidate()
            return
        frame = QRect(QPoint(0, 0), self._size)
        if not self._stale.isEmpty():
            # What was stale has moved; a pixel more covers the rounding.
            moved = self._stale.translated(round(dx), round(dy))
            self._stale = QRegion(moved.boundingRect().adjusted(-1, -1, 1, 1)).intersected(frame)
        self._picture.scroll(px, py, self._picture.rect())
        width, height = self._size.width(), self._size.height()
        if px:
            strip = int(abs(dx)) + 2
            self._stale += QRect(0 if px > 0 else width - strip, 0, strip, height)
        if py:
            strip = int(abs(dy)) + 2
            self._stale += QRect(0, 0 if py > 0 else height - strip, width, strip)

    def bring_up_to_date(self, background: QColor, draw: Draw) -> bool:
        """Draw what is out of date; False when nothing was."""
        if self._stale.isEmpty():
            return False
        stale, self._stale = self._stale, QRegion()
        rects = list(iter(stale))  # type: ignore[call-overload]
        bounding = stale.boundingRect()
        area = sum(rect.width() * rect.height() for rect in rects)
        # Many small parts cost more than the box around them.
        if len(rects) > 6 or area * 1.6 > bounding.width() * bounding.height():
            rects = [bounding]
        with QPainter(self._picture) as painter:
            for rect in rects:
                painter.setClipRect(rect)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                painter.fillRect(rect, background)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                draw(painter, rect)
        return True
