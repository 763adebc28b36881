"""Editor for one of several choices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QWidget,
)

from gui.widgets.guarded import guarded
from gui.widgets.parsed_editor import MIXED
from gui.widgets.plain_text import plain_text, tooltip_text

_TEXT_PADDING: Final = 4
_MIXED_VALUE: Final = object()
"""Equal to no value there is."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A value, what it is called, what it means, and why it cannot be picked now (empty: it can).

    A `heading` stands above those that follow, and cannot be picked.
    """

    value: object
    label: str = ""
    help: str = ""
    blocked: str = ""
    heading: bool = False


class ChoiceEditor(QComboBox):
    """Emits `committed` with the value when the user picks another one. The wheel works only with the focus."""

    committed = Signal(object)

    def __init__(
        self, choices: Sequence[Choice | str] = (), value: object = None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        view = QListView()
        view.setUniformItemSizes(True)
        self.setView(view)
        self.setItemDelegate(QStyledItemDelegate(self))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(16)
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self._values: list[object] = []
        self._shown: object = None
        self.set_choices(choices)
        if choices:
            self.set_value(value if value is not None else self._values[0])
        self.activated.connect(self._on_activated)

    def set_choices(self, choices: Sequence[Choice | str]) -> None:
        """Offer other choices; the value stays if it is still among them."""
        offered = [choice if isinstance(choice, Choice) else Choice(value=choice) for choice in choices]
        self._items.clear()
        self._values = []
        for choice in offered:
            item = QStandardItem(plain_text(choice.label or choice.value, 80))
            item.setToolTip(tooltip_text(choice.blocked or choice.help))
            item.setEnabled(not choice.blocked and not choice.heading)
            self._items.appendRow(item)
            self._values.append(object() if choice.heading else choice.value)
        if self._shown is not None:
            self.set_value(self._shown)

    def fit_choices(self, least: int, most: int) -> None:
        """Be as wide as the longest choice needs, within these bounds in pixels."""
        metrics = self.fontMetrics()
        texts = (self.itemText(at) for at in range(self.count()))
        longest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
        beside = self.width() - self._field(self._plain_option()).width() + _TEXT_PADDING + 1
        self.setFixedWidth(max(least, min(most, longest + beside)))

    def value(self) -> object:
        """The value picked; one that is not among the choices stays until another is picked."""
        return self._shown

    def set_value(self, value: object) -> None:
        """Show a value without emitting. One that is not offered is added at the end, marked: nothing is lost."""
        if value not in self._values:
            item = QStandardItem(f"{plain_text(value, 60)} (unknown)")
            self._items.appendRow(item)
            self._values.append(value)
        self._shown = value
        self.setCurrentIndex(self._values.index(value))

    def set_mixed(self) -> None:
        """Stand for several things whose choices differ: any pick is committed."""
        self.setPlaceholderText(MIXED)
        self.setCurrentIndex(-1)
        self._shown = _MIXED_VALUE

    @property
    def mixed(self) -> bool:
        """Whether it stands for things that differ."""
        return self._shown is _MIXED_VALUE

    def values(self) -> list[object]:
        """What can be picked, in order."""
        return list(self._values)

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    @guarded
    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """A text that is too long ends with dots."""
        super().initStyleOption(option)
        room = self._field(option).width() - _TEXT_PADDING
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)

    def _plain_option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        super().initStyleOption(option)
        return option

    def _field(self, option: QStyleOptionComboBox) -> QRect:
        """Where the text stands."""
        field = QStyle.SubControl.SC_ComboBoxEditField
        return self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)

    @guarded(fallback=QComboBox.sizeHint)
    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(max(100, hint.width()), hint.height())

    @guarded(fallback=QComboBox.minimumSizeHint)
    def minimumSizeHint(self) -> QSize:
        return QSize(64, super().minimumSizeHint().height())

    def _on_activated(self, row: int) -> None:
        value = self._values[row]
        if value != self._shown:
            self._shown = value
            self.committed.emit(value)
