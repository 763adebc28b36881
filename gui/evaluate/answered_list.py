"""The samples that are listed, as a Qt model; pages come as they are seen."""

from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.protocol.messages.answered_samples import AnsweredSample, Measure
from gui.forms.metric_text import short_value
from gui.models.answered import AnsweredModel
from gui.models.corrections import CorrectionsModel
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text

SampleRole: Final = Qt.ItemDataRole.UserRole + 1
"""AnsweredSample, or None while it is not here yet."""
_Index = QModelIndex | QPersistentModelIndex
_TOOLTIP: Final = 2400
"""A whole text that was given, and what was answered."""


class AnsweredList(QAbstractListModel):
    """A row a sample that fits, however many there are."""

    def __init__(self, answered: AnsweredModel, corrections: CorrectionsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answered, self._corrections = answered, corrections
        answered.changed.connect(self._on_changed)
        answered.rows_arrived.connect(self._on_arrived)
        corrections.changed.connect(self._tell_all)

    def sample(self, row: int) -> AnsweredSample | None:
        """The sample of a row; None and later news while it is not here."""
        return self._answered.sample(row)

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self._answered.total

    @guarded(fallback=None)
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        sample = self._answered.sample(index.row())
        if role == SampleRole:
            return sample
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain_text(self.words(sample), 400) if sample is not None else "not here yet"
        if role == Qt.ItemDataRole.ToolTipRole and sample is not None:
            return tooltip_text(f"{sample.name}\n{self.words(sample)}", _TOOLTIP)
        return None

    def words(self, sample: AnsweredSample) -> str:
        """A sample in a sentence."""
        score = score_words(sample, self._answered.measure)
        if sample.forecast:
            words, score = score, furthest_words(sample)
        elif sample.right:
            words = f"{sample.predicted}, right"
        elif sample.right is False and self._answered.measure is Measure.SURE:
            words = f"{sample.true} taken for {sample.predicted}"
        elif sample.predicted or sample.true:
            words = f"{sample.predicted} for {sample.true}"
        else:
            words = f"sample {sample.index:,}"
        made = self._corrections.of(sample, self._answered.place.output if self._answered.place else "").words
        given = f"given: {sample.given}" if sample.given else ""
        return ", ".join(part for part in (words, score, made, given) if part)

    def _on_changed(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def _on_arrived(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first), self.index(last))

    def _tell_all(self) -> None:
        if self._answered.total:
            self.dataChanged.emit(self.index(0), self.index(self._answered.total - 1))


def score_words(sample: AnsweredSample, measure: Measure) -> str:
    """What a sample's score says, short."""
    match measure:
        case Measure.SURE:
            return sureness(sample.score)
        case Measure.OFF:
            return f"off {short_value(sample.score)}{' on average' if sample.forecast else ''}"
        case Measure.OVERLAP:
            return f"IoU {sample.score:.2f}"
        case Measure.DOUBT:
            return f"doubt {sample.score:.2f}"
        case _:
            return ""


def furthest_words(sample: AnsweredSample) -> str:
    """Where a forecast is furthest off."""
    return f"at most {sample.predicted} for {sample.true}"


def sureness(score: float) -> str:
    """A probability in two digits; never 1.00 for what is not certain."""
    return "> 0.99" if 0.995 <= score < 1.0 else f"{score:.2f}"
