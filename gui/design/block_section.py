"""In the inspector of an instance: which block it is, whose weights it uses, what changes with it, and what to do."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.document.block import definition_id
from engine.document.block_places import block_title, instances, refusal_to_hold
from engine.document.edits import SetShares
from engine.document.graph import Node, natural
from engine.errors import GraphError
from gui.design import block_edits
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.form_row import FormRow
from gui.widgets.list_editor import TextEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text

_MOST_NAMED = 4


class BlockSection(QWidget):
    """Shown for instances only."""

    commanded = Signal(str)
    """open, independent, unpack or keep: for the selected instance."""

    def __init__(self, scope: Scope, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._scope = scope
        self._id = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(8)
        column.addWidget(SectionLabel("Block"))
        self.name = TextEditor("")
        self.name.setObjectName("design.block.name")
        self.name.committed.connect(self._on_name)
        self.kind = ChoiceEditor()
        self.kind.setObjectName("design.block.kind")
        self.kind.committed.connect(self._on_kind)
        self.weights = ChoiceEditor()
        self.weights.setObjectName("design.block.weights")
        self.weights.committed.connect(self._on_weights)
        self._rows: dict[str, FormRow] = {}
        for caption, editor, words in (
            ("Name", self.name, "What the block is called, on all its cards and in the palette."),
            ("Instance of", self.kind, "Another block of this project in its place; links stay where they fit."),
            ("Weights", self.weights, "Its own, or those of another instance: both learn them together then."),
        ):
            self._rows[caption] = FormRow(caption, editor, help=words, caption_width=caption_width)
            column.addWidget(self._rows[caption])
        self.linked = Text("", role="small", wrap=True)
        self.linked.setObjectName("design.block.linked")
        column.addWidget(self.linked)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=6)
        self.buttons: dict[str, Button] = {}
        for command, caption, picture, words in (
            ("open", "Open", "layers", "Show what is inside. Double click, or Ctrl+Enter"),
            ("independent", "Make independent", "copy", "Give it a definition of its own."),
            ("unpack", "Unpack", "grid", "Put what it holds in its place. Ctrl+U"),
            ("keep", "Save to My blocks", "save", "Keep a copy for every project."),
        ):
            button = Button(caption, small=True, icon=picture, tooltip=words, name=f"design.block.{command}")
            button.clicked.connect(lambda _checked=False, command=command: self.commanded.emit(command))
            self.buttons[command] = button
            flow.addWidget(button)
        column.addWidget(buttons)

    def show_node(self, node: Node) -> None:
        """Show an instance as it is now."""
        self._id = node.id
        scope = self._scope
        document, holder = scope.document, scope.block
        block_id = definition_id(node)
        definition = document.blocks.get(block_id)
        self._rows["Name"].setVisible(definition is not None)
        for button in self.buttons.values():
            button.set_blocked("" if definition is not None else "This project does not hold the block.")
        if definition is not None and self.name.value() != definition.title:
            self.name.set_value(definition.title)
        self.name.lineEdit().setPlaceholderText(block_id)
        offered = [
            Choice(value=block.id, label=block_title(block), blocked=refusal_to_hold(document.blocks, holder, block.id))
            for block in sorted(document.blocks.values(), key=lambda block: natural(block.title or block.id))
        ]
        self.kind.set_choices(offered)
        self.kind.set_value(block_id)
        self._rows["Instance of"].setVisible(definition is None or len(offered) > 1)
        owners = block_edits.may_share_with(scope.project, node.id)
        self.weights.set_choices(
            [Choice(value="", label="its own"), *(Choice(value=o.id, label=f"those of {o.id}") for o in owners)]
        )
        self.weights.set_value(node.shares)
        self._rows["Weights"].setVisible(bool(owners or node.shares))
        others = [
            inner.id if where in ("", holder) else f"{inner.id} in {block_title(document.blocks[where])}"
            for where, inner in instances(document, block_id)
            if (where, inner.id) != (holder, node.id)
        ]
        self.linked.set_text(_linked(others) if definition is not None else "")
        self.linked.setVisible(definition is not None)
        if definition is not None:
            self.buttons["independent"].set_blocked("" if others else "No other instance changes with it.")

    # Inside.

    def _node(self) -> Node | None:
        return self._scope.project.graph.nodes.get(self._id)

    def _on_name(self, title: object) -> None:
        node = self._node()
        if node is not None and definition_id(node) in self._scope.document.blocks:
            definition = self._scope.document.blocks[definition_id(node)]
            if str(title).strip() != definition.title:
                self._scope.do_whole(block_edits.rename(self._scope.document, definition.id, str(title)))

    def _on_kind(self, block_id: object) -> None:
        scope = self._scope
        try:
            scope.do(block_edits.link(scope.project, self._id, str(block_id), scope.block))
        except GraphError as error:
            scope.refuse(error)
        node = self._node()
        if node is not None:
            self.show_node(node)

    def _on_weights(self, owner: object) -> None:
        self._scope.do(SetShares(id=self._id, shares=str(owner)))


def _linked(others: list[str]) -> str:
    """ "2 more instances change with it: block2, block3"."""
    if not others:
        return "It is the only instance."
    named = ", ".join(others[:_MOST_NAMED]) + ("…" if len(others) > _MOST_NAMED else "")
    count = "1 more instance changes" if len(others) == 1 else f"{len(others)} more instances change"
    return f"{count} with it: {named}"
