"""The name of the program at the top left, which opens the menu."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.theme import current_theme, theme_notifier

_TEXT = "Netwright"
_HEIGHT = 30


class MenuButton(QPushButton):
    """Logo, name and a small arrow."""

    def __init__(self, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("menu")
        self.setAccessibleName("Menu")
        self.setToolTip("Menu (Alt+M)")
        self.setMenu(menu)
        self.setShortcut("Alt+M")
        self.setFont(text_font(SIZE_BODY, QFont.Weight.DemiBold))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)

    @guarded(fallback=lambda _self: QSize(110, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(_TEXT) + 52, _HEIGHT)

    @guarded(fallback=lambda _self: QSize(110, _HEIGHT))
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        state = option.state
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            lit = bool(state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Sunken))
            painter.setPen(QPen(theme.color("accent"), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised") if lit else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 7, 7)
            draw_icon(painter, "logo", QRectF(8, rect.center().y() - 7, 14, 14), theme.text)
            painter.setFont(self.font())
            painter.setPen(theme.color("text"))
            words = QRectF(27, rect.top(), rect.width() - 44, rect.height())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, _TEXT)
            draw_icon(painter, "chevron-down", QRectF(rect.right() - 17, rect.center().y() - 5, 10, 10), theme.faint)
