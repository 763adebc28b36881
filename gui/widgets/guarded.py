"""Keeps an exception inside an overridden Qt handler from taking the window down.

On Python 3.11 an error raised in a Qt virtual that was reached from Python can segfault the process, and a paint
handler that fails does so sixty times a second. So every overridden virtual wears `@guarded`: whatever it raises is
caught, handed once to the reporter with a count, and a safe value goes back to Qt.
"""

import functools
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from PySide6.QtCore import QCoreApplication, QTimer

_Handler = TypeVar("_Handler", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class HandlerFailure:
    """One kind of failure: the same error at the same place counts as one, however often it happens."""

    handler: str
    """Qualified name of the handler that failed."""
    error: BaseException
    traceback_text: str
    count: int
    """1 at the first report; further reports come at 10, 100, 1000, ... with the same `key`."""
    key: str


Reporter = Callable[[HandlerFailure], None]

_counts: dict[str, int] = {}


def _report_to_excepthook(failure: HandlerFailure) -> None:
    """Until the window installs its own reporter, failures go where other uncaught errors go."""
    if failure.count == 1:
        sys.excepthook(type(failure.error), failure.error, failure.error.__traceback__)


_reporter: Reporter = _report_to_excepthook


def install_reporter(reporter: Reporter | None) -> None:
    """Send failures to `reporter` from now on; None restores the default. Counting starts again."""
    global _reporter
    _reporter = reporter or _report_to_excepthook
    _counts.clear()


def failure_counts() -> dict[str, int]:
    """How often each kind of failure has happened, by key."""
    return dict(_counts)


@overload
def guarded(handler: _Handler) -> _Handler: ...
@overload
def guarded(*, fallback: object = None) -> Callable[[_Handler], _Handler]: ...
def guarded(handler: Any = None, *, fallback: object = None) -> Any:
    """Make an overridden Qt virtual safe.

    `fallback` is what Qt gets when the handler fails; a callable is called with the handler's own arguments (use it
    for the base implementation: `@guarded(fallback=QWidget.sizeHint)`). Bare `@guarded` gives None, right for event
    handlers that return nothing. SystemExit and KeyboardInterrupt ask the application to quit.
    """
    if handler is None:
        return functools.partial(_wrap, fallback=fallback)
    return _wrap(handler, fallback=fallback)


def _wrap(handler: Callable[..., Any], *, fallback: object) -> Callable[..., Any]:
    @functools.wraps(handler)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except (SystemExit, KeyboardInterrupt):
            QTimer.singleShot(0, QCoreApplication.quit)
        except BaseException as error:  # noqa: BLE001, the reporter is told; letting it through can crash the process
            _report(handler.__qualname__, error)
        if not callable(fallback):
            return fallback
        try:
            return fallback(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001, the reporter is told
            _report(f"{handler.__qualname__} (fallback)", error)
            return None

    return call


def _report(name: str, error: BaseException) -> None:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{last[0].filename}:{last[0].lineno}" if last else ""
    key = f"{name}|{type(error).__name__}|{where}"
    count = _counts.get(key, 0) + 1
    _counts[key] = count
    text = "".join(traceback.format_exception(error))
    # A painter kept alive by the frames of the traceback would stay open on its widget and break the next paint.
    traceback.clear_frames(error.__traceback__)
    if count != 1 and (count < 10 or str(count).strip("0") != "1"):
        return
    try:
        _reporter(HandlerFailure(handler=name, error=error, traceback_text=text, count=count, key=key))
    except BaseException as second:  # noqa: BLE001, a broken reporter must not bring back the crash; stderr is told
        sys.stderr.write(f"{text}\nand the reporter failed: {second!r}\n")
