"""Name, tags and notes of the shown run, to be written where they are read."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui.models.runs import RunsModel
from gui.widgets.form_row import FormRow
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text

_CAPTION: Final = 44


class NotesEdit(QPlainTextEdit):
    """`committed` when the focus leaves or Ctrl+Return is pressed; grows a little with what it holds."""

    committed = Signal()

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.committed.emit()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.committed.emit()
        else:
            super().keyPressEvent(event)

    @guarded(fallback=lambda _self: QSize(120, 56))
    def sizeHint(self) -> QSize:
        lines = min(max(2, self.document().lineCount()), 6)
        return QSize(120, lines * self.fontMetrics().lineSpacing() + 18)

    @guarded(fallback=lambda _self: QSize(80, 56))
    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())


class RunCard(QWidget):
    """What is written goes to the run at once; a change made elsewhere shows unless one is just writing here."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._run: int | None = None  # whose words stand here
        self.name = QLineEdit()
        self.name.setObjectName("train.run.name")
        self.name.setPlaceholderText("no name")
        self.name.setMaxLength(80)
        self.tags = QLineEdit()
        self.tags.setObjectName("train.run.tags")
        self.tags.setPlaceholderText("paper, small")
        self.notes = NotesEdit()
        self.notes.setObjectName("train.run.notes")
        self.notes.setPlaceholderText("What you want to remember of it")
        self.notes.setTabChangesFocus(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for caption, editor, help in (
            ("Name", self.name, "What the run is called in lists and charts."),
            ("Tags", self.tags, "Words to find it by, with commas between them."),
            ("Notes", self.notes, "Kept beside the run."),
        ):
            column.addWidget(FormRow(caption, editor, help=help, caption_width=_CAPTION))
        self.name.editingFinished.connect(self._on_name)
        self.tags.editingFinished.connect(self._on_tags)
        self.notes.committed.connect(self._on_notes)
        self.hide()  # until `refresh`, when it has its place

    def refresh(self) -> None:
        """Show what is written of the shown run."""
        run = self._runs.current
        summary = self._runs.summary(run) if run is not None else None
        self.setVisible(summary is not None)
        other, self._run = run != self._run, run
        if summary is None:
            return
        locked = bool(self._runs.reason_not_to_edit())
        for editor, text in (
            (self.name, summary.name),
            (self.tags, ", ".join(summary.about.tags)),
        ):
            editor.setReadOnly(locked)
            editor.setToolTip(tooltip_text(self._runs.reason_not_to_edit()))
            if (other or not editor.hasFocus()) and editor.text() != text:
                editor.setText(text)
        self.notes.setReadOnly(locked)
        if (other or not self.notes.hasFocus()) and self.notes.toPlainText() != summary.about.notes:
            self.notes.setPlainText(summary.about.notes)
            self.notes.updateGeometry()

    def _on_name(self) -> None:
        summary = self._runs.summary(self._run) if self._run is not None else None
        if summary is not None and self.name.text().strip() != summary.name:
            self._runs.edit(summary.run, name=self.name.text().strip())

    def _on_tags(self) -> None:
        summary = self._runs.summary(self._run) if self._run is not None else None
        tags = list(dict.fromkeys(tag.strip() for tag in self.tags.text().split(",") if tag.strip()))
        if summary is not None and tags != list(summary.about.tags):
            self._runs.edit(summary.run, tags=tags)

    def _on_notes(self) -> None:
        summary = self._runs.summary(self._run) if self._run is not None else None
        if summary is not None and self.notes.toPlainText() != summary.about.notes:
            self._runs.edit(summary.run, notes=self.notes.toPlainText())
