"""An engine that answers as the test says: the interface of gui.engine_client.EngineClient without a process."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.protocol.messages.base import EngineReady, Event, Progress, Request, RequestFailed

Script = Event | list[Event] | Callable[[Any], "Event | Iterable[Event] | None"] | None
"""An event, several (Progress before the final one), a function of the request, or None for no answer yet."""


class FakeEngine(QObject):
    """`requests` holds everything asked, in order. Answers come on a later turn of the event loop, as real ones do."""

    ready = Signal(object)
    state_changed = Signal(str)
    event_received = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "ready"
        self.reason = ""
        self.info: EngineReady | None = EngineReady(version="0.1.0", torch="2.13.0", devices=["cpu"])
        self.requests: list[Request] = []
        self.cancelled: list[int] = []
        self._scripts: dict[type[Request], Script] = {}
        self._waiting: dict[int, tuple[Callable[..., None], Callable[..., None], Callable[..., None] | None]] = {}
        self._last_id = 0

    # What a test says.

    def answer_with(self, request_type: type[Request], script: Script) -> None:
        """Answer requests of that type so from now on."""
        self._scripts[request_type] = script

    def answer(self, request_id: int, event: Event) -> None:
        """Answer one request now; Progress leaves it open."""
        event = msgspec.structs.replace(event, request=request_id)
        self.event_received.emit(event)
        done, failed, progress = self._waiting[request_id]
        if isinstance(event, Progress):
            if progress is not None:
                progress(event)
            return
        del self._waiting[request_id]
        if isinstance(event, RequestFailed):
            failed(event)
        else:
            done(event)
        if not self._waiting and self.state == "busy":
            self.set_state("ready")

    def set_state(self, state: str, reason: str = "") -> None:
        """Pretend that the engine's process changed: starting, ready, busy, restarting, dead."""
        self.state, self.reason = state, reason
        self.state_changed.emit(state)
        if state in ("restarting", "dead"):
            for request_id in list(self._waiting):
                self.answer(request_id, RequestFailed(error=error("engine", reason or "The engine died.")))

    @property
    def waits(self) -> bool:
        """Whether any request has no answer yet."""
        return bool(self._waiting)

    def asked(self, request_type: type[Request]) -> list[Any]:
        """The requests of that type so far."""
        return [request for request in self.requests if isinstance(request, request_type)]

    # The interface of EngineClient.

    def ask(
        self,
        request_type: type[Request],
        *,
        done: Callable[..., None],
        failed: Callable[..., None],
        progress: Callable[..., None] | None = None,
        **fields: Any,
    ) -> int:
        self._last_id += 1
        request = request_type(id=self._last_id, **fields)
        self.requests.append(request)
        self._waiting[request.id] = (done, failed, progress)
        QTimer.singleShot(0, self, lambda: self._reply(request))
        return request.id

    def cancel(self, request_id: int) -> None:
        self.cancelled.append(request_id)
        if request_id in self._waiting:
            QTimer.singleShot(0, self, lambda: self._fail_cancelled(request_id))

    def start(self) -> None:
        self.set_state("ready")
        self.ready.emit(self.info)

    def stop(self) -> None:
        self.state = "dead"

    def _fail_cancelled(self, request_id: int) -> None:
        if request_id in self._waiting:
            self.answer(request_id, RequestFailed(error=error("cancelled", "Cancelled.")))

    def _reply(self, request: Request) -> None:
        script = self._scripts.get(type(request))
        if callable(script):
            script = script(request)
        events: list[Event] = [] if script is None else [script] if isinstance(script, Event) else list(script)
        for event in events:
            if request.id in self._waiting:
                self.answer(request.id, event)


def error(kind: str, message: str, where: str = "", hint: str = "") -> dict[str, str]:
    """The error object of the protocol."""
    return {"kind": kind, "where": where, "message": message, "expected": "", "found": "", "hint": hint}
