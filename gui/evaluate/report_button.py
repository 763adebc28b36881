"""The button that writes a report of the run and split that are shown: one HTML file, to read, print and pass on."""

import re
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.protocol.messages.report import ReportWritten, WriteReport
from gui.evaluate.view import EvaluateContext
from gui.models.question import Question
from gui.widgets.button import Button

_TIP = "Save scores, plots, mistakes and groups as one HTML file"


class ReportButton(Button):
    """`said` carries a sentence, and the path of a report that was written ("" when none was)."""

    said = Signal(str, str)

    def __init__(self, context: EvaluateContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Report...", name="evaluate.report", tooltip=_TIP, parent=parent)
        self._context = context
        self.question = Question(context.project, context.engine, self)
        self.question.changed.connect(self._on_changed)
        self.clicked.connect(self._on_clicked)
        context.evaluation.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say why no report can be written now."""
        if self.question.state == "working":
            self.set_blocked("The report is being written.")
        elif self._context.evaluation.result is None:
            self.set_blocked("Score a run first.")
        else:
            self.set_blocked("")

    def write(self, path: Path) -> None:
        """Write the report of what is shown to a file."""
        result = self._context.evaluation.result
        if result is None:
            return
        self.question.ask(WriteReport, run=str(result.run), split=result.split, path=str(path))

    def _on_clicked(self) -> None:
        result, directory = self._context.evaluation.result, self._context.project.directory
        if result is None or directory is None:
            return
        name = re.sub(r"[^\w.-]+", "-", f"{directory.name}-run{result.run}-{result.split}.html")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save report", str(directory.parent / name), "Web page (*.html)")
        if chosen:
            self.write(Path(chosen).with_suffix(".html"))

    def _on_changed(self) -> None:
        question = self.question
        self.set_text("Writing..." if question.state == "working" else "Report...")
        self.refresh()
        if question.state == "done" and isinstance(question.answer, ReportWritten):
            path = question.answer.path
            question.forget()  # the same report may be wanted again
            self.said.emit(f"{Path(path).name} is written.", path)
        elif question.state == "failed" and question.error is not None:
            self.said.emit(question.error.message, "")


def show_file(path: str) -> None:
    """Open a file with the program that the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
