"""The line at the foot of the window: problems, the size of the network, what the tab is about, and the engine."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.frame.problem_count import ProblemCount
from gui.widgets.text import Text

HEIGHT = 28


class StatusLine(QFrame):
    """Shows what it is told."""

    problems_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "status-bar")
        self.setObjectName("status")
        self.setAccessibleName("Status")
        self.setFixedHeight(HEIGHT)
        self.problems = ProblemCount()
        self.problems.clicked.connect(self.problems_clicked)
        self._left = Text("", role="small", elide=Qt.TextElideMode.ElideRight)
        self._right = Text("", role="small")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(18)
        row.addWidget(self.problems)
        row.addWidget(self._left, 1)
        row.addWidget(self._right)

    def show_problems(self, errors: int, warnings: int) -> None:
        """Below zero errors: nothing is known and nothing is shown."""
        self.problems.setVisible(errors >= 0)
        if errors >= 0:
            self.problems.set_counts(errors, warnings)

    def show_left(self, parts: list[str]) -> None:
        """Words at the left, a gap between them."""
        self._left.set_text("     ".join(part for part in parts if part))

    def show_right(self, text: str) -> None:
        """Words at the right."""
        self._right.set_text(text)

    def left_text(self) -> str:
        """The words at the left."""
        return self._left.whole_text()

    def right_text(self) -> str:
        """The words at the right."""
        return self._right.whole_text()
