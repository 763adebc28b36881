"""A layout that fills rows from left to right and wraps, for legends and chips."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QWidget

from gui.widgets.guarded import guarded
from gui.widgets.wrapping_layout import WrappingLayout


class FlowLayout(WrappingLayout):
    """Items keep the size they ask for."""

    def __init__(self, parent: QWidget | None = None, *, gap: int = 4) -> None:
        super().__init__(parent)
        self._gap = gap

    @guarded(fallback=Qt.Orientation(0))
    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    @guarded(fallback=lambda _self: QSize(100, 24))
    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def arrange(self, rect: QRect, *, place: bool) -> int:
        """Row after row, each as high as its highest item."""
        x, y, row_height = rect.x(), rect.y(), 0
        for item in self.shown():
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, row_height = rect.x(), y + row_height + self._gap, 0
            if place:
                item.setGeometry(QRect(x, y, min(size.width(), rect.width()), size.height()))
            x += size.width() + self._gap
            row_height = max(row_height, size.height())
        return y + row_height - rect.y()
