"""A number in Try it: typed, or moved along the range that was learned from; a click shows what it does."""

import math
import re
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSlider, QWidget

from engine.document.data_spec import Field
from gui.use.inputs.input_editor import InputEditor
from gui.widgets.button import Button
from gui.widgets.number_editor import NumberEditor, format_number
from gui.widgets.plain_text import plain_text
from gui.widgets.text import Text

_STEPS: Final = 200
_UNIT: Final = re.compile(
    r"(?:[_ ]|\b)[\[(]?(mm|cm|km|m|kg|mg|g|ms|s|min|h|%|°C|°F|K|hPa|kPa|Pa|Hz|kHz|EUR|USD|€|£|\$)[\])]?$"
)


class NumberInput(InputEditor):
    """`curve_wanted` when the user wants to see the answer over the range, or not any more."""

    curve_wanted = Signal(bool)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        statistics = field.statistics
        self.unit = unit_of(field.name)
        self.low = statistics.minimum[0] if statistics.minimum else math.nan
        self.high = statistics.maximum[0] if statistics.maximum else math.nan
        middle = statistics.mean[0] if statistics.mean else None
        self.editor = NumberEditor(
            float(f"{middle:.4g}") if middle is not None else None, optional=True, none_text="missing"
        )
        self.editor.setObjectName(f"use.field.{field.name}")
        self.editor.setAccessibleName(field.name)
        self.editor.setFixedWidth(112)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setAccessibleName(f"{field.name}, slider")
        self.curve = Button(role="icon", icon="chart", small=True, name=f"use.curve.{field.name}")
        self.curve.setCheckable(True)
        self.curve.setToolTip(f"What if? The answer while {plain_text(field.name, 40)} moves over its range")
        self.curve.setAccessibleName(f"What if {field.name} changes")
        caption = Text(field.name, role="form", elide=Qt.TextElideMode.ElideRight)
        caption.setBuddy(self.editor)
        self._below = Text("", role="small", wrap=True)
        self._below.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.addWidget(caption, 0, 0)
        grid.addWidget(self.editor, 0, 1)
        grid.addWidget(self.curve, 0, 2)
        grid.addWidget(self.slider, 1, 0, 1, 3)
        grid.addWidget(self._below, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        self.ranged = self.high > self.low  # not when nothing was measured
        self.slider.setVisible(self.ranged)
        self.curve.setVisible(self.ranged)
        if self.ranged:
            words = (
                f"In training from {format_number(self.low)} to {format_number(self.high)} {self.unit}".rstrip() + "."
            )
            self.editor.setToolTip(words)
            self.editor.setAccessibleDescription(words)
            self.slider.setToolTip(words)
        self.editor.committed.connect(self._on_committed)
        self.editor.rejected.connect(self._say)
        self.slider.valueChanged.connect(self._on_moved)
        self.curve.toggled.connect(self.curve_wanted)
        self._place()

    def core(self) -> QWidget:
        return self.editor

    def value(self) -> object:
        return self.editor.value()

    def restore(self, state: object) -> None:
        number = state
        if isinstance(state, str):
            try:
                number = self.editor.parse(state.strip())
            except ValueError as error:
                self._say(str(error))
                return
        self.editor.set_value(number if isinstance(number, int | float) else None)
        self._say("")
        self._place()

    def told(self) -> str:
        return self.editor.show_value(self.editor.value())

    def rounded(self, value: float) -> float:
        """A value of the range with as many digits as a slider can tell apart."""
        digits = max(0, 2 - math.floor(math.log10(self.high - self.low)))
        return round(value, digits)

    def _place(self) -> None:
        """Put the slider where the number is."""
        number = self.editor.number()
        if self.ranged:
            share = 0.5 if number is None else (number - self.low) / (self.high - self.low)
            self.slider.blockSignals(True)
            self.slider.setValue(round(min(1.0, max(0.0, share)) * _STEPS))
            self.slider.blockSignals(False)

    def _on_committed(self, _value: object) -> None:
        self._place()
        self.changed.emit()

    def _on_moved(self, at: int) -> None:
        self.editor.set_value(self.rounded(self.low + at / _STEPS * (self.high - self.low)))
        self._say("")
        self.changed.emit()

    def _say(self, problem: str) -> None:
        self._below.set_text(problem)
        self._below.set_tone("error")
        self._below.setVisible(bool(problem))


def unit_of(name: str) -> str:
    """The unit that a column's name ends in: "mm" of bill_length_mm, "£" of price (£); "" without one."""
    found = _UNIT.search(name.strip())
    return found[1] if found and found.start() > 0 else ""
