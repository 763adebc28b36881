"""How many problems the network has, in the status line; a click shows them."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.frame.numbers import count_of
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.theme import current_theme, theme_notifier

_HEIGHT = 22


class ProblemCount(QAbstractButton):
    """Icon and words carry the state, the colour repeats it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status.problems")
        self._icon, self._tone = "check", "ok_text"
        self.setFont(text_font(SIZE_SMALL))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Show them in the Design tab")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)
        self.set_counts(0, 0)

    def set_counts(self, errors: int, warnings: int) -> None:
        """Show other numbers."""
        if errors:
            text, self._icon, self._tone = count_of(errors, "problem"), "error", "error_text"
        elif warnings:
            text, self._icon, self._tone = count_of(warnings, "warning"), "warning", "warn_text"
        else:
            text, self._icon, self._tone = "No problems", "check", "ok_text"
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    @guarded(fallback=lambda _self: QSize(100, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 22, _HEIGHT)

    @guarded(fallback=lambda _self: QSize(100, _HEIGHT))
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            if self.hasFocus():
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.drawRoundedRect(rect, 4, 4)
            color = theme.color(self._tone)
            draw_icon(painter, self._icon, QRectF(1, rect.center().y() - 6, 13, 13), color.name())
            font = self.font()
            font.setUnderline(self.underMouse())
            painter.setFont(font)
            painter.setPen(color)
            painter.drawText(rect.adjusted(18, 0, 4, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
