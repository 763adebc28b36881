"""In the inspector of a node with code of the user's own: its file, whether it may run, and what a check found."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from engine.checks.scoped import ScopedChecks
from engine.document.edits import Batch, SetAttributes
from engine.document.graph import Node
from engine.errors import NetwrightError
from engine.protocol.messages.code import CodeChecked
from gui.models.own_code import FileState, OwnCodeModel
from gui.models.scope import Scope
from gui.widgets.button import Button
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.fonts import mono_font
from gui.widgets.section_label import SectionLabel
from gui.widgets.stylesheet import set_role
from gui.widgets.text import Text

_ROWS = 6
_WARNING = "Code can do whatever you can do on this computer. Trust only what you have read, or know who wrote it."


class CodeSection(QWidget):
    """Shown for nodes of type PyTorch only."""

    def __init__(self, scope: Scope, model: OwnCodeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._scope = scope
        self._model = model
        self._id = ""
        self._taken: CodeChecked | None = None  # the report whose measures were written; undone, they stay undone
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(8)
        column.addWidget(SectionLabel("Code"))
        self.state = Text("", wrap=True)
        self.state.setObjectName("design.code.state")
        column.addWidget(self.state)
        buttons = QWidget()
        flow = FlowLayout(buttons, gap=6)
        self.new = Button("New file", small=True, icon="plus", name="design.code.new")
        self.show_code = Button("Show the code", small=True, icon="eye", name="design.code.show")
        self.edit = Button("Open in an editor", small=True, icon="edit", name="design.code.edit")
        self.check = Button("Check", small=True, icon="check", role="primary", name="design.code.check")
        for button, do in (
            (self.new, self._on_new),
            (self.show_code, self._on_show),
            (self.edit, self._on_edit),
            (self.check, self._on_check),
        ):
            button.clicked.connect(do)
            flow.addWidget(button)
        column.addWidget(buttons)
        self.findings = [Text("", wrap=True) for _ in range(_ROWS)]
        for row in self.findings:
            column.addWidget(row)
        self.dialog: CodeDialog | None = None
        """The one that is open."""
        model.changed.connect(self._refresh)

    def show_node(self, node: Node) -> None:
        """Show a node as it is now."""
        self._id = node.id
        self._refresh()

    # Inside.

    def _node(self) -> Node | None:
        return self._scope.project.graph.nodes.get(self._id)

    def _flat_id(self) -> str:
        checker = self._scope.checker
        return checker.flat_id(self._id) if isinstance(checker, ScopedChecks) else self._id

    def _file(self) -> str:
        node = self._node()
        name = node.attributes.get("file") if node is not None else None
        return name if isinstance(name, str) else ""

    def _refresh(self) -> None:
        node = self._node()
        if node is None or self.isHidden():
            return
        name = self._file()
        state = self._model.state(name) if name else None
        self.new.setVisible(not name)
        readable = state is not None and state.file is not None
        reason = "" if readable else "Choose a file first." if not name else "The file is not there."
        self.show_code.set_blocked(reason)
        self.edit.set_blocked(reason)
        blocked = reason or ("Name the class in the file." if not node.attributes.get("class_name") else "")
        self.check.set_blocked("It is being checked." if self._model.checking(self._flat_id()) else blocked)
        trusted = state is not None and state.trusted
        self.check.set_text("Check" if trusted or not readable else "Trust and check…")
        self._say(name, state)
        self._show_findings(node)

    def _say(self, name: str, state: FileState | None) -> None:
        tone, words = "dim", ""
        if not name:
            words = "Write a class of torch.nn.Module in a file of the project. New file begins one."
        elif state is None:
            words = f"Reading {name}…"
        elif state.error is not None:
            tone, words = "error", f"{state.error.message} {state.error.hint}".strip()
        elif state.trusted:
            tone, words = "ok", f"{name} is trusted on this computer and may run."
        else:
            tone, words = "warn", f"{name} is new or has changed. It does not run before you say that you trust it."
        set_role(self.state, tone=tone)
        self.state.set_text(words)

    def _show_findings(self, node: Node) -> None:
        flat_id = self._flat_id()
        found = self._model.report(flat_id)
        lines: list[tuple[str, str]] = []
        if self._model.checking(flat_id):
            lines = [("dim", "Checking shape, gradient, repeatability, samples and export…")]
        elif isinstance(found, NetwrightError):
            lines = [("error", f"{found.message} {found.hint}".strip())]
        elif found is not None:
            for item in found.findings:
                sign, tone = ("✓", "ok") if not item.failed else ("!", "warn") if item.warns else ("✕", "error")
                lines.append((tone, f"{sign} {item.subject}{': ' + item.failed if item.failed else ''}"))
            self._take_over(node, found)
        for number, row in enumerate(self.findings):
            row.setVisible(number < len(lines))
            if number < len(lines):
                set_role(row, tone=lines[number][0])
                row.set_text(lines[number][1])

    def _take_over(self, node: Node, found: CodeChecked) -> None:
        """Write what was measured into the node, where it says otherwise."""
        if not found.usable or self._scope.read_only or found is self._taken:
            return
        self._taken = found
        incoming = self._scope.checker.input_specs(node.id)
        first = incoming[0] if incoming else None
        measured = list(found.output_shape)
        same = first is not None and [size or 0 for size in first.shape[1:]] == measured
        wanted = [] if same else measured
        changes: dict[str, object] = {}
        if list(_numbers(node.attributes.get("output_shape"))) != wanted:
            changes["output_shape"] = wanted
        if node.attributes.get("parameters", 0) != found.parameters:
            changes["parameters"] = found.parameters
        if changes:
            edit = SetAttributes(id=node.id, attributes=changes)  # type: ignore[arg-type]
            self._scope.do(Batch(title=f"Measure {node.id}", edits=(edit,)))

    def _on_new(self) -> None:
        node = self._node()
        if node is None:
            return
        class_name = str(node.attributes.get("class_name") or "").strip() or "MyLayer"
        if not class_name.isidentifier() or not class_name.isascii():
            class_name = "MyLayer"
        name = self._model.create(class_name)
        edit = SetAttributes(id=node.id, attributes={"file": name, "class_name": class_name})
        self._scope.do(Batch(title=f"New file for {node.id}", edits=(edit,)))

    def _on_show(self) -> None:
        self._open_dialog(asks=False)

    def _on_edit(self) -> None:
        path = self._model.path_of(self._file())
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _on_check(self) -> None:
        state = self._model.state(self._file())
        if state is None or state.file is None:
            return
        if state.trusted:
            self._model.check(self._flat_id())
        else:
            self._open_dialog(asks=True)

    def _open_dialog(self, *, asks: bool) -> None:
        name = self._file()
        state = self._model.state(name)
        if state is None or state.file is None:
            return
        shown, flat_id = state.file, self._flat_id()
        self.dialog = CodeDialog(name, state.text, asks=asks, parent=self.window())

        def trusted() -> None:
            self._model.trust(shown)  # not what the file may hold by now
            self._model.check(flat_id)

        self.dialog.accepted.connect(trusted)
        self.dialog.open()


class CodeDialog(QDialog):
    """The code to be read, and the question whether it may run."""

    def __init__(self, name: str, text: str, *, asks: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.code.dialog")
        self.setWindowTitle(f"Trust {name}?" if asks else name)
        self.setModal(True)
        self.resize(720, 560)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(12)
        column.addWidget(Text(self.windowTitle(), role="title"))
        if asks:
            column.addWidget(Text(_WARNING, tone="dim", wrap=True))
        self.text = QPlainTextEdit(text)
        self.text.setObjectName("design.code.text")
        self.text.setAccessibleName(f"Code of {name}")
        self.text.setReadOnly(True)
        self.text.setFont(mono_font(12))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        self.close_button = Button("Do not trust it" if asks else "Close", name="design.code.close")
        self.close_button.clicked.connect(self.reject)
        row.addWidget(self.close_button)
        self.trust_button = Button("Trust and check", role="primary", name="design.code.trust")
        self.trust_button.clicked.connect(self.accept)
        row.addWidget(self.trust_button)
        column.addLayout(row)
        self.trust_button.setVisible(asks)


def _numbers(value: object) -> list[int]:
    return [int(item) for item in value] if isinstance(value, list | tuple) else []
