"""The engine's end of the pipe to the window: events go out whole and in order, from any thread."""

import os
import sys
import threading

from engine.protocol.codec import ProtocolError, encode
from engine.protocol.messages import AnyEvent
from engine.protocol.messages.base import RequestFailed


class WindowGone(Exception):
    """Nobody reads the pipe any more."""


def claim_stdout() -> int:
    """A descriptor of its own for the protocol; whatever prints to stdout from here on reaches stderr instead.

    Descriptor 1 is turned as well as sys.stdout, since libraries written in C print too. The new descriptor is not
    inherited, so that a run that outlives the engine does not keep the pipe open.
    """
    sys.stdout.flush()
    descriptor = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":  # pragma: no cover
        import msvcrt

        msvcrt.setmode(descriptor, os.O_BINARY)
        msvcrt.setmode(0, os.O_BINARY)
    return descriptor


class Channel:
    """Sends events. Any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, event: AnyEvent) -> None:
        """Write one event. An answer too large for the protocol becomes a failure. Raises WindowGone."""
        try:
            data = encode(event)
        except ProtocolError as error:
            data = encode(RequestFailed(request=event.request, error=error.as_dict()))
        rest = memoryview(data)
        try:
            with self._lock:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise WindowGone from error
