"""A row in which an entry of the catalog is picked, or none, with the form of its settings below."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.catalog.entry import Entry
from gui.forms.attribute_form import AttributeForm
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow


class EntryChoice(QWidget):
    """Shows a choice that a project holds, and tells what the user makes of it."""

    changed = Signal(object)
    """None, or (type, attributes) of what is chosen now."""

    def __init__(
        self,
        caption: str,
        entries: Sequence[type[Entry]],
        *,
        none: str,
        help: str,
        name: str,
        caption_width: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._entries = {entry.type_name(): entry for entry in entries}
        self._type = ""
        self._attributes: dict[str, Any] = {}
        self.editor = ChoiceEditor(
            [
                Choice(value="", label=none),
                *(Choice(value=entry.type_name(), label=entry.label(), help=entry.about()) for entry in entries),
            ]
        )
        self.editor.setObjectName(name)
        self.editor.committed.connect(self._on_chosen)
        self.row = FormRow(caption, self.editor, help=help, caption_width=caption_width)
        self.form = AttributeForm(caption_width=caption_width)
        self.form.value_changed.connect(self._on_value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.row)
        column.addWidget(self.form)
        self.show_choice("", {})

    def show_choice(self, type_name: str, attributes: Mapping[str, Any]) -> None:
        """Show what is chosen, without telling; an empty name is none."""
        self._type, self._attributes = type_name, dict(attributes)
        if self.editor.value() != type_name:
            self.editor.set_value(type_name)
        entry = self._entries.get(type_name)
        self.form.set_entry(entry, attributes)
        self.form.setVisible(entry is not None and bool(entry.attributes()))

    def _on_chosen(self, value: object) -> None:
        entry = self._entries.get(str(value))
        known = {info.name for info in entry.attributes()} if entry is not None else set()
        self._tell(str(value), {key: held for key, held in self._attributes.items() if key in known})

    def _on_value(self, name: str, value: object) -> None:
        self._tell(self._type, {**self._attributes, name: value})

    def _tell(self, type_name: str, attributes: dict[str, Any]) -> None:
        self.show_choice(type_name, attributes)
        self.changed.emit((type_name, attributes) if type_name else None)
