"""What the inspector shows inside a block while no node is selected: its name, its ports, and what it exposes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, Exposed
from engine.document.block_places import block_title, instances
from engine.document.edits import SetTitle
from engine.errors import GraphError
from gui.design import block_edits
from gui.design.block_form import attribute_of
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.form_row import FormRow
from gui.widgets.list_editor import TextEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text


class BlockSummary(QWidget):
    """Rows are built anew when ports or exposed settings come and go, else they only take the new words."""

    def __init__(self, scope: Scope, *, caption_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._scope = scope
        self._caption_width = caption_width
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 6)
        self._column.setSpacing(8)
        self.name = TextEditor("")
        self.name.setObjectName("design.block.title")
        self.name.committed.connect(self._on_name)
        self._column.addWidget(
            FormRow("Name", self.name, help="What the block is called.", caption_width=caption_width)
        )
        self._uses = Text("", role="small", wrap=True)
        self._column.addWidget(self._uses)
        self._lists = QWidget()
        self._column.addWidget(self._lists)
        self.ports: dict[str, TextEditor] = {}
        """The names of the ports by id."""
        self.exposed: dict[tuple[str, str], TextEditor] = {}
        """The names of exposed settings by node and attribute."""
        self._built: object = None  # what the rows were built for

    def refresh(self) -> None:
        """Show the open block as it is now; hidden outside of blocks."""
        definition = self._scope.definition
        self.setVisible(definition is not None)
        if definition is None:
            return
        if self.name.value() != definition.title:
            self.name.set_value(definition.title)
        self.name.lineEdit().setPlaceholderText(definition.id)
        count = len(instances(self._scope.document, definition.id))
        self._uses.set_text(
            "What you change here changes in its one instance."
            if count == 1
            else f"What you change here changes in all {count} instances."
        )
        inputs, outputs = definition.ports(BLOCK_INPUT), definition.ports(BLOCK_OUTPUT)
        wanted = (definition.id, inputs, outputs, tuple((i.node, i.attribute) for i in definition.exposed))
        if wanted != self._built:
            self._built = wanted
            self._build(definition, inputs, outputs)
        for port, editor in self.ports.items():
            title = definition.graph.nodes[port].title
            if editor.value() != title:
                editor.set_value(title)
        for item in definition.exposed:
            editor = self.exposed[item.node, item.attribute]
            if editor.value() != item.name:
                editor.set_value(item.name)

    # Inside.

    def _build(self, definition: BlockDefinition, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        self._lists.hide()
        self._lists.deleteLater()
        self._lists = QWidget(self)
        column = QVBoxLayout(self._lists)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        self.ports, self.exposed = {}, {}
        for heading, names, nothing in (
            ("Inputs", inputs, "It takes nothing. Add a Block input with Tab."),
            ("Outputs", outputs, "It gives nothing. Add a Block output with Tab."),
        ):
            column.addWidget(SectionLabel(heading))
            if not names:
                column.addWidget(Text(nothing, role="small", wrap=True))
            for number, name in enumerate(names):
                column.addWidget(self._port(name, names[number - 1] if number else "", names[number + 1 :][:1]))
        column.addWidget(SectionLabel("Set by each instance"))
        if not definition.exposed:
            words = "Nothing. Select a layer and click the eye beside a setting."
            column.addWidget(Text(words, role="small", wrap=True))
        for item in definition.exposed:
            column.addWidget(self._exposed(definition, item))
        self._column.addWidget(self._lists)
        self._lists.show()

    def _port(self, name: str, above: str, below: tuple[str, ...]) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        editor = TextEditor("")
        editor.setObjectName(f"design.block.port.{name}")
        editor.lineEdit().setPlaceholderText(name)
        editor.committed.connect(lambda title, name=name: self._on_port(name, title))
        self.ports[name] = editor
        line.addWidget(FormRow(name, editor, caption_width=self._caption_width - 24), 1)
        if above or below:
            for picture, other, words in (
                ("chevron-up", above, "up"),
                ("chevron-down", below[0] if below else "", "down"),
            ):
                button = Button(role="icon", icon=picture, tooltip=f"Move {name} {words}", name=f"port.{name}.{words}")
                button.set_blocked("" if other else f"{name} is at the end already.")
                button.clicked.connect(lambda _checked=False, other=other: self._swap(name, other))
                line.addWidget(button)
        return row

    def _exposed(self, definition: BlockDefinition, item: Exposed) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        editor = TextEditor(item.name)
        editor.setObjectName(f"design.block.exposed.{item.node}.{item.attribute}")
        editor.committed.connect(lambda name: self._on_exposed(item, name))
        self.exposed[item.node, item.attribute] = editor
        info = attribute_of(self._scope.document.blocks, definition, item)
        there = f"{item.attribute} of {item.node}" if info is not None else f"{item.node} is gone"
        caption = FormRow(
            item.node,
            editor,
            help=f"{there}. Under one name several are set at once.",
            caption_width=self._caption_width - 24,
        )
        line.addWidget(caption, 1)
        words = f"Set {item.attribute} of {item.node} here for all"
        button = Button(role="icon", icon="close", tooltip=words, name=f"unexpose.{item.node}.{item.attribute}")
        button.clicked.connect(lambda: self._unexpose(item))
        line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _on_name(self, title: object) -> None:
        definition = self._scope.definition
        if definition is not None and str(title).strip() != definition.title:
            self._scope.do_whole(block_edits.rename(self._scope.document, definition.id, str(title)))

    def _on_port(self, name: str, title: object) -> None:
        node = self._scope.project.graph.nodes.get(name)
        if node is not None and str(title).strip() != node.title:
            self._scope.do(SetTitle(id=name, title=str(title).strip()))

    def _swap(self, name: str, other: str) -> None:
        definition = self._scope.definition
        if definition is not None and other:
            self._scope.do_whole(block_edits.swap_ports(self._scope.document, definition.id, name, other))

    def _on_exposed(self, item: Exposed, name: object) -> None:
        scope, definition = self._scope, self._scope.definition
        if definition is None or str(name).strip() == item.name:
            return
        try:
            edit = block_edits.rename_exposed(scope.document, definition.id, item.node, item.attribute, str(name))
        except GraphError as error:
            scope.refuse(error)
        else:
            scope.do_whole(edit)
        self.refresh()

    def _unexpose(self, item: Exposed) -> None:
        definition = self._scope.definition
        if definition is not None:
            edit = block_edits.unexpose(self._scope.document, definition.id, item.node, item.attribute)
            self._scope.do_whole(edit)

    def heading(self) -> str:
        """What the open block is called; empty outside of blocks."""
        definition = self._scope.definition
        return block_title(definition) if definition is not None else ""
