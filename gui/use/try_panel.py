"""Try it: the network's inputs at the left, its answer at the right."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.document.edits import Change
from gui.models.project import ProjectModel
from gui.models.use import UseModel
from gui.use.answer_panel import AnswerPanel
from gui.use.inputs_form import InputsForm, input_fields
from gui.widgets.card import Card
from gui.widgets.notice import Notice


class TryPanel(Card):
    """Asks for an answer as soon as something is given. `run` is the run that answers."""

    answered = Signal()

    def __init__(self, project: ProjectModel, use: UseModel, parent: QWidget | None = None) -> None:
        super().__init__("Try it", "runs the exported file", parent=parent)
        self._project = project
        self._use = use
        self.run = "best"
        self.inputs = InputsForm()
        self.answer = AnswerPanel(use)
        self.refusal = Notice("warning", "", closable=True, name="use.refusal")
        self.refusal.hide()
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(self.inputs, 4)
        row.addWidget(self.answer, 7)
        self.body.addWidget(self.refusal)
        self.body.addLayout(row, 1)
        self.inputs.given.connect(self._on_given)
        self.inputs.refused.connect(self._on_refused)
        self.answer.retry_requested.connect(lambda: self.ask_again(self.run))
        project.opened.connect(self._show_fields)
        project.changed.connect(self._on_changed)
        self._show_fields()

    def ask_again(self, run: str) -> None:
        """Let another run answer what was given last."""
        self.run = run
        if self._use.inputs:
            self._use.predict(self._use.inputs, run)

    def _show_fields(self) -> None:
        self.inputs.set_fields(input_fields(self._project.project))

    def _on_changed(self, change: Change) -> None:
        if change.data or change.nodes:
            self._show_fields()

    def _on_given(self, inputs: object) -> None:
        self.refusal.hide()
        if isinstance(inputs, list):
            self._use.predict(inputs, self.run)
            self.answered.emit()

    def _on_refused(self, reason: str) -> None:
        self.refusal.set_message("warning", reason)
        self.refusal.show()
