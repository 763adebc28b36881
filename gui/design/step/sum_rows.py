"""The units or weights of a node in rows: a name, a number, and the sum that makes it, written out."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from engine.protocol.messages.worked_step import NodeWorked, StepWorked
from gui.design.step.words import precise
from gui.models.worked_step import Frame, Part
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text

_MOST: Final = 16


@dataclass(frozen=True, slots=True)
class SumRow:
    """One row; `sums` stand below each other."""

    name: str
    number: str
    sums: tuple[str, ...] = ()


def rows_of(frame: Frame, node: NodeWorked | None, found: StepWorked) -> tuple[tuple[str, str, str], list[SumRow]]:
    """Headings of the three columns, and the rows of a frame."""
    if node is None:
        rows = [SumRow("loss before", precise(found.loss)), SumRow("loss after", precise(found.loss_after))]
        return ("", "value", ""), rows
    if frame.part is Part.UPDATE:
        updates = [
            SumRow(
                weight.name,
                precise(weight.after),
                tuple(
                    part
                    for part in (
                        f"gradient: {weight.from_units}"
                        if weight.from_units
                        else f"gradient {precise(weight.gradient)}",
                        f"new: {weight.step}",
                    )
                    if part
                ),
            )
            for weight in node.weights
        ]
        return ("weight", "new value", "how it comes about"), updates
    back = frame.part is Part.BACKWARD
    units = [
        SumRow(
            unit.name or "value",
            precise(unit.gradient if back and unit.gradient is not None else unit.value),
            tuple(text for text in ((unit.backward if back else unit.forward),) if text),
        )
        for unit in node.units
    ]
    return ("unit", "gradient" if back else "value", "how it comes about"), units


class SumRows(QScrollArea):
    """Labels are made once and filled anew for each frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("design.step.sums")
        self.setAccessibleName("How the numbers come about")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setProperty("role", "scrolled")
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 8, 4)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(2, 1)
        self._heads = [SectionLabel(""), SectionLabel(""), SectionLabel("")]
        for place, head in enumerate(self._heads):
            head.setWordWrap(False)
            self._grid.addWidget(head, 0, place)
        self._labels: list[tuple[Text, Text, Text]] = []
        self._grid.setRowStretch(_MOST + 2, 1)
        self.setWidget(inner)
        self.viewport().setAutoFillBackground(False)
        self.rows: list[SumRow] = []

    def show_rows(self, heads: tuple[str, str, str], rows: list[SumRow]) -> None:
        """Fill the rows, from the top."""
        self.rows = rows[:_MOST]
        for head, text in zip(self._heads, heads, strict=True):
            head.set_text(text)
            head.setVisible(bool(rows))
        while len(self._labels) < len(self.rows):
            self._add()
        for place, labels in enumerate(self._labels):
            shown = place < len(self.rows)
            if shown:
                row = self.rows[place]
                labels[0].set_text(row.name)
                labels[1].set_text(row.number)
                labels[2].set_text("\n".join(row.sums))
            for label in labels:
                label.setVisible(shown)
        self.verticalScrollBar().setValue(0)

    def words(self) -> str:
        """All rows, for screen readers."""
        return ". ".join(f"{row.name} {row.number}: {'; '.join(row.sums)}" for row in self.rows)

    def _add(self) -> None:
        inner = self.widget()
        name = Text("", role="mono", tone="dim", parent=inner)
        number = Text("", role="mono", parent=inner)
        sums = Text("", role="mono", tone="dim", wrap=True, parent=inner)
        top = Qt.AlignmentFlag.AlignTop
        row = len(self._labels) + 1
        self._grid.addWidget(name, row, 0, top)
        self._grid.addWidget(number, row, 1, top | Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(sums, row, 2, top)
        self._labels.append((name, number, sums))
