"""The folder of a run: its file names, and reading its log as it grows. Both window and engine stand on it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from engine.protocol.run_events import (
    FINAL_EVENTS,
    ActivationsSeen,
    AnswersSeen,
    AnyRunEvent,
    AnyRunRequest,
    ConfusionSeen,
    EpochFinished,
    LayersSeen,
    MachineSeen,
    RunContinued,
    RunFailed,
    RunFinished,
    RunPaused,
    RunPrepared,
    RunResumed,
    RunStarted,
    RunStopped,
    RunWaiting,
    SamplesPinned,
    StepsReported,
    ViewSeen,
    WeightsSeen,
)

ABOUT: Final = "run.json"

_DECODER = msgspec.json.Decoder(AnyRunEvent)
_FOR_CHARTS: Final = tuple(
    b'{"event":"%s"' % kind.__name__.encode()
    for kind in (
        StepsReported,
        WeightsSeen,
        ActivationsSeen,
        LayersSeen,
        AnswersSeen,
        SamplesPinned,
        ConfusionSeen,
        ViewSeen,
        MachineSeen,
    )
)
"""How the lines of events begin that charts alone need; the tag is what msgspec writes first."""
_REQUEST_DECODER = msgspec.json.Decoder(AnyRunRequest)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """runs/0003: project.json as it was, events.jsonl, requests.jsonl, process.json, checkpoints/{best,last}-NNNNNN."""

    path: Path

    @property
    def number(self) -> int:
        """The run's number."""
        return int(self.path.name)

    @property
    def project_file(self) -> Path:
        """The project as it was when the run started."""
        return self.path / "project.json"

    @property
    def events_file(self) -> Path:
        """The log."""
        return self.path / "events.jsonl"

    @property
    def requests_file(self) -> Path:
        """What was asked of the run."""
        return self.path / "requests.jsonl"

    @property
    def process_file(self) -> Path:
        """Which process was started for the run last; see `begun_process`."""
        return self.path / "process.json"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    def ask(self, request: AnyRunRequest) -> None:
        """Append a request; the run sees it within a tenth of a second."""
        with self.requests_file.open("ab") as file:
            file.write(msgspec.json.encode(request) + b"\n")

    def follow(self, *, brief: bool = False) -> "LogReader":
        """A reader that gives new events at each call. `brief` leaves out what no summary needs: nearly all of it."""
        return LogReader(self.events_file, skipped=_FOR_CHARTS if brief else ())


class BegunProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process that was started for a run: its number, and when, in seconds since 1970.

    Its own first word comes later, on a busy machine much later: until then this tells whether it is on its way.
    """

    pid: int
    time: float


def begun_process(folder: RunFolder) -> BegunProcess | None:
    """The process that was started for a run last; None where that is not known, as for runs of an earlier version."""
    try:
        return msgspec.json.decode(folder.process_file.read_bytes(), type=BegunProcess)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


class LogReader:
    """Reads a JSON-lines log piece by piece. A torn last line waits for its end; a damaged one is counted, skipped."""

    def __init__(self, path: Path, *, requests: bool = False, skipped: tuple[bytes, ...] = ()) -> None:
        self._path = path
        self._skipped = skipped
        self._offset = 0
        self._decoder = _REQUEST_DECODER if requests else _DECODER
        self.damaged_lines = 0

    def read(self, limit_bytes: int = 1 << 20) -> list[AnyRunEvent]:
        """New whole events, at most about `limit_bytes` of log a call so that a window stays quick."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(limit_bytes)
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) == limit_bytes:
            end = len(data)  # a line longer than the limit is damage, not an event
        self._offset += end
        events: list[AnyRunEvent] = []
        for line in data[:end].splitlines():
            if not line.strip() or (self._skipped and line.startswith(self._skipped)):
                continue
            try:
                events.append(self._decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                self.damaged_lines += 1
        return events


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is written beside a run in run.json: what people call and note of it, and what it came from.

    `group` is the number of the first of several runs that differ in their seed alone, as text. `from_run` and
    `from_checkpoint` name the weights it began with. `baseline` marks the run that others are compared with.
    """

    name: str = ""
    created: float = 0.0
    notes: str = ""
    tags: list[str] = []
    baseline: bool = False
    group: str = ""
    from_run: int = 0
    from_checkpoint: str = ""
    from_epoch: int = 0


def about(folder: RunFolder) -> About:
    """What is written beside a run; empty when it cannot be read."""
    try:
        return msgspec.json.decode((folder.path / ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return About()


@dataclass(slots=True)
class RunSummary:
    """The state of a run, kept up to date by feeding it the log's events."""

    run: int
    name: str = ""
    state: str = "starting"  # queued, starting, running, paused, waiting, finished, stopped, failed, lost
    pid: int = 0
    epochs_planned: int = 0
    epochs: int = 0
    seconds: float = 0.0
    samples_per_s: float = 0.0
    started: float = 0.0
    device: str = ""
    precision: str = ""
    best_epoch: int = 0
    best: dict[str, float] = field(default_factory=dict)
    error: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    prepared: RunPrepared | None = None
    about: About = field(default_factory=About)

    @property
    def holds_weights(self) -> bool:
        """Whether it can answer: it saved an epoch, or holds the weights of an imported network without having any."""
        return self.epochs > 0 or self.state == "finished"

    def tell(self, about: About) -> None:
        """Take in what is written beside the run; a name given later counts more than that of the log."""
        self.about, self.name = about, about.name
        self.started = self.started or about.created

    def feed(self, event: AnyRunEvent) -> None:
        """Take in one event."""
        match event:
            case RunStarted():
                self.name, self.pid, self.epochs_planned = event.name, event.pid, event.epochs
                self.started, self.state, self.seed = event.time, "starting", event.seed
            case RunPrepared():
                self.device, self.precision, self.state = event.device, event.precision, "running"
                self.prepared = event
            case RunResumed():
                self.pid, self.state, self.epochs = event.pid, "running", event.epoch
                self.epochs_planned = event.epochs or self.epochs_planned
            case EpochFinished():
                self.epochs, self.samples_per_s = event.epoch, event.samples_per_s
                self.seconds += event.seconds
                if event.best:
                    self.best_epoch, self.best = event.epoch, dict(event.val or event.train)
            case RunPaused():
                self.state = "paused"
            case RunWaiting():
                self.state = "waiting"
            case RunFinished() | RunStopped():
                self.state = "finished" if isinstance(event, RunFinished) else "stopped"
                self.epochs, self.seconds = event.epochs, event.seconds
                self.samples_per_s = event.samples_per_s
                self.best_epoch, self.best = event.best_epoch, event.best
            case RunFailed():
                self.state, self.error = "failed", event.error
            case RunContinued() | StepsReported():
                self.state = "running"
            case _:
                pass


def is_final(event: AnyRunEvent) -> bool:
    """Whether a run's log ends with this event."""
    return isinstance(event, FINAL_EVENTS)


def run_folders(project_dir: Path) -> Iterator[RunFolder]:
    """The run folders of a project, oldest first."""
    try:
        names = sorted(
            entry.name for entry in os.scandir(project_dir / "runs") if entry.name.isdigit() and entry.is_dir()
        )
    except FileNotFoundError:
        return
    for name in names:
        yield RunFolder(project_dir / "runs" / name)
