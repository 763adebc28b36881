"""The left of the tab Design: the layers to add, and under them the outline of what is drawn."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSplitter, QWidget

from gui.design.canvas.canvas import GraphCanvas
from gui.design.canvas.hit import Hit, Kind
from gui.design.canvas.menu import CanvasMenu
from gui.design.outline import HEADER_HEIGHT, Outline
from gui.design.palette import Palette
from gui.models.selection import Selection
from gui.widgets.guarded import guarded

_SHARE: Final = 0.45
"""Of the height, for an open outline until its edge is dragged."""


class LeftSide(QSplitter):
    """Gives the outline its height and leads what is done in it to the canvas."""

    def __init__(self, palette: Palette, canvas: GraphCanvas, selection: Selection, tab: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._canvas = canvas
        self._selection = selection
        self.outline = Outline(canvas.project, selection)
        self.addWidget(palette)
        self.addWidget(self.outline)
        self.setHandleWidth(0)
        self.setChildrenCollapsible(False)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        palette.setMinimumHeight(120)
        self._wanted = 0  # the height the user dragged the outline to; set by _on_moved
        self.splitterMoved.connect(self._on_moved)
        outline = self.outline
        outline.folded_changed.connect(self._fit)
        outline.shown_on_canvas.connect(self._on_shown)
        outline.inspect_requested.connect(canvas.inspect_requested)
        outline.delete_requested.connect(self._on_delete)
        outline.left.connect(lambda: canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        outline.menu_requested.connect(self._on_menu)
        shortcut = QShortcut(QKeySequence("Ctrl+Shift+O"), tab)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(outline.focus_first)
        self._fit()

    def put_into_tab_order(self, before: QWidget, after: QWidget) -> None:
        """Tab goes from `before` through the outline to `after`."""
        fold = self.outline.fold_button
        QWidget.setTabOrder(before, fold)
        QWidget.setTabOrder(fold, self.outline.list)
        QWidget.setTabOrder(self.outline.list, after)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        folded = self.outline.folded
        self.outline.setMinimumHeight(HEADER_HEIGHT if folded else HEADER_HEIGHT + 90)
        self.outline.setMaximumHeight(HEADER_HEIGHT if folded else 16777215)
        wanted = HEADER_HEIGHT if folded else self._wanted or round(self.height() * _SHARE)
        self.setSizes([max(0, self.height() - wanted), wanted])

    def _on_moved(self, *_where: int) -> None:
        if not self.outline.folded:
            self._wanted = self.sizes()[1]

    def _on_shown(self, ids: Iterable[str]) -> None:
        rows = self._canvas.geometry_store.rows(ids)
        if len(rows):
            self._canvas.show_rows(rows)

    def _on_delete(self, heal: bool) -> None:
        row = max(0, self.outline.list.currentIndex().row())
        if self._canvas.commands.delete(heal=heal):
            self.outline.stay_near(row)

    def _on_menu(self, node_id: str, at: QPoint) -> None:
        geometry = self._canvas.geometry_store
        row = geometry.row_of.get(node_id)
        if row is None:
            return
        if node_id not in self._selection.nodes:
            self._selection.set_nodes({node_id})
        x, y = (geometry.boxes[row, :2] + 20).tolist()
        pointer = self._canvas.pointer_at(QPointF(*self._canvas.view.to_screen(x, y)), Qt.KeyboardModifier.NoModifier)
        CanvasMenu(self._canvas, pointer, Hit(Kind.NODE, node=node_id)).open_at(at)
