"""The headline numbers: one card a metric, and how long an answer takes."""

from typing import Final

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from engine.protocol.messages.evaluation import FieldEvaluation
from gui.forms.metric_text import is_share, metric_label, metric_text, short_value
from gui.widgets.card import Card
from gui.widgets.plain_text import tooltip_text
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

_MOST: Final = 5
_FIRST: Final = (
    *("elbo", "one_shot_accuracy", "accuracy", "oddness_auroc", "f1_macro", "top_k", "calibration_error"),
    *("mean_absolute_error", "skill", "root_mean_squared_error", "r2", "loss"),
)
_LAST: Final = ("recall_macro",)  # of balanced classes the same number as the balanced accuracy
_TOP: Final = ("top_2_accuracy", "top_3_accuracy", "top_5_accuracy")
_MANY_CLASSES: Final = (12, 40)
"""Up to so many classes the first two answers say most, then three, then five."""
_NAMES: Final = {
    "f1_macro": "Macro F1",
    "top_2_accuracy": "Top-2",
    "top_3_accuracy": "Top-3",
    "top_5_accuracy": "Top-5",
}
_BELOW: Final = {
    "calibration_error": "ECE, 15 bins",
    "elbo": "nats a sample",
    "elbo_kl": "nats a sample",
    "elbo_reconstruction": "nats a sample",
    "oddness_auroc": "of what training never saw",
    "one_shot_accuracy": "5-way, 600 episodes",
    "top_2_accuracy": "true class in the first 2",
    "top_3_accuracy": "true class in the first 3",
    "top_5_accuracy": "true class in the first 5",
}


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
        self._scores: list[tuple[str, str, str]] = []
        self._latency = ("Latency", "", "")
        self._latency_tip = ""

    def show_field(self, field: FieldEvaluation, samples: int) -> None:
        """Show the scores of one output."""
        self._scores = [
            (_name(key), metric_text(key, field.metrics[key]), _below(field, key, at, samples))
            for at, key in enumerate(_chosen(field))
        ]
        self._show()

    def show_latency(self, value: str, below: str, tooltip: str = "") -> None:
        """Show how long an answer takes; "" and why not where that is not known."""
        self._latency = ("Latency", value, below)
        self._latency_tip = tooltip
        self._show()

    def _show(self) -> None:
        shown = [*self._scores, self._latency] if self._scores else []
        while len(self._cards) < len(shown):
            card = ScoreCard()
            self._grid.addWidget(card, 0, len(self._cards))
            self._cards.append(card)
        for at, card in enumerate(self._cards):
            card.setVisible(at < len(shown))
            self._grid.setColumnStretch(at, 1 if at < len(shown) else 0)
            if at < len(shown):
                card.show_score(*shown[at])
                card.setToolTip(tooltip_text(self._latency_tip) if at == len(shown) - 1 else "")

    def shown(self) -> list[tuple[str, str, str]]:
        """(name, value, line below) of the cards."""
        return [
            (card.name.whole_text(), card.value.whole_text(), card.below.whole_text().strip())
            for card in self._cards
            if not card.isHidden()
        ]


def _chosen(field: FieldEvaluation) -> list[str]:
    """The metrics that are shown: of the top-k accuracies the one that says most for so many classes.

    What the user put into the network to be measured comes right after the main one.
    """
    top = [key for key in field.metrics if key.rpartition(".")[2] in _TOP]
    if len(top) > 1:
        wanted = sum(len(field.classes) > limit for limit in _MANY_CLASSES)
        kept = min(top, key=lambda key: abs(_TOP.index(key.rpartition(".")[2]) - wanted))
        top.remove(kept)
    else:
        top = []
    ranked = sorted((key for key in field.metrics if key not in top), key=_rank)
    own = [key for key in field.measured if key in field.metrics]
    return [*ranked[:1], *own, *(key for key in ranked[1:] if key not in own)][: _MOST - 1]


def _rank(key: str) -> int:
    """Numbers that say something new come before those that nearly repeat another; the order is kept otherwise."""
    name = key.rpartition(".")[2]
    name = "top_k" if name in _TOP else name
    return _FIRST.index(name) if name in _FIRST else len(_FIRST) + (name in _LAST)


def _name(key: str) -> str:
    return _NAMES.get(key) or metric_label(key)


def _below(field: FieldEvaluation, key: str, at: int, samples: int) -> str:
    """What helps to read a number: how sure it is, how many classes it is an average of."""
    interval = field.intervals.get(key, field.interval)
    if at == 0 and len(interval) == 2:
        low, high = interval
        if is_share(key):
            return f"95 % CI {low * 100:.1f}–{high * 100:.1f}"
        return f"95 % CI {short_value(low)}–{short_value(high)}"
    if key in _BELOW:
        return _BELOW[key]
    if field.episodes:
        return f"{len(field.episodes):,} episodes"
    if field.classes and key not in field.measured and key.rpartition(".")[2] != "loss":
        occurring = sum(row.samples > 0 for row in field.per_class) or len(field.classes)
        return f"{occurring:,} classes"
    return f"{samples:,} samples"
