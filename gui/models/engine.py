"""What the models need of the engine's client, and the engine's failures as errors of the window."""

from typing import Any, Final, Protocol

from engine.errors import (
    AttributeOutOfRange,
    DataError,
    ExportError,
    GraphError,
    NetwrightError,
    PretrainedError,
    ProjectError,
    RunNotFound,
    ShapeMismatch,
    TrainingError,
)
from engine.protocol.messages.base import RequestFailed


class Engine(Protocol):
    """What the models need of gui.engine_client.EngineClient."""

    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def state_changed(self) -> Any: ...
    @property
    def ready(self) -> Any: ...
    def ask(self, request_type: Any, *, done: Any, failed: Any, progress: Any = None, **fields: Any) -> int: ...
    def cancel(self, request_id: int) -> None: ...


class EngineDiedError(NetwrightError):
    """The engine's process ended before it could answer; what was asked can be asked again."""

    kind = "engine"


_KINDS: Final[dict[str, type[NetwrightError]]] = {
    kind.kind: kind
    for kind in (
        ProjectError,
        GraphError,
        AttributeOutOfRange,
        ShapeMismatch,
        DataError,
        TrainingError,
        RunNotFound,
        ExportError,
        PretrainedError,
        EngineDiedError,
    )
}


def as_error(event: RequestFailed) -> NetwrightError:
    """The engine's failure as the error it was there."""
    told = event.error
    kind = _KINDS.get(told.get("kind", ""), NetwrightError)
    error = kind(
        told.get("message", "") or "Something went wrong in the engine.",
        where=told.get("where", ""),
        expected=told.get("expected", ""),
        found=told.get("found", ""),
        hint=told.get("hint", ""),
    )
    if isinstance(error, DataError):
        error.choices = tuple(path for path in told.get("choices", "").split("\n") if path)
    return error


def was_cancelled(event: RequestFailed) -> bool:
    """Whether a request failed because the user cancelled it: nothing to complain about."""
    return event.error.get("kind") == "cancelled"
