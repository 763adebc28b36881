"""Under the canvas: the node that is worked out, its formula and its numbers, and buttons and keys to go on."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.design.step.sum_rows import SumRows, rows_of
from gui.design.step.words import PART_NAMES, named, sentence
from gui.models.worked_step import Part, WorkedStepModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.guarded import guarded
from gui.widgets.pill import Pill
from gui.widgets.text import Text

HEIGHT: Final = 252
_STATES: Final = {Part.FORWARD: "busy", Part.BACKWARD: "error", Part.UPDATE: "ok", Part.AFTER: "ok"}
_ENDED: Final = "This is the beginning of the step."


class StepPanel(QFrame):
    """Arrow keys go from frame to frame, Space plays, Escape closes."""

    def __init__(self, model: WorkedStepModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("design.step")
        self.setAccessibleName("A training step in numbers")
        self.setProperty("role", "status-bar")
        self.setProperty("help", "design#a-step-in-numbers")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self._part = Pill("", "busy", name="design.step.part")
        self._title = Text("", role="heading", elide=Qt.TextElideMode.ElideRight)
        self._title.setObjectName("design.step.title")
        self._where = Text("", role="small", tone="faint")
        self._formula = Text("", role="mono", tone="text", elide=Qt.TextElideMode.ElideRight)
        self._formula.setObjectName("design.step.formula")
        self._sentence = Text("", tone="dim", wrap=True)
        self._sentence.setObjectName("design.step.sentence")
        self.sums = SumRows()
        self.back = self._button("", "arrow-left", "Back (←)", "design.step.back", model.back)
        self.play = self._button("Play", "play", "Go on by itself (Space)", "design.step.play", model.toggle_play)
        self.next = self._button("Next", "arrow-right", "Next (→ or Enter)", "design.step.next", model.next)
        self.again = self._button(
            "Next step",
            "refresh",
            "Take the next step, with the weights as they are now (Ctrl+→)",
            "design.step.again",
            lambda: model.go_to_step(model.step + 1),
        )
        self.same = QCheckBox("Same sample")
        self.same.setObjectName("design.step.same")
        self.same.setToolTip("Take this sample in every step, in place of the next one in the order of training")
        self.same.toggled.connect(model.take_same_sample)
        self.learner = ChoiceEditor()
        self.learner.setObjectName("design.step.learner")
        self.learner.setAccessibleName("Who learns in this step")
        self.learner.committed.connect(self._on_learner)
        self.weights = ChoiceEditor([Choice(value="", label="First weights"), Choice(value="best", label="Best run")])
        self.weights.setObjectName("design.step.weights")
        self.weights.setAccessibleName("What the weights begin with")
        self.weights.committed.connect(lambda run: model.begin_with(str(run)))
        for choice in (self.learner, self.weights):
            choice.setProperty("density", "compact")
            choice.hide()
        self.weights.fit_choices(110, 200)
        self._learners: list[tuple[int, int, str]] = []
        self.shut = Button(role="icon", icon="close", tooltip="End this (Esc)", name="design.step.close")
        self.shut.clicked.connect(self._close)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._part)
        head.addWidget(self._title, 1)
        for button in (self.back, self.play, self.next, self.again, self.shut):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        told = QHBoxLayout()
        told.setSpacing(12)
        told.addWidget(self._sentence, 1)
        told.addWidget(self.same, 0, Qt.AlignmentFlag.AlignTop)
        told.addWidget(self._where, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(told)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._formula, 1)
        line.addWidget(self.learner)
        line.addWidget(self.weights)
        column.addLayout(line)
        column.addWidget(self.sums, 1)
        model.changed.connect(self.refresh)
        model.opened.connect(self._on_opened)
        self.hide()
        self.refresh()

    def _button(self, text: str, icon: str, tooltip: str, name: str, do: object) -> Button:
        button = Button(text, role="quiet", icon=icon, tooltip=tooltip, small=True, name=name)
        button.setAccessibleName(tooltip)
        button.clicked.connect(lambda _checked=False: do())  # type: ignore[operator]
        return button

    def focus_first(self) -> None:
        """The panel has the keyboard."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    @guarded(fallback=lambda _self: QSize(400, HEIGHT))
    def minimumSizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    def refresh(self) -> None:
        """Show the frame as it is now."""
        model = self._model
        self.setVisible(model.is_open)
        if not model.is_open:
            return
        state = model.state
        shown = state == "shown"
        for button in (self.next, self.play, self.again):
            button.set_blocked("" if shown and not model.busy else "The numbers are being worked out.")
        self.back.set_blocked("" if shown and model.at > 0 else _ENDED)
        self.play.set_text("Pause" if model.playing else "Play")
        self.play.set_icon("pause" if model.playing else "play")
        self.same.setEnabled(shown)
        self.same.blockSignals(True)
        self.same.setChecked(model.same_sample)
        self.same.blockSignals(False)
        self._show_choices()
        if state == "shown":
            self._show_frame()
        elif state == "working":
            self._show_words(f"Step {model.step}", "Working the numbers out …", "")
        elif state == "refused":
            self._show_words(f"Step {model.step}", model.answer.refusal if model.answer is not None else "", "")
        else:
            error = model.error
            text = f"{error.message} {error.hint}".strip() if error is not None else "Nothing can be shown."
            self._show_words("No step can be shown", text, "")

    def _show_choices(self) -> None:
        """Who learns, where there are several; and what the weights begin with, where something was trained."""
        model = self._model
        learners = model.learners()
        if learners != self._learners:
            self._learners = learners
            self.learner.set_choices([Choice(value=place, label=item[2]) for place, item in enumerate(learners)])
            self.learner.fit_choices(110, 200)
        present = next((at for at, item in enumerate(learners) if item[:2] == (model.phase, model.player)), 0)
        if self.learner.value() != present and learners:
            self.learner.set_value(present)
        self.learner.setVisible(len(learners) > 1)
        if self.weights.value() != model.run:
            self.weights.set_value(model.run)
        self.weights.setVisible(model.has_runs)

    def _on_learner(self, place: object) -> None:
        if isinstance(place, int) and 0 <= place < len(self._learners):
            phase, player, _name = self._learners[place]
            self._model.show_learner(phase, player)

    def _show_words(self, title: str, text: str, formula: str) -> None:
        self._part.hide()
        self._title.set_text(title)
        self._where.set_text("")
        self._sentence.set_text(text)
        self._formula.set_text(formula)
        self.sums.show_rows(("", "", ""), [])
        self.setAccessibleDescription(f"{title}. {text}")

    def _show_frame(self) -> None:
        model = self._model
        frame, found, node = model.frame, model.answer, model.node
        if frame is None or found is None:
            return
        part = PART_NAMES[frame.part]
        self._part.show()
        self._part.set_state(part, _STATES[frame.part])
        title = f"Step {found.step} is done" if node is None else named(node)
        self._title.set_text(title)
        samples = f"sample {found.samples[0]:,}" if len(found.samples) == 1 else f"{len(found.samples)} samples"
        waiting = "working …" if model.busy else f"{model.at + 1} of {len(model.frames)}"
        self._where.set_text(f"step {found.step} · {samples} · {waiting}")
        told = sentence(frame, node, found)
        if node is None or frame.part is Part.UPDATE:
            told = " ".join((told, *found.notes))
        self._sentence.set_text(told)
        if frame.part is Part.UPDATE:
            formula = found.optimizer_formula
        else:
            formula = node.formula if node is not None and frame.part is Part.FORWARD else ""
        if node is not None and frame.part is Part.UPDATE and node.weight_count > len(node.weights):
            formula = f"{formula}     {len(node.weights)} of {node.weight_count:,} weights, those that learn most"
        elif node is not None and frame.part is not Part.UPDATE and node.count > len(node.units):
            formula = f"{formula}     {len(node.units)} of {node.count:,} values, those that learn most".strip()
        self._formula.set_text(formula)
        self._formula.setVisible(bool(formula) or not (self.learner.isHidden() and self.weights.isHidden()))
        heads, rows = rows_of(frame, node, found)
        self.sums.show_rows(heads, rows)
        self.setAccessibleDescription(f"{part}: {title}. {told} {self.sums.words()}")

    def _on_opened(self) -> None:
        self.focus_first()

    def _close(self) -> None:
        self._model.close()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        model, key = self._model, event.key()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key == Qt.Key.Key_Right and control:
            model.go_to_step(model.step + 1)
        elif key == Qt.Key.Key_Left and control:
            model.go_to_step(model.step - 1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter) and not model.busy:
            model.next()
        elif key == Qt.Key.Key_Left:
            model.back()
        elif key == Qt.Key.Key_Home:
            model.go(0)
        elif key == Qt.Key.Key_End:
            model.go(len(model.frames) - 1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            bar = self.sums.verticalScrollBar()
            bar.setValue(bar.value() + (40 if key == Qt.Key.Key_Down else -40))
        elif key == Qt.Key.Key_Space:
            model.toggle_play()
        elif key == Qt.Key.Key_Escape:
            model.close()
        else:
            super().keyPressEvent(event)
