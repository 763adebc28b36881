"""Starts the engine beside the window, sends it requests, turns its events into signals, and watches over it.

When the engine dies, open requests fail with the reason in words and another one is started; after three deaths in a
row without one answer in between it is left alone until the user asks. Runs are processes of their own and go on.
"""

import itertools
import os
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from engine.protocol.codec import Decoder, ProtocolError, encode, event_decoder
from engine.protocol.messages import AnyEvent
from engine.protocol.messages.base import (
    PROTOCOL_VERSION,
    Cancel,
    Cancelled,
    EngineReady,
    Heartbeat,
    Progress,
    Request,
    RequestFailed,
    Shutdown,
)
from engine.protocol.messages.data import GetSamples

GIVE_UP_AFTER: Final = 3
RESTART_AFTER_MS: Final = (300, 1000, 3000)
WATCH_EVERY_MS: Final = 5000
SILENT_CHECKS: Final = 6  # checks without a sign of life; counted, not timed, so that a sleeping laptop is no hang
END_WITHIN_MS: Final = 1500
STDERR_LINES: Final = 200
_ROOT: Final = Path(__file__).resolve().parents[1]

_SIGNALS: Final = {
    4: "it met an instruction this processor does not know",
    6: "it aborted",
    7: "a file or memory it was using went away",
    8: "it met an arithmetic fault",
    9: "the system ended it, most often because memory ran out",
    11: "it crashed (segmentation fault)",
    15: "another program asked it to end",
}


@dataclass(frozen=True, slots=True)
class _Pending:
    """Who waits for an answer."""

    request: Request
    done: Callable[..., None]
    failed: Callable[[RequestFailed], None]
    progress: Callable[[Progress], None] | None


class EngineClient(QObject):
    """`state`: starting, ready, busy, restarting or dead; `reason` says why it died last. Window's thread."""

    ready = Signal(object)
    """EngineReady: the engine takes requests; comes again after a restart."""
    state_changed = Signal(str)
    event_received = Signal(object)
    """Every event but Heartbeat."""
    died = Signal(str)
    """The reason in words; another engine is being started unless `state` is dead."""

    def __init__(
        self, parent: QObject | None = None, *, command: tuple[str, ...] = ("-P", "-m", "engine.server")
    ) -> None:
        super().__init__(parent)
        self.state = "starting"
        self.reason = ""
        self.info: EngineReady | None = None
        self.memory_bytes = 0
        self._command = command
        self._process: QProcess | None = None
        self._decoder: Decoder[AnyEvent] = event_decoder()
        self._pending: dict[int, _Pending] = {}
        self._ids = itertools.count(1)
        self._unsent: list[bytes] = []  # asked before the process was up; sent when it is
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._stderr_rest = ""
        self._deaths = 0  # in a row without an answer in between
        self._silent_checks = 0
        self._closing = False  # set by stop: an end is no death any more
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_EVERY_MS)
        self._watch.timeout.connect(self._on_watch)
        self._restart = QTimer(self)
        self._restart.setSingleShot(True)
        self._restart.timeout.connect(self._launch)

    # What callers use.

    def start(self) -> None:
        """Start the engine's process, or start it anew after it was given up."""
        if self._process is not None or self._closing:
            return
        self._deaths = 0
        self._set_state("starting")
        self._launch()

    def ask(
        self,
        request_type: type[Request],
        *,
        done: Callable[..., None],
        failed: Callable[[RequestFailed], None],
        progress: Callable[[Progress], None] | None = None,
        **fields: Any,
    ) -> int:
        """Send a request; exactly one of `done` and `failed` is called later. Returns the request's id."""
        request = request_type(id=next(self._ids), **fields)
        self._pending[request.id] = _Pending(request, done, failed, progress)
        if self.state == "dead":
            QTimer.singleShot(0, self, lambda: self._fail(request.id, self.reason))
            return request.id
        try:
            self._send(encode(request))  # type: ignore[arg-type]
        except ProtocolError as error:
            message = error.message
            QTimer.singleShot(0, self, lambda: self._fail(request.id, message))
        self._show_work()
        return request.id

    def cancel(self, request_id: int) -> None:
        """Ask the engine to stop working on a request, which then fails with kind "cancelled"."""
        if request_id in self._pending and self.state != "dead":
            cancel = Cancel(id=next(self._ids), request=request_id)
            self._pending[cancel.id] = _Pending(cancel, _ignore, _ignore, None)
            self._send(encode(cancel))

    def stop(self) -> None:
        """End the engine, gently first. Runs go on. For the end of the program; the client is of no use afterwards."""
        self._closing = True
        self._watch.stop()
        self._restart.stop()
        process, self._process = self._process, None
        self._pending.clear()
        if process is None or process.state() == QProcess.ProcessState.NotRunning:
            return
        self._let_go(process)
        process.write(encode(Shutdown(id=next(self._ids))))
        process.closeWriteChannel()
        if not process.waitForFinished(END_WITHIN_MS):
            process.kill()
            process.waitForFinished(END_WITHIN_MS)

    @property
    def waits(self) -> bool:
        """Whether any request, however small, has no answer yet."""
        return bool(self._pending)

    @property
    def pid(self) -> int:
        """Number of the engine's process, 0 for none."""
        return int(self._process.processId()) if self._process is not None else 0

    @property
    def last_words(self) -> str:
        """What the engine wrote to its error output lately, for the details of a failure."""
        return "\n".join(self._stderr)

    # The process.

    def _launch(self) -> None:
        self._decoder = event_decoder()
        self._silent_checks = 0
        self._stderr.clear()
        self._stderr_rest = ""
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        environment.insert("PYTHONPATH", os.pathsep.join(paths))
        environment.insert("PYTHONFAULTHANDLER", "1")
        environment.insert("PYTHONUNBUFFERED", "1")
        process.setProcessEnvironment(environment)
        process.setProgram(sys.executable)
        process.setArguments(list(self._command))
        process.started.connect(self._on_started)
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_error_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_process_error)
        self._process = process
        process.start()
        self._watch.start()

    def _let_go(self, process: QProcess) -> None:
        """Hear nothing more of a process."""
        process.started.disconnect(self._on_started)
        process.readyReadStandardOutput.disconnect(self._on_output)
        process.readyReadStandardError.disconnect(self._on_error_output)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_process_error)

    def _on_started(self) -> None:
        unsent, self._unsent = self._unsent, []
        for data in unsent:
            self._send(data)

    def _send(self, data: bytes) -> None:
        process = self._process
        if process is None or process.state() != QProcess.ProcessState.Running:
            self._unsent.append(data)
        else:
            process.write(data)

    def _on_output(self) -> None:
        if self._process is None:
            return
        self._silent_checks = 0
        data = bytes(self._process.readAllStandardOutput().data())
        try:
            events = self._decoder.feed(data)
        except ProtocolError as error:
            events = error.messages
            self._stderr.append(f"{error.message} {error.found}")
            if error.fatal:
                for event in events:
                    self._take(event)
                self._kill("it sent something that is no message")
                return
        for event in events:
            self._take(event)

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, Heartbeat):
            self.memory_bytes = event.memory_bytes
            return
        self.event_received.emit(event)
        if isinstance(event, EngineReady):
            self._on_ready(event)
            return
        pending = self._pending.get(event.request)
        if pending is None:
            return
        if isinstance(event, Progress):
            if pending.progress is not None:
                pending.progress(event)
            return
        del self._pending[event.request]
        self._deaths = 0
        self._show_work()
        if isinstance(event, RequestFailed):
            pending.failed(event)
        elif not isinstance(event, Cancelled):
            pending.done(event)

    def _on_ready(self, event: EngineReady) -> None:
        if event.protocol != PROTOCOL_VERSION:
            self._deaths = GIVE_UP_AFTER
            self._kill(f"it speaks version {event.protocol} of the protocol and this window version {PROTOCOL_VERSION}")
            return
        self.info = event
        self._set_state("busy" if self._works() else "ready")
        self.ready.emit(event)

    def _on_error_output(self) -> None:
        if self._process is None:
            return
        text = self._stderr_rest + bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        *lines, self._stderr_rest = text[-100_000:].split("\n")
        self._stderr.extend(lines)

    def _on_watch(self) -> None:
        """A hang is never reported by the system: an engine that gives no sign of life is ended."""
        self._silent_checks += 1
        if self._silent_checks >= SILENT_CHECKS:
            self._kill("it stopped answering")

    def _kill(self, reason: str) -> None:
        process = self._process
        if process is None:
            return
        self._let_go(process)
        process.kill()
        process.finished.connect(process.deleteLater)
        self._on_death(reason)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_error_output()
        self._on_output()
        if self._process is None:
            return
        if status == QProcess.ExitStatus.CrashExit:
            # On Unix Qt gives the number of the signal as the exit code.
            reason = _SIGNALS.get(code, f"it was ended by signal {code}") if os.name == "posix" else "it crashed"
        elif code == 0:
            reason = "it ended by itself"
        else:
            said = next((line.strip() for line in reversed([*self._stderr, self._stderr_rest]) if line.strip()), "")
            reason = f"it ended with an error ({said[:160]})" if said else f"it ended with code {code}"
        self._process.deleteLater()
        self._on_death(reason)

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:  # comes without `finished`
            reason = f"it could not be started ({self._process.errorString()})"
            self._process.deleteLater()
            self._on_death(reason)

    def _on_death(self, reason: str) -> None:
        self._process = None
        self._watch.stop()
        self.info = None
        self._unsent.clear()
        self._deaths += 1
        gives_up = self._deaths >= GIVE_UP_AFTER
        self.reason = f"The engine stopped: {reason}."
        pending, self._pending = self._pending, {}
        self._set_state("dead" if gives_up else "restarting")
        for request_id, waiting in pending.items():
            waiting.failed(_died(request_id, self.reason, gives_up))
        self.died.emit(self.reason)
        if not gives_up and not self._closing:
            self._restart.start(RESTART_AFTER_MS[min(self._deaths, len(RESTART_AFTER_MS)) - 1])

    # States.

    def _fail(self, request_id: int, reason: str) -> None:
        pending = self._pending.pop(request_id, None)
        if pending is not None:
            pending.failed(_died(request_id, reason or "The engine is not running.", True))

    def _works(self) -> bool:
        return any(not isinstance(waiting.request, GetSamples | Cancel) for waiting in self._pending.values())

    def _show_work(self) -> None:
        if self.state in ("ready", "busy"):
            self._set_state("busy" if self._works() else "ready")

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def _died(request_id: int, reason: str, gave_up: bool) -> RequestFailed:
    hint = "Start the engine again from the menu." if gave_up else "It is being started again; then try once more."
    error = {"kind": "engine", "where": "", "message": reason, "expected": "", "found": "", "hint": hint}
    return RequestFailed(request=request_id, error=error)


def _ignore(_event: object) -> None:
    """A Cancel needs no answer: the request it stops gives one."""
