"""An editor for any of several names, picked from a menu with ticks."""

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from gui.widgets.parsed_editor import MIXED
from gui.widgets.plain_text import plain_text
from gui.widgets.ticked_menu import TickedMenuButton


class NamesEditor(TickedMenuButton):
    """Says the names that are picked, in the order in which they are offered; `nothing` where none is."""

    def __init__(
        self,
        value: Sequence[str] = (),
        options: Sequence[str] = (),
        *,
        nothing: str = "none",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._value = tuple(value)
        self._options = tuple(options)
        self._nothing = nothing
        self._mixed = False  # set by set_mixed, cleared by the next value
        self.fill()

    def set_options(self, options: Sequence[str]) -> None:
        """Offer other names; those picked stay, also when they are no longer offered."""
        if tuple(options) != self._options:
            self._options = tuple(options)
            self.fill()

    def offered(self) -> list[str]:
        """The names in the menu, in order: those that are picked and not offered any more stand last."""
        return list(dict.fromkeys((*self._options, *self._value)))

    def set_value(self, value: object) -> None:
        """Show other names as picked, without emitting."""
        self._mixed = False
        super().set_value(value)

    def set_mixed(self) -> None:
        """Stand for several things whose names differ: those ticked next go to all."""
        self._value, self._mixed = (), True
        self.fill()

    @property
    def mixed(self) -> bool:
        """Whether it stands for things that differ."""
        return self._mixed

    def words(self) -> str:
        """What is picked, in words."""
        return MIXED if self._mixed else plain_text(", ".join(self._value) or self._nothing)

    def fill(self) -> None:
        """Make the entries anew."""
        self.menu().clear()
        for name in self.offered():
            self.offer(self.menu(), name, name)
        self.say()

    def _on_triggered(self, action: QAction) -> None:
        self._mixed = False
        super()._on_triggered(action)
