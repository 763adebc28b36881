"""The item of the plot that shows all its curves as one picture, which stays while the next one is being drawn.

While the user pans or zooms, the last picture moves and stretches with the view until the next is ready.
"""

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPaintEngine, QPainter

from gui.widgets.guarded import guarded

Painting = Callable[[QPainter, QRectF], None]


class CurveLayer(pg.UIGraphicsItem):  # type: ignore[misc]  # pyqtgraph has no types
    """`vector(painter, target)` draws everything at once, for pictures made of lines (SVG)."""

    def __init__(self, vector: Painting) -> None:
        super().__init__()
        self._vector = vector
        self._picture: QImage | None = None
        self._place = QRectF()  # of the picture, in the coordinates of the view
        self.setZValue(10)

    def set_picture(self, picture: QImage | None, place: QRectF) -> QImage | None:
        """Show a picture of this part of the view; gives the one that was shown before."""
        before, self._picture, self._place = self._picture, picture, place
        self.update()
        return before

    @guarded
    def paint(self, painter: QPainter, *_: Any) -> None:
        transform = painter.worldTransform()
        target = transform.mapRect(QRectF(self.getViewBox().viewRect()))
        painter.save()
        painter.resetTransform()
        painter.setClipRect(target)
        if painter.paintEngine().type() == QPaintEngine.Type.SVG:
            self._vector(painter, target)
        elif self._picture is not None:
            place = transform.mapRect(self._place)
            ratio = self._picture.devicePixelRatio()
            same = abs(place.width() * ratio - self._picture.width()) < 1.5
            if same and abs(place.height() * ratio - self._picture.height()) < 1.5:
                # On whole pixels: drawn between them, every line would be soft.
                painter.drawImage(place.topLeft().toPoint(), self._picture)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
                painter.drawImage(place, self._picture)
        painter.restore()
