"""F6 goes from area to area, Shift+F6 back: Tab alone cannot, since on the canvas it adds a layer."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

Area = tuple[QWidget, Callable[[], object]]
"""A part of the tab, and what puts the keyboard into it."""


class AreaKeys(QObject):
    """For one tab; the areas in the order in which they are visited."""

    def __init__(self, tab: QWidget, areas: Sequence[Area]) -> None:
        super().__init__(tab)
        self._areas = tuple(areas)
        for keys, step in (("F6", 1), ("Shift+F6", -1)):
            shortcut = QShortcut(QKeySequence(keys), tab)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self._go(step))

    def _go(self, step: int) -> None:
        focused = QApplication.focusWidget()
        here = next((n for n, (area, _enter) in enumerate(self._areas) if _holds(area, focused)), 0)
        count = len(self._areas)
        for distance in range(1, count):
            area, enter = self._areas[(here + step * distance) % count]
            if area.isVisible():
                enter()
                if _holds(area, QApplication.focusWidget()):
                    return


def _holds(area: QWidget, focused: QWidget | None) -> bool:
    return focused is not None and (area is focused or area.isAncestorOf(focused))
