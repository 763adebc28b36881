"""Bars of scores, best first: the answer of a classifier."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.bar import Bar
from gui.widgets.button import Button

SHOWN: Final = 5
_MOST: Final = 100


class ScoreBars(QWidget):
    """Shows the best few as bars, and the others on a click. The first is green, as the answer given."""

    def __init__(self, *, shown: int = SHOWN, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._shown = shown
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._bars: list[Bar] = []
        self._scores: Sequence[tuple[str, float]] = ()
        self._all = False  # whether the user wants to see all of them
        self._more = Button("", role="link", small=True)
        self._more.clicked.connect(self._on_more)
        line = QHBoxLayout()
        line.setContentsMargins(-8, 0, 0, 0)  # the words, not the button's edge, stand under the bars
        line.addWidget(self._more)
        line.addStretch(1)
        self._column.addLayout(line)
        self._more.hide()

    def set_scores(self, scores: Sequence[tuple[str, float]]) -> None:
        """Show (class, probability) pairs in the order given."""
        self._scores = scores
        count = min(len(scores), _MOST if self._all else self._shown)
        while len(self._bars) < count:
            bar = Bar()
            self._bars.append(bar)
            self._column.insertWidget(len(self._bars) - 1, bar)
        for at, bar in enumerate(self._bars):
            bar.setVisible(at < count)
            if at < count:
                name, score = scores[at]
                bar.set_value(name, score, percent(score), tone="ok" if at == 0 else "accent")
        rest = len(scores) - self._shown
        hidden = min(len(scores), _MOST) - self._shown
        self._more.set_text("show fewer" if self._all else f"and {rest:,} more")
        self._more.setVisible(hidden > 0)
        best = f"{scores[0][0]} {percent(scores[0][1])}" if scores else "no answer"
        self.setAccessibleName(f"Answer: {best}")

    def _on_more(self) -> None:
        self._all = not self._all
        self.set_scores(self._scores)

    def bars(self) -> list[Bar]:
        """The bars that show."""
        return [bar for bar in self._bars if not bar.isHidden()]


def percent(share: float) -> str:
    """`96.2 %`; never 100 % or 0 % for what is not quite so."""
    if share != share:
        return "-"
    value = share * 100
    if 99.95 <= value < 100:
        return "> 99.9 %"
    if 0 < value < 0.05:
        return "< 0.1 %"
    return f"{value:.1f} %"
