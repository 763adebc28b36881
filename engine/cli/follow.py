"""Follows a run's log until its end, showing progress; Ctrl+C asks the run to stop and keeps what was learned."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from engine.cli.console import Console
from engine.cli.table import duration, number
from engine.errors import TrainingError
from engine.protocol.run_events import (
    AnyRunEvent,
    EpochFinished,
    RunNote,
    RunPaused,
    RunPrepared,
    RunResumed,
    RunWaiting,
    SettingsChanged,
    StepsReported,
    StopRun,
)
from engine.protocol.run_folder import LogReader, RunFolder, RunSummary, is_final
from engine.protocol.run_plan import phases_ahead, samples_left, samples_told, steps_planned
from engine.training.runs import ACTIVE, PROCESS_LOG
from engine.training.runs import summary as summary_of

_POLL_S = 0.05
_LOOK_S = 0.5
_LEAVE_S = 10.0


class QueuedProcess:
    """Stands for the process of a run that the queue starts; `poll` is None while it waits or lives."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._next = 0.0
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """0 once it is gone; looked at twice a second, as its log is read each time."""
        now = time.monotonic()
        if self.returncode is None and now >= self._next:
            self._next = now + _LOOK_S
            if summary_of(self._folder).state not in ("queued", *ACTIVE):
                self.returncode = 0
        return self.returncode

    def wait(self, timeout: float) -> int:
        """The queue waits for it, not we."""
        return 0


def follow(
    folder: RunFolder,
    process: "subprocess.Popen[bytes] | QueuedProcess",
    reader: LogReader,
    summary: RunSummary,
    console: Console,
) -> tuple[RunSummary, AnyRunEvent | None]:
    """The state of the run at its end, and its last event; None when the user left it alone before.

    `reader` and `summary` may have taken in what an earlier process of the same run logged. Raises TrainingError when
    the process died without a word.
    """
    shown = _Shown(summary, console)
    with _stop_asked() as asked:
        told = 0
        while True:
            ended = process.poll() is not None  # looked at before the log, so that its last lines are not missed
            events = reader.read()
            for event in events:
                summary.feed(event)
                shown.take(event)
                if is_final(event):
                    with suppress(subprocess.TimeoutExpired):  # it has said its last word; how it leaves is not ours
                        process.wait(timeout=_LEAVE_S)
                    return summary, event
            if events:
                continue
            if ended:
                raise _died(folder, process.returncode)
            if asked.count > told:
                told = asked.count
                if told > 1:
                    console.note(f"Left alone; run {folder.number} is still stopping.")
                    return summary, None
                folder.ask(StopRun())
                console.note("Stopping after this step; what was learned is kept.")
            time.sleep(_POLL_S)


class _Asked:
    """How often the user asked to stop."""

    count = 0


@contextmanager
def _stop_asked() -> Iterator[_Asked]:
    """Ctrl+C and a polite kill set a mark instead of ending us, so that the run is asked to stop in good order."""
    asked = _Asked()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        asked.count += 1

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _died(folder: RunFolder, code: int | None) -> TrainingError:
    """Why a process that logged no last event ended, as far as the system and its error output tell."""
    if not folder.project_file.exists():
        return TrainingError(
            "The folder of the run was moved or deleted while it was training.",
            where=str(folder.path),
            hint="If it was moved, go on with the run from there: finished epochs are kept.",
        )
    if code == -9:
        reason = "the system ended it, most often because memory ran out"
    elif code is not None and code < 0:
        reason = f"it was ended by signal {-code}"
    else:
        reason = f"it ended with code {code}"
    return TrainingError(
        f"The run stopped without a word: {reason}.",
        where=str(folder.path),
        found=_last_line(folder.path / PROCESS_LOG),
        hint=f"Finished epochs are kept: go on with --resume {folder.number}. Try a smaller batch if memory is short.",
    )


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4000))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _changes(event: SettingsChanged) -> str:
    """What was changed, in words."""
    found = []
    if event.learning_rate is not None:
        found.append(f"learning rate {event.learning_rate:g}")
    if event.clip_norm is not None:
        found.append(f"gradients clipped to {event.clip_norm:g}" if event.clip_norm else "gradients not clipped")
    return ", ".join(found) + (f" for '{event.player}'" if event.player else "")


class _Shown:
    """Events of a run in words: a bar for the whole training, a line after each epoch."""

    def __init__(self, summary: RunSummary, console: Console) -> None:
        self._summary = summary
        self._console = console
        self._prepared: RunPrepared | None = None

    def take(self, event: AnyRunEvent) -> None:
        """Show one event."""
        match event:
            case RunPrepared():
                self._prepared = event
                samples, of_phases = samples_told(event)
                told = f" ({', '.join(f'{name}: {count}' for name, count in of_phases)})" if of_phases else ""
                self._console.note(
                    f"Run {self._summary.run}: {samples} samples{told}, {event.val_samples:,} for validation, "
                    f"{event.parameters:,} parameters, on {event.device} in {event.precision}."
                )
            case RunResumed():
                self._console.note(f"Goes on after epoch {event.epoch}.")
            case StepsReported() if event.loss:
                self._console.progress(*self._step(event))
            case EpochFinished():
                self._console.note(self._epoch(event))
            case RunNote():
                self._console.note(f"{'Warning: ' if event.warning else ''}{event.text}")
            case RunPaused():
                self._console.note("Paused.")
            case RunWaiting():
                self._console.note(f"Warning: waiting for room on the disk ({event.reason}).")
            case SettingsChanged():
                self._console.note(f"From step {event.step + 1} on: {_changes(event)}.")
            case _:
                pass  # a failure is told as the command's answer

    def _step(self, event: StepsReported) -> tuple[float, str]:
        """How much of the whole training is done, and the newest numbers in a few words."""
        planned = self._summary.epochs_planned
        words = f"Epoch {event.epoch}/{planned}, loss {number(event.loss[-1])}, {event.samples_per_s:,.0f}/s"
        phases = phases_ahead(self._prepared, planned) if self._prepared is not None else []
        steps = steps_planned(phases)
        if not steps:
            return -1.0, words
        done = event.first_step + len(event.loss) * event.stride - 1
        if event.samples_per_s > 0:
            words += f", {duration(samples_left(phases, done) / event.samples_per_s)} left"
        return min(1.0, done / steps), words

    def _epoch(self, event: EpochFinished) -> str:
        width = len(str(self._summary.epochs_planned))
        scores = "  ".join(f"{name} {number(value)}" for name, value in event.val.items())
        return (
            f"Epoch {event.epoch:>{width}}/{self._summary.epochs_planned}  train loss "
            f"{number(event.train.get('loss', float('nan')))}  "
            + (f"validation: {scores}  " if scores else "")
            + f"{duration(event.seconds)}{'  best' if event.best else ''}"
        )
