"""The classes with counts and bars: renamed by F2, merged by dragging one onto another, deleted, added, coloured."""

import functools
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QLineEdit,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.widgets.bar import draw_bar
from gui.widgets.fonts import SIZE_BODY, SIZE_MONO, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import button_text, plain_text
from gui.widgets.row_list import DotRole, KeyRole, RowList, ValueRole
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

CLASSES_SHOWN: Final = 2000
_FRACTION_ROLE: Final = Qt.ItemDataRole.UserRole + 120
_ROW: Final = 34
_Index = QModelIndex | QPersistentModelIndex


class _ClassDelegate(QStyledItemDelegate):
    """Colour, name, count, and a bar as long as the count; the editor is a line for a new name."""

    renamed = Signal(int, str)

    @guarded(fallback=lambda *_: QSize(120, _ROW))
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _ROW)

    @guarded(fallback=None)
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setProperty("density", "compact")
        editor.setMaxLength(200)
        editor.setAccessibleName("Name of the class")
        editor.setAutoFillBackground(True)
        return editor

    @guarded
    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.DisplayRole) or ""))
        editor.selectAll()

    @guarded
    def setModelData(self, editor: QWidget, model: object, index: _Index) -> None:
        assert isinstance(editor, QLineEdit)
        self.renamed.emit(index.row(), editor.text())

    @guarded
    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        editor.setGeometry(option.rect.adjusted(0, 3, 0, -3))

    @guarded(fallback=False)
    def eventFilter(self, editor: QWidget, event: QEvent) -> bool:  # type: ignore[override]
        return super().eventFilter(editor, event)

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        rect = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised") if selected else mix(theme.panel, theme.raised, 0.6))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 5, 5)
        by_keyboard = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if state & by_keyboard == by_keyboard:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 1.5, -0.5, -1.5), 5, 5)
        words = rect.adjusted(6, 4, -6, -14)
        value = str(index.data(ValueRole) or "")
        painter.setFont(mono_font(SIZE_MONO))
        width = painter.fontMetrics().horizontalAdvance(value)
        painter.setPen(theme.color("faint"))
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        dot = index.data(DotRole)
        if isinstance(dot, QColor):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(dot)
            painter.drawEllipse(QPointF(words.left() + 4, words.center().y()), 4, 4)
            words.setLeft(words.left() + 14)
        painter.setFont(text_font(SIZE_BODY))
        painter.setPen(theme.color("text"))
        name = plain_text(index.data(Qt.ItemDataRole.DisplayRole) or "")
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(words.width() - width - 8))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        bar = QRectF(rect.left() + 6, rect.bottom() - 10, rect.width() - 12, 6)
        draw_bar(painter, bar, float(index.data(_FRACTION_ROLE) or 0.0), "family.data")
        if selected:  # the track has the colour of the selection; a rim keeps its end visible
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(bar, 3, 3)
        painter.restore()


class ClassList(RowList):
    """`picked` carries the class whose samples are to be shown, -1 for all. The rest are wishes; the owner edits."""

    picked = Signal(int)
    rename_wanted = Signal(str, str)
    merge_wanted = Signal(list, str)
    delete_wanted = Signal(str)
    add_wanted = Signal()
    colour_wanted = Signal(str, str)
    """A class and `#rrggbb`, or "" for the colour it had."""

    def __init__(self) -> None:
        super().__init__(name="data.classes", accessible="Classes")
        self._picked = -1
        self._blocked = ""
        delegate = _ClassDelegate(self)
        delegate.renamed.connect(self._on_renamed)
        self.setItemDelegate(delegate)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.itemClicked.connect(self._on_clicked)
        self.itemActivated.connect(self._on_clicked)

    def show_classes(
        self, classes: Sequence[str], counts: Sequence[int], colors: Sequence[QColor], *, blocked: str = ""
    ) -> None:
        """List them; `blocked` says why they cannot be changed."""
        self._blocked = blocked
        shown = list(classes[:CLASSES_SHOWN])
        largest = max(counts, default=0) or 1
        kept = self.currentRow()
        if self.count() > len(shown) or self.count() == 0:
            self.clear()
            kept = -1
        for index, name in enumerate(shown):
            item = self.item(index) or QListWidgetItem(self)
            count = counts[index] if index < len(counts) else 0
            words = f"{name}\n{count:,} samples\nClick: show only these · F2: rename · drag onto another: merge"
            self.set_row(item, name, f"{count:,}", dot=colors[index], key=index, tooltip=words)
            item.setData(_FRACTION_ROLE, count / largest)
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            if not blocked:
                flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled
            item.setFlags(flags)
        if kept >= len(shown):
            self.setCurrentRow(-1)
        self.updateGeometry()

    def show_picked(self, index: int) -> None:
        """Mark the class whose samples are shown; -1 for none."""
        self._picked = index
        if index < 0:
            self.clearSelection()
            self.setCurrentRow(-1)
        elif index < self.count():
            self.setCurrentRow(index)

    def name_of(self, row: int) -> str:
        """The class in a row."""
        item = self.item(row)
        return item.text() if item is not None else ""

    def _on_clicked(self, item: QListWidgetItem) -> None:
        """A second click on a class shows all of them again."""
        index = int(item.data(KeyRole))
        self.show_picked(-1 if index == self._picked else index)
        self.picked.emit(self._picked)

    def _on_renamed(self, row: int, text: str) -> None:
        old, new = self.name_of(row), text.strip()
        if new and new != old:
            self.rename_wanted.emit(old, new)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.currentRow() >= 0 and not self._blocked:
            self.delete_wanted.emit(self.name_of(self.currentRow()))
        elif event.key() == Qt.Key.Key_Insert and not self._blocked:
            self.add_wanted.emit()
        else:
            super().keyPressEvent(event)

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is self:
            event.acceptProposedAction()

    @guarded
    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        target = self.itemAt(event.position().toPoint())
        if event.source() is self and target is not None and target is not self.currentItem():
            event.acceptProposedAction()
        else:
            event.ignore()

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        target, dragged = self.itemAt(event.position().toPoint()), self.currentItem()
        event.setDropAction(Qt.DropAction.IgnoreAction)  # nothing moves by itself: the list follows the project
        event.accept()
        if target is not None and dragged is not None and target is not dragged:
            self.merge_wanted.emit([dragged.text()], target.text())

    @guarded
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.pos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.visualItemRect(self.currentItem()).center() if self.currentItem() is not None else QPoint()
        item = self.itemAt(place)
        self.menu_for(item).popup(self.viewport().mapToGlobal(place))

    def menu_for(self, item: QListWidgetItem | None) -> QMenu:
        """What can be done to a class."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if item is not None and not self._blocked:
            name = item.text()
            menu.addAction("Rename\tF2", lambda: self.editItem(item))
            merge = menu.addMenu("Merge into")
            for row in range(self.count()):
                other = self.name_of(row)
                if other != name:
                    merge.addAction(button_text(other), functools.partial(self.merge_wanted.emit, [name], other))
            merge.setEnabled(self.count() > 1)
            menu.addAction("Colour…", lambda: self._choose_colour(name))
            menu.addAction("Usual colour", lambda: self.colour_wanted.emit(name, ""))
            menu.addSeparator()
            menu.addAction("Delete\tDel", lambda: self.delete_wanted.emit(name))
        add = menu.addAction("New class…\tIns", self.add_wanted.emit)
        add.setEnabled(not self._blocked)
        if self._blocked:
            menu.addAction(button_text(self._blocked)).setEnabled(False)
        return menu

    def _choose_colour(self, name: str) -> None:
        dialog = QColorDialog(self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(f"Colour of {plain_text(name, 60)}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self.colour_wanted.emit(name, color.name()))
        dialog.open()
