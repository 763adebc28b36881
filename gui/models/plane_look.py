"""What the network answers over the plane of two numbers: of the run that trains, else as it is drawn now."""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.document.edits import Change
from engine.protocol.messages.live_look import LookedNow, LookNow
from engine.protocol.run_events import ViewSeen
from gui.models.engine import Engine
from gui.models.project import ProjectModel
from gui.models.question import Question
from gui.models.runs import RunsModel

KEY: Final = "decision_surface"
SETTLE_MS: Final = 250
"""How long after the last edit the network is asked."""


class PlaneLook(QObject):
    """`fixed` says what the axes and classes are, `frame` what is answered, `words` whose answer it is.

    `refusal` says why there is nothing to see. Nothing is asked while nobody watches.
    """

    changed = Signal()

    def __init__(
        self, project_model: ProjectModel, engine: Engine, runs: RunsModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._runs = project_model, runs
        self._watching: set[str] = set()
        self._stale = True  # set by every edit, cleared when the engine is asked
        self.fixed: ViewSeen | None = None
        self.frame: ViewSeen | None = None
        self.words = ""
        self.refusal = ""
        self._following = 0  # the run whose answers are shown, 0 for none
        self._question = Question(project_model, engine, self)
        self._question.changed.connect(self._on_answer)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLE_MS)
        self._rest.timeout.connect(self._ask)
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_changed)
        project_model.saved.connect(self._on_saved)
        runs.events_arrived.connect(self._on_events)
        runs.active_changed.connect(self._follow)
        runs.ended.connect(self._on_ended)

    def watch(self, who: str, on: bool) -> None:
        """Somebody shows it, or does not any more."""
        before = bool(self._watching)
        (self._watching.add if on else self._watching.discard)(who)
        if on and not before and self._stale:
            self._rest.start()

    @property
    def busy(self) -> bool:
        """Whether the engine is being asked."""
        return self._question.state == "working"

    def _ask(self) -> None:
        if not self._watching or self._project.directory is None or self._runs.active_runs:
            return
        if self._project.dirty:
            self._project.save()  # the engine reads the project as saved
            return
        self._stale = False
        self._question.forget()
        self._question.ask(LookNow, view=KEY)

    def _on_answer(self) -> None:
        answer = self._question.answer
        if self._following in self._runs.active_runs:
            return  # asked before the run began
        if self._question.state == "failed":
            error = self._question.error
            self._show(None, None, "", error.message if error is not None else "")
        elif self._question.state == "done" and isinstance(answer, LookedNow):
            fixed = next((seen for seen in answer.seen if seen.fixed), None)
            frame = next((seen for seen in answer.seen if not seen.fixed), None)
            words = f"weights of run {answer.run}" if answer.run else "before training"
            self._show(fixed, frame, words if frame is not None else "", answer.refusal)

    def _show(self, fixed: ViewSeen | None, frame: ViewSeen | None, words: str, refusal: str) -> None:
        self.fixed, self.frame, self.words, self.refusal = fixed, frame, words, refusal
        self.changed.emit()

    def _on_opened(self) -> None:
        self._stale, self._following = True, 0
        self._show(None, None, "", "")
        self._rest.start()

    def _on_changed(self, change: Change) -> None:
        if change.nodes or change.data or change.samples or change.blocks:
            self._stale = True
            self._rest.start()

    def _on_saved(self) -> None:
        if self._stale and not self._project.dirty:
            self._ask()

    def _on_ended(self, _run: int) -> None:
        self._following = 0
        self._stale = True
        self._rest.start()

    def _on_events(self, run: int, _events: object) -> None:
        if run == self._runs.active:
            self._follow()

    def _follow(self) -> None:
        """Show what the run that trains told last."""
        run = self._runs.active
        if run is None:
            return
        seen = self._runs.curves(run).views.get(KEY, [])
        frame = next((event for event in reversed(seen) if not event.fixed), None)
        if frame is None or frame is self.frame:
            return
        self._following = run
        fixed = next((event for event in reversed(seen) if event.fixed), self.fixed)
        self._show(fixed, frame, f"run {run}, step {frame.step:,}", "")
