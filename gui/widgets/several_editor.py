"""An editor for any number of a few words, picked from a menu with ticks."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import button_text, plain_text, tooltip_text
from gui.widgets.theme import current_theme


class SeveralEditor(QPushButton):
    """Says the words that are picked, in the order in which they are offered; `nothing` where none is."""

    committed = Signal(object)
    """A tuple of the words picked."""

    def __init__(self, nothing: str = "none", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._nothing = nothing
        self._offered: tuple[str, ...] = ()
        self._value: tuple[str, ...] = ()
        menu = QMenu(self)
        menu.triggered.connect(self._on_triggered)
        self.setMenu(menu)

    def set_offered(self, words: Sequence[str]) -> None:
        """Offer these."""
        if tuple(words) != self._offered:
            self._offered = tuple(words)
            self._fill()

    def offered(self) -> list[str]:
        """The words in the menu, in order: those that are picked and not offered any more stand last."""
        return [str(action.data()) for action in self.menu().actions()]

    def value(self) -> tuple[str, ...]:
        """The words picked."""
        return self._value

    def set_value(self, value: object) -> None:
        """Show other words as picked, without emitting."""
        found = tuple(str(word) for word in value) if isinstance(value, tuple | list) else ()
        if found != self._value:
            self._value = found
            self._fill()
        self._say()

    def words(self) -> str:
        """What is picked, in words."""
        return plain_text(", ".join(self._value) or self._nothing)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        # With a stylesheet Qt ignores the padding of a button that has a menu, so the words are drawn here.
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        option.features = QStyleOptionButton.ButtonFeature.None_
        with QPainter(self) as painter:
            self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
            theme = current_theme()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(text_font(SIZE_BODY, QFont.Weight.Medium))
            painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
            room = self.rect().adjusted(10, 0, -24, 0)
            words = painter.fontMetrics().elidedText(self.words(), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            draw_icon(painter, "chevron-down", QRectF(self.width() - 19, self.height() / 2 - 6, 12, 12), theme.dim)

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        for word in (*self._offered, *(word for word in self._value if word not in self._offered)):
            action = menu.addAction(button_text(word))
            action.setCheckable(True)
            action.setChecked(word in self._value)
            action.setData(word)
        self._say()

    def _say(self) -> None:
        self.setToolTip(tooltip_text(self.words()))
        self.setAccessibleDescription(self.words())
        self.update()

    def _on_triggered(self, action: QAction) -> None:
        word = str(action.data())
        picked = {*self._value, word} if action.isChecked() else {*self._value} - {word}
        self._value = tuple(word for word in self.offered() if word in picked)
        self._say()  # the menu is left as it is: clearing it would delete the action that is telling
        self.committed.emit(self._value)
