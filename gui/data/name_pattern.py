"""Which part of the files' names is the class: a pattern to edit, and what it makes of the first names."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from engine.document.name_patterns import LABEL, preview, read_pattern
from engine.errors import NetwrightError
from gui.widgets.plain_text import plain_text
from gui.widgets.text import Text

_SHOWN: Final = 3


class NamePattern(QWidget):
    """`committed` carries a pattern that makes sense and is not the one that was set."""

    committed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Text("Class in the names", role="small"))
        self.edit = QLineEdit()
        self.edit.setObjectName("data.pattern")
        self.edit.setAccessibleName("Pattern of the file names")
        self.edit.setPlaceholderText("{label}_{speaker}_{}")
        self.edit.setToolTip("Parts of the names in braces. {label} is what is learned, {} does not matter.")
        self.edit.setProperty("density", "compact")
        column.addWidget(self.edit)
        self.said = Text("", role="small", wrap=True)
        self.said.setObjectName("data.pattern.preview")
        column.addWidget(self.said)
        self._set = ""
        self._names: tuple[str, ...] = ()
        self.edit.textChanged.connect(self._say)
        self.edit.editingFinished.connect(self._on_finished)

    def set_pattern(self, pattern: str, names: Sequence[str]) -> None:
        """Show the pattern that is used, and what it makes of some names; what is being typed stays."""
        names = tuple(name for name in names if name)[:_SHOWN]
        if pattern == self._set and names == self._names:
            return
        typing = self.edit.hasFocus() and self.edit.text() != self._set
        self._set, self._names = pattern, names
        if not typing:
            self.edit.setText(pattern)
        self._say()

    def problem(self) -> str:
        """What is wrong with the pattern as it is typed; empty when it can be used."""
        try:
            pattern = read_pattern(self.edit.text().strip())
        except NetwrightError as error:
            return f"{error.message} Found {error.found}."
        if self._names and not any(parts for _, parts in preview(pattern, self._names)):
            return "None of the names follows this pattern."
        return ""

    def _say(self) -> None:
        problem = self.problem()
        self.said.set_text(problem or "\n".join(self._lines()))
        self.said.setVisible(bool(self.said.whole_text()))

    def _lines(self) -> list[str]:
        found = []
        for name, parts in preview(read_pattern(self.edit.text().strip()), self._names):
            rest = ", ".join(value for part, value in parts.items() if part != LABEL)
            words = parts.get(LABEL, "no class yet") + (f" ({rest})" if rest else "")
            found.append(plain_text(f"{name.rpartition('/')[2]} → {words}", 120))
        return found

    def _on_finished(self) -> None:
        text = self.edit.text().strip()
        if text and text != self._set and not self.problem():
            self.committed.emit(text)
