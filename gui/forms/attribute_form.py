"""The form of a catalog entry, or of what several have in common: a row an attribute, with the editor its kind asks."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.catalog.entry import Attribute, AttributeKind, Entry
from gui.widgets.attribute_editor import AttributeEditor, attribute_editor
from gui.widgets.button import Button
from gui.widgets.form_row import FormRow


class AttributeForm(QWidget):
    """Shows what a project file holds of an entry, defaults where it holds nothing.

    `options` are the names that attributes of kind `fields` are picked from. Advanced attributes stand under "More
    settings", which opens by itself when one of them differs from its default.
    """

    value_changed = Signal(str, object)
    """Name and new value of an attribute; a value equal to the default is told too."""

    def __init__(
        self,
        entry_type: type[Entry] | None = None,
        values: Mapping[str, Any] | None = None,
        *,
        options: Sequence[str] = (),
        caption_width: int = 96,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._caption_width = caption_width
        self._options = tuple(options)
        self._entry: type[Entry] | None = None
        self._attributes: tuple[Attribute, ...] = ()
        self._rows: dict[str, FormRow] = {}
        self._editors: dict[str, AttributeEditor] = {}
        self._problems: dict[str, str] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._advanced = QWidget()
        self._more_is_open = False
        self._more = Button("", role="link")
        self._more.clicked.connect(self._on_more_clicked)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.set_entry(entry_type, values or {})

    # What callers use.

    def set_entry(
        self, entry_type: type[Entry] | None, values: Mapping[str, Any], options: Sequence[str] | None = None
    ) -> None:
        """Show another entry; for the one shown already only the values change, and the focus stays."""
        if options is not None and tuple(options) != self._options:
            self._options = tuple(options)
            self._entry = None
        if entry_type is not self._entry or entry_type is None:
            self._entry = entry_type
            self._build(entry_type.attributes() if entry_type is not None else (), values)
        self.set_values(values)

    def set_attributes(
        self,
        attributes: Sequence[Attribute],
        values: Mapping[str, Any],
        mixed: Mapping[str, str],
        options: Sequence[str] = (),
    ) -> None:
        """Show attributes that several entries have in common.

        Those named in `mixed` have different values; what is said of them there stands under their row. For the same
        attributes only the values change, and the focus stays.
        """
        if tuple(attributes) != self._attributes or self._entry is not None or tuple(options) != self._options:
            self._options = tuple(options)
            self._entry = None
            self._build(attributes, values)
        self.set_values({name: value for name, value in values.items() if name not in mixed}, but=mixed)
        for name, row in self._rows.items():
            if name in mixed:
                self._editors[name].set_mixed()
            row.set_hint(mixed.get(name, ""))

    def set_values(self, values: Mapping[str, Any], *, but: Container[str] = ()) -> None:
        """Show other values without emitting anything; attributes in `but` stay as they are."""
        for info in self._attributes:
            if info.name in but:
                continue
            editor = self._editors[info.name]
            value = _shown(info, values)
            if editor.mixed or editor.value() != value:
                editor.set_value(value)

    def set_problem(self, name: str, text: str) -> None:
        """Say under an attribute what is wrong; empty takes it back. Unknown names are passed over."""
        row = self._rows.get(name)
        if row is not None:
            row.set_problem(text)
            if text and name in self._advanced_names():
                self._open_more(True)

    def editor(self, name: str) -> QWidget:
        """The editor of an attribute. Raises KeyError."""
        return self._editors[name]

    def row(self, name: str) -> FormRow:
        """The line of an attribute. Raises KeyError."""
        return self._rows[name]

    def names(self) -> tuple[str, ...]:
        """The attributes shown, in order."""
        return tuple(self._rows)

    def focus_first(self) -> None:
        """Give the first editor the focus."""
        for editor in self._editors.values():
            editor.setFocus()
            return

    # Inside.

    def _build(self, attributes: Sequence[Attribute], values: Mapping[str, Any]) -> None:
        old, self._rows, self._editors = self._rows, {}, {}
        # removeWidget, not takeAt: PySide never frees the item that one hands out.
        for widget in (*old.values(), self._more, self._advanced):
            self._column.removeWidget(widget)
        for row in old.values():
            row.hide()
            row.deleteLater()
        self._advanced.hide()
        self._advanced.deleteLater()
        self._advanced = QWidget(self)
        below = QVBoxLayout(self._advanced)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(6)
        self._attributes = tuple(attributes)
        advanced = 0
        for info in attributes:
            row = self._row(info, _shown(info, values))
            if info.advanced:
                below.addWidget(row)
                advanced += 1
            else:
                self._column.addWidget(row)
        self._more.setParent(self)
        self._column.addWidget(self._more)
        self._column.addWidget(self._advanced)
        self._more.setVisible(advanced > 0)
        changed = any(info.advanced and _shown(info, values) != _shown(info, {}) for info in attributes)
        self._open_more(changed)

    def _row(self, info: Attribute, value: Any) -> FormRow:
        editor = attribute_editor(info, value, options=self._options)
        editor.setObjectName(f"attribute.{info.name}")
        row = FormRow(info.label, editor, help=_help(info), caption_width=self._caption_width, parent=self)
        editor.committed.connect(lambda new, name=info.name: self._on_committed(name, editor, new))
        if hasattr(editor, "rejected"):
            editor.rejected.connect(row.set_problem)
        self._rows[info.name] = row
        self._editors[info.name] = editor
        return row

    def _advanced_names(self) -> set[str]:
        return {info.name for info in self._attributes if info.advanced}

    def _open_more(self, opened: bool) -> None:
        self._more_is_open = opened
        count = len(self._advanced_names())
        self._more.set_text("Fewer settings" if opened else f"More settings ({count})")
        self._advanced.setVisible(opened and count > 0)

    def _on_more_clicked(self) -> None:
        self._open_more(not self._more_is_open)

    def _on_committed(self, name: str, editor: QWidget, value: object) -> None:
        if self._editors.get(name) is not editor:
            return  # it loses the focus as it goes: what was typed there is not meant for what is shown now
        self._rows[name].set_problem("")
        self.value_changed.emit(name, list(value) if isinstance(value, tuple) else value)


def _shown(info: Attribute, values: Mapping[str, Any]) -> Any:
    """The value of an attribute as its editor has it: lists of a file are tuples there."""
    value = values.get(info.name, info.default)
    if isinstance(value, list):
        value = tuple(value)
    if info.kind is AttributeKind.SIZE and isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return value


def _help(info: Attribute) -> str:
    bounds = info.range_text() if info.kind in (AttributeKind.INTEGER, AttributeKind.NUMBER, AttributeKind.SIZE) else ""
    torch = f"In torch: {info.torch_name or info.name}"
    return "\n".join(part for part in (info.help, bounds[:1].upper() + bounds[1:], torch) if part)
