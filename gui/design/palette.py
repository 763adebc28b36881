"""The list of layers at the left: by family, searched by typing, dragged onto the canvas or added with Enter."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QListWidgetItem, QVBoxLayout, QWidget

from engine.catalog.layer import Family, Layer
from engine.catalog.registry import layers
from engine.catalog.search import search
from engine.checks.offers import losses_of
from engine.document.block import BLOCK, definition_id
from engine.document.edits import Change
from gui.design.block_rows import BlockRows
from gui.design.block_stock import BlockStock, Item, Section, stands_here
from gui.design.canvas.face import NodeFace
from gui.design.canvas.keys import QUICK_KEYS
from gui.design.canvas.sprites import paint_sprite
from gui.design.common_layers import shown_first
from gui.design.families import TITLES, color_name
from gui.design.graph_edits import outputs_of, ports_of
from gui.models.block_shelf import BlockShelf
from gui.models.layer_uses import LayerUses
from gui.models.scope import Scope
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.row_list import KeyRole, RowList
from gui.widgets.text import Text

_KEY_OF: Final = {name: key for key, name in QUICK_KEYS.items()}


_MORE: Final = "more/"
"""Begins the key of a row that shows the rest of its shelf."""


class _LayerList(RowList):
    """Rows that can be dragged out of the list.

    Not by QDrag: that runs an event loop of its own while the button is held, and platforms without a window system
    have none. The mouse belongs to the widget it was pressed on until it is released; its events say all there is.
    """

    dragged = Signal(str, QPoint)
    """Type name and where the pointer is on the screen."""
    dropped = Signal(str, QPoint)
    drag_cancelled = Signal()

    def __init__(self) -> None:
        super().__init__(name="design.palette.list", accessible="Layers", grows=False)
        self._pressed: QPoint | None = None
        self._name = ""
        self._dragging = False  # set once the pointer has gone far enough, cleared on release or Escape

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        item = self.itemAt(event.position().toPoint())
        name = item.data(KeyRole) if item is not None else None
        if event.button() == Qt.MouseButton.LeftButton and name is not None and not str(name).startswith(_MORE):
            self._pressed, self._name = event.globalPosition().toPoint(), str(name)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.globalPosition().toPoint()
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        if not self._dragging and (at - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._dragging:
            self.dragged.emit(self._name, at)

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._end()
            self.dropped.emit(self._name, event.globalPosition().toPoint())
        self._pressed = None
        super().mouseReleaseEvent(event)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._dragging and event.key() == Qt.Key.Key_Escape:
            self._end()
            self.drag_cancelled.emit()
            return
        super().keyPressEvent(event)

    def _end(self) -> None:
        self._dragging = False
        self._pressed = None
        self.viewport().unsetCursor()


class Palette(QFrame):
    """`layer_chosen` asks to add a layer; dragging one onto the canvas does so where it is dropped."""

    layer_chosen = Signal(str)

    def __init__(
        self,
        project: Scope,
        uses: LayerUses | None = None,
        stock: BlockStock | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("design.palette")
        self.setAccessibleName("Layers")
        self.setProperty("role", "side-left")
        self._project = project
        self._uses = uses if uses is not None else LayerUses()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 1, 0)
        column.setSpacing(6)
        self.search = QLineEdit()
        self.search.setObjectName("design.palette.search")
        self.search.setAccessibleName("Search layers")
        self.search.setPlaceholderText(f"Search {len(layers())} layers")
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self._key = QLabel("/", self.search)
        self._key.setProperty("role", "note")
        self._key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.list = _LayerList()
        self.list.itemActivated.connect(self._on_activated)
        self.list.installEventFilter(self)
        stock = self._stock = stock if stock is not None else BlockStock(project, BlockShelf(parent=self))
        self._offered: list[Item] = []  # what _fill was last made for
        self._unfolded: set[str] = set()  # titles of shelves that are shown whole
        self.list.itemClicked.connect(self._on_clicked)
        self.blocks = BlockRows(self.list, stock, project)
        self.blocks.chosen.connect(self.layer_chosen)
        stock.shelf.changed.connect(self._fill)
        project.opened.connect(self._fill)
        project.changed.connect(self._on_changed)
        self.nothing = Text("", tone="dim", wrap=True)
        self.nothing.hide()
        top = QVBoxLayout()
        top.setContentsMargins(0, 0, 11, 0)
        top.addWidget(self.search)
        top.addWidget(self.nothing)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        self._fill()

    def refill(self) -> None:
        """Fill the list anew where something on offer has changed, such as what is on this machine."""
        if self._stock.items() != self._offered:
            self._fill()

    def focus_search(self) -> None:
        """Put the cursor into the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def names(self) -> list[str]:
        """The type names shown, in order."""
        return [key for key in self.all_names() if "/" not in key and ":" not in key]

    def all_names(self) -> list[str]:
        """All that can be added from the rows shown, blocks too, in order."""
        keys = (str(key) for key in self.list.keys() if key is not None)  # noqa: SIM118 - a widget
        return [key for key in keys if not key.startswith(_MORE)]

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search:
            if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
                self._key.adjustSize()
                self._key.move(
                    self.search.width() - self._key.width() - 12, (self.search.height() - self._key.height()) // 2
                )
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._on_search_key(event)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if self.blocks.key_pressed(event):
                return True
            pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
            if pressed and self._fold_soon(str(self.list.current_key() or "")):
                return True
            first = self._first_row()
            if event.key() == Qt.Key.Key_Up and self.list.currentRow() <= first:
                self.focus_search()
                return True
        return super().eventFilter(watched, event)

    def _on_search_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.search.text().strip() and self.list.count():
                self._choose(self.list.current_key())
            return True
        if event.key() == Qt.Key.Key_Down and self.list.count():
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            if self.list.currentRow() < 0:
                self.list.setCurrentRow(self._first_row())
            elif self.search.text().strip() and self.list.count() > 1:
                self.list.setCurrentRow(self.list.currentRow() + 1)
            return True
        if event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            return True
        return False

    def _first_row(self) -> int:
        return next((row for row in range(self.list.count()) if self.list.item(row).data(KeyRole) is not None), 0)

    def _fill(self) -> None:
        self._offered = self._stock.items()
        text = self.search.text().strip()
        self._key.setVisible(not self.search.text())
        self.blocks.clear()
        self.list.clear()
        inside = bool(self._project.path)
        if text:
            found = search(text, uses=self._uses.within(self._project.project.graph))
            kinds = [kind for kind in found if stands_here(kind.type_name(), inside)]
            named = [kind for kind in kinds if _is_called(kind, text)]
            for kind in named:
                self._add(kind)
            self.blocks.fill_found(text)
            for kind in kinds:
                if kind not in named:
                    self._add(kind)
            if self.list.count():
                self.list.setCurrentRow(0)
        else:
            self.blocks.fill(Section.PROJECT, self._offered)
            self.blocks.fill(Section.MINE, self._offered)
            of_use, others = losses_of(self._project.document)
            for family in Family:
                all_kinds = of_use if family is Family.LOSS else [kind for kind in layers() if kind.family is family]
                self._add_shelf(TITLES[family], [kind for kind in all_kinds if stands_here(kind.type_name(), inside)])
            self._add_shelf("All other losses", others, most=0)
            self.blocks.fill(Section.PRETRAINED, self._offered)
            self.blocks.fill(Section.SHIPPED, self._offered)
            self.blocks.fill(Section.NETWORKS, self._offered)
        self.nothing.setVisible(bool(text) and self.list.count() == 0)
        if text:
            self.nothing.set_text(f"No layer is called “{text[:40]}”. Try what it does: dense, memory, shrink, join.")

    def _add_shelf(self, title: str, kinds: Sequence[type[Layer]], *, most: int = 10) -> None:
        """A heading with its layers; of many only the common ones, and a row that shows the rest."""
        if not kinds:
            return
        self.list.add_heading(title)
        used = {node.type for node in self._project.project.graph.nodes.values()}
        first, rest = shown_first(kinds, used, most)
        unfolded = title in self._unfolded
        for kind in kinds if unfolded else first:
            self._add(kind)
        if rest:
            caption = "fewer" if unfolded else f"{len(rest)} more"
            row = self.list.add_row(caption, "−" if unfolded else "+", key=_MORE + title)
            names = ", ".join(kind.label() for kind in rest)
            row.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"{title}: {names}")
            row.setToolTip(tooltip_text(names))

    def _fold_soon(self, key: str) -> bool:
        """Fold or unfold once the list is done with the event; whether the key is that of such a row."""
        if key.startswith(_MORE):
            QTimer.singleShot(0, self, lambda: self.fold(key.removeprefix(_MORE)))
        return key.startswith(_MORE)

    def fold(self, title: str) -> None:
        """Show all of a shelf, or its common layers again; the row that was pressed stays where it is."""
        self._unfolded ^= {title}
        top, row = self.list.verticalScrollBar().value(), self.list.currentRow()
        self._fill()
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.list.verticalScrollBar().setValue(top)

    def _add(self, kind: type[Layer]) -> None:
        name = kind.type_name()
        item = self.list.add_row(
            kind.label(),
            _KEY_OF.get(name, ""),
            dot=f"family.{color_name(kind.family)}",
            key=name,
            tooltip=_help(kind),
        )
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, _help(kind))

    def _on_changed(self, change: Change) -> None:
        if change.data and not self.search.text().strip():
            self._fill()
            return
        graph = self._project.project.graph
        named = any(name not in graph.nodes or definition_id(graph.nodes[name]) for name in change.nodes)
        # Instances are counted, which is quick; the list is filled anew when there is something else to say.
        if (change.blocks or (named and self._project.document.blocks)) and self._stock.items() != self._offered:
            self._fill()

    def _on_clicked(self, item: QListWidgetItem) -> None:
        """One click shows more; a layer takes two, or a drag."""
        self._fold_soon(str(item.data(KeyRole) or ""))

    def _on_activated(self, item: QListWidgetItem) -> None:
        self._choose(item.data(KeyRole))

    def _choose(self, name: object) -> None:
        if name is None:
            return
        if not str(name).startswith(_MORE):
            self.layer_chosen.emit(str(name))


_HELP: Final[dict[str, str]] = {}


def _help(kind: type[Layer]) -> str:
    """Its sentence; reading it from the docstring each time would take longer than all else of a row."""
    name = kind.type_name()
    if name not in _HELP:
        _HELP[name] = kind.help()
    return _HELP[name]


def card_picture(kind: type[Layer], ratio: float) -> QPixmap:
    """The card of a layer as it hangs at the pointer while it is dragged."""
    face = NodeFace(
        id="",
        title=kind.label(),
        color="block" if kind.type_name() == BLOCK else color_name(kind.family),
        inputs=tuple(port.name for port in ports_of(kind)),
        outputs=outputs_of(kind),
    )
    card = paint_sprite(face, 0.8, ratio)
    faded = QPixmap(card.size())
    faded.setDevicePixelRatio(ratio)
    faded.fill(Qt.GlobalColor.transparent)
    with QPainter(faded) as painter:
        painter.setOpacity(0.75)
        painter.drawPixmap(0, 0, card)
    return faded


def _is_called(kind: type[Layer], text: str) -> bool:
    """Whether the name of a layer begins so; blocks stand before those that are found by what they do."""
    return any(name.lower().startswith(text.lower()) for name in (kind.type_name(), kind.label()))
