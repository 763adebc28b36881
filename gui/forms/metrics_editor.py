"""Editor for the metrics of a recipe: those that suit the data stand first, the rest under All."""

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu, QWidget

from engine.catalog.metrics.metric import Metric
from gui.forms.metric_text import metric_label
from gui.widgets.plain_text import plain_text
from gui.widgets.ticked_menu import TickedMenuButton

_USUAL = "the usual ones"


class MetricsEditor(TickedMenuButton):
    """Keys of metrics in the order of the catalog; none means those that are usual for the data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first: tuple[type[Metric], ...] = ()
        self._rest: tuple[type[Metric], ...] = ()
        self._all = QMenu("All", self.menu())
        self._all.setToolTipsVisible(True)
        self.fill()

    def set_offered(self, first: Sequence[type[Metric]], rest: Sequence[type[Metric]]) -> None:
        """Offer these at once, and those under All."""
        if (tuple(first), tuple(rest)) != (self._first, self._rest):
            self._first, self._rest = tuple(first), tuple(rest)
            self.fill()

    def offered(self) -> list[str]:
        """The keys that stand in the menu itself, in order."""
        return [str(action.data()) for action in self.menu().actions() if action.isCheckable()]

    def words(self) -> str:
        """What is picked, in words."""
        return plain_text(", ".join(metric_label(key) for key in self._value) or _USUAL)

    def fill(self) -> None:
        """Make the entries anew."""
        menu = self.menu()
        menu.clear()
        self._all.clear()
        for entry in self._first:
            self.offer(menu, entry.key, entry.label(), entry.about())
        if self._rest:
            menu.addSeparator()
            menu.addMenu(self._all)
            for entry in self._rest:
                self.offer(self._all, entry.key, entry.label(), entry.about())
        known = {entry.key for entry in (*self._first, *self._rest)}
        for key in self._value:
            if key not in known:  # of another version: it is shown, so that it can be taken out
                self.offer(menu, key, f"{key} (unknown)")
        self.say()
