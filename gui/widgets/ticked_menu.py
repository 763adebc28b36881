"""A button that says what is ticked in its menu: the base of editors of which any number of entries are picked."""

from collections.abc import Iterator

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import button_text, tooltip_text
from gui.widgets.theme import current_theme


class TickedMenuButton(QPushButton):
    """Any number of keys, each an entry of the menu or of a menu in it. Who inherits it fills the menu and says words.

    Keys are told in the order of the entries.
    """

    committed = Signal(object)
    """A tuple of the keys picked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._value: tuple[str, ...] = ()
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.triggered.connect(self._on_triggered)
        self.setMenu(menu)

    def value(self) -> tuple[str, ...]:
        """The keys picked."""
        return self._value

    def set_value(self, value: object) -> None:
        """Show other keys as picked, without emitting."""
        found = tuple(str(key) for key in value) if isinstance(value, tuple | list) else ()
        if found != self._value:
            self._value = found
            self.fill()
        self.say()

    def words(self) -> str:
        """What is picked, in words."""
        raise NotImplementedError

    def fill(self) -> None:
        """Make the entries anew, ticked as the value says."""
        raise NotImplementedError

    def offer(self, menu: QMenu, key: str, label: str, about: str = "") -> None:
        """Add an entry to the menu or to one in it."""
        action = menu.addAction(button_text(label))
        action.setCheckable(True)
        action.setChecked(key in self._value)
        action.setData(key)
        if about:
            action.setToolTip(tooltip_text(about))

    def say(self) -> None:
        """Show the words again."""
        self.setToolTip(tooltip_text(self.words()))
        self.setAccessibleDescription(self.words())
        self.update()

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

    def _on_triggered(self, _action: QAction) -> None:
        self._value = tuple(str(entry.data()) for entry in _ticked(self.menu()))
        self.say()  # the menu is left as it is: making it anew would delete the action that is telling
        self.committed.emit(self._value)


def _ticked(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _ticked(inner)
        elif action.isChecked():
            yield action
