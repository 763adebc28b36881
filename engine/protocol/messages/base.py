"""What every request and event has, and the talk about the talk: cancelling, progress, failure, the end."""

import msgspec

PROTOCOL_VERSION = 1


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of requests; `id` is chosen by the window and rises."""

    id: int


class Cancel(Request, frozen=True, kw_only=True):
    """Stop working on another request; that one then fails with kind "cancelled". -> Cancelled"""

    request: int


class Shutdown(Request, frozen=True, kw_only=True):
    """End the engine; runs go on. -> no answer"""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of events; `request` is the id of the request answered, 0 for none."""

    request: int = 0


class EngineReady(Event, frozen=True, kw_only=True):
    """The engine can take requests."""

    protocol: int = PROTOCOL_VERSION
    version: str = ""
    torch: str = ""
    devices: list[str] = []


class Heartbeat(Event, frozen=True, kw_only=True):
    """A sign of life, each second. `cpu` and `memory_bytes` are the engine's own."""

    memory_bytes: int = 0


class Progress(Event, frozen=True, kw_only=True):
    """How far a request is. `fraction` 0 to 1, or -1 when unknown."""

    fraction: float
    message: str = ""
    left_s: float | None = None


class Cancelled(Event, frozen=True, kw_only=True):
    """The Cancel request was taken."""


class RequestFailed(Event, frozen=True, kw_only=True):
    """The request could not be done. `error` as in the command line; `details` is a trace, only for our own faults."""

    error: dict[str, str]
    details: str = ""
