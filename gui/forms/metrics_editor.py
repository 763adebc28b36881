"""Editor for the metrics of a recipe: those that suit the data stand first, the rest under All."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from engine.catalog.metrics.metric import Metric
from gui.forms.metric_text import metric_label
from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import button_text, plain_text, tooltip_text
from gui.widgets.theme import current_theme

_USUAL = "the usual ones"


class MetricsEditor(QPushButton):
    """Any number of metrics, picked from a menu with ticks; none means those that are usual for the data."""

    committed = Signal(object)
    """The keys picked, in the order of the catalog."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._value: tuple[str, ...] = ()
        self._first: tuple[type[Metric], ...] = ()
        self._rest: tuple[type[Metric], ...] = ()
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._all = QMenu("All", menu)
        self._all.setToolTipsVisible(True)
        menu.triggered.connect(self._on_triggered)
        self.setMenu(menu)
        self._fill()

    def set_offered(self, first: Sequence[type[Metric]], rest: Sequence[type[Metric]]) -> None:
        """Offer these at once, and those under All."""
        if (tuple(first), tuple(rest)) != (self._first, self._rest):
            self._first, self._rest = tuple(first), tuple(rest)
            self._fill()

    def offered(self) -> list[str]:
        """The keys that stand in the menu itself, in order."""
        return [str(action.data()) for action in self.menu().actions() if action.isCheckable()]

    def value(self) -> tuple[str, ...]:
        """The keys picked."""
        return self._value

    def set_value(self, value: object) -> None:
        """Show other keys without emitting."""
        found = tuple(str(key) for key in value) if isinstance(value, tuple | list) else ()
        if found != self._value:
            self._value = found
            self._fill()

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

    def words(self) -> str:
        """What is picked, in words."""
        return plain_text(", ".join(metric_label(key) for key in self._value) or _USUAL)

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        self._all.clear()
        for entry in self._first:
            self._offer(menu, entry)
        if self._rest:
            menu.addSeparator()
            menu.addMenu(self._all)
            for entry in self._rest:
                self._offer(self._all, entry)
        known = {entry.key for entry in (*self._first, *self._rest)}
        for key in self._value:
            if key not in known:  # of another version: it is shown, so that it can be taken out
                action = menu.addAction(button_text(f"{key} (unknown)"))
                action.setCheckable(True)
                action.setChecked(True)
                action.setData(key)
        self._say()

    def _say(self) -> None:
        self.setToolTip(tooltip_text(self.words()))
        self.setAccessibleDescription(self.words())
        self.update()

    def _offer(self, menu: QMenu, entry: type[Metric]) -> None:
        action = menu.addAction(button_text(entry.label()))
        action.setCheckable(True)
        action.setChecked(entry.key in self._value)
        action.setData(entry.key)
        action.setToolTip(tooltip_text(entry.about()))

    def _on_triggered(self, action: QAction) -> None:
        key = str(action.data())
        picked = {*self._value, key} if action.isChecked() else {*self._value} - {key}
        order = [entry.key for entry in (*self._first, *self._rest)]
        known = tuple(name for name in order if name in picked)
        self._value = known + tuple(name for name in self._value if name in picked and name not in order)
        self._say()  # the menu is left as it is: clearing it would delete the action that is telling
        self.committed.emit(self._value)
