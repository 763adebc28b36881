"""A category, several labels or a date in Try it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLineEdit, QWidget

from engine.document.data_spec import Field, FieldKind
from gui.use.inputs.input_editor import InputEditor
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.text import Text

MISSING = "missing"


class WordInput(InputEditor):
    """Caption at the left, what takes the words at the right."""

    def _lay_out(self, editor: QWidget) -> None:
        caption = Text(self.field.name, role="form", elide=Qt.TextElideMode.ElideRight)
        caption.setBuddy(editor)
        editor.setObjectName(f"use.field.{self.field.name}")
        editor.setAccessibleName(self.field.name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(caption, 2)
        row.addWidget(editor, 3)


class SearchChoice(ChoiceEditor):
    """A choice that is found by typing a part of it; a word that is not offered is taken as it is."""

    def __init__(self, choices: list[Choice]) -> None:
        super().__init__(choices)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        line = self.lineEdit()
        assert line is not None  # it is editable
        line.editingFinished.connect(self._on_typed)

    def _on_typed(self) -> None:
        """A label that was typed whole, or another word."""
        text = self.currentText().strip()
        row = self.findText(text, Qt.MatchFlag.MatchFixedString)
        value = self.values()[row] if row >= 0 else text
        if value != self.value():
            self.set_value(value)
            self.committed.emit(value)


class CategoryInput(WordInput):
    """One of the classes; typed words find it, and an unseen one may be asked about."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        classes = [Choice(value=name) for name in field.statistics.classes if name]
        self.editor = SearchChoice([*classes, Choice(value="", label=MISSING)])
        self._lay_out(self.editor)
        self.editor.setToolTip("Choose, or type a part of it")
        self.editor.committed.connect(lambda _value: self.changed.emit())

    def core(self) -> QWidget:
        return self.editor

    def value(self) -> object:
        return self.editor.value()

    def restore(self, state: object) -> None:
        self.editor.set_value(str(state or ""))

    def told(self) -> str:
        return str(self.value()) or MISSING


class LineInput(WordInput):
    """Labels with separators between them, or a date, as it is typed."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = QLineEdit()
        if field.kind is FieldKind.DATE:
            self.editor.setPlaceholderText("2021-03-04, or with a time")
        else:
            self.editor.setPlaceholderText(_example(field))
            self.editor.setToolTip(_any_of(field))
        self._lay_out(self.editor)
        self.editor.textEdited.connect(lambda _text: self.changed.emit())

    def core(self) -> QWidget:
        return self.editor

    def value(self) -> object:
        return self.editor.text()

    def restore(self, state: object) -> None:
        self.editor.setText(str(state or ""))


def _example(field: Field) -> str:
    """Two labels as they are typed."""
    separator = str(field.options.get("separator", ";"))
    return f"{separator} ".join(field.statistics.classes[:2]) or "labels"


def _any_of(field: Field) -> str:
    classes = field.statistics.classes
    return f"Any of {', '.join(classes[:12])}" + ("…" if len(classes) > 12 else ".") if classes else ""
