"""The panel at the right: the settings of what is selected, and the network as a whole when nothing is."""

from collections.abc import Iterable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from engine.document.edits import Change
from gui.design.mark_settings import MarkSettings
from gui.design.network_summary import NetworkSummary
from gui.design.node_settings import NodeSettings, help_page
from gui.design.several_nodes import SeveralNodes
from gui.models.own_code import OwnCodeModel
from gui.models.scope import Scope
from gui.models.selection import Selection
from gui.widgets.side_panel import ScrollColumn

_REFRESH_MS = 15


class Inspector(QFrame):
    """Three pages: nothing selected, one node, several. Refreshed once for many changes."""

    tidy_clicked = Signal()
    delete_clicked = Signal()
    block_commanded = Signal(str)
    """open, independent, unpack or keep: for the selected instance of a block."""
    help_changed = Signal(str)
    """The help page on what is selected."""
    repair_pointed = Signal(object)
    """Repair to show on the canvas before it is chosen, or None."""

    def __init__(
        self,
        project: Scope,
        selection: Selection,
        own_code: OwnCodeModel | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("design.inspector")
        self.setAccessibleName("Settings of the selected node")
        self.setProperty("role", "side-right")
        self._project = project
        self._selection = selection
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        scroll = ScrollColumn(margins=(12, 14, 12, 16), spacing=0)
        self.summary = NetworkSummary(project)
        self.node = NodeSettings(project, own_code)
        self.several = SeveralNodes(project)
        self.marks = MarkSettings(project)
        self.node.repair_pointed.connect(self.repair_pointed)
        self.node.block.commanded.connect(self.block_commanded)
        self.several.tidy_clicked.connect(self.tidy_clicked)
        self.several.delete_clicked.connect(self.delete_clicked)
        for page in (self.summary, self.node, self.several, self.marks):
            scroll.column.addWidget(page)
        scroll.column.addStretch(1)
        outer.addWidget(scroll)
        self._scroll = scroll
        self._shown: tuple[str, ...] = ()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        selection.changed.connect(self._refresh_soon)
        project.opened.connect(self._refresh_soon)
        project.changed.connect(self._on_changed)
        project.checked.connect(self._on_checked)
        self.refresh()

    def refresh(self) -> None:
        """Show the selection as it is now."""
        self._timer.stop()
        nodes = self._project.project.graph.nodes
        chosen = tuple(sorted(node_id for node_id in self._selection.nodes if node_id in nodes))
        if chosen != self._shown:
            self._scroll.verticalScrollBar().setValue(0)
        self._shown = chosen
        self.help_changed.emit(help_page(nodes[chosen[0]] if len(chosen) == 1 else None))
        marks = self._selection.marks if not chosen else frozenset[str]()
        self.summary.setVisible(not chosen and not marks)
        self.marks.setVisible(bool(marks))
        self.marks.show_marks(marks)
        self.node.setVisible(len(chosen) == 1)
        self.several.setVisible(len(chosen) > 1)
        if not chosen:
            self.summary.refresh()
        elif len(chosen) == 1:
            self.node.show_node(chosen[0])
        else:
            self.several.show_nodes(chosen)

    def focus_first(self) -> None:
        """Put the focus into the first setting of the selected node."""
        self.refresh()
        if len(self._shown) == 1:
            self.node.focus_first()
        elif self._shown:
            self.several.focus_first()
        elif self._selection.marks:
            self.marks.focus_first()

    def _refresh_soon(self, *_what: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_changed(self, change: Change) -> None:
        whole = change.data or change.recipe or change.blocks
        if whole or not self._shown or set(self._shown) & (change.nodes | change.moved):
            self._refresh_soon()

    def _on_checked(self, ids: Iterable[str]) -> None:
        if not self._shown or set(self._shown) & set(ids):
            self._refresh_soon()
