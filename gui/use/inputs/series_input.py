"""Values over time in Try it: a table, numbers that are typed or pasted, or a stretch of the data."""

import math
import re
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSlider, QWidget

from engine.document.data_spec import Field
from engine.protocol.messages.data import Shown
from gui.use.inputs.channel_names import ChannelNames
from gui.use.inputs.file_input import FileInput
from gui.use.inputs.sound_input import curve_picture
from gui.widgets.button import Button
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier

_BETWEEN: Final = re.compile(r"[;,\t ]+")
_MISSING: Final = ("", "?", "na", "nan", "null")
_DRAWN: Final = 8
"""How many channels are drawn."""

Rows = list[list[float | None]]


class SeriesInput(FileInput):
    """`rows()` are the values where they are known here. `stretch_wanted` carries the place of a sample among those to
    choose from; `file_given` a path whose values somebody may read."""

    stretch_wanted = Signal(int)
    file_given = Signal(str, str)

    def __init__(self, field: Field, parent: QWidget | None = None, *, alone: bool = True) -> None:
        super().__init__(field, parent, alone=alone)
        shape = field.statistics.shape
        self.length = (shape[0] if shape else 0) or 0
        self.channels = (shape[1] if len(shape) == 2 else 1) or 1
        self._rows: Rows = []
        self.editor = QPlainTextEdit()
        self.editor.setObjectName(f"use.field.{field.name}")
        self.editor.setAccessibleName(f"{field.name}, numbers")
        self.editor.setProperty("role", "mono")
        self.editor.setTabChangesFocus(True)
        self.editor.setPlaceholderText(f"{self.length:,} lines of {self.channels} number{'s' * (self.channels > 1)}")
        self.editor.textChanged.connect(self._on_typed)
        self._quiet = False  # while the text is set by a method
        self.places.addWidget(self.editor)
        self.numbers = Button(
            "Numbers", icon="edit", small=True, tooltip="Type or paste the numbers", name="use.numbers"
        )
        self.numbers.setCheckable(True)
        self.numbers.toggled.connect(self._on_numbers_toggled)
        columns = field.options.get("columns")
        names = [str(name) for name in columns][:_DRAWN] if isinstance(columns, list) else []
        if len(names) == min(self.channels, _DRAWN) > 1:
            self.column.addWidget(ChannelNames(names))
        self.stretch = QSlider(Qt.Orientation.Horizontal)
        self.stretch.setObjectName("use.stretch")
        self.stretch.setAccessibleName("Stretch of the data")
        self.stretch.valueChanged.connect(self.stretch_wanted)
        self._stretch_row = QWidget()
        row = QHBoxLayout(self._stretch_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Text("Stretch of the data", role="form"))
        row.addWidget(self.stretch, 1)
        self._stretch_row.hide()
        self.column.addWidget(self._stretch_row)
        theme_notifier().changed.connect(self._draw)

    def tools(self) -> list[QWidget]:
        return [self.numbers]

    def offer_stretches(self, count: int) -> None:
        """So many samples can be chosen from; 0 for none."""
        self._stretch_row.setVisible(count > 1)
        self.stretch.blockSignals(True)
        self.stretch.setRange(0, max(0, count - 1))
        self.stretch.setPageStep(max(1, count // 20))
        self.stretch.blockSignals(False)

    def set_stretch(self, place: int) -> None:
        """Show which sample it is, without asking for it."""
        self.stretch.blockSignals(True)
        self.stretch.setValue(place)
        self.stretch.blockSignals(False)

    def rows(self) -> Rows:
        """The values of each moment, oldest first; [] where only the file is known."""
        return self._rows

    def set_rows(self, path: str, rows: Rows, shown: Shown) -> None:
        """What a file that was given holds."""
        if path == self._value:
            self._rows = rows
            self.drop.set_picture(self.picture_of(shown))
            self.shown.emit()

    def leave(self) -> None:
        self._rows = []
        self.numbers.setChecked(False)

    def look_at(self, path: Path) -> None:
        self.file_given.emit(self.field.name, str(path))

    def lacks(self) -> str:
        if self.numbers.isChecked():
            return self._problem()
        return super().lacks()

    def picture_of(self, shown: Shown) -> QPixmap | None:
        return curve_picture(shown.curve, shown.channels) if shown.curve else None

    def show_sample(self, value: object, shown: Shown | None, name: str) -> None:
        numbers = self.numbers.isChecked()
        super().show_sample(value, shown, name)
        self._rows = [list(row) for row in value] if isinstance(value, list) else []
        if numbers:
            self.numbers.setChecked(True)

    def take_text(self, text: str) -> bool:
        """Take numbers that were pasted; False where there are none."""
        rows = _rows_of(text, self.channels)
        if rows is None or len(rows) < 2:
            return False
        self._take(rows, "pasted numbers")
        return True

    def state(self) -> object:
        return self._value, self._words, self.drop.picture(), self._rows

    def restore(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) == 4:
            super().restore(state[:3])
            self._rows = state[3]
        elif isinstance(state, list):
            self._take(state, self.name, tell=False)

    def _take(self, rows: Rows, words: str, *, tell: bool = True) -> None:
        rows = rows[-self.length :] if self.length and len(rows) > self.length else rows
        kept = self.numbers.isChecked()
        if not kept:
            self.begin(rows, words)
        self._value, self._words, self._rows = rows, words, rows
        self._draw()
        if tell:
            self.shown.emit()
            self.changed.emit()

    def _problem(self) -> str:
        rows = _rows_of(self.editor.toPlainText(), self.channels)
        if rows is None:
            return f"'{self.name}' takes numbers alone, {self.channels} in a line."
        if self.length and len(rows) < self.length:
            return f"'{self.name}' needs {self.length:,} moments; there are {len(rows):,}."
        return ""

    def _on_typed(self) -> None:
        if self._quiet or not self.numbers.isChecked():
            return
        rows = _rows_of(self.editor.toPlainText(), self.channels)
        if rows is not None and not self._problem():
            self._take(rows, "typed numbers")

    def _on_numbers_toggled(self, on: bool) -> None:
        if on:
            self._quiet = True
            self.editor.setPlainText("\n".join(_line(row) for row in self._rows))
            self._quiet = False
            self.places.setCurrentWidget(self.editor)
            self.editor.setFocus()
        else:
            self.places.setCurrentWidget(self.drop)

    def _draw(self) -> None:
        if not self._rows:
            return
        values = np.array([[math.nan if v is None else v for v in row] for row in self._rows], np.float32)[:, :_DRAWN]
        values = np.where(np.isfinite(values), values, np.nanmean(values)) if np.isfinite(values).any() else values * 0
        curve = np.repeat(np.ascontiguousarray(values.T)[:, :, None], 2, axis=2).astype("<f4")
        self.drop.set_picture(curve_picture(curve.tobytes(), curve.shape[0]))


def _line(row: list[float | None]) -> str:
    return "\t".join("" if value is None else f"{value:.7g}" for value in row)


def _rows_of(text: str, channels: int) -> Rows | None:
    """Lines of numbers; one line of them is a moment each where there is one channel. None where they do not fit."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if channels == 1:
        lines = [part for line in lines for part in _BETWEEN.split(line) if part]
    rows: Rows = []
    for line in lines:
        parts = line.split("\t") if "\t" in line else _BETWEEN.split(line)
        try:
            row = [None if part.strip().lower() in _MISSING else float(part) for part in parts]
        except ValueError:
            return None
        if len(row) != channels:
            return None
        rows.append(row)
    return rows
