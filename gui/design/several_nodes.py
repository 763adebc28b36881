"""What the inspector shows for several selected nodes: what they are, what they cost, and their common settings."""

from collections import Counter
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.catalog.registry import layer_type
from engine.document.edits import Batch, Edit, SetAttributes, SetBypassed, SetFrozen
from gui.design import graph_edits
from gui.design.amounts import number_text
from gui.design.node_settings import CAPTION_WIDTH
from gui.forms.attribute_form import AttributeForm
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text


class SeveralNodes(QWidget):
    """Nodes of one type share a form, and a change goes to all of them as one step."""

    tidy_clicked = Signal()
    delete_clicked = Signal()

    def __init__(self, project: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._project = project
        self._ids: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._title = Text("", role="heading")
        column.addWidget(self._title)
        self.kinds = Facts()
        column.addWidget(self.kinds)
        self._label = SectionLabel("Common settings")
        self._note = Text("", role="small", wrap=True)
        self.form = AttributeForm(caption_width=CAPTION_WIDTH)
        self.form.value_changed.connect(self._on_value)
        for widget in (self._label, self._note, self.form):
            column.addWidget(widget)
        column.addWidget(SectionLabel("Cost"))
        self.cost = Facts()
        column.addWidget(self.cost)
        column.addWidget(SectionLabel("All of them"))
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=6)
        self._bypass = Button("Bypass", small=True, icon="bypass")
        self._bypass.clicked.connect(self._on_bypass)
        self._freeze = Button("Freeze", small=True, icon="freeze")
        self._freeze.clicked.connect(self._on_freeze)
        tidy = Button("Tidy", small=True, icon="tidy")
        tidy.clicked.connect(self.tidy_clicked)
        delete = Button("Delete", small=True, icon="trash")
        delete.clicked.connect(self.delete_clicked)
        for button in (self._bypass, self._freeze, tidy, delete):
            flow.addWidget(button)
        column.addWidget(buttons)

    def show_nodes(self, ids: tuple[str, ...]) -> None:
        """Show these nodes as they are now."""
        nodes = [self._project.project.graph.nodes[node_id] for node_id in ids]
        self._ids = ids
        self._title.set_text(f"{len(nodes):,} nodes")
        counts = Counter(node.type for node in nodes)
        rows = [(name, str(count)) for name, count in counts.most_common(8)]
        if len(counts) > 8:
            rows.append(("others", str(sum(count for _name, count in counts.most_common()[8:]))))
        self.kinds.show_rows(rows)
        kind = layer_type(nodes[0].type) if len(counts) == 1 else None
        shared = kind is not None and bool(kind.attributes())
        for widget in (self._label, self._note, self.form):
            widget.setVisible(shared)
        if shared:
            self.form.set_entry(kind, nodes[0].attributes, ())
            differ = [
                info.label
                for info in (kind.attributes() if kind is not None else ())
                if len({repr(node.attributes.get(info.name, info.default)) for node in nodes}) > 1
            ]
            words = "A change goes to all of them."
            if differ:
                words += f" They differ in {', '.join(differ[:3])}; the first one's is shown."
            self._note.set_text(words)
        costs = [self._project.checker.cost_of(node.id) for node in nodes]
        self.cost.show_rows(
            [
                ("parameters", number_text(sum(cost.parameters for cost in costs))),
                ("multiply-adds", number_text(sum(cost.multiply_adds for cost in costs))),
            ]
        )
        self._bypass.set_text("Stop bypassing" if all(node.bypassed for node in nodes) else "Bypass")
        self._freeze.set_text("Let learn again" if all(node.frozen for node in nodes) else "Freeze")

    def _on_value(self, name: str, value: Any) -> None:
        graph = self._project.project.graph
        edits: list[Edit] = []
        for node_id in self._ids:
            node = graph.nodes.get(node_id)
            kind = layer_type(node.type) if node is not None else None
            if node is None or kind is None:
                continue
            changed, unset = graph_edits.set_attribute(kind, name, value)
            unset = tuple(item for item in unset if item in node.attributes)
            if (changed and node.attributes.get(name) != changed[name]) or unset:
                edits.append(SetAttributes(id=node_id, attributes=changed, unset=unset))
        if edits:
            self._project.do(Batch(title=f"Set {name} of {len(edits)} nodes", edits=tuple(edits)))

    def _on_bypass(self) -> None:
        nodes = self._project.project.graph.nodes
        self._project.do(SetBypassed(ids=self._ids, bypassed=not all(nodes[i].bypassed for i in self._ids)))

    def _on_freeze(self) -> None:
        nodes = self._project.project.graph.nodes
        self._project.do(SetFrozen(ids=self._ids, frozen=not all(nodes[i].frozen for i in self._ids)))
