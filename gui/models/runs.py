"""The runs of a project: followed through their folders, so one is shown live whoever started it and whatever dies."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, time
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.document.edits import Change
from engine.errors import NetwrightError, TrainingError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.training import (
    ArrangeQueue,
    EditRun,
    QueueArranged,
    RunEdited,
    StartTraining,
    TrainingStarted,
)
from engine.protocol.run_events import (
    AnyRunEvent,
    AnyRunRequest,
    ChangeSettings,
    ContinueRun,
    PauseRun,
    RunResumed,
    RunStarted,
    StepOnce,
    StopRun,
)
from engine.protocol.run_folder import About, LogReader, RunFolder, RunSummary, begun_process, is_final
from engine.protocol.run_queue import RunQueue
from gui.models.curves import RunCurves
from gui.models.engine import Engine, as_error
from gui.models.processes import is_alive
from gui.models.project import ProjectModel
from gui.models.run_projects import RunProjects
from gui.models.run_watch import Reading, RunWatch, Sight
from gui.models.saved_question import SavedQuestion

TICK_MS: Final = 100
SLICE_S: Final = 0.004  # of the window's thread at one turn
SCAN_EVERY_TICKS: Final = 10
FIRST_WORD_WITHIN_S: Final = 60.0
"""A process takes longer only where the machine is busy; one that is not known to live is given up then."""
LIVE_STATES: Final = ("starting", "running", "paused", "waiting")


class _Followed:
    """One run folder with all that was read of it."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.reader: LogReader = folder.follow()
        self.summary = RunSummary(run=folder.number)
        self.curves = RunCurves()
        self.unread = True  # its log may hold more; cleared when it was read to its end
        self.read_once = False  # its log was read to its end at least once
        self.over = False  # the last event read was a final one
        self.process_since = 0.0  # when the present process said that it lives
        self.called = 0.0  # when a process was asked for that has said nothing yet; 0 once it did
        self.slow = False  # its process lives, and takes longer than usual to say its first word
        self.size = -1  # of the log when it was found to have grown after the run's end
        self.about: About | None = None
        self.about_stamp = 0

    def feed(self, event: AnyRunEvent) -> None:
        """Take in one event."""
        self.summary.feed(event)
        self.curves.feed(event)
        if isinstance(event, RunStarted | RunResumed):
            # Asked for here it lives, however much of its log is still to be read.
            self.read_once = self.read_once or bool(self.called)
            self.process_since, self.called, self.slow = event.time, 0.0, False
        if isinstance(event, RunStarted) and self.about is not None:
            self.summary.tell(self.about)  # what was written beside it counts more
        self.over = is_final(event)
        if self.over:
            self.called = 0.0

    def has_process(self) -> bool:
        """Whether its process lives, also one that said nothing yet; where that one is not known it has a minute."""
        if self.summary.pid and not self.called:
            return is_alive(self.summary.pid, self.process_since)
        begun = begun_process(self.folder)
        known = begun is not None and begun.pid != self.summary.pid
        try:
            began = self.called or (begun.time if begun is not None else self.folder.path.stat().st_mtime)
        except OSError:
            return False
        late = time() - began >= FIRST_WORD_WITHIN_S
        lives = is_alive(begun.pid, begun.time) if begun is not None and known else not late
        self.slow = lives and late
        return lives

    def lives(self) -> bool:
        """Whether it is going on, as far as is known."""
        return self.summary.state in LIVE_STATES and (self.read_once or bool(self.called))


class RunsModel(QObject):
    """Runs by number. `active` is the run whose process lives: the shown one if it does, else the newest of them."""

    list_changed = Signal()
    """`summaries` or the queue changed: a run came, or its state, epoch, best score, name, notes or tags did."""
    current_changed = Signal()
    events_arrived = Signal(int, object)
    """Run number and the list of new events, several times a second while a run is active."""
    active_changed = Signal()
    start_failed = Signal(object)
    """NetwrightError: why training could not start, or a run could not be told something."""
    readiness_changed = Signal()
    """`reason_not_to_start()` may give another answer."""
    ended = Signal(int)
    """A run that was followed live said its last word, or was lost."""
    queued = Signal(object)
    """Numbers of the runs that were just put into the queue."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self._runs: dict[int, _Followed] = {}
        self._news: deque[tuple[int, deque[AnyRunEvent]]] = deque()
        self._queue = RunQueue()
        self.pictures = True
        """Whether runs that are started from here tell how their weights are spread."""
        self._current: int | None = None
        self._active: int | None = None
        self._live: set[int] = set()
        self._follow_newest = True  # until the user picks a run: the newest is shown
        self._asked: dict[str, Any] | None = None  # a start that waits for the save; cleared when sent or failed
        self._starting = False  # set by start and resume, cleared by the engine's answer
        self._ticks = 0
        self._scan_due = False
        self._watch = RunWatch(self._on_seen, self)
        self.projects = RunProjects(self, project_model, self)
        """The project as each run had it."""
        self.question = SavedQuestion(project_model, engine, self)
        """What is asked about training before a run begins: the range test of the learning rate."""
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._digestion = QTimer(self)
        self._digestion.setInterval(0)
        self._digestion.timeout.connect(self._digest)
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_project_changed)
        project_model.saved.connect(self._on_saved)
        project_model.save_failed.connect(self._on_save_failed)
        engine.state_changed.connect(self._on_engine_changed)
        if project_model.directory is not None:
            self._on_opened()

    def close(self) -> None:
        """Stop following and end the thread."""
        self._timer.stop()
        self._digestion.stop()
        self._watch.close()
        self.projects.close()

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
    def active_runs(self) -> list[int]:
        """All runs whose processes live, oldest first."""
        return sorted(number for number, followed in self._runs.items() if followed.lives())

    @property
    def queue(self) -> RunQueue:
        """The runs that wait."""
        return self._queue

    @property
    def baseline(self) -> int | None:
        """The run that others are compared with."""
        return next((summary.run for summary in self.summaries if summary.about.baseline), None)

    @property
    def starting(self) -> bool:
        """Whether a run was asked for and has no process yet."""
        return self._starting

    @property
    def loading(self) -> bool:
        """Whether logs are still being read."""
        return bool(self._news) or self._scan_due or any(not one.read_once for one in self._runs.values())

    def summary(self, run: int) -> RunSummary | None:
        """One run."""
        followed = self._runs.get(run)
        return followed.summary if followed is not None else None

    def curves(self, run: int) -> RunCurves:
        """Everything a chart draws of a run; empty for an unknown one."""
        followed = self._runs.get(run)
        return followed.curves if followed is not None else RunCurves()

    def is_slow_to_begin(self, run: int) -> bool:
        """Whether its process lives and has not said a word for so long that the machine must be busy."""
        followed = self._runs.get(run)
        return followed is not None and followed.slow

    def folder(self, run: int) -> RunFolder | None:
        """Where a run lies."""
        followed = self._runs.get(run)
        return followed.folder if followed is not None else None

    def progress(self) -> float:
        """How far the active run is, 0 to 1."""
        followed = self._runs.get(self._active) if self._active is not None else None
        return followed.curves.fraction_done() if followed is not None else 0.0

    def reason_not_to_start(self) -> str:
        """Why a run cannot start now, in a sentence; empty when it can."""
        if self._active is not None and self._project.directory is not None:
            return f"Run {self._active} is still training. Stop it first."
        return self.reason_not_to_queue()

    def reason_not_to_queue(self) -> str:
        """Why no run can be made for later either; empty when it can."""
        project = self._project
        if project.directory is None:
            return "Open a project first."
        if project.read_only:
            return "This project is open for reading only."
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

    def reason_not_to_edit(self) -> str:
        """Why what is written beside runs, and the queue, cannot be changed; empty when they can."""
        if self._project.read_only:
            return "This project is open for reading only."
        if self._engine.state == "dead":
            return self._engine.reason or "The engine is not running."
        return ""

    # What can be asked.

    def select(self, run: int) -> None:
        """Show a run."""
        if run in self._runs:
            self._follow_newest = False
            self._set_current(run)

    def start(
        self, name: str = "", *, queue: bool = False, seeds: int = 1, settings: Sequence[str] = (), notes: str = ""
    ) -> None:
        """Save the project, then start a run on it, or put it into the queue. `start_failed` says why when it cannot.

        `seeds` makes so many runs that differ in their seed alone. `settings` (PATH=VALUE) hold for these runs only.
        """
        fields: dict[str, Any] = {"name": name}
        if queue or seeds > 1:
            fields |= {"queue": True}
        if seeds > 1:
            fields |= {"seeds": seeds}
        if settings:
            fields |= {"settings": list(settings)}
        if notes:
            fields |= {"notes": notes}
        self._begin(fields, self.reason_not_to_queue() if queue or seeds > 1 else self.reason_not_to_start())

    def resume(self, run: int, epochs: int = 0) -> None:
        """Go on with a run that ended or was lost, from its last checkpoint; to `epochs` when it is to have more."""
        fields = {"resume": run} | ({"epochs": epochs} if epochs else {})
        self._begin(fields, self._reason_not_to_go_on())

    def fork(
        self,
        run: int,
        *,
        which: str = "best",
        settings: Sequence[str] = (),
        as_it_was: bool = True,
        name: str = "",
        queue: bool = False,
    ) -> None:
        """Start a new run with the weights of a checkpoint ("best" or "last") of another one."""
        fields: dict[str, Any] = {"from_run": run, "which": which, "as_it_was": as_it_was, "name": name}
        if settings:
            fields["settings"] = list(settings)
        if queue:
            fields["queue"] = True
        self._begin(fields, self.reason_not_to_queue() if queue else self._reason_not_to_go_on())

    def stop(self, run: int | None = None) -> None:
        """Stop a run (the active one) after its current step; what was learned is kept."""
        self._tell(StopRun(), run)

    def pause(self, run: int | None = None) -> None:
        """Let a run (the active one) wait after its current step."""
        self._tell(PauseRun(), run)

    def proceed(self, run: int | None = None) -> None:
        """Let a paused run (the active one) go on."""
        self._tell(ContinueRun(), run)

    def step_once(self, run: int | None = None) -> None:
        """Let a run (the active one) train one batch, then wait."""
        self._tell(StepOnce(), run)

    def change(
        self,
        *,
        learning_rate: float | None = None,
        clip_norm: float | None = None,
        player: str = "",
        run: int | None = None,
    ) -> None:
        """Change settings of a run (the active one) while it goes on; a clip norm of 0 is none."""
        self._tell(ChangeSettings(player=player, learning_rate=learning_rate, clip_norm=clip_norm), run)

    def edit(
        self,
        run: int,
        *,
        name: str | None = None,
        notes: str | None = None,
        tags: list[str] | None = None,
        baseline: bool | None = None,
    ) -> None:
        """Change what is written beside a run; None leaves it as it is."""
        directory = self._project.directory
        if directory is None or run not in self._runs:
            return
        self._engine.ask(
            EditRun,
            done=self._on_edited,
            failed=self._on_telling_failed,
            project_dir=str(directory),
            run=run,
            name=name,
            notes=notes,
            tags=tags,
            baseline=baseline,
        )

    def set_baseline(self, run: int | None) -> None:
        """Compare others with this run, or with none."""
        for summary in self.summaries:
            if summary.about.baseline and summary.run != run:
                self.edit(summary.run, baseline=False)
        if run is not None:
            self.edit(run, baseline=True)

    def arrange_queue(
        self,
        *,
        order: Sequence[int] = (),
        remove: Sequence[int] = (),
        held: bool | None = None,
        at_once: int = 0,
    ) -> None:
        """Change the order of what waits, take runs out, hold it, or say how many share a device."""
        directory = self._project.directory
        if directory is None:
            return
        self._engine.ask(
            ArrangeQueue,
            done=self._on_arranged,
            failed=self._on_telling_failed,
            project_dir=str(directory),
            order=list(order),
            remove=list(remove),
            held=held,
            at_once=at_once,
        )

    def _tell(self, request: AnyRunRequest, run: int | None) -> None:
        number = run if run is not None else self._active
        followed = self._runs.get(number) if number is not None else None
        if followed is None:
            return
        try:
            followed.folder.ask(request)
        except OSError as error:
            self.start_failed.emit(
                TrainingError("The run could not be told.", where=str(followed.folder.path), found=str(error.strerror))
            )

    def _reason_not_to_go_on(self) -> str:
        """What an ended run needs to go on: not the drawing, it has its own."""
        if self._active is not None or self._starting:
            return self.reason_not_to_start()
        if self._project.read_only:
            return "This project is open for reading only."
        if self._engine.state == "dead":
            return self._engine.reason or "The engine is not running."
        return ""

    def _begin(self, fields: dict[str, Any], reason: str) -> None:
        if reason:
            self.start_failed.emit(TrainingError(reason))
            return
        self._starting = True
        self._asked = fields
        self.readiness_changed.emit()
        self._project.save()

    def _on_saved(self) -> None:
        if self._asked is None or self._project.directory is None or self._project.dirty:
            return
        fields, self._asked = self._asked, None
        if not fields.get("queue"):
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
            if event.queued:
                self._scan_due = True
                self.queued.emit(event.runs or [event.run])
            else:
                followed = self._runs.get(event.run) or self._follow(RunFolder(run_dir))
                if followed.summary.state not in LIVE_STATES:
                    followed.summary.state = "starting"
                # On a busy machine its log may have been read before this answer came.
                said = followed.summary.state in LIVE_STATES and followed.summary.pid > 0 and followed.has_process()
                followed.called, followed.unread = 0.0 if said else time(), True
                self._set_current(event.run)
                self._find_active()
                self.list_changed.emit()
        self.readiness_changed.emit()

    def _on_start_failed(self, event: RequestFailed) -> None:
        self._fail_start(as_error(event))

    def _fail_start(self, error: NetwrightError) -> None:
        self._starting = False
        self.readiness_changed.emit()
        self.start_failed.emit(error)

    def _on_edited(self, _event: RunEdited) -> None:
        self._scan_due = True

    def _on_arranged(self, _event: QueueArranged) -> None:
        self._scan_due = True

    def _on_telling_failed(self, event: RequestFailed) -> None:
        self.start_failed.emit(as_error(event))

    # Following.

    def _on_opened(self) -> None:
        self._runs.clear()
        self._news.clear()
        self._live.clear()
        self._digestion.stop()
        self._queue = RunQueue()
        self._starting, self._asked = False, None
        self._follow_newest = True
        self._ticks = 0
        self._set_current(None)
        self._find_active()
        self._scan_due = self._project.directory is not None
        if self._scan_due:
            self._look()
            self._timer.start()
        else:
            self._timer.stop()
        self.list_changed.emit()
        self.readiness_changed.emit()

    def _on_project_changed(self, _change: Change) -> None:
        self.readiness_changed.emit()

    def _on_engine_changed(self, state: str) -> None:
        self.readiness_changed.emit()

    def _follow(self, folder: RunFolder) -> _Followed:
        followed = self._runs[folder.number] = _Followed(folder)
        return followed

    def _on_tick(self) -> None:
        self._ticks += 1
        if self._ticks % SCAN_EVERY_TICKS == 0:
            self._scan_due = True
        self._look()

    def _look(self) -> None:
        """Send the thread to list and read on: the shown run first, then the newest."""
        directory = self._project.directory
        if directory is None or self._watch.busy or self._news:
            return
        wanted = [number for number, followed in self._runs.items() if followed.unread or followed.lives()]
        wanted.sort(key=lambda number: (number != self._current, -number))
        readings = [Reading(run=number, reader=self._runs[number].reader) for number in wanted]
        known = {number: followed.about_stamp for number, followed in self._runs.items()} if self._scan_due else None
        if readings or known is not None:
            self._watch.look(directory, readings, known)

    def _on_seen(self, sight: Sight) -> None:
        if sight.directory != self._project.directory:
            return  # another project was opened meanwhile
        changed = self._take_folders(sight)
        for number in sight.read:
            followed = self._runs.get(number)
            if followed is None:
                continue
            events = sight.events.get(number)
            if events:
                followed.unread = True
                self._news.append((number, deque(events)))
            else:
                followed.unread, followed.read_once = False, True
                changed |= self._judge(followed)
        if self._news:
            self._digestion.start()
        self._find_active()
        if changed:
            self.list_changed.emit()
        if not self._news and any(followed.unread for followed in self._runs.values()):
            self._look()

    def _take_folders(self, sight: Sight) -> bool:
        """Runs that came or went, what is written beside them, the queue; whether anything of it is new."""
        if sight.folders is None:
            return False
        self._scan_due = False
        gone = [number for number in self._runs if number not in sight.folders]
        for number in gone:
            if not self._runs[number].called:  # else its folder is being made
                del self._runs[number]
        if self._current is not None and self._current not in self._runs:
            self._set_current(None)
        new = [number for number in sight.folders if number not in self._runs]
        changed = bool(gone or new)
        for number, found in sight.folders.items():
            followed = self._runs.get(number) or self._follow(found.folder)
            if found.about is not None:
                followed.about, followed.about_stamp = found.about, found.about_stamp
                followed.summary.tell(found.about)
                changed = True
            if not followed.unread and not followed.lives() and found.size != followed.size:
                followed.size, followed.unread = found.size, True  # it goes on, or was resumed elsewhere
        queue = sight.queue or RunQueue()
        if queue != self._queue:
            for number in set(self._queue.runs) - set(queue.runs):
                if number in self._runs and number in sight.folders and not self._runs[number].summary.pid:
                    self._runs[number].called = time()  # somebody starts it now
                    self._runs[number].summary.state = "starting"
            if queue.waiting and not self._queue.waiting and not self._project.read_only:
                self.arrange_queue()  # a queue left by a crash goes on
            self._queue = queue
            changed = True
        for number in queue.runs:
            waits = self._runs.get(number)
            if waits is not None and waits.summary.state not in ("running", "paused", "waiting"):
                changed |= waits.summary.state != "queued"
                waits.summary.state, waits.called = "queued", 0.0
        started = [number for number in new if number not in queue.runs]
        if self._runs and (self._current is None or (started and self._follow_newest)):
            others = [number for number in self._runs if number not in queue.runs]
            self._set_current(max(others or self._runs))
        return changed

    def _digest(self) -> None:
        """Take in what was read, some milliseconds at a turn."""
        until = monotonic() + SLICE_S
        changed = False
        while self._news:
            number, events = self._news[0]
            followed = self._runs.get(number)
            taken: list[AnyRunEvent] = []
            if followed is not None:
                before = (followed.summary.state, followed.summary.epochs)
                while events and (not taken or monotonic() < until):
                    event = events.popleft()
                    followed.feed(event)
                    taken.append(event)
                changed |= (followed.summary.state, followed.summary.epochs) != before
            if followed is None or not events:
                self._news.popleft()
            if taken:
                self.events_arrived.emit(number, taken)
            if monotonic() >= until:
                break
        if changed:
            self._find_active()
            self.list_changed.emit()
        if not self._news:
            self._digestion.stop()
            self._look()

    def _judge(self, followed: _Followed) -> bool:
        """A log was read to its end: find out whether its run still has a process. Whether its state is another now."""
        before = followed.summary.state, followed.slow
        if followed.summary.state in LIVE_STATES and not followed.has_process():
            followed.summary.state, followed.called = "lost", 0.0
        return (followed.summary.state, followed.slow) != before

    def _find_active(self) -> None:
        live = {number for number, followed in self._runs.items() if followed.lives()}
        ended = {number for number in self._live - live if number in self._runs}
        self._live = live
        active = self._current if self._current in live else max(live, default=None)
        if active != self._active:
            self._active = active
            self.active_changed.emit()
            self.readiness_changed.emit()
        for number in sorted(ended):
            self.ended.emit(number)

    def _set_current(self, run: int | None) -> None:
        if run != self._current:
            self._current = run
            self._find_active()
            self.current_changed.emit()
