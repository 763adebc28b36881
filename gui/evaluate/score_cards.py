"""The headline numbers: one card a metric."""

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from engine.protocol.messages.evaluation import FieldEvaluation
from gui.forms.metric_text import is_share, metric_label, metric_text, short_value
from gui.widgets.card import Card
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

_MOST = 5
_FIRST = (
    *("accuracy", "f1_macro", "top_3_accuracy"),
    *("mean_absolute_error", "skill", "root_mean_squared_error", "r2", "loss"),
)
_LAST = ("recall_macro",)  # of balanced classes the same number as the balanced accuracy


class ScoreCard(Card):
    """Name, value, and a line on how to read it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.body.setSpacing(2)
        self.name = Text("", tone="dim")
        self.value = Text("", role="score")
        self.below = Text("", role="mono-small")
        for text in (self.name, self.value, self.below):
            self.body.addWidget(text)

    def show_score(self, name: str, value: str, below: str) -> None:
        """Show a score."""
        self.name.set_text(name)
        self.value.set_text(value)
        self.below.set_text(below or " ")
        self.setAccessibleName(f"{name}: {value}")
        self.setAccessibleDescription(below)


class ScoreCards(QWidget):
    """At most five, the main metric first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluate.scores")
        self.setAccessibleName("Scores")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._cards: list[ScoreCard] = []

    def show_field(self, field: FieldEvaluation, samples: int) -> None:
        """Show the scores of one output."""
        names = sorted(field.metrics, key=_rank)[:_MOST]
        while len(self._cards) < len(names):
            card = ScoreCard()
            self._grid.addWidget(card, 0, len(self._cards))
            self._cards.append(card)
        for at, card in enumerate(self._cards):
            card.setVisible(at < len(names))
            self._grid.setColumnStretch(at, 1 if at < len(names) else 0)
            if at < len(names):
                key = names[at]
                card.show_score(
                    metric_label(key), metric_text(key, field.metrics[key]), _below(field, key, at, samples)
                )

    def shown(self) -> list[tuple[str, str, str]]:
        """(name, value, line below) of the cards."""
        return [
            (card.name.whole_text(), card.value.whole_text(), card.below.whole_text().strip())
            for card in self._cards
            if not card.isHidden()
        ]


def _rank(key: str) -> int:
    """Numbers that say something new come before those that nearly repeat another; the order is kept otherwise."""
    name = key.rpartition(".")[2]
    return _FIRST.index(name) if name in _FIRST else len(_FIRST) + (name in _LAST)


def _below(field: FieldEvaluation, key: str, at: int, samples: int) -> str:
    """What helps to read a number: how sure it is, how many classes it is an average of."""
    if at == 0 and len(field.interval) == 2:
        low, high = field.interval
        if is_share(key):
            return f"95 % CI {low * 100:.1f}–{high * 100:.1f}"
        return f"95 % CI {short_value(low)}–{short_value(high)}"
    if field.classes and key.rpartition(".")[2] != "loss":
        return f"{len(field.classes):,} classes"
    return f"{samples:,} samples"
