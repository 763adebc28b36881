"""What stands above the scores: a failure, a better run, and what was changed since the run that is shown."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.protocol.messages.answered_samples import CorrectionsFound
from gui.models.corrections import CorrectionsModel
from gui.models.evaluation import EvaluationModel
from gui.models.runs import RunsModel
from gui.widgets.button import Button
from gui.widgets.notice import Notice


class ChangedNotice(QWidget):
    """Scores stay those of the run as it was; what was corrected since can be trained on from here."""

    training_begun = Signal()
    """A run on the corrected data was asked for."""

    def __init__(self, runs: RunsModel, evaluation: EvaluationModel, corrections: CorrectionsModel) -> None:
        super().__init__()
        self._runs, self._evaluation, self._corrections = runs, evaluation, corrections
        self._dismissed: CorrectionsFound | None = None
        self.train = Button(
            "Train on from here",
            role="primary",
            name="evaluate.train_on",
            tooltip="A new run that begins with the weights of this one, on the data as it is now",
        )
        self.train.clicked.connect(self._on_train_clicked)
        self.notice = Notice("info", "", buttons=[self.train], closable=True, name="evaluate.changed")
        self.notice.dismissed.connect(self._on_dismissed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.notice)
        corrections.changed.connect(self.refresh)
        evaluation.changed.connect(self.refresh)
        runs.readiness_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what was changed, or nothing."""
        result, since = self._evaluation.result, self._corrections.since
        shown = result is not None and since is not None and since.run == result.run and bool(_changed(since))
        shown = shown and since != self._dismissed
        self.setVisible(shown)
        if not shown or result is None or since is None:
            return
        self.notice.show()
        corrected = bool(since.labelled or since.excluded)
        title = f"{_changed(since)} since run {result.run} was trained"
        text = "The scores are those of the run as it was."
        if since.network:
            text += " Its weights no longer fit the network as it is drawn; train anew."
        self.notice.set_message("info", title, text)
        self.train.setVisible((corrected or since.data) and not since.network)
        self.train.set_blocked(self._runs.reason_not_to_start())

    def _on_train_clicked(self) -> None:
        result = self._evaluation.result
        if result is not None:
            self._runs.fork(result.run, as_it_was=False, name="corrected")
            self.training_begun.emit()

    def _on_dismissed(self) -> None:
        self._dismissed = self._corrections.since
        self.hide()


def _changed(since: CorrectionsFound) -> str:
    """In words, "" for nothing."""
    parts = []
    if since.labelled:
        parts.append(f"{since.labelled:,} {'label' if since.labelled == 1 else 'labels'} given by hand")
    if since.excluded:
        count = abs(since.excluded)
        noun = "sample" if count == 1 else "samples"
        parts.append(f"{count:,} {noun} {'left out' if since.excluded > 0 else 'used again'}")
    # Another recipe makes no score less true: it is how the next run is trained.
    others = [word for word, yes in (("data", since.data), ("network", since.network)) if yes]
    if others:
        parts.append(f"{' and '.join(others)} changed")
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]
