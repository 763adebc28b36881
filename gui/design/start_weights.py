"""The line of the inspector that says from which file a node takes its first weights, and how to forget it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.catalog.pretrained import PRETRAINED, Pretrained
from engine.document.edits import Batch
from engine.document.graph import Node
from engine.document.node_weights import begun_from, starting_fresh, weights_file
from engine.errors import ProjectError
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.form_row import FormRow
from gui.widgets.plain_text import set_tooltip
from gui.widgets.text import Text


class StartWeights(QWidget):
    """Hidden for a node that begins anew."""

    fetch_asked = Signal(object)
    """Pretrained whose weights are to be brought into the project."""

    def __init__(self, project: Scope, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._node: Node | None = None
        self._pretrained: Pretrained | None = None
        value = QWidget()
        value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(value)
        column.setContentsMargins(0, 5, 0, 0)
        column.setSpacing(6)
        self.words = Text("", wrap=True)
        self.words.setObjectName("design.inspector.weights")
        column.addWidget(self.words)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=6)
        self.fetch = Button("Fetch", small=True, name="design.inspector.weights.fetch")
        set_tooltip(self.fetch, "Bring the weights into this project.")
        self.fresh = Button("Start fresh", small=True, name="design.inspector.weights.fresh")
        flow.addWidget(self.fetch)
        flow.addWidget(self.fresh)
        column.addWidget(buttons)
        self.row = FormRow(
            "Weights",
            value,
            help="The file in the project's folder weights that a run begins with.",
            caption_width=caption_width,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.row)
        self.fetch.clicked.connect(self._on_fetch)
        self.fresh.clicked.connect(self._on_fresh)

    def show_node(self, node: Node) -> None:
        """Show what a node begins with."""
        self._node = node
        self.setVisible(bool(node.weights))
        if not node.weights:
            return
        name = begun_from(node)
        self._pretrained = next((item for item in PRETRAINED if item.name == name), None)
        there = self._is_there(name)
        self.fetch.setVisible(self._pretrained is not None and not there)
        if not there:
            self.words.set_text(f"{name} is not in this project")
        elif node.frozen:
            self.words.set_text(f"{name}, as it came")
        else:
            self.words.set_text(f"{name}, trained further")
        self.words.set_tone("" if there else "warn")
        learn = " and let it learn" if node.frozen else ""
        set_tooltip(
            self.fresh, f"Forget these weights{learn}: the next run begins with new ones. Ctrl+Z takes it back."
        )

    def _is_there(self, name: str) -> bool:
        folder = self._project.model.directory
        try:
            return folder is not None and weights_file(folder, name).is_file()
        except ProjectError:  # a name no file can have; the checks say so
            return False

    def _on_fresh(self) -> None:
        if self._node is not None:
            self._project.do(Batch(title=f"Start {self._node.id} fresh", edits=starting_fresh([self._node])))

    def _on_fetch(self) -> None:
        if self._pretrained is not None:
            self.fetch_asked.emit(self._pretrained)
