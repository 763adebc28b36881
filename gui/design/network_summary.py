"""What the inspector shows while no node is selected: the size of the network, and what can be done."""

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.checks.export_outlook import export_outlook
from gui.design.amounts import bytes_text, number_text
from gui.design.block_summary import BlockSummary
from gui.design.node_settings import CAPTION_WIDTH, batch_size
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text

_OUTLOOK_MS: Final = 250
"""After the last edit: a walk through the whole network."""
_KEYS = (
    ("Tab", "add a layer"),
    ("Ctrl+F", "find a node"),
    ("arrows", "walk along links"),
    ("Enter", "settings"),
    ("E, F2", "change, rename on the card"),
    ("Ctrl+K", "link"),
    ("Ctrl+.", "repairs of a problem"),
    ("Ctrl+D", "duplicate"),
    ("Ctrl+B", "bypass"),
    ("Ctrl+G", "fold into a block"),
    ("G", "what costs most"),
    ("F", "show all"),
    ("Alt + drag", "select with a lasso"),
    ("Space + drag", "move the view"),
)


class NetworkSummary(QWidget):
    """Counts and cost of the whole network, the file it becomes, and the keys of the canvas."""

    node_wanted = Signal(str)
    """A node, by its id in the flat form, that is to be shown."""

    def __init__(self, project: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._project = project
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._title = Text("Network", role="heading")
        column.addWidget(self._title)
        self.block = BlockSummary(project, caption_width=CAPTION_WIDTH)
        column.addWidget(self.block)
        self._hint = Text("", tone="dim", wrap=True)
        column.addWidget(self._hint)
        column.addSpacing(4)
        column.addWidget(SectionLabel("Size"))
        self.facts = Facts()
        column.addWidget(self.facts)
        column.addSpacing(4)
        self._onnx = SectionLabel("ONNX")
        column.addWidget(self._onnx)
        self.outlook = Text("", role="small", tone="dim", wrap=True)
        self.outlook.setObjectName("design.outlook")
        column.addWidget(self.outlook)
        self.to_obstacle = Button("Show it", role="link", small=True, name="design.outlook.show")
        self.to_obstacle.clicked.connect(self._on_obstacle_clicked)
        column.addWidget(self.to_obstacle, 0, Qt.AlignmentFlag.AlignLeft)
        self._obstacle = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_OUTLOOK_MS)
        self._soon.timeout.connect(self._show_outlook)
        column.addSpacing(4)
        column.addWidget(SectionLabel("Keys"))
        keys = Facts()
        keys.show_rows(list(_KEYS))
        column.addWidget(keys)

    def refresh(self) -> None:
        """Show the network as it is now."""
        self.block.refresh()
        self._title.set_text(self.block.heading() or "Network")
        graph = self._project.project.graph
        cost = self._project.checker.total_cost()
        batch = batch_size(self._project)
        links = sum(1 for _edge in graph.edges)
        rows = [("nodes", f"{len(graph.nodes):,}"), ("links", f"{links:,}")]
        if cost.parameters:
            rows.append(("parameters", number_text(cost.parameters)))
            rows.append(("model size", bytes_text(cost.parameters * 4)))
        if cost.multiply_adds:
            rows.append(("multiply-adds", number_text(cost.multiply_adds)))
        if cost.output_bytes:
            # Values and their gradients for a batch; parameters with gradient and two moments of the optimizer.
            rows.append((f"memory @{batch}", f"≈ {bytes_text(cost.output_bytes * batch * 2 + cost.parameters * 16)}"))
        self.facts.show_rows(rows)
        self._hint.set_text(
            "Select a node to see and change its settings."
            if graph.nodes
            else "Drag a layer onto the canvas, or press Tab there to search for one."
        )
        shown = bool(graph.nodes) and not self.block.heading()
        for widget in (self._onnx, self.outlook):
            widget.setVisible(shown)
        self.to_obstacle.setVisible(shown and bool(self._obstacle))
        if shown:
            self._soon.start()

    def _show_outlook(self) -> None:
        """What file the network becomes, or what stands in the way."""
        if self.outlook.isHidden():
            return
        found = export_outlook(self._project.model.checker)
        self.outlook.set_text(" ".join([found.sentence, *found.notes]))
        self.outlook.set_tone("warn" if found.obstacles else "dim")
        self._obstacle = found.obstacles[0].node if found.obstacles else ""
        self.to_obstacle.setVisible(bool(self._obstacle))

    def _on_obstacle_clicked(self) -> None:
        if self._obstacle:
            self.node_wanted.emit(self._obstacle)
