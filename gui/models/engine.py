"""What the models need of the engine's client, and the engine's failures as errors of the window."""

from typing import Any, Protocol

from engine.errors import NetwrightError
from engine.protocol.messages import RequestFailed


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


def as_error(event: RequestFailed, kind: type[NetwrightError] = NetwrightError) -> NetwrightError:
    """The engine's failure as the error the window shows."""
    told = event.error
    return kind(
        told.get("message", "") or "Something went wrong in the engine.",
        where=told.get("where", ""),
        expected=told.get("expected", ""),
        found=told.get("found", ""),
        hint=told.get("hint", ""),
    )


def was_cancelled(event: RequestFailed) -> bool:
    """Whether a request failed because the user cancelled it: nothing to complain about."""
    return event.error.get("kind") == "cancelled"
