"""Asked once when the window is closed while a run is active: let it train on, stop it, or stay."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.models.settings import WhenClosing
from gui.widgets.button import Button
from gui.widgets.text import Text


class ClosingDialog(QDialog):
    """`answer` is None when the window is to stay open."""

    def __init__(self, run: int, progress: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("closing")
        self.setWindowTitle("Close Netwright")
        self.setMinimumWidth(460)
        self.answer: WhenClosing | None = None
        heading = Text(f"Run {run} is still training ({progress * 100:.0f} %).", role="heading", wrap=True)
        text = Text(
            "It is a program of its own and can go on without the window. When you open the project again, you find it"
            " with its charts whole.",
            tone="dim",
            wrap=True,
        )
        self.remember = QCheckBox("Do the same next time without asking")
        keep = Button("Keep training", role="primary", name="closing.keep")
        stop = Button("Stop the run", role="danger", name="closing.stop")
        cancel = Button("Cancel", name="closing.cancel")
        keep.clicked.connect(lambda: self._choose(WhenClosing.KEEP_TRAINING))
        stop.clicked.connect(lambda: self._choose(WhenClosing.STOP))
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (cancel, stop, keep):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(heading)
        column.addWidget(text)
        column.addSpacing(4)
        column.addWidget(self.remember)
        column.addSpacing(8)
        column.addLayout(buttons)
        keep.setDefault(True)
        keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, answer: WhenClosing) -> None:
        self.answer = answer
        self.accept()
