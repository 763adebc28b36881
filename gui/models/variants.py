"""The number formats of a run, measured: size, score and time of each, and which of them an export writes."""

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.variants import GetVariants, MeasureVariants, VariantsMeasured
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class VariantsModel(QObject):
    """`state`: idle (nothing measured), working, done or failed; `error` says why. `run` is the one it speaks of."""

    changed = Signal()
    progressed = Signal(object)

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project_model, engine
        self.state = "idle"
        self.run = "best"
        self.result: VariantsMeasured | None = None
        self.error: NetwrightError | None = None
        self._request = 0  # the measuring under way, 0 for none
        self._looking = 0  # the look-up under way, 0 for none
        project_model.opened.connect(self._on_opened)

    @property
    def place(self) -> str:
        """The folder of the open project."""
        return str(self._project.directory or "")

    def look_up(self, run: str = "best") -> None:
        """Show what is kept of a run; while it is being measured nothing changes."""
        if self._project.directory is None or (self._request and run == self.run):
            return
        self._forget()
        self.run = run
        self._looking = self._engine.ask(
            GetVariants,
            done=self._on_looked_up,
            failed=self._on_not_found,
            project_dir=str(self._project.directory),
            run=run,
        )
        self.changed.emit()

    def measure(self, *, fresh: bool = False) -> None:
        """Measure the run."""
        if self._project.directory is None or self._request:
            return
        self.state, self.error = "working", None
        self._request = self._engine.ask(
            MeasureVariants,
            done=self._on_measured,
            failed=self._on_failed,
            progress=self.progressed.emit,
            project_dir=str(self._project.directory),
            run=self.run,
            **({"fresh": True} if fresh else {}),
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Stop measuring; what was known stays."""
        if self._request:
            self._engine.cancel(self._request)

    def _on_looked_up(self, event: VariantsMeasured) -> None:
        if event.request == self._looking:
            self._looking = 0
            if event.variants and not self._request:
                self.state, self.result = "done", event
            self.changed.emit()

    def _on_not_found(self, event: RequestFailed) -> None:
        if event.request == self._looking:
            self._looking = 0  # measuring says what is wrong, when it is asked for

    def _on_measured(self, event: VariantsMeasured) -> None:
        if event.request == self._request:
            self._request = 0
            self.state, self.result = "done", event
            self.changed.emit()

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if was_cancelled(event):
            self.state = "done" if self.result is not None else "idle"
        else:
            self.state, self.error = "failed", as_error(event)
        self.changed.emit()

    def _forget(self) -> None:
        for request in (self._request, self._looking):
            if request:
                self._engine.cancel(request)
        self._request = self._looking = 0
        self.state, self.result, self.error = "idle", None, None

    def _on_opened(self) -> None:
        self._forget()
        self.run = "best"
        self.changed.emit()
