"""One editor per kind of attribute: a form follows from declarations and never knows a layer or an optimizer."""

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.list_editor import NumbersEditor, TextEditor
from gui.widgets.number_editor import NumberEditor
from gui.widgets.parsed_editor import MIXED
from gui.widgets.plain_text import button_text, plain_text
from gui.widgets.size_editor import SizeEditor
from gui.widgets.switch import Switch
from gui.widgets.theme import current_theme


class DeclaredAttribute(Protocol):
    """What an editor needs of a declaration; `engine.catalog.entry.Attribute` is one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def default(self) -> Any: ...
    @property
    def help(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def above(self) -> float | None: ...
    @property
    def below(self) -> float | None: ...
    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def optional(self) -> bool: ...
    @property
    def sides(self) -> int: ...


class NamesEditor(QPushButton):
    """Picks any of several names from a menu whose entries can be ticked, in the order offered."""

    committed = Signal(object)

    def __init__(
        self, value: Sequence[str] = (), options: Sequence[str] = (), *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self._value = tuple(value)
        self._mixed = False  # set by set_mixed, cleared by the next value
        self._options: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.triggered.connect(self._on_triggered)
        self.setMenu(menu)
        self.set_options(options)

    def set_options(self, options: Sequence[str]) -> None:
        """Offer other names; those picked stay, also when they are no longer offered."""
        self._options = tuple(options)
        self._fill()

    def value(self) -> tuple[str, ...]:
        """The names picked."""
        return self._value

    def set_value(self, value: object) -> None:
        """Show other names without emitting."""
        self._value = tuple(value) if isinstance(value, tuple | list) else ()
        self._mixed = False
        self._fill()

    def set_mixed(self) -> None:
        """Stand for several things whose names differ: those ticked next go to all."""
        self._value, self._mixed = (), True
        self._fill()

    @property
    def mixed(self) -> bool:
        """Whether it stands for things that differ."""
        return self._mixed

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        # With a stylesheet Qt ignores the padding of a button that has a menu, so the words are drawn here.
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        option.features = QStyleOptionButton.ButtonFeature.None_
        with QPainter(self) as painter:
            self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
            theme = current_theme()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(text_font(SIZE_BODY, QFont.Weight.Medium))
            painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
            room = self.rect().adjusted(10, 0, -24, 0)
            words = painter.fontMetrics().elidedText(self._words(), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            draw_icon(painter, "chevron-down", QRectF(self.width() - 19, self.height() / 2 - 6, 12, 12), theme.dim)

    def _words(self) -> str:
        return MIXED if self._mixed else plain_text(", ".join(self._value) or "none")

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        for name in dict.fromkeys((*self._options, *self._value)):
            action = menu.addAction(button_text(name))
            action.setCheckable(True)
            action.setChecked(name in self._value)
            action.setData(name)
        self.update()

    def _on_triggered(self, action: QAction) -> None:
        self._mixed = False
        ticked = {entry.data() for entry in self.menu().actions() if entry.isChecked()}
        self._value = tuple(name for name in dict.fromkeys((*self._options, *self._value)) if name in ticked)
        self.update()
        self.committed.emit(self._value)


AttributeEditor = NumberEditor | SizeEditor | Switch | ChoiceEditor | TextEditor | NumbersEditor | NamesEditor
"""Each has `value()`, `set_value(value)`, `set_mixed()` and the signal `committed(value)`."""


def attribute_editor(attribute: DeclaredAttribute, value: Any, *, options: Sequence[str] = ()) -> AttributeEditor:
    """The editor for an attribute, showing `value`; `options` are the names a list of fields is picked from."""
    match str(attribute.kind):
        case "switch":
            return Switch(bool(value))
        case "integer" if attribute.choices:  # a number or a word, such as "same"
            minimum = int(attribute.minimum) if attribute.minimum is not None else 0
            maximum = int(attribute.maximum) if attribute.maximum is not None else None
            return SizeEditor(value, sides=1, minimum=minimum, maximum=maximum, words=attribute.choices)
        case "integer" | "number" as kind:
            whole = kind == "integer"
            return NumberEditor(
                value,
                whole=whole,
                minimum=attribute.minimum,
                maximum=attribute.maximum,
                above=attribute.above,
                below=attribute.below,
                optional=attribute.optional,
                none_text="none" if attribute.default is None else "auto",
            )
        case "size":
            minimum = int(attribute.minimum) if attribute.minimum is not None else 0
            maximum = int(attribute.maximum) if attribute.maximum is not None else None
            words, optional = attribute.choices, attribute.optional
            return SizeEditor(
                value, sides=attribute.sides or 2, minimum=minimum, maximum=maximum, words=words, optional=optional
            )
        case "choice":
            none = [Choice(value=None, label="none")] if attribute.optional else []
            return ChoiceEditor([*none, *attribute.choices], value)
        case "field":
            return ChoiceEditor([Choice(value="", label="none"), *options], value or "")
        case "fields":
            return NamesEditor(value or (), options)
        case "integers" | "numbers" as kind:
            return NumbersEditor(tuple(value or ()), whole=kind == "integers", minimum=attribute.minimum)
        case _:
            return TextEditor("" if value is None else str(value))
