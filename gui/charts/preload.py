"""Imports pyqtgraph beside the window, since it takes some half a second: the first chart then opens at once."""

import importlib
import threading

from PySide6.QtCore import QObject, Signal


class _Loader(QObject):
    """`ready` is emitted in the GUI thread's event loop once pyqtgraph can be used, or `failed` with the reason."""

    ready = Signal()
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.done = False  # set by the thread, never cleared
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._load, name="load-charts")
            self._thread.start()

    def wait(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _load(self) -> None:
        try:
            importlib.import_module("pyqtgraph")
        except Exception as error:  # noqa: BLE001, the charts are told, and show the reason in their place
            self.failed.emit(f"{type(error).__name__}: {error}")
            return
        self.done = True
        self.ready.emit()


_loader: _Loader | None = None


def loader() -> _Loader:
    """The one loader; made in the GUI thread."""
    global _loader
    if _loader is None:
        _loader = _Loader()
    return _loader


def preload() -> None:
    """Start importing; returns at once. Call it when the window is on screen."""
    loader().start()


def charts_ready() -> bool:
    """Whether a chart can be drawn without waiting."""
    return loader().done
