"""Going through the samples that are listed in Mistakes, for views that look at one sample at a time."""

from PySide6.QtCore import QObject, Signal

from engine.protocol.messages.answered_samples import Among, AnsweredSample, Order
from gui.models.answered import Wanted
from gui.models.evaluation import EvaluationModel


class SampleSteps(QObject):
    """`moved` tells that the chosen sample or the list is another one; the sample itself is the evaluation model's."""

    moved = Signal()

    def __init__(self, evaluation: EvaluationModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._evaluation = evaluation
        self._answered = evaluation.answered
        self._wanted_row = -1  # its page is on the way
        self._looking = False
        evaluation.sample_chosen.connect(lambda _sample: self.moved.emit())
        self._answered.changed.connect(self._on_answered)
        self._answered.rows_arrived.connect(lambda _first, _last: self._on_answered())

    def look(self, looking: bool) -> None:
        """Whether somebody sees the samples: only then is a first one chosen."""
        self._looking = looking
        if looking:
            self._answered.set_watched(True)
            self._choose_first()

    @property
    def row(self) -> int:
        """Place of the chosen sample in the list, -1 where it is not in it."""
        sample = self._evaluation.sample
        return -1 if sample is None else self._answered.row_of(sample)

    @property
    def total(self) -> int:
        """Samples in the list."""
        return self._answered.total

    @property
    def current(self) -> AnsweredSample | None:
        """The chosen sample as the list knows it."""
        return self._answered.known(self.row) if self.row >= 0 else None

    def step(self, by: int) -> None:
        """Go to the next sample of the list, or to the one before."""
        row = self.row + by
        if 0 <= row < self.total:
            found = self._answered.sample(row)
            if found is not None:
                self._evaluation.choose_sample(found.index)
            else:
                self._wanted_row = row

    def _choose_first(self) -> None:
        answered = self._answered
        if answered.state == "ready" and not answered.total and answered.wanted.among is Among.WRONG:
            if not answered.wanted.is_narrow:  # no mistakes at all; what it was least sure of is next
                answered.want(Wanted(among=Among.ALL, order=Order.LEAST_CERTAIN))
            return
        if self._evaluation.sample is None and answered.total:
            first = answered.sample(0)
            if first is not None:
                self._evaluation.choose_sample(first.index)

    def _on_answered(self) -> None:
        if not self._looking:
            return
        if self._wanted_row >= 0:
            found = self._answered.known(self._wanted_row)
            if found is not None:
                self._wanted_row = -1
                self._evaluation.choose_sample(found.index)
                return
        self._choose_first()
        self.moved.emit()
