"""A view that lays the rows of a list model out as a grid of equal cells, computing only those that are seen.

QListView keeps a rectangle for every item and takes seconds for a million; here the place of a row is arithmetic.
"""

from typing import Final

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme

GAP: Final = 12
_Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction
_Flag = QItemSelectionModel.SelectionFlag
_MOVES: Final = {
    Qt.Key.Key_Left: _Move.MoveLeft,
    Qt.Key.Key_Right: _Move.MoveRight,
    Qt.Key.Key_Up: _Move.MoveUp,
    Qt.Key.Key_Down: _Move.MoveDown,
    Qt.Key.Key_PageUp: _Move.MovePageUp,
    Qt.Key.Key_PageDown: _Move.MovePageDown,
    Qt.Key.Key_Home: _Move.MoveHome,
    Qt.Key.Key_End: _Move.MoveEnd,
}


class GridView(QAbstractItemView):
    """Cells are at least as wide as asked and fill the width; arrows, Page, Home and End move through them.

    With `foot` a cell is as high as it is wide, and the foot below that: for square pictures with a line of words.
    A click selects one cell and arrows take it along. Space, Ctrl or Shift with a click, and a frame drawn with the
    mouse select several; from then on arrows only move, and Escape goes back to one.
    """

    opened = Signal(int)
    """A row was double-clicked, or Return was pressed on it."""
    menu_requested = Signal(QPoint)
    """A context menu is wanted at this global place, for what is selected."""

    def __init__(self, cell: QSize, foot: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = cell
        self._foot = foot
        self._hovered = -1
        self._several = False  # set by whatever selects more than one, cleared by a plain click and by Escape
        self._anchor = -1  # where a range began
        self._pressed: QPoint | None = None  # where the left button went down, in the whole grid
        self._frame: QRect | None = None  # the frame being drawn, in the whole grid
        self._framed: QItemSelection | None = None  # what was selected before it, when it adds
        self._alone = -1  # row that becomes the only one selected when the button goes up without a frame
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
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

    # What is selected.

    def selected_ranges(self) -> list[tuple[int, int]]:
        """First and last row of each stretch that is selected; a million rows are one stretch."""
        selection = self.selectionModel().selection()
        return sorted((part.top(), part.bottom()) for part in map(selection.at, range(selection.count())))

    def selected_count(self) -> int:
        """How many rows are selected."""
        return sum(last - first + 1 for first, last in self.selected_ranges())

    def select_one(self, row: int) -> None:
        """Make a row the current and the only selected one, and bring it into view."""
        self._several = False
        self._anchor = row
        index = self.model().index(row, 0)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect)
        self.scrollTo(index)

    def select_ranges(self, ranges: list[tuple[int, int]]) -> None:
        """Select these stretches and nothing else."""
        selection = QItemSelection()
        for first, last in ranges:
            selection.append(QItemSelectionRange(self.model().index(first, 0), self.model().index(last, 0)))
        self._several = True
        self.selectionModel().select(selection, _Flag.ClearAndSelect)

    @guarded
    def selectAll(self) -> None:
        if self._count():
            self.select_ranges([(0, self._count() - 1)])

    def _select_to(self, row: int, *, add: bool = False) -> None:
        """Everything from the anchor to a row."""
        first, last = sorted((max(0, self._anchor), row))
        flag = _Flag.Select if add else _Flag.ClearAndSelect
        self.selectionModel().select(QItemSelection(self.model().index(first, 0), self.model().index(last, 0)), flag)
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), _Flag.NoUpdate)
        self._several = True

    def _toggle(self, row: int) -> None:
        self.selectionModel().select(self.model().index(row, 0), _Flag.Toggle)
        self._several, self._anchor = True, row

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
        self._hovered = self._anchor = self._alone = -1
        self._several = False
        self._pressed = self._frame = self._framed = None
        self.verticalScrollBar().setValue(0)
        self.updateGeometries()
        self.viewport().update()

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.accept()
            return
        point = event.position().toPoint()
        row = self.indexAt(point).row()
        modifiers = event.modifiers()
        add = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._pressed = point + QPoint(0, self.verticalOffset())
        self._framed = QItemSelection(self.selectionModel().selection()) if add else None
        self._alone = -1
        if row < 0:
            if not add:
                self.selectionModel().clearSelection()
            return
        index = self.model().index(row, 0)
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            if self._anchor < 0:
                self._anchor = max(0, self.currentIndex().row())
            self._select_to(row, add=add)
        elif add:
            self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
            self._toggle(row)
        elif self.selectionModel().isSelected(index) and self.selected_count() > 1:
            self._alone = row
            self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
        else:
            self.select_one(row)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._hover(self.indexAt(point).row())
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        here = point + QPoint(0, self.verticalOffset())
        if self._frame is None and (here - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        self._alone = -1
        self._frame = QRect(self._pressed, here).normalized()
        if point.y() < 0 or point.y() > self.viewport().height():
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + (point.y() if point.y() < 0 else point.y() - self.viewport().height()))
        self._select_framed()
        self.viewport().update()

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._alone >= 0:
            self.select_one(self._alone)
        self._pressed = self._frame = self._framed = None
        self._alone = -1
        self.viewport().update()

    @guarded
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.indexAt(event.position().toPoint()).row()
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(row)

    @guarded
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        else:
            index = self.indexAt(self.viewport().mapFromGlobal(place))
            if index.isValid() and not self.selectionModel().isSelected(index):
                self.select_one(index.row())
        self.menu_requested.emit(place)

    def _select_framed(self) -> None:
        """The cells that the frame touches: a stretch for each line of cells."""
        frame, step, columns = self._frame, self._step(), self.columns
        if frame is None:
            return
        width = self.viewport().width() + GAP
        first_column = min(max(0, (frame.left() + GAP) * columns // width), columns - 1)
        last_column = min(max(0, frame.right() * columns // width), columns - 1)
        selection = QItemSelection() if self._framed is None else QItemSelection(self._framed)
        last_line = (self._count() - 1) // columns
        for line in range(max(0, (frame.top() + GAP) // step), min(last_line, max(0, frame.bottom()) // step) + 1):
            first = line * columns + first_column
            last = min(line * columns + last_column, self._count() - 1)
            if first <= last:
                selection.merge(QItemSelection(self.model().index(first, 0), self.model().index(last, 0)), _Flag.Select)
        self._several = True
        self.selectionModel().select(selection, _Flag.ClearAndSelect)

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        # The base would make the first cell the current one: a sample that nobody picked.
        QAbstractScrollArea.focusInEvent(self, event)
        self.viewport().update()

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        QAbstractScrollArea.focusOutEvent(self, event)
        self.viewport().update()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        action = _MOVES.get(Qt.Key(key))
        if action is not None and not modifiers & Qt.KeyboardModifier.AltModifier:
            index = self.moveCursor(action, modifiers)
            if index.isValid():
                self._move_to(index.row(), shift=shift, control=control)
            return
        if key == Qt.Key.Key_Space:
            if self.currentIndex().isValid():
                self._by_space()
        elif key == Qt.Key.Key_A and control:
            self.selectAll()
        elif key == Qt.Key.Key_Escape and self._several:
            self.select_one(max(0, self.currentIndex().row()))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not modifiers and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
        else:
            event.ignore()  # Tab leaves the grid, whatever cell is the current one

    def _by_space(self) -> None:
        row = self.currentIndex().row()
        if self._several:
            self._toggle(row)
        else:  # the one that arrows took along stays, and the next ones come to it
            self._several, self._anchor = True, row
            self.selectionModel().select(self.model().index(row, 0), _Flag.Select)

    def _move_to(self, row: int, *, shift: bool, control: bool) -> None:
        if shift:
            if self._anchor < 0 or not self._several:
                self._anchor = max(0, self.currentIndex().row())
            self._select_to(row)
            self.scrollTo(self.model().index(row, 0))
        elif self._several or control:
            index = self.model().index(row, 0)
            self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
            self._anchor = row
            self.scrollTo(index)
        else:
            self.select_one(row)

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
            if self._frame is not None:
                color = current_theme().color("accent")
                painter.setPen(QPen(color, 1))
                color.setAlphaF(0.14)
                painter.setBrush(color)
                painter.drawRect(
                    QRectF(self._frame.translated(0, -self.verticalOffset())).translated(QPointF(0.5, 0.5))
                )
