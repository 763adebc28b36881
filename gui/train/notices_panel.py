"""What the shown run has to say above its charts: why it failed, and what its curves suggest."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.document.edits import SetRecipe
from gui.models.curves import RunCurves
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.advice import Advice, advise, loss_tells
from gui.train.run_words import ACTIVE
from gui.widgets.button import Button
from gui.widgets.notice import Notice


class NoticesPanel(QWidget):
    """At most one failure and one piece of advice; advice the user closed stays closed for that run."""

    fork_wanted = Signal(int)
    """A failed run, whose last good state is to be gone on with."""

    def __init__(self, project: ProjectModel, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._runs = runs
        self._dismissed: set[tuple[int, str]] = set()
        self._said: tuple[object, ...] = ()
        self._advice: Advice | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.failure = Notice("error", "", name="train.failure")
        self.advice = Notice("warning", "", closable=True, name="train.advice")
        self.advice.dismissed.connect(self._on_dismissed)
        column.addWidget(self.failure)
        column.addWidget(self.advice)
        for signal in (runs.list_changed, runs.current_changed):
            signal.connect(self.refresh)
        runs.events_arrived.connect(self._on_events_arrived)
        project.changed.connect(self._on_project_changed)
        self.refresh()

    def refresh(self) -> None:
        """Say what there is to say of the shown run."""
        run = self._runs.current
        summary = self._runs.summary(run) if run is not None else None
        told = self._runs.curves(run) if run is not None else RunCurves()
        self._show_failure(
            summary.state if summary is not None else "", summary.error if summary is not None else {}, told
        )
        advice = None
        if run is not None and summary is not None:
            curves = self._runs.curves(run)
            drawn = self._project.project
            tells = loss_tells(drawn.graph, drawn.recipe)
            advice = advise(curves, drawn.recipe, finished=summary.state == "finished", tells=tells)
        if advice is not None and (run, advice.key) in self._dismissed:
            advice = None
        said = (run, advice)
        if said == self._said:
            return
        self._said, self._advice = said, advice
        self.advice.setVisible(advice is not None)
        if advice is not None:
            buttons = []
            if advice.recipe is not None and not self._project.read_only:
                apply = Button(advice.action, name="train.advice.apply")
                apply.clicked.connect(self._on_apply_clicked)
                buttons.append(apply)
            self.advice.set_message(advice.kind, advice.title, advice.text, buttons)
        self._hide_when_empty()

    def _show_failure(self, state: str, error: dict[str, str], told: RunCurves) -> None:
        failure = told.failure
        if state == "failed":
            text = error.get("message") or "The run could not go on."
            facts = [
                f"Where: {error['where']}." if error.get("where") else "",
                f"Expected {error['expected']}." if error.get("expected") else "",
                f"Found {error['found']}." if error.get("found") else "",
                error.get("hint", ""),
            ]
            buttons = []
            if failure is not None and failure.step:
                facts.append(f"Step {failure.step:,}, epoch {failure.epoch}, batch {failure.batch}.")
            if failure is not None and failure.checkpoint and not self._project.read_only:
                fork = Button("Fork from the last good state", name="train.failure.fork")
                fork.clicked.connect(self._on_fork_clicked)
                buttons.append(fork)
            text = " ".join([text, *[fact for fact in facts if fact]])
            self.failure.set_message("error", "Training failed", text, buttons)
        elif state == "lost":
            self.failure.set_message(
                "error",
                "The run ended without a word",
                "Its process was killed or crashed, often for want of memory. What it had saved is kept: Resume goes "
                "on from there. A smaller batch needs less memory.",
                [],
            )
        elif state == "waiting":
            words = f"{told.waiting} It goes on by itself once there is room." if told.waiting else ""
            self.failure.set_message("warning", "The run waits for room on the disk", words, [])
        self.failure.setVisible(state in ("failed", "lost", "waiting"))
        self._hide_when_empty()

    def _hide_when_empty(self) -> None:
        empty = self.failure.isHidden() and self.advice.isHidden()
        if empty or self.parentWidget() is not None:  # shown without a parent it would be a window of its own
            self.setVisible(not empty)

    def _on_events_arrived(self, run: int, _events: object) -> None:
        summary = self._runs.summary(run)
        if run == self._runs.current and summary is not None and summary.state in (*ACTIVE, "finished"):
            self.refresh()

    def _on_project_changed(self, _change: object) -> None:
        self.refresh()

    def _on_fork_clicked(self) -> None:
        if self._runs.current is not None:
            self.fork_wanted.emit(self._runs.current)

    def _on_apply_clicked(self) -> None:
        advice = self._advice
        if advice is not None and advice.recipe is not None and self._project.do(SetRecipe(recipe=advice.recipe)):
            self._on_dismissed()
            self.refresh()

    def _on_dismissed(self) -> None:
        if self._runs.current is not None and self._advice is not None:
            self._dismissed.add((self._runs.current, self._advice.key))
            self._hide_when_empty()
