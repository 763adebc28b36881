"""The row of tabs in the middle of the top bar."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QTabBar, QWidget

from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS, CONTROL_RADIUS

_INSET = 4
_TAB_HEIGHT = 30
_PADDING = 17


class SegmentedTabs(QTabBar):
    """A tab bar drawn as one rounded trough; arrow keys, Home and End, and screen readers work as in any tab bar."""

    def __init__(
        self, labels: tuple[str, ...] = (), *, name: str = "tabs", small: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._height, self._inset, self._padding = (20, 2, 10) if small else (_TAB_HEIGHT, _INSET, _PADDING)
        self.setObjectName(name)
        self.setAccessibleName("Tabs")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setMouseTracking(True)
        self.setFont(text_font(12 if small else 13, QFont.Weight.Medium))
        for label in labels:
            self.addTab(label)
        self._hovered = -1
        theme_notifier().changed.connect(self.update)

    @guarded(fallback=QTabBar.tabSizeHint)
    def tabSizeHint(self, index: int) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.tabText(index)) + 2 * self._padding
        # The trough's rim belongs to the outer tabs, so that every pixel of the bar can be clicked.
        edges = (index == 0) + (index == self.count() - 1)
        return QSize(width + self._inset * edges, self._height + 2 * self._inset)

    @guarded(fallback=QTabBar.sizeHint)
    def sizeHint(self) -> QSize:
        return QSize(sum(self.tabSizeHint(i).width() for i in range(self.count())), self._height + 2 * self._inset)

    @guarded(fallback=QTabBar.sizeHint)
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.HoverLeave, QEvent.Type.HoverEnter):
            leaves = event.type() == QEvent.Type.HoverLeave
            hovered = -1 if leaves else self.tabAt(self.mapFromGlobal(self.cursor().pos()))
            if hovered != self._hovered:
                self._hovered = hovered
                self.update()
        return super().event(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("field"))
            painter.drawRoundedRect(whole, CARD_RADIUS - 1, CARD_RADIUS - 1)
            for index in range(self.count()):
                rect = QRectF(self.tabRect(index))
                left = self._inset if index == 0 else 0
                right = self._inset if index == self.count() - 1 else 0
                rect.adjust(left, self._inset, -right, -self._inset)
                chosen = index == self.currentIndex()
                if chosen:
                    painter.setPen(QPen(theme.color("line"), 1) if not theme.dark else Qt.PenStyle.NoPen)
                    painter.setBrush(theme.color("raised" if theme.dark else "panel"))
                    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CONTROL_RADIUS - 1, CONTROL_RADIUS - 1)
                    if self.hasFocus():
                        painter.setPen(QPen(theme.color("accent"), 1.5))
                        painter.setBrush(Qt.BrushStyle.NoBrush)
                        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), CONTROL_RADIUS - 1, CONTROL_RADIUS - 1)
                token = "text" if chosen or index == self._hovered else "dim"
                if not self.isTabEnabled(index):
                    token = "faint"
                painter.setPen(theme.color(token))
                painter.setFont(self.font())
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.tabText(index))
