"""Imports what the tabs need while nobody waits, a module a turn of the event loop: the first project opens sooner.

On the window's thread, in small pieces: two threads that import the same modules can see them half made.
"""

import contextlib
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer

PAUSE_MS: Final = 15
"""Between two modules, for whatever the user does meanwhile."""


def _names() -> Iterator[str]:
    """Leaves first, so that no single import takes long."""
    yield "numpy"
    for package in ("engine.catalog.layers", "engine.catalog.losses", "engine.catalog.metrics"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            yield f"{package}.{module.name}"
    yield from ("engine.catalog.augmentation", "engine.catalog.registry")
    yield from ("engine.checks.inference", "engine.catalog.networks.shipped", "gui.design.canvas.canvas")
    yield from ("gui.design.tab", "gui.data.tab", "gui.train.tab", "gui.evaluate.tab", "gui.use.tab")


class ImportAhead(QObject):
    """Begins with `start`; ends by itself."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = _names()
        self.done = False
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._next)

    def start(self) -> None:
        """Import the first module soon."""
        self._timer.start()

    def _next(self) -> None:
        name = next(self._names, None)
        if name is None:
            self.done = True
            self._timer.stop()
            return
        # Whoever opens the tab imports it as well, and tells what is wrong with it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
