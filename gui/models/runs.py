"""The runs of a project: followed through their folders, so one is shown live whoever started it and whatever dies."""

from collections import deque
from pathlib import Path
from time import monotonic, time
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.document.edits import Change
from engine.errors import NetwrightError, TrainingError
from engine.protocol.messages import RequestFailed, StartTraining, TrainingStarted
from engine.protocol.run_events import ContinueRun, PauseRun, RunResumed, RunStarted, StopRun
from engine.protocol.run_folder import LogReader, RunFolder, RunSummary, is_final, run_folders
from gui.models.curves import RunCurves
from gui.models.engine import Engine, as_error
from gui.models.processes import is_alive
from gui.models.project import ProjectModel

TICK_MS: Final = 100
SLICE_S: Final = 0.006  # of the window's thread at one tick
READ_BYTES: Final = 1 << 18
SCAN_EVERY_TICKS: Final = 10
FIRST_WORD_WITHIN_S: Final = 60.0
ACTIVE_STATES: Final = ("starting", "running", "paused")


class _Followed:
    """One run folder with all that was read of it."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.reader: LogReader = folder.follow()
        self.summary = RunSummary(run=folder.number)
        self.curves = RunCurves()
        self.over = False  # the last event read was a final one
        self.process_since = 0.0  # when the present process said that it lives
        self.size = -1  # of the log when it was last read to its end

    def has_process(self) -> bool:
        """Whether its process lives; a run that said nothing yet is given a minute."""
        if self.summary.pid:
            return is_alive(self.summary.pid, self.process_since)
        try:
            return time() - self.folder.path.stat().st_mtime < FIRST_WORD_WITHIN_S
        except OSError:
            return False


class RunsModel(QObject):
    """Runs by number. `active` is the run whose process lives; there is one at a time."""

    list_changed = Signal()
    """`summaries` changed: a run came, or its state, epoch or best score did."""
    current_changed = Signal()
    events_arrived = Signal(int, object)
    """Run number and the list of new events, several times a second while a run is active."""
    active_changed = Signal()
    start_failed = Signal(object)
    """NetwrightError: why training could not start."""
    readiness_changed = Signal()
    """`reason_not_to_start()` may give another answer."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self._runs: dict[int, _Followed] = {}
        self._unread: deque[int] = deque()
        self.pictures = True
        """Whether runs that are started from here tell how their weights are spread."""
        self._current: int | None = None
        self._active: int | None = None
        self._follow_newest = True  # until the user picks a run: the newest is shown
        self._asked: dict[str, Any] | None = None  # a start that waits for the save; cleared when sent or failed
        self._starting = False  # set by start and resume, cleared by the engine's answer
        self._requests: list[int] = []
        self._ticks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_project_changed)
        project_model.saved.connect(self._on_saved)
        project_model.save_failed.connect(self._on_save_failed)
        engine.state_changed.connect(self._on_engine_changed)
        if project_model.directory is not None:
            self._on_opened()

    # What there is.

    @property
    def summaries(self) -> list[RunSummary]:
        """All runs, newest first."""
        return [self._runs[number].summary for number in sorted(self._runs, reverse=True)]

    @property
    def current(self) -> int | None:
        """The run that is shown."""
        return self._current

    @property
    def active(self) -> int | None:
        """The run that is going on (or paused)."""
        return self._active

    @property
    def starting(self) -> bool:
        """Whether a run was asked for and has no process yet."""
        return self._starting

    @property
    def loading(self) -> bool:
        """Whether logs are still being read."""
        return bool(self._unread)

    def summary(self, run: int) -> RunSummary | None:
        """One run."""
        followed = self._runs.get(run)
        return followed.summary if followed is not None else None

    def curves(self, run: int) -> RunCurves:
        """Everything a chart draws of a run; empty for an unknown one."""
        followed = self._runs.get(run)
        return followed.curves if followed is not None else RunCurves()

    def progress(self) -> float:
        """How far the active run is, 0 to 1."""
        followed = self._runs.get(self._active) if self._active is not None else None
        return followed.curves.fraction_done() if followed is not None else 0.0

    def reason_not_to_start(self) -> str:
        """Why a run cannot start now, in a sentence; empty when it can."""
        project = self._project
        if project.directory is None:
            return "Open a project first."
        if project.read_only:
            return "This project is open for reading only."
        if self._active is not None:
            return f"Run {self._active} is still training. Stop it first."
        if self._starting:
            return "A run is starting."
        if self._engine.state == "dead":
            return self._engine.reason or "The engine is not running."
        if not project.project.data.sources:
            return "There is no data yet. Add some in the Data tab."
        if not project.project.graph.nodes:
            return "There is no network yet. Draw one in the Design tab."
        errors = [problem for problem in project.checker.problems() if problem.severity == "error"]
        if errors:
            more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
            return f"The network has a problem: {errors[0].message}{more}"
        return ""

    # What can be asked.

    def select(self, run: int) -> None:
        """Show a run."""
        if run in self._runs:
            self._follow_newest = False
            self._set_current(run)

    def start(self, name: str = "") -> None:
        """Save the project, then start a run on it. `start_failed` says why when it cannot."""
        reason = self.reason_not_to_start()
        if reason:
            self.start_failed.emit(TrainingError(reason))
            return
        self._begin({"name": name})

    def resume(self, run: int) -> None:
        """Go on with a run that was stopped, failed or lost, from its last checkpoint."""
        reason = self.reason_not_to_start()
        if self._active is not None or self._starting:
            self.start_failed.emit(TrainingError(reason))
            return
        self._begin({"resume": run})

    def stop(self) -> None:
        """Stop the active run after its current step; what was learned is kept."""
        self._tell(StopRun())

    def pause(self) -> None:
        """Let the active run wait after its current step."""
        self._tell(PauseRun())

    def proceed(self) -> None:
        """Let a paused run go on."""
        self._tell(ContinueRun())

    def _tell(self, request: StopRun | PauseRun | ContinueRun) -> None:
        followed = self._runs.get(self._active) if self._active is not None else None
        if followed is None:
            return
        try:
            followed.folder.ask(request)
        except OSError as error:
            self.start_failed.emit(
                TrainingError("The run could not be told.", where=str(followed.folder.path), found=str(error.strerror))
            )

    def _begin(self, fields: dict[str, Any]) -> None:
        self._starting = True
        self._asked = fields
        self.readiness_changed.emit()
        self._project.save()

    def _on_saved(self) -> None:
        if self._asked is None or self._project.directory is None or self._project.dirty:
            return
        fields, self._asked = self._asked, None
        self._follow_newest = True
        self._engine.ask(
            StartTraining,
            done=self._on_started,
            failed=self._on_start_failed,
            project_dir=str(self._project.directory),
            pictures=self.pictures,
            **fields,
        )

    def _on_save_failed(self, error: NetwrightError) -> None:
        if self._asked is not None:
            self._asked = None
            self._fail_start(TrainingError(f"The project could not be saved: {error.message}", where=error.where))

    def _on_started(self, event: TrainingStarted) -> None:
        self._starting = False
        directory = self._project.directory
        run_dir = Path(event.run_dir)
        if directory is not None and run_dir.parent.parent == directory:
            followed = self._runs.get(event.run)
            if followed is None:
                followed = self._follow(RunFolder(run_dir))
            followed.over = False
            if event.run not in self._unread:
                self._unread.append(event.run)
            self._set_active(event.run)
            self._set_current(event.run)
            self.list_changed.emit()
        self.readiness_changed.emit()

    def _on_start_failed(self, event: RequestFailed) -> None:
        self._fail_start(as_error(event))

    def _fail_start(self, error: NetwrightError) -> None:
        self._starting = False
        self.readiness_changed.emit()
        self.start_failed.emit(error)

    # Following.

    def _on_opened(self) -> None:
        self._runs.clear()
        self._unread.clear()
        self._starting, self._asked = False, None
        self._follow_newest = True
        self._ticks = 0
        self._set_active(None)
        self._set_current(None)
        if self._project.directory is None:
            self._timer.stop()
        else:
            self._scan()
            self._timer.start()
        self.list_changed.emit()
        self.readiness_changed.emit()

    def _on_project_changed(self, _change: Change) -> None:
        self.readiness_changed.emit()

    def _on_engine_changed(self, state: str) -> None:
        self.readiness_changed.emit()

    def _follow(self, folder: RunFolder) -> _Followed:
        followed = _Followed(folder)
        self._runs[folder.number] = followed
        self._unread.append(folder.number)
        return followed

    def _scan(self) -> None:
        """Find new run folders, and runs whose process is gone."""
        directory = self._project.directory
        if directory is None:
            return
        found = {folder.number: folder for folder in run_folders(directory)}
        gone = self._runs.keys() - found.keys()
        for number in gone:
            del self._runs[number]
        if self._current in gone:
            self._set_current(None)
        new = sorted(found.keys() - self._runs.keys(), reverse=True)
        for number in new:
            self._follow(found[number])
        if self._runs and (self._current is None or (new and self._follow_newest)):
            self._set_current(max(self._runs))
        if gone or new:
            self.list_changed.emit()

    def _on_tick(self) -> None:
        self._ticks += 1
        if self._ticks % SCAN_EVERY_TICKS == 0:
            self._scan()
            self._find_lost()
        # Runs that go on are read at every tick, the others once, newest first, in slices.
        for number, followed in self._runs.items():
            if followed.summary.state in ACTIVE_STATES and number not in self._unread:
                self._unread.append(number)
        until = monotonic() + SLICE_S
        changed = False
        while self._unread and monotonic() < until:
            number = self._unread.popleft()
            if number in self._runs:
                before = self._runs[number].summary.state
                changed |= self._read(self._runs[number]) or self._runs[number].summary.state != before
        if changed:
            self.list_changed.emit()

    def _read(self, followed: _Followed) -> bool:
        """Take in the next piece of a log; what may have more is asked again until it has none."""
        number = followed.folder.number
        events = followed.reader.read(READ_BYTES)
        if not events:
            if followed.over:
                followed.size = _size_of(followed.folder)
            self._judge(followed)
            return False
        for event in events:
            followed.summary.feed(event)
            followed.curves.feed(event)
            if isinstance(event, RunStarted | RunResumed):
                followed.process_since = event.time
        followed.over = is_final(events[-1])
        self._unread.append(number)
        self._judge(followed)
        self.events_arrived.emit(number, events)
        return True

    def _judge(self, followed: _Followed) -> None:
        """Find out whether a run that has not said its last word still has a process."""
        number, summary = followed.folder.number, followed.summary
        if summary.state in ACTIVE_STATES and not followed.has_process():
            summary.state = "lost"
        if summary.state in ACTIVE_STATES and summary.pid:
            if self._active is None:
                self._set_active(number)
        elif number == self._active and (followed.over or summary.state == "lost"):
            self._set_active(None)

    def _find_lost(self) -> None:
        """Runs whose process went without a word, and ended runs whose log grows again (resumed elsewhere)."""
        changed = False
        for number, followed in self._runs.items():
            if number in self._unread:
                continue
            if followed.over or followed.summary.state == "lost":
                size = _size_of(followed.folder)
                if size != followed.size:
                    followed.size = size
                    self._unread.append(number)
            elif not followed.has_process():
                self._unread.append(number)  # its last words may have come meanwhile; _judge decides after them
                changed = True
        if changed:
            self.list_changed.emit()

    def _set_current(self, run: int | None) -> None:
        if run != self._current:
            self._current = run
            self.current_changed.emit()

    def _set_active(self, run: int | None) -> None:
        if run != self._active:
            self._active = run
            self.active_changed.emit()
            self.readiness_changed.emit()


def _size_of(folder: RunFolder) -> int:
    try:
        return folder.events_file.stat().st_size
    except OSError:
        return -1
