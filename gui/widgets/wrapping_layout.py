"""What layouts share whose items wrap into rows, so that their height follows their width."""

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from gui.widgets.guarded import guarded


class WrappingLayout(QLayout):
    """Base: keeps the items, and asks `arrange` where they go. Hidden ones take no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def arrange(self, rect: QRect, *, place: bool) -> int:
        """The height that the shown items need in the width of `rect`; with `place` they are put there."""
        raise NotImplementedError

    def shown(self) -> list[QLayoutItem]:
        """The items that are not hidden, in their order."""
        return [item for item in self._items if (widget := item.widget()) is None or not widget.isHidden()]

    @guarded
    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    @guarded(fallback=0)
    def count(self) -> int:
        return len(self._items)

    @guarded
    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    @guarded
    def takeAt(self, index: int) -> QLayoutItem | None:
        if not 0 <= index < len(self._items):
            return None
        self.invalidate()
        return self._items.pop(index)

    @guarded(fallback=True)
    def hasHeightForWidth(self) -> bool:
        return True

    @guarded(fallback=24)
    def heightForWidth(self, width: int) -> int:
        return self.arrange(QRect(0, 0, width, 0), place=False)

    @guarded
    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self.arrange(rect, place=True)

    @guarded(fallback=lambda _self: QSize(24, 24))
    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self.shown()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))
