"""Find batch size: the largest batch that fits is measured, and one click takes it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.protocol.messages.training import BatchSizeFound, FindBatchSize
from gui.models.saved_question import SavedQuestion
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text

_WORKING = "Trying larger and larger batches"


class BatchFinder(QDialog):
    """Begins when it is made. `taken` carries the batch size that the user takes."""

    taken = Signal(int)

    def __init__(
        self, question: SavedQuestion, *, phase: int, present: int, device: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("train.batch")
        self.setWindowTitle("Find batch size")
        self.resize(460, 300)
        self._question = question
        self._present = present
        self._fields = {"phase": phase, "device": device}
        self.line = ProgressLine(_WORKING, name="train.batch.progress")
        self.line.cancelled.connect(self.reject)
        self.notice = Notice("info", "", name="train.batch.notice", parent=self)
        self.notice.hide()
        self.facts = Facts()
        self.words = Text("", tone="dim", wrap=True)
        self.take = Button("Take it", role="primary", name="train.batch.take")
        self.take.clicked.connect(self._on_take)
        again = Button("Again", name="train.batch.again")
        again.clicked.connect(self._begin)
        close = Button("Close", name="train.batch.close")
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(again)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(Text("Find batch size", role="heading"))
        column.addWidget(
            Text(
                "A fresh copy of the network trains a step with larger and larger batches until memory or data end."
                " A large batch is quicker; a small one often learns more from each epoch. Nothing of the project"
                " changes.",
                tone="dim",
                wrap=True,
            )
        )
        column.addWidget(self.line)
        column.addWidget(self.notice)
        column.addWidget(self.facts)
        column.addWidget(self.words)
        column.addStretch(1)
        column.addLayout(buttons)
        question.changed.connect(self._refresh)
        self.finished.connect(self._on_finished)
        self._begin()

    def _begin(self) -> None:
        self.line.start(_WORKING)
        self._question.ask(FindBatchSize, **self._fields)

    def _refresh(self) -> None:
        question = self._question
        working = question.state == "working"
        self.line.setVisible(working)
        if working and question.progress is not None:
            told = question.progress
            self.line.set_progress(told.fraction, told.message or _WORKING, left_s=told.left_s)
        self.notice.setVisible(question.state == "failed")
        if question.error is not None:
            self.notice.set_message("error", "It could not be found", f"{question.error.message} {question.error.hint}")
        found = question.answer
        reason = "It is not known yet." if working else "Nothing was found."
        rows: list[tuple[str, str]] = []
        words = ""
        if isinstance(found, BatchSizeFound):
            reason = "The recipe has it already." if found.batch_size == self._present else ""
            rows = [("largest batch", f"{found.batch_size:,} samples"), ("in the recipe", f"{self._present:,} samples")]
            rows += [
                (name, f"{count / 1e9:.2f} GB")
                for name, count in (("memory used", found.memory_bytes), ("memory free", found.free_bytes))
                if count > 0
            ]
            words = found.reason
            self.take.set_text(f"Take {found.batch_size:,}")
        self.facts.show_rows(rows)
        self.words.set_text(words)
        self.take.set_blocked(reason)

    def _on_take(self) -> None:
        found = self._question.answer
        if isinstance(found, BatchSizeFound):
            self.taken.emit(found.batch_size)
            self.accept()

    def _on_finished(self, _result: int) -> None:
        self._question.changed.disconnect(self._refresh)
        self._question.cancel()
        self.deleteLater()
