"""Try it: the network's inputs at the left, its answer at the right."""

import random
from typing import Final

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.document.data_spec import FieldKind
from engine.document.edits import Change
from engine.protocol.messages.data import SampleCard
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.use import UseModel
from gui.use.answer_panel import AnswerPanel
from gui.use.chosen_run import paused_run
from gui.use.inputs_form import InputsForm, input_fields
from gui.widgets.card import Card
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice

_TEST: Final = 2
_NOTE: Final = "runs the exported file"


class TryPanel(Card):
    """Asks for an answer as soon as something is given. `run` is the run that answers: with the weights of its best
    epoch, or as it is now while it is paused."""

    answered = Signal()

    def __init__(
        self, project: ProjectModel, use: UseModel, data: DataModel, runs: RunsModel, parent: QWidget | None = None
    ) -> None:
        super().__init__("Try it", _NOTE, parent=parent)
        self._project = project
        self._runs = runs
        self._use = use
        self._data = data
        self._sample: int | None = None  # the sample asked for, until its card is there
        self._began = False  # a first sample was taken by itself, or something was given; once a project
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
        self.inputs.sample_requested.connect(self._on_sample_requested)
        data.cards_arrived.connect(self._on_cards_arrived)
        data.changed.connect(self._on_data_changed)
        self.answer.beneath = self._picture_beneath
        self.inputs.picture_shown.connect(self.answer.refresh_beneath)
        self.answer.retry_requested.connect(lambda: self.ask_again(self.run))
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_changed)
        self._show_fields()
        self._on_data_changed()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._begin()

    def take_sample(self, *, first: bool = False) -> None:
        """Answer for a sample of the test split (of any where it is empty): the first one, or any."""
        splits = self._data.splits
        if splits is None or not len(splits):
            return
        unseen = np.flatnonzero(splits == _TEST)
        among = unseen if len(unseen) else np.arange(len(splits))
        self._sample = int(among[0] if first else random.choice(among))
        card = self._data.card(self._sample)
        if card is not None:
            self._take_card(card)

    def _on_sample_requested(self) -> None:
        self.take_sample()

    def _begin(self) -> None:
        """So that the tab shows at once what the network can do, the first answer is for a sample."""
        ready = self._data.state == "ready" and self.inputs.takes_one_picture() and self.isVisible()
        if ready and not self._began and not self._use.inputs:
            self._began = True
            self.take_sample(first=True)

    def _take_card(self, card: SampleCard) -> None:
        self._sample = None
        if card.problem or len(card.rgb) != card.width * card.height * 3 or not card.rgb:
            self._on_refused(f"Sample {card.index:,} cannot be shown. {card.problem}".strip())
            return
        image = QImage(card.rgb, card.width, card.height, 3 * card.width, QImage.Format.Format_RGB888)
        self.inputs.take_image(image, f"sample {card.index:,}" + (f" · is {card.label}" if card.label else ""))

    def _on_cards_arrived(self, indices: object) -> None:
        if self._sample is not None and isinstance(indices, list) and self._sample in indices:
            card = self._data.card(self._sample)
            if card is not None:
                self._take_card(card)

    def _on_data_changed(self) -> None:
        self.inputs.sample.set_blocked("" if self._data.state == "ready" else "The data is not read yet.")
        self._begin()

    def _on_opened(self) -> None:
        self._began, self._sample, self.run = False, None, "best"
        self._show_fields()

    def ask_again(self, run: str) -> None:
        """Let another run answer what was given last."""
        self.run = run
        if self._use.inputs:
            self._ask(self._use.inputs)

    def _ask(self, inputs: list[dict[str, object]]) -> None:
        paused = paused_run(self._runs, self.run)
        self.set_note(_NOTE if paused is None else f"run {paused} as it is now, paused")
        if paused is None:
            self._use.predict(inputs, self.run)
        else:
            self._use.predict(inputs, str(paused), "last")

    def _show_fields(self) -> None:
        self.inputs.set_fields(input_fields(self._project.project))
        masks = [field for field in self._project.project.data.targets() if field.kind is FieldKind.MASK]
        self.answer.classes = masks[0].statistics.classes if masks else ()

    def _picture_beneath(self) -> QPixmap | None:
        """The picture given, where a mask covers all of it: over a cut or framed one it would lie elsewhere."""
        for field in self._project.project.data.inputs():
            for step in field.preparation:
                if field.kind is FieldKind.IMAGE and step.type == "Resize" and step.attributes.get("mode") != "stretch":
                    return None
        return self.inputs.drop.picture()

    def _on_changed(self, change: Change) -> None:
        if change.data or change.nodes:
            self._show_fields()

    def _on_given(self, inputs: object) -> None:
        self.refusal.hide()
        if isinstance(inputs, list):
            self._began = True
            self._sample = None  # one still on its way must not take the place of what was just given
            self._ask(inputs)
            self.answered.emit()

    def _on_refused(self, reason: str) -> None:
        self.refusal.set_message("warning", reason)
        self.refusal.show()
