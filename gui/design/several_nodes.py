"""What the inspector shows for several selected nodes: what they are, what they cost, and their common settings."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.document.data_spec import Role
from engine.document.edits import Batch, Edit, SetBypassed, SetFrozen, SetTitle
from engine.document.graph import Node
from gui.design import graph_edits
from gui.design.amounts import number_text
from gui.design.common_attributes import common_attributes
from gui.design.node_settings import CAPTION_WIDTH
from gui.forms.attribute_form import AttributeForm
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.form_row import FormRow
from gui.widgets.list_editor import TextEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.switch import Switch
from gui.widgets.text import Text


class SeveralNodes(QWidget):
    """Settings that all layers share stand in one form; values that differ are "mixed", and a change goes to all.

    Each change is one step of the history, however many nodes it touches.
    """

    tidy_clicked = Signal()
    delete_clicked = Signal()

    def __init__(self, project: Scope, parent: QWidget | None = None) -> None:
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
        column.addWidget(SectionLabel("Nodes"))
        self.title_editor = TextEditor("")
        self.title_editor.setObjectName("design.several.title")
        self.title_editor.committed.connect(self._on_title)
        self.frozen = Switch(False)
        self.frozen.setObjectName("design.several.frozen")
        self.frozen.committed.connect(self._on_frozen)
        self.bypassed = Switch(False)
        self.bypassed.setObjectName("design.several.bypassed")
        self.bypassed.committed.connect(self._on_bypassed)
        self._rows: dict[str, FormRow] = {}
        for caption, editor, words in (
            ("Caption", self.title_editor, "What the cards are called."),
            ("Freeze", self.frozen, "Their parameters keep their values in training. Ctrl+Shift+F"),
            ("Bypass", self.bypassed, "Their input passes through unchanged. Ctrl+B"),
        ):
            self._rows[caption] = FormRow(caption, editor, help=words, caption_width=CAPTION_WIDTH)
            column.addWidget(self._rows[caption])
        column.addWidget(SectionLabel("Cost"))
        self.cost = Facts()
        column.addWidget(self.cost)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=6)
        tidy = Button("Tidy", small=True, icon="tidy")
        tidy.clicked.connect(self.tidy_clicked)
        delete = Button("Delete", small=True, icon="trash")
        delete.clicked.connect(self.delete_clicked)
        for button in (tidy, delete):
            flow.addWidget(button)
        column.addWidget(buttons)

    def show_nodes(self, ids: tuple[str, ...]) -> None:
        """Show these nodes as they are now."""
        project = self._project.project
        nodes = [project.graph.nodes[node_id] for node_id in ids]
        self._ids = ids
        self._title.set_text(f"{len(nodes):,} nodes")
        counts = Counter(node.type for node in nodes)
        rows = [(name, str(count)) for name, count in counts.most_common(8)]
        if len(counts) > 8:
            rows.append(("others", str(sum(count for _name, count in counts.most_common()[8:]))))
        self.kinds.show_rows(rows)
        common = common_attributes(nodes)
        fields = project.data.targets() if set(counts) == {"Output"} else project.data.fields
        names = tuple(field.name for field in fields if field.role is not Role.IGNORED)
        self.form.set_attributes(common.attributes, common.values, common.mixed, names)
        self.form.setVisible(bool(common.attributes))
        if common.attributes:
            self._note.set_text("A change goes to all of them, as one step.")
        elif len(counts) > 1:
            self._note.set_text("These layers have no setting in common. Select same kind: Ctrl+Shift+L")
        else:
            self._note.set_text("These layers have no settings.")
        self._show_flags(nodes)
        costs = [self._project.checker.cost_of(node.id) for node in nodes]
        self.cost.show_rows(
            [
                ("parameters", number_text(sum(cost.parameters for cost in costs))),
                ("multiply-adds", number_text(sum(cost.multiply_adds for cost in costs))),
            ]
        )
        learns = any(cost.parameters for cost in costs) or any(node.frozen for node in nodes)
        self._rows["Freeze"].setVisible(learns)

    def focus_first(self) -> None:
        """Put the focus into the first setting."""
        if self.form.names():
            self.form.focus_first()
        else:
            self.title_editor.setFocus()

    # Inside.

    def _show_flags(self, nodes: list[Node]) -> None:
        for caption, switch, states in (
            ("Freeze", self.frozen, [node.frozen for node in nodes]),
            ("Bypass", self.bypassed, [node.bypassed for node in nodes]),
        ):
            if len(set(states)) > 1:
                switch.set_mixed()
                self._rows[caption].set_hint(f"on in {sum(states)} of {len(states)}")
            else:
                switch.set_value(states[0])
                self._rows[caption].set_hint("")
        titles = {node.title for node in nodes}
        if len(titles) > 1:
            self.title_editor.set_mixed()
        else:
            self.title_editor.set_value(nodes[0].title)
            self.title_editor.lineEdit().setPlaceholderText("as the layers")

    def _nodes(self) -> Iterable[Node]:
        nodes = self._project.project.graph.nodes
        return [nodes[node_id] for node_id in self._ids if node_id in nodes]

    def _do(self, edit: Edit | None, merge: str = "") -> None:
        if edit is None or not self._project.do(edit, merge):
            self.show_nodes(tuple(node.id for node in self._nodes()))

    def _on_value(self, name: str, value: Any) -> None:
        edits = [edit for node in self._nodes() if (edit := graph_edits.attribute_edit(node, name, value)) is not None]
        step = Batch(title=f"Set {name} of {len(edits)} nodes", edits=tuple(edits)) if edits else None
        self._do(step, merge=f"{name} of {' '.join(self._ids)}")

    def _on_title(self, title: object) -> None:
        text = str(title).strip()
        edits: list[Edit] = [SetTitle(id=node.id, title=text) for node in self._nodes() if node.title != text]
        self._do(Batch(title=f"Rename {len(edits)} nodes", edits=tuple(edits)) if edits else None)

    def _on_frozen(self, on: object) -> None:
        self._do(SetFrozen(ids=self._ids, frozen=bool(on)))

    def _on_bypassed(self, on: object) -> None:
        self._do(SetBypassed(ids=self._ids, bypassed=bool(on)))
