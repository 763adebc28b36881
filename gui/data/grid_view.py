"""A view that lays the rows of a list model out as a grid of equal cells, computing only those that are seen.

QListView keeps a rectangle for every item and takes seconds for a million; here the place of a row is arithmetic.
"""

from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from gui.widgets.guarded import guarded

GAP: Final = 12
_Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction


class GridView(QAbstractItemView):
    """Cells are at least as wide as asked and fill the width; arrows, Page, Home and End move through them.

    With `foot` a cell is as high as it is wide, and the foot below that: for square pictures with a line of words.
    """

    def __init__(self, cell: QSize, foot: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self._foot = foot
        self._hovered = -1
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, so that a grid which just fills its room does not swing between two widths.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)

    def set_cell(self, cell: QSize, foot: int = 0) -> None:
        """Use cells of another size."""
        if (cell, foot) != (self._cell, self._foot):
            self._cell, self._foot = cell, foot
            self.updateGeometries()
            self.viewport().update()

    @property
    def columns(self) -> int:
        """Cells beside each other."""
        return max(1, (self.viewport().width() + GAP) // (self._cell.width() + GAP))

    def visible_rows(self) -> range:
        """Rows of the model whose cells are seen."""
        step = self._step()
        first = self.verticalOffset() // step
        last = (self.verticalOffset() + self.viewport().height()) // step
        count = self._count()
        return range(min(first * self.columns, count), min((last + 1) * self.columns, count))

    def _count(self) -> int:
        model = self.model()
        return model.rowCount() if model is not None else 0

    def _step(self) -> int:
        """From the top of one line of cells to the next."""
        if not self._foot:
            return self._cell.height() + GAP
        columns = self.columns
        return (self.viewport().width() - (columns - 1) * GAP) // columns + self._foot + GAP

    def _place(self, row: int) -> QRect:
        """The cell of a row in the whole, unscrolled grid."""
        columns = self.columns
        line, column = divmod(row, columns)
        width = self.viewport().width() - (columns - 1) * GAP
        left = column * (width + GAP * columns) // columns
        right = (column + 1) * (width + GAP * columns) // columns - GAP
        step = self._step()
        return QRect(left, line * step, right - left, step - GAP)

    # What Qt asks of a view.

    @guarded(fallback=QRect)
    def visualRect(self, index: _Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self._place(index.row()).translated(0, -self.verticalOffset())

    @guarded(fallback=QModelIndex)
    def indexAt(self, point: QPoint) -> QModelIndex:
        step = self._step()
        line = (point.y() + self.verticalOffset()) // step
        for row in range(line * self.columns, min((line + 1) * self.columns, self._count())):
            if row >= 0 and self._place(row).contains(point.x(), point.y() + self.verticalOffset()):
                return self.model().index(row, 0)
        return QModelIndex()

    @guarded
    def scrollTo(
        self, index: _Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        rect = self.visualRect(index)
        bar = self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + min(rect.top(), rect.bottom() - self.viewport().height() + 1))

    @guarded(fallback=0)
    def horizontalOffset(self) -> int:
        return 0

    @guarded(fallback=0)
    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    @guarded(fallback=False)
    def isIndexHidden(self, index: _Index) -> bool:
        return False

    @guarded(fallback=QModelIndex)
    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count = self._count()
        if not count:
            return QModelIndex()
        current = self.currentIndex()
        if not current.isValid():
            return self.model().index(self.visible_rows().start, 0)
        page = max(1, self.viewport().height() // self._step()) * self.columns
        steps = {
            _Move.MoveLeft: -1,
            _Move.MovePrevious: -1,
            _Move.MoveRight: 1,
            _Move.MoveNext: 1,
            _Move.MoveUp: -self.columns,
            _Move.MoveDown: self.columns,
            _Move.MovePageUp: -page,
            _Move.MovePageDown: page,
            _Move.MoveHome: -count,
            _Move.MoveEnd: count,
        }
        row = min(max(current.row() + steps.get(action, 0), 0), count - 1)
        return self.model().index(row, 0)

    @guarded
    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index = self.indexAt(rect.topLeft())
        if index.isValid():
            self.selectionModel().select(index, command)

    @guarded(fallback=QRegion)
    def visualRegionForSelection(self, selection: object) -> QRegion:
        region = QRegion()
        rows = self.visible_rows()
        for index in self.selectionModel().selectedIndexes():
            if index.row() in rows:
                region += self.visualRect(index)
        return region

    @guarded
    def updateGeometries(self) -> None:
        super().updateGeometries()
        lines = -(-self._count() // self.columns)
        step = self._step()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, lines * step - GAP - self.viewport().height()))
        bar.setPageStep(max(1, self.viewport().height() - step // 2))
        bar.setSingleStep(step // 2)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        seen = self.visible_rows().start  # with the columns of before
        super().resizeEvent(event)
        self.updateGeometries()
        if event.oldSize().width() != event.size().width() and seen:
            self.verticalScrollBar().setValue(self._place(seen).top())

    @guarded
    def dataChanged(self, first: _Index, last: _Index, roles: object = ()) -> None:
        self.viewport().update()

    @guarded
    def reset(self) -> None:
        super().reset()
        self._hovered = -1
        self.verticalScrollBar().setValue(0)
        self.updateGeometries()
        self.viewport().update()

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Tab leaves the grid, whatever cell is the current one.
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.ignore()
            return
        super().keyPressEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            option = QStyleOptionViewItem()
            self.initViewItemOption(option)
            selection = self.selectionModel()
            state = option.state & ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
            for row in self.visible_rows():
                index = self.model().index(row, 0)
                option.rect = self.visualRect(index)
                if not option.rect.intersects(event.rect()):
                    continue
                option.state = state
                if selection.isSelected(index):
                    option.state |= QStyle.StateFlag.State_Selected
                if row == self.currentIndex().row() and self.hasFocus():
                    option.state |= QStyle.StateFlag.State_HasFocus
                if row == self._hovered:
                    option.state |= QStyle.StateFlag.State_MouseOver
                self.itemDelegate().paint(painter, option, index)
