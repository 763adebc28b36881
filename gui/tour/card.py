"""The card of the tour: what is said, and the buttons to go on, back and away. It can be dragged out of the way."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

WIDTH: Final = 318
_AWAY: Final = 18


class TourCard(QFrame):
    """Enter does what the main button says, → and ← go from step to step, Esc ends the tour."""

    main_clicked = Signal()
    next_clicked = Signal()
    back_clicked = Signal()
    ended = Signal()
    tab_clicked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tour.card")
        self.setAccessibleName("Guided tour")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(WIDTH)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._where = SectionLabel("")
        self.close_button = Button(role="icon", icon="close", tooltip="End the tour (Esc)", name="tour.close")
        self.close_button.clicked.connect(self.ended)
        self._title = Text("", role="heading", wrap=True)
        self._title.setObjectName("tour.title")
        self._text = Text("", wrap=True)
        self._text.setObjectName("tour.text")
        self._state = Text("", role="small", tone="ok", wrap=True)
        self._state.setObjectName("tour.state")
        self.tab = Button("", role="link", name="tour.tab")
        self.tab.clicked.connect(self.tab_clicked)
        self.back = Button("Back", role="quiet", small=True, tooltip="The step before (←)", name="tour.back")
        self.back.clicked.connect(self.back_clicked)
        self.skip = Button("Skip", role="quiet", small=True, tooltip="Go on without it (→)", name="tour.skip")
        self.skip.clicked.connect(self.next_clicked)
        self.main = Button("Next", role="primary", small=True, name="tour.next")
        self.main.clicked.connect(self.main_clicked)
        head = QHBoxLayout()
        head.addWidget(self._where, 1)
        head.addWidget(self.close_button)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(self.back)
        foot.addStretch(1)
        foot.addWidget(self.skip)
        foot.addWidget(self.main)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 14)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._state)
        column.addWidget(self.tab, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(4)
        column.addLayout(foot)
        self._grip: QPoint | None = None  # where the card was taken hold of; None while it is not dragged
        self.dragged = False
        """Whether the person has put it somewhere; set by a drag, cleared by the next step."""
        theme_notifier().changed.connect(self.update)
        self.hide()

    def show_step(self, where: str, title: str, text: str) -> None:
        """Show another step."""
        self._where.set_text(where)
        self._title.set_text(title)
        self._text.set_text(text)
        self.setAccessibleName(f"Guided tour, {where}: {title}")
        self.dragged = False

    def show_state(self, state: str, main: str, *, skip: bool, back: bool, tab: str) -> None:
        """What stands below the text, and which buttons there are; `tab` is what the link leads to, "" for none."""
        self._state.set_text(state)
        self._state.setVisible(bool(state))
        if self.main.text().strip() != main:
            self.main.set_text(main)
        self.skip.setVisible(skip)
        self.back.set_blocked("" if back else "This is the first step.")
        self.tab.set_text(tab)
        self.tab.setVisible(bool(tab))
        self.setAccessibleDescription(" ".join(part for part in (self._text.whole_text(), state, f"{main}.") if part))
        layout = self.layout()
        if layout is not None:
            layout.activate()
        height = self.heightForWidth(WIDTH) if self.hasHeightForWidth() else self.sizeHint().height()
        if height != self.height():
            self.resize(WIDTH, height)

    def place(self, target: QRect, clear: Sequence[QRect], *, middle: bool) -> None:
        """Stand beside what is pointed at, within the window, over as little as can be of what is to be seen.

        Where nothing is pointed at: in the middle, or in the corner.
        """
        window = self.parentWidget()
        if window is None or self.dragged:
            if window is not None:
                self.move(self._within(self.pos(), window.size()))
            return
        room = window.size()
        width, height = self.width(), self.height()
        right, bottom = room.width() - width - 16, room.height() - height - 44
        middle_x, middle_y = (room.width() - width) // 2, (room.height() - height) // 2
        if target.isEmpty():
            best = QPoint(middle_x, middle_y) if middle else QPoint(right, bottom)
        else:
            beside = target.center().y() - height // 2
            under = target.center().x() - width // 2
            places = [
                QPoint(target.right() + _AWAY, beside),
                QPoint(target.left() - width - _AWAY, beside),
                QPoint(under, target.bottom() + _AWAY),
                QPoint(under, target.top() - height - _AWAY),
                QPoint(right, 64),
                QPoint(right, middle_y),
                QPoint(16, 64),
                QPoint(16, bottom),
                QPoint(right, bottom),
            ]
            keep = [target, *clear]
            best = min(
                (self._within(place, room) for place in places),
                key=lambda place: sum(_overlap(QRect(place, self.size()), rect) for rect in keep),
            )
        if best != self.pos():
            self.move(best)

    def _within(self, place: QPoint, room: QSize) -> QPoint:
        x = max(8, min(place.x(), room.width() - self.width() - 8))
        y = max(56, min(place.y(), room.height() - self.height() - 36))
        return QPoint(x, y)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 2 if self.hasFocus() else 1.4))
            painter.setBrush(theme.color("panel"))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), CARD_RADIUS, CARD_RADIUS)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().toPoint()
        event.accept()

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        window = self.parentWidget()
        if self._grip is not None and window is not None:
            self.dragged = True
            self.move(self._within(self.pos() + event.position().toPoint() - self._grip, window.size()))
        event.accept()

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        event.accept()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            int(Qt.Key.Key_Return): self.main_clicked,
            int(Qt.Key.Key_Enter): self.main_clicked,
            int(Qt.Key.Key_Right): self.next_clicked,
            int(Qt.Key.Key_Left): self.back_clicked,
            int(Qt.Key.Key_Escape): self.ended,
        }
        signal = keys.get(event.key()) if not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier else None
        if signal is not None:
            signal.emit()
        else:
            super().keyPressEvent(event)


def _overlap(a: QRect, b: QRect) -> int:
    both = a.intersected(b)
    return 0 if both.isEmpty() else both.width() * both.height()
