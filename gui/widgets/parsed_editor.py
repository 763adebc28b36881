"""The base of one-line editors whose text stands for a value: it is read when the user is done, never half-typed."""

from typing import ClassVar, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QShowEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSizePolicy, QWidget

from gui.widgets.guarded import guarded
from gui.widgets.stylesheet import refresh_style
from gui.widgets.tokens import CONTROL_HEIGHT

MIXED: Final = "mixed"
"""What an editor says that stands for several things whose values differ."""


class ParsedEditor(QAbstractSpinBox):
    """Emits `committed` with the new value once per change the user makes, and `rejected` with the reason for a text
    that makes no value; such a text stays, marked, until it is mended or Escape brings the last value back.

    Subclasses say how to `parse`, `show_value` and `stepped`. The wheel turns the page, not the value, unless the
    editor has the focus.
    """

    committed = Signal(object)
    rejected = Signal(str)
    steppers: ClassVar[bool] = True
    _placeholder = ""  # what the line said before it said "mixed"

    def __init__(self, value: object, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = value
        self._problem = ""
        self._mixed = False  # set by set_mixed, cleared by the next value
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if not self.steppers:
            self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            self.setProperty("steppers", "false")
        self.editingFinished.connect(self._on_editing_finished)
        self._show()

    # What subclasses say

    def parse(self, text: str) -> object:
        """The value a text stands for. Raises ValueError with a sentence for the user."""
        raise NotImplementedError

    def show_value(self, value: object) -> str:
        """The text of a value."""
        raise NotImplementedError

    def stepped(self, value: object, steps: int) -> object:
        """The value `steps` steps on; the same value where there is no further."""
        return value

    # What callers use

    def value(self) -> object:
        """The last good value."""
        return self._value

    def set_value(self, value: object) -> None:
        """Show another value without emitting anything; a half-typed text gives way."""
        self._value = value
        self._mixed = False
        self._show()

    def set_mixed(self) -> None:
        """Stand for several things whose values differ: empty until one is typed, which is committed whatever it is."""
        self._mixed = True
        self._show()

    @property
    def mixed(self) -> bool:
        """Whether it stands for things that differ."""
        return self._mixed

    def problem(self) -> str:
        """Why the text makes no value; empty when it does."""
        return self._problem

    # Qt

    @guarded(fallback=lambda _self, text, position: (QValidator.State.Acceptable, text, position))
    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return (QValidator.State.Acceptable, text, position)

    @guarded
    def stepBy(self, steps: int) -> None:
        self._read()
        if not self._problem:
            self._take(self.stepped(self._value, steps))

    @guarded(fallback=QAbstractSpinBox.StepEnabledFlag.StepNone)
    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        if not self.steppers or self.isReadOnly():
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self.stepped(self._value, 1) != self._value:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self.stepped(self._value, -1) != self._value:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and self.steppers:
            super().wheelEvent(event)
        else:
            event.ignore()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.lineEdit().text() != self._shown():
            self._show()
            return
        super().keyPressEvent(event)

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    @guarded(fallback=QAbstractSpinBox.sizeHint)
    def sizeHint(self) -> QSize:
        return QSize(120, 24 if self.property("density") == "compact" else CONTROL_HEIGHT)

    @guarded(fallback=QAbstractSpinBox.minimumSizeHint)
    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.sizeHint().height())

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_text()

    @guarded
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._place_text()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place_text()

    def _place_text(self) -> None:
        # With a stylesheet Qt leaves the padding of a spin box out of the place it gives its text.
        right = 32 if self.steppers else 8
        self.lineEdit().setGeometry(8, 1, max(0, self.width() - 8 - right), self.height() - 2)

    def _on_editing_finished(self) -> None:
        self._read()

    def _read(self) -> None:
        text = self.lineEdit().text()
        if text == self._shown():
            self._set_problem("")
            return
        try:
            value = self.parse(text.strip())
        except ValueError as error:
            self._set_problem(str(error))
            self.rejected.emit(str(error))
            return
        self._take(value)

    def _take(self, value: object) -> None:
        changed = self._mixed or value != self._value or type(value) is not type(self._value)
        self._value, self._mixed = value, False
        self._show()
        if changed:
            self.committed.emit(value)

    def _shown(self) -> str:
        return "" if self._mixed else self.show_value(self._value)

    def _show(self) -> None:
        line = self.lineEdit()
        line.setText(self._shown())
        if self._mixed and line.placeholderText() != MIXED:
            self._placeholder = line.placeholderText()
            line.setPlaceholderText(MIXED)
        elif not self._mixed and line.placeholderText() == MIXED:
            line.setPlaceholderText(self._placeholder)
        self._set_problem("")
        self.update()

    def _set_problem(self, problem: str) -> None:
        if bool(problem) != bool(self._problem):
            self.setProperty("problem", "true" if problem else "false")
            refresh_style(self)
        had = self._problem
        self._problem = problem
        if had and not problem:
            self.rejected.emit("")
