"""A veil over a panel whose content is on its way, with progress and Cancel on it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.card import Card
from gui.widgets.guarded import guarded
from gui.widgets.progress_line import ProgressLine
from gui.widgets.theme import current_theme


class BusyOverlay(QWidget):
    """Covers its parent while work is under way; what was there shows through, dimmed, and cannot be pressed."""

    cancelled = Signal()

    def __init__(self, parent: QWidget, *, cancellable: bool = True) -> None:
        super().__init__(parent)
        self._covered = parent
        self.line = ProgressLine(cancellable=cancellable)
        self.line.cancelled.connect(self.cancelled)
        card = Card()
        card.body.addWidget(self.line)
        card.setMinimumWidth(min(360, max(200, parent.width() - 32)))
        column = QVBoxLayout(self)
        column.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        parent.installEventFilter(self)
        self.hide()

    def begin(self, text: str) -> None:
        """Cover the parent."""
        self.line.start(text)
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def set_progress(self, fraction: float, text: str = "", left_s: float | None = None) -> None:
        """See ProgressLine.set_progress."""
        self.line.set_progress(fraction, text, left_s=left_s)

    def end(self) -> None:
        """Uncover it."""
        self.hide()

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._covered and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._covered.rect())
        return False

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        color = current_theme().color("background")
        color.setAlphaF(0.72)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), color)
