"""Which classes were taken for which on the validation split, epoch by epoch: a slider goes through the run."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from engine.protocol.run_events import ConfusionSeen
from gui.charts.confusion_matrix import ConfusionMatrix
from gui.charts.menu_card import MenuCard, Write
from gui.models.curves import XAxis
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.class_names import class_names
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.text import Text


class ConfusionChart(MenuCard):
    """Follows the newest epoch while the slider stands at its end."""

    kind = "confusion"

    def __init__(self, runs: RunsModel, project: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__("Confusion", name="train.confusion", parent=parent)
        self._runs = runs
        self._project = project
        self._run: int | None = None
        self._shown: tuple[object, ...] = ()
        self.pick = ChoiceEditor(parent=self)
        self.pick.setProperty("density", "compact")
        self.pick.setAccessibleName("Answer shown")
        self.pick.setFixedWidth(130)
        self.pick.committed.connect(lambda _value: self.refresh())
        self.pick.hide()
        self._header_row.removeWidget(self.more)
        self.add_to_header(self.pick)
        self.add_to_header(self.more)
        self.matrix = ConfusionMatrix(name="train.confusion.matrix")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Epoch shown")
        self.slider.setObjectName("train.confusion.epoch")
        self.slider.setRange(0, 0)
        self.slider.valueChanged.connect(lambda _value: self._redraw())
        self.words = Text("", role="mono-small")
        self.words.setMinimumWidth(70)
        self._hint = Text("Comes with the first epoch of a network that answers with a class", tone="faint", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        below = QWidget()
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.words)
        self._below = below
        self.body.addWidget(self._hint, 1)
        self.body.addWidget(self.matrix, 1)
        self.body.addWidget(below)
        self.refresh()

    def show_runs(self, compared: Sequence[int]) -> None:
        """Show the first of these runs."""
        self._run = compared[0] if compared else None
        self.refresh()

    def set_axis(self, axis: XAxis) -> None:
        """It goes by epochs whatever the others count."""

    def refresh(self) -> None:
        """Bring what has come since."""
        told = self._runs.curves(self._run).confusions if self._run is not None else {}
        fields = list(told)
        if self.pick.values() != fields:
            self.pick.set_choices([Choice(value=name) for name in fields])
        if fields and self.pick.value() not in fields:
            self.pick.set_value(fields[0])
        self.pick.setVisible(len(fields) > 1)
        seen = self._seen()
        self._hint.setVisible(not seen)
        self.matrix.setVisible(bool(seen))
        self._below.setVisible(bool(seen))
        at_end = self.slider.value() == self.slider.maximum()
        if self.slider.maximum() != max(0, len(seen) - 1):
            self.slider.setRange(0, max(0, len(seen) - 1))
            if at_end:
                self.slider.setValue(self.slider.maximum())
        self._redraw()

    def _seen(self) -> list[ConfusionSeen]:
        if self._run is None:
            return []
        return self._runs.curves(self._run).confusions.get(str(self.pick.value()), [])

    def _redraw(self) -> None:
        seen = self._seen()
        if not seen:
            return
        one = seen[min(self.slider.value(), len(seen) - 1)]
        shown = (self._run, one.field, one.epoch, one.step)
        if shown == self._shown:
            return
        self._shown = shown
        counts = counts_of(one)
        self.matrix.set_matrix(class_names(self._project, one.field, one.classes), counts)
        right = int(np.trace(counts))
        whole = int(counts.sum())
        self.words.set_text(f"epoch {one.epoch}")
        self.set_note(f"{right:,} of {whole:,} right")

    def table(self) -> Write:
        seen = list(self._seen())
        names = {one.classes: class_names(self._project, one.field, one.classes) for one in seen}

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("epoch", "true", "answered", "count"))
                for one in seen:
                    called = names[one.classes]
                    for at in range(0, len(one.cells) - 2, 3):
                        true, answered, count = one.cells[at : at + 3]
                        writer.writerow((one.epoch, called[true], called[answered], count))

        return write


def counts_of(seen: ConfusionSeen) -> NDArray[np.int64]:
    """`counts[true, answered]`; cells outside the classes are passed over."""
    counts = np.zeros((seen.classes, seen.classes), dtype=np.int64)
    cells = np.asarray(seen.cells[: len(seen.cells) // 3 * 3], dtype=np.int64).reshape(-1, 3)
    inside = ((cells[:, :2] >= 0) & (cells[:, :2] < seen.classes)).all(axis=1)
    counts[cells[inside, 0], cells[inside, 1]] = cells[inside, 2]
    return counts
