"""A text, or a list of numbers, in Try it."""

import math
import re
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from engine.document.data_spec import Field, FieldKind
from gui.use.inputs.input_editor import InputEditor
from gui.widgets.text import Text

_MOST: Final = 1_000_000
_BETWEEN: Final = re.compile(r"[;,\s]+")


class TextInput(InputEditor):
    """A box to type or paste into. With `begins` the text may be empty: the network writes it from the beginning."""

    def __init__(self, field: Field, parent: QWidget | None = None, *, begins: bool = False) -> None:
        super().__init__(field, parent)
        self.begins = begins
        self.editor = QPlainTextEdit()
        self.editor.setObjectName(f"use.field.{field.name}")
        self.editor.setAccessibleName(field.name)
        self.editor.setPlaceholderText("Begin a text, or leave it empty" if begins else "Type or paste text")
        self.editor.setTabChangesFocus(True)
        self.editor.setMinimumHeight(90)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Text(field.name, role="form"))
        column.addWidget(self.editor, 1)
        self._quiet = False  # while a value is set by a method
        self.editor.textChanged.connect(self._on_changed)

    def core(self) -> QWidget:
        return self.editor

    def value(self) -> object:
        return self.editor.toPlainText()

    def lacks(self) -> str:
        if self.begins or self.editor.toPlainText().strip():
            return ""
        return f"Type something for '{self.name}' first."

    def restore(self, state: object) -> None:
        self._quiet = True
        self.editor.setPlainText(str(state or ""))
        self._quiet = False

    def told(self) -> str:
        return " ".join(self.editor.toPlainText().split())[:60]

    def take_file(self, path: Path) -> None:
        """The text of a file."""
        try:
            with path.open("rb") as file:
                self.restore(file.read(_MOST).decode("utf-8", "replace"))
        except OSError as error:
            self.refused.emit(f"{path.name} cannot be read: {error.strerror}.")
            return
        self.changed.emit()

    def _on_changed(self) -> None:
        if not self._quiet:
            self.changed.emit()


class ArrayInput(TextInput):
    """So many numbers, typed or pasted with blanks, commas or lines between them."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        sizes = [size for size in field.statistics.shape if size]
        self.count = math.prod(sizes) if sizes else 0
        self.editor.setPlaceholderText(f"{self.count:,} numbers with blanks or commas between them")
        self.editor.setProperty("role", "mono")

    def value(self) -> object:
        numbers = _numbers(self.editor.toPlainText())
        return numbers if numbers is not None else []

    def lacks(self) -> str:
        numbers = _numbers(self.editor.toPlainText())
        if numbers is None:
            return f"'{self.name}' takes numbers alone."
        if len(numbers) != self.count:
            return f"'{self.name}' needs {self.count:,} numbers; there are {len(numbers):,}."
        return ""

    def restore(self, state: object) -> None:
        super().restore(state if isinstance(state, str) else " ".join(f"{number:.7g}" for number in _flat(state)))

    def state(self) -> object:
        return self.editor.toPlainText()

    def told(self) -> str:
        return f"{self.count:,} numbers"


def is_long(field: Field) -> bool:
    """Whether a field is edited in a box that wants room."""
    return field.kind in (FieldKind.TEXT, FieldKind.ARRAY)


def _numbers(text: str) -> list[float] | None:
    try:
        return [float(part) for part in _BETWEEN.split(text.strip()) if part]
    except ValueError:
        return None


def _flat(value: object) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for part in value for number in _flat(part)]
    return [float(value)] if isinstance(value, int | float) else [math.nan]
