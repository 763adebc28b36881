"""Editor for on or off."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.parsed_editor import MIXED
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CONTROL_HEIGHT, CONTROL_RADIUS, mix


class Switch(QCheckBox):
    """Looks like the other editors, says on or off in words; a check box to screen readers and the keyboard."""

    committed = Signal(object)

    def __init__(self, value: bool = False, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mixed = False  # set by set_mixed, cleared by the next value
        self.setChecked(value)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)
        theme_notifier().changed.connect(self.update)

    def value(self) -> bool:
        """On or off."""
        return self.isChecked()

    def set_value(self, value: object) -> None:
        """Show a value without emitting `committed`."""
        self._mixed = False
        self.setChecked(bool(value))
        self.update()

    def set_mixed(self) -> None:
        """Stand for several things of which some are on: a click switches all of them on."""
        self.setChecked(False)
        self._mixed = True
        self.update()

    @property
    def mixed(self) -> bool:
        """Whether it stands for things that differ."""
        return self._mixed

    def _on_clicked(self, on: bool) -> None:
        self._mixed = False
        self.committed.emit(on)

    @guarded(fallback=QCheckBox.sizeHint)
    def sizeHint(self) -> QSize:
        return QSize(96, CONTROL_HEIGHT)

    @guarded(fallback=QCheckBox.minimumSizeHint)
    def minimumSizeHint(self) -> QSize:
        return QSize(64, CONTROL_HEIGHT)

    @guarded(fallback=False)
    def hitButton(self, position: object) -> bool:
        return self.rect().contains(position)  # type: ignore[call-overload, no-any-return]

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.click()
            return
        super().keyPressEvent(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            border = theme.color("accent") if self.hasFocus() else theme.color("line")
            if self.underMouse() and not self.hasFocus():
                border = mix(theme.line, theme.dim, 0.35)
            painter.setPen(QPen(border, 1))
            painter.setBrush(theme.color("field" if self.isEnabled() else "panel"))
            painter.drawRoundedRect(rect, CONTROL_RADIUS, CONTROL_RADIUS)
            on = self.isChecked()
            words = MIXED if self._mixed else "on" if on else "off"
            painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
            painter.setFont(text_font(SIZE_BODY, QFont.Weight.Medium))
            painter.drawText(rect.adjusted(10, 0, -40, 0), Qt.AlignmentFlag.AlignVCenter, words)
            track = QRectF(0, 0, 24, 14)
            track.moveCenter(QPointF(rect.right() - 20, rect.center().y()))
            painter.setPen(QPen(theme.color("accent_line" if on else "edge"), 1))
            painter.setBrush(theme.color("accent") if on and self.isEnabled() else theme.color("raised"))
            painter.drawRoundedRect(track, 7, 7)
            across = track.center().x() if self._mixed else track.right() - 7 if on else track.left() + 7
            knob = QPointF(across, track.center().y())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("on_accent") if on else theme.color("dim"))
            painter.drawEllipse(knob, 4.5, 4.5)
