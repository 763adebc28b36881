"""A real engine process as the tests talk to it."""

import itertools
import os
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path

from engine.protocol.codec import encode, event_decoder
from engine.protocol.messages.base import Cancel, Heartbeat, Progress

ROOT = Path(__file__).resolve().parents[3]
TOY = Path(__file__).with_name("toy_engine.py")


class EngineProcess:
    """Starts it, sends requests, reads events in order; `with` ends it."""

    def __init__(self, *command: str) -> None:
        self.stderr_file = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving
        self.process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "engine.server"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr_file,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._decoder = event_decoder()
        self._events = deque()
        self._ids = itertools.count(1)
        self.beats = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.stderr_file.close()

    def send(self, request_type, **fields):
        number = next(self._ids)
        self.write(encode(request_type(id=number, **fields)))
        return number

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def cancel(self, request):
        return self.send(Cancel, request=request)

    def next_event(self, *, beats=False):
        """The next event, heartbeats left out unless asked for; None when the engine has ended."""
        while True:
            while self._events:
                event = self._events.popleft()
                if not isinstance(event, Heartbeat):
                    return event
                self.beats += 1
                if beats:
                    return event
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                return None
            self._events.extend(self._decoder.feed(data))

    def answer(self, request):
        """The final event of a request; other requests' events before it are dropped."""
        while True:
            event = self.next_event()
            assert event is not None, f"the engine ended: {self.stderr()}"
            if event.request == request and not isinstance(event, Progress):
                return event

    def stderr(self):
        self.stderr_file.seek(0)
        return self.stderr_file.read().decode(errors="replace")
