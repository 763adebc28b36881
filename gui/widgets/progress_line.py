"""Progress of something long: what is being done, a bar, the time left, and Cancel."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.text import Text

_STEPS = 1000


class ProgressLine(QWidget):
    """`cancelled` is emitted when the user presses Cancel; the button then says so and waits for the work to end."""

    cancelled = Signal()

    def __init__(
        self, text: str = "", *, cancellable: bool = True, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        column = QVBoxLayout()
        column.setSpacing(7)
        words = QHBoxLayout()
        words.setSpacing(8)
        self._text = Text(text, role="title", elide=Qt.TextElideMode.ElideRight)
        self._right = Text("", role="mono", tone="dim")
        words.addWidget(self._text, 1)
        words.addWidget(self._right)
        column.addLayout(words)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        self.bar.setAccessibleName(text or "Progress")
        column.addWidget(self.bar)
        row.addLayout(column, 1)
        self._cancel = Button("Cancel", small=True)
        self._cancel.clicked.connect(self._on_cancel_clicked)
        row.addWidget(self._cancel, 0, Qt.AlignmentFlag.AlignVCenter)
        self._cancel.setVisible(cancellable)  # only now: without a parent it would be a window of its own

    def start(self, text: str) -> None:
        """Begin anew, with no time known yet."""
        self._cancel.set_text("Cancel")
        self._cancel.setEnabled(True)
        self.set_progress(-1.0, text)

    def set_progress(self, fraction: float, text: str = "", right: str = "", left_s: float | None = None) -> None:
        """`fraction` 0 to 1, or below 0 while unknown; `left_s` seconds left; `right` stands before the time left."""
        known = 0 <= fraction <= 1
        if known != (self.bar.maximum() == _STEPS):
            self.bar.setRange(0, _STEPS if known else 0)
        if known:
            self.bar.setValue(round(fraction * _STEPS))
        if text:
            self._text.set_text(text)
            self.bar.setAccessibleName(text)
        left = f"{clock(left_s)} left" if left_s is not None else ""
        self._right.set_text(" · ".join(part for part in (right, left) if part))

    def text(self) -> str:
        """What is being done."""
        return self._text.whole_text()

    def right_text(self) -> str:
        """Speed and time left."""
        return self._right.whole_text()

    def _on_cancel_clicked(self) -> None:
        self._cancel.set_text("Cancelling")
        self._cancel.setEnabled(False)
        self.cancelled.emit()


def clock(seconds: float) -> str:
    """`00:42`, `12:05`, `3:07:00`; long times as days."""
    whole = max(0, round(seconds))
    if whole >= 86400:
        return f"{whole // 86400} d {whole % 86400 // 3600} h"
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"
