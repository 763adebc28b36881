"""Imports what the tabs need while nobody waits, a module a turn of the event loop: the first project opens sooner.

On the window's thread, in small pieces: two threads that import the same modules can see them half made.
"""

import contextlib
import importlib
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer

PAUSE_MS: Final = 10
"""Between two modules, for whatever the user does meanwhile."""
_TABS: Final = ("gui.design.tab", "gui.data.tab", "gui.train.tab", "gui.evaluate.tab", "gui.use.tab")
"""In the order in which a person is likely to come to them."""
_IMPORT: Final = re.compile(r"^from ((?:gui|engine)[\w.]*) import (\([^)]*\)|[^\n]+)", re.MULTILINE)


def modules_of(name: str, seen: set[str]) -> Iterator[str]:
    """A module of ours behind all that it imports and that is not in yet, so that no single import takes long."""
    if name in seen or name in sys.modules:
        return
    seen.add(name)
    spec = find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return
    for found in _IMPORT.finditer(Path(spec.origin).read_text(encoding="utf-8")):
        yield from modules_of(found[1], seen)
        package = find_spec(found[1])
        if package is not None and package.submodule_search_locations is not None:
            for member in re.findall(r"\w+", found[2]):
                yield from modules_of(f"{found[1]}.{member}", seen)
    yield name


class ImportAhead(QObject):
    """Begins with `start`; ends by itself."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        seen: set[str] = set()
        self._names = (name for tab in _TABS for name in modules_of(tab, seen))
        self.done = False
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._next)

    def start(self) -> None:
        """Import the first module soon."""
        self._timer.start()

    def _next(self) -> None:
        # Whoever opens a tab imports its modules as well, and tells what is wrong with them.
        with contextlib.suppress(Exception):
            name = next(self._names, None)
            if name is not None:
                importlib.import_module(name)
                return
        self.done = True
        self._timer.stop()
