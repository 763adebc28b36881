"""Reads requests, has workers answer them, and stays alive whatever a handler does.

The reading thread never works: Cancel and Shutdown are done at once, everything else goes to one of two lanes, so that
a page of samples does not wait behind an evaluation.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from engine.errors import Cancelled, NetwrightError
from engine.protocol.codec import ProtocolError, request_decoder
from engine.protocol.faults import fault
from engine.protocol.messages import AnyEvent, AnyRequest
from engine.protocol.messages.base import Cancel, EngineReady, Event, Heartbeat, Request, RequestFailed, Shutdown
from engine.protocol.messages.base import Cancelled as CancelTaken
from engine.server.channel import Channel, WindowGone
from engine.server.datasets import OpenDatasets
from engine.server.run_processes import RunProcesses
from engine.server.work import Work
from engine.training.spare import Spare

HEARTBEAT_S = 1.0
LEAVE_OFF_S = 1.0
_READ_BYTES = 1 << 20

Handle = Callable[[Any, Work], Event]


@dataclass(frozen=True, slots=True)
class Handler:
    """How one type of request is answered: `load` imports the function when first needed; `quick` ones have a lane."""

    load: Callable[[], Handle]
    quick: bool = False


class Server:
    """One engine. `serve` runs until the window is gone."""

    def __init__(
        self, channel: Channel, handlers: Mapping[type[Request], Handler], *, spare: Spare | None = None
    ) -> None:
        self._channel = channel
        self._handlers = handlers
        self._datasets = OpenDatasets()
        self._runs = RunProcesses(spare)
        self._lanes = {
            True: ThreadPoolExecutor(2, "quick"),
            False: ThreadPoolExecutor(2, "long"),
        }
        self._open: dict[int, tuple[Work, Future[None]]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def serve(self, descriptor: int, ready: EngineReady, *, warm_up: Callable[[], None] | None = None) -> int:
        """Say ready, then answer what comes in on `descriptor` until it closes. Returns the exit code.

        The end of the window is seen by os.read on this thread: a thread blocked in sys.stdin's buffer would make the
        interpreter abort when it ends.
        """
        decoder = request_decoder()
        code = 0
        try:
            self._channel.send(ready)
            threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
            if warm_up is not None:
                threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
            while not self._ended.is_set() and (data := os.read(descriptor, _READ_BYTES)):
                try:
                    requests = decoder.feed(data)
                except ProtocolError as error:
                    requests = error.messages
                    self._channel.send(RequestFailed(error=error.as_dict()))
                    if error.fatal:
                        code = 3
                        self._ended.set()
                for request in requests:
                    self._take(request)
        except WindowGone:
            pass  # the same as the end of its requests: nobody is left to be told
        self._end()
        return code

    def _take(self, request: AnyRequest) -> None:
        match request:
            case Shutdown():
                self._ended.set()
            case Cancel(request=other):
                self._cancel(other)
                self._channel.send(CancelTaken(request=request.id))
            case _ if not self._ended.is_set():
                self._start(request)

    def _start(self, request: Request) -> None:
        handler = self._handlers.get(type(request))
        if handler is None or request.id in self._open:
            message = (
                f"This engine cannot do {type(request).__name__}."
                if handler is None
                else f"Request {request.id} is being worked on already."
            )
            self._channel.send(RequestFailed(request=request.id, error=NetwrightError(message).as_dict()))
            return
        work = Work(request.id, self._channel.send, self._datasets, self._runs)
        with self._lock:
            future = self._lanes[handler.quick].submit(self._work, handler, request, work)
            self._open[request.id] = (work, future)

    def _cancel(self, request_id: int) -> None:
        with self._lock:
            work, future = self._open.get(request_id, (None, None))
            if work is None or future is None:
                return  # answered meanwhile
            work.cancel()
            waited = future.cancel()
            if waited:
                del self._open[request_id]
        if waited:
            self._channel.send(RequestFailed(request=request_id, error=Cancelled().as_dict()))

    def _work(self, handler: Handler, request: Request, work: Work) -> None:
        """In a worker: exactly one final event, whatever happens."""
        with self._lock:
            pass  # until the request is entered as open
        final: AnyEvent
        try:
            final = handler.load()(request, work)  # type: ignore[assignment]
        except WindowGone:
            return  # the reading thread sees the same and ends the engine
        except BaseException as error:  # noqa: BLE001 - the window is told, with the trace; the engine lives on
            final = _failure(request.id, Cancelled() if work.cancelled() else error)
        with self._lock:
            self._open.pop(request.id, None)
        try:
            self._channel.send(final)
        except WindowGone:
            return  # the reading thread sees the same and ends the engine
        known = getattr(request, "project_dir", "") and not isinstance(final, RequestFailed)
        if self._runs.spare is not None and known:
            self._runs.spare.keep()  # a project is open, so a run may be wished for next

    def _beat(self) -> None:
        """A sign of life each second: a window that gets none knows that the engine hangs."""
        import psutil

        process = psutil.Process()
        while not self._ended.wait(HEARTBEAT_S):
            self._runs.reap()
            try:
                self._channel.send(Heartbeat(memory_bytes=process.memory_info().rss))
            except WindowGone:
                return

    def _end(self) -> None:
        """Ask what is going on to leave off, and give it a moment; runs go on by themselves."""
        self._ended.set()
        with self._lock:
            works = list(self._open.values())
        for work, future in works:
            work.cancel()
            future.cancel()
        until = time.monotonic() + LEAVE_OFF_S
        while any(not future.done() for _, future in works) and time.monotonic() < until:
            time.sleep(0.02)
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)
        self._runs.let_go()


def _failure(request: int, error: BaseException) -> RequestFailed:
    """An expected error as it is; a fault of ours in the user's words, with its trace."""
    if isinstance(error, NetwrightError):
        return RequestFailed(request=request, error=error.as_dict())
    told, details = fault(error)
    sys.stderr.write(details)
    return RequestFailed(request=request, error=told, details=details)
