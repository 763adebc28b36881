"""What if: the answer as a curve while one number moves over its range and all else stays."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.protocol.messages.deployment import Prediction
from gui.charts.line_chart import LineChart
from gui.widgets.button import Button
from gui.widgets.text import Text

POINTS: Final = 41
_CURVES: Final = 5


class WhatIfCurve(QWidget):
    """`closed` when the user has seen enough."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.whatif")
        self._title = Text("", role="title", elide=Qt.TextElideMode.ElideRight)
        close = Button(role="icon", icon="close", tooltip="Close")
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        self._problem = Text("", tone="warn", wrap=True)
        self.chart = LineChart(x_label="", empty="Asking the network", accessible="What if")
        self.chart.setFixedHeight(210)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._problem)
        column.addWidget(self.chart)

    def begin(self, name: str) -> None:
        """Show another number's curve."""
        self._title.set_text(f"What if {name} changes")
        self.chart.set_x_label(name)
        self.chart.clear()
        self._problem.hide()
        self.setAccessibleName(f"What if {name} changes")

    def show_curve(self, x: Sequence[float], predictions: Sequence[Prediction], now: float | None) -> None:
        """Scores of the likeliest classes, or the numbers that are answered."""
        lines = curves_of(predictions)
        self.chart.clear()
        for name, points in lines:
            self.chart.add_series(name, name, smoothed=False)
            self.chart.set_points(name, list(x), points)
        self.chart.set_cross(now)

    def say(self, problem: str) -> None:
        """Why there is no curve."""
        self._problem.set_text(problem)
        self._problem.setVisible(bool(problem))


def curves_of(predictions: Sequence[Prediction]) -> list[tuple[str, list[float]]]:
    """A line for each output that is a number, and for the likeliest classes of one that is not."""
    nan = float("nan")
    if not predictions:
        return []
    found: list[tuple[str, list[float]]] = []
    names = list(dict.fromkeys(name for item in predictions for name in item.outputs))
    for name in names:
        answers = [item.outputs.get(name) for item in predictions]
        first = next(answer for answer in answers if answer is not None)
        alone = len(names) == 1
        if first.scores and not first.mask:
            best: dict[str, float] = {}
            for answer in answers:
                for label, score in (answer.scores if answer is not None else {}).items():
                    best[label] = max(best.get(label, 0.0), score)
            for label in sorted(best, key=lambda label: -best[label])[:_CURVES]:
                points = [answer.scores.get(label, nan) if answer is not None else nan for answer in answers]
                found.append((label if alone else f"{name}: {label}", points))
        elif not isinstance(first.value, str):
            values = [answer.value if answer is not None else nan for answer in answers]
            found.append((name, [nan if isinstance(value, str) else float(value) for value in values]))
    return found
