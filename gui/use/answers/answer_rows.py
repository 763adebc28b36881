"""The answers of one input: each across the whole width, and pictures side by side as far as there is room."""

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayoutItem, QWidget

from gui.use.answers.output_answer import OutputAnswer
from gui.widgets.guarded import guarded
from gui.widgets.wrapping_layout import WrappingLayout

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


class _Rows(WrappingLayout):
    """Neighbours that can share a row share it in equal parts, none narrower than it needs."""

    @guarded(fallback=Qt.Orientation.Horizontal)
    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    @guarded(fallback=lambda _self: QSize(320, 24))
    def sizeHint(self) -> QSize:
        shown = self.shown()
        width = max((item.sizeHint().width() for item in shown), default=0)
        return QSize(width, self.arrange(QRect(0, 0, width, 0), place=False))

    def arrange(self, rect: QRect, *, place: bool) -> int:
        """Group after group, in rows of equal parts."""
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
        for item in self.shown():
            if group and not (_least(item) and _least(group[-1])):
                yield group
                group = []
            group.append(item)
        if group:
            yield group


def _least(item: QLayoutItem) -> int:
    widget = item.widget()
    return widget.least_beside() if isinstance(widget, OutputAnswer) else 0
