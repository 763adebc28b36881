"""The answers of one input: each across the whole width, and pictures side by side as far as there is room."""

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from gui.use.answers.output_answer import OutputAnswer
from gui.widgets.guarded import guarded

_GAP: Final = 12
_BELOW: Final = 16


class AnswerRows(QWidget):
    """Holds the answers in the order in which they were added; hidden ones take no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = _Rows(self)

    def add(self, output: OutputAnswer) -> None:
        """Add one below, or beside, the others."""
        self._rows.addWidget(output)


class _Rows(QLayout):
    """Neighbours that can share a row share it in equal parts, none narrower than it needs."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

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

    @guarded(fallback=Qt.Orientation.Horizontal)
    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    @guarded(fallback=True)
    def hasHeightForWidth(self) -> bool:
        return True

    @guarded(fallback=24)
    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), place=False)

    @guarded
    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    @guarded(fallback=lambda _self: QSize(320, 24))
    def sizeHint(self) -> QSize:
        shown = self._shown()
        width = max((item.sizeHint().width() for item in shown), default=0)
        return QSize(width, self._arrange(QRect(0, 0, width, 0), place=False))

    @guarded(fallback=lambda _self: QSize(24, 24))
    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self._shown()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def _arrange(self, rect: QRect, *, place: bool) -> int:
        top = rect.y()
        for row, columns in self._in_rows(rect.width()):
            width = (rect.width() - _GAP * (columns - 1)) // columns
            heights = [
                item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height() for item in row
            ]
            if place:
                for column, (item, height) in enumerate(zip(row, heights, strict=True)):
                    item.setGeometry(QRect(rect.x() + column * (width + _GAP), top, width, height))
            top += max(heights) + _BELOW
        return max(0, top - _BELOW - rect.y())

    def _in_rows(self, width: int) -> Iterator[tuple[list[QLayoutItem], int]]:
        """Each row, and into how many parts it is cut: the rows of a group are cut alike."""
        for group in self._groups():
            least = max(_least(item) for item in group)
            fitting = max(1, (width + _GAP) // (least + _GAP)) if least else 1
            columns = min(len(group), fitting)
            for at in range(0, len(group), columns):
                yield group[at : at + columns], columns

    def _groups(self) -> Iterator[list[QLayoutItem]]:
        """Neighbours that may stand beside each other; whoever may not is alone."""
        group: list[QLayoutItem] = []
        for item in self._shown():
            if group and not (_least(item) and _least(group[-1])):
                yield group
                group = []
            group.append(item)
        if group:
            yield group

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if (widget := item.widget()) is not None and not widget.isHidden()]


def _least(item: QLayoutItem) -> int:
    widget = item.widget()
    return widget.least_beside() if isinstance(widget, OutputAnswer) else 0
