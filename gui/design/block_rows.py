"""The blocks in the palette: sections of rows, and what can be done to one by menu and keys: rename, keep, delete."""

from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidgetItem, QMenu

from engine.document.block_files import block_file
from engine.errors import GraphError
from gui.design import block_edits
from gui.design.block_stock import BlockStock, Item, Section
from gui.design.graph_edits import BLOCK_NAME
from gui.models.scope import Scope
from gui.widgets.guarded import guarded
from gui.widgets.icons import icon
from gui.widgets.row_list import KeyRole, RowList

_Key = Qt.Key


class BlockRows(QObject):
    """Works on the rows of a list whose key is a block's."""

    chosen = Signal(str)
    """Key of a block to add."""
    said = Signal(str)
    """One line for the user."""

    def __init__(self, rows: RowList, stock: BlockStock, scope: Scope) -> None:
        super().__init__(rows)
        self._rows = rows
        self._stock = stock
        self._scope = scope
        self._items: dict[str, Item] = {}
        rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows.customContextMenuRequested.connect(self._on_menu)
        self.editor = QLineEdit(rows.viewport())
        self.editor.setObjectName("design.palette.rename")
        self.editor.setAccessibleName("Name of the block")
        self.editor.hide()
        self.editor.editingFinished.connect(self._on_renamed)
        self.editor.installEventFilter(self)
        self._renamed = ""  # key of the block whose name is written
        self.menu: QMenu | None = None
        """The one that is open."""

    def fill(self, section: Section, items: Iterable[Item]) -> None:
        """Add the rows of those items that are of one section, with its heading; nothing where there are none."""
        found = [item for item in items if item.section is section]
        damaged = self._stock.shelf.damaged if section is Section.MINE else {}
        if found or damaged:
            self._rows.add_heading(section.value)
        for item in found:
            self.add(item)
        for path, error in sorted(damaged.items()):
            words = f"{error.message}\n{error.hint}\nThe file stays where it is: {path}"
            row = self._rows.add_row(path.name, "unreadable", dot="warn", tooltip=words)
            row.setData(Qt.ItemDataRole.AccessibleDescriptionRole, words)

    def fill_found(self, text: str) -> None:
        """Add the rows of the blocks that a text finds."""
        for item in self._stock.search(text):
            self.add(item)

    def clear(self) -> None:
        """The list is about to be filled anew."""
        self._cancel()
        self._items.clear()

    def add(self, item: Item) -> None:
        """Add the row of a block."""
        self._items[item.key] = item
        note = str(item.uses) if item.section is Section.PROJECT and item.uses else ""
        if item.section is Section.PRETRAINED:
            note = item.note
        row = self._rows.add_row(item.title, note, dot="family.block", key=item.key, tooltip=item.help)
        row.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"{item.section.value}. {item.help}")

    def key_pressed(self, event: QKeyEvent) -> bool:
        """F2 and Delete on the row of a block; False for the keys of others."""
        item = self._current()
        if item is None or event.modifiers():
            return False
        if event.key() == _Key.Key_F2 and item.section in (Section.PROJECT, Section.MINE):
            self.rename(item.key)
            return True
        if event.key() == _Key.Key_Delete and item.section in (Section.PROJECT, Section.MINE):
            self.delete(item.key)
            return True
        return False

    def rename(self, key: str) -> None:
        """Let the name of a block be written in its row."""
        row = self._row(key)
        item = self._items.get(key)
        if row is None or item is None:
            return
        self._renamed = key
        self._rows.scrollToItem(row)
        self.editor.setText(item.title)
        self.editor.setGeometry(self._rows.visualItemRect(row).adjusted(16, 1, -4, -1))
        self.editor.show()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.editor.selectAll()

    def delete(self, key: str) -> None:
        """Remove a block of the project that nothing uses, or one of the user's."""
        item = self._items.get(key)
        if item is None:
            return
        if item.section is Section.MINE:
            self._stock.shelf.delete(key)
            self.said.emit(f"{item.title} is out of My blocks. Projects that use it keep their own copy.")
            return
        try:
            edit = block_edits.remove(self._scope.document, key.removeprefix(BLOCK_NAME))
        except GraphError as error:
            self._scope.refuse(error)
        else:
            self._scope.do_whole(edit)

    def keep(self, key: str) -> None:
        """Save a block of the project to the user's."""
        stored = self._stock.shelf.save(block_file(self._scope.document.blocks, key.removeprefix(BLOCK_NAME)))
        self.said.emit(f"{stored.title} is in My blocks now, for every project.")

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == _Key.Key_Escape:
            self._cancel()
            self._rows.setFocus()
            return True
        return super().eventFilter(watched, event)

    # Inside.

    def _current(self) -> Item | None:
        return self._items.get(str(self._rows.current_key()))

    def _row(self, key: str) -> QListWidgetItem | None:
        rows = (self._rows.item(number) for number in range(self._rows.count()))
        return next((row for row in rows if row.data(KeyRole) == key), None)

    def _cancel(self) -> None:
        self._renamed = ""
        self.editor.hide()

    def _on_renamed(self) -> None:
        key, title = self._renamed, self.editor.text().strip()
        item = self._items.get(key)
        had_focus = self.editor.hasFocus()
        self._cancel()
        if item is not None and title and title != item.title:
            if item.section is Section.MINE:
                self._stock.shelf.rename(key, title)
            else:
                name = key.removeprefix(BLOCK_NAME)
                self._scope.do_whole(block_edits.rename(self._scope.document, name, title))
        if had_focus:
            self._rows.setFocus()

    def _on_menu(self, at: QPoint) -> None:
        row = self._rows.itemAt(at) or self._rows.currentItem()
        item = self._items.get(str(row.data(KeyRole))) if row is not None else None
        if item is None:
            return
        menu = QMenu(self._rows)
        menu.setObjectName("design.palette.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menu = menu

        def entry(caption: str, picture: str, do: Callable[[], None]) -> None:
            menu.addAction(icon(picture), caption).triggered.connect(lambda _checked=False: do())

        entry("Add", "plus", lambda: self.chosen.emit(item.key))
        if item.section in (Section.PROJECT, Section.MINE):
            entry("Rename\tF2", "edit", lambda: self.rename(item.key))
        if item.section is Section.PROJECT:
            entry("Save to My blocks", "save", lambda: self.keep(item.key))
            entry(_DELETE if not item.uses else f"Delete ({item.uses} in use)", "trash", lambda: self.delete(item.key))
        elif item.section is Section.MINE:
            entry(_DELETE, "trash", lambda: self.delete(item.key))
        menu.popup(self._rows.viewport().mapToGlobal(at))


_DELETE: Final = "Delete\tDel"
