"""Under an answer in Try it: what it looked at in the input given, in the usual way for the network or another."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.checks.explaining import Explainable
from engine.document.edits import Change
from engine.document.project import Project
from gui.charts.relevance_legend import RelevanceLegend
from gui.charts.relevance_view import RelevanceView
from gui.forms.relevance_shown import facts, limits, relevant_parts
from gui.models.explanation import ExplanationModel, Query
from gui.models.project import ProjectModel
from gui.models.use import UseModel
from gui.use.answer_panel import AnswerPanel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text

_PICTURE: Final = 240
"""Height for what has places; words and columns take what they need."""
_SLOW_MS: Final = 200


class WhyPanel(QWidget):
    """Puts itself into the answer panel's `why_place`; hidden until it is asked for, and again for another project.

    While it is open each new answer is explained too. `which` gives the run and its weights ("best", "last"), and
    `project_of` the project as a run had it (0: the run that is asked next).
    """

    def __init__(
        self,
        project: ProjectModel,
        use: UseModel,
        answer: AnswerPanel,
        which: Callable[[], tuple[str, str]],
        project_of: Callable[[int], Project],
    ) -> None:
        super().__init__()
        self.setObjectName("use.why.panel")
        self.setAccessibleName("What it looked at")
        self._project, self._use, self._answer, self._which = project, use, answer, which
        self.model = ExplanationModel(project, use.engine, self)
        self._project_of = project_of
        self._output = ""  # the field whose answer is explained
        self._offered: object = None  # what was looked at for the offer that stands
        self._asked_for: object = None  # the inputs that are explained
        self._filling = False  # the chooser is being filled by us
        self._to_be_seen = False  # set by open, until what was asked for is here
        self._title = Text("What it looked at", role="title")
        self.method = ChoiceEditor()
        self.method.setObjectName("use.why.method")
        self.method.setAccessibleName("Way of explaining")
        self.method.setMinimumWidth(170)
        self.close_button = Button(role="icon", icon="close", tooltip="Close", name="use.why.close")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self.method)
        head.addWidget(self.close_button)
        self.line = ProgressLine(name="use.why.progress")
        self.line.hide()
        self.failure = Notice("error", "", name="use.why.failure")
        self.failure.hide()
        self.view = RelevanceView(compact=True, name="use.why.sample")
        self.legend = RelevanceLegend(name="use.why.legend")
        self.facts = Text("", role="note", wrap=True)
        self.limits = Text("", role="note", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        for widget in (self.line, self.failure, self.view, self.legend, self.facts, self.limits):
            column.addWidget(widget)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)
        self._slow.timeout.connect(self._show_progress)
        self.hide()
        answer.why_place.addWidget(self)
        answer.why_requested.connect(self.open)
        self.close_button.clicked.connect(self.close_panel)
        self.method.committed.connect(self._on_method)
        self.line.cancelled.connect(self.model.cancel)
        self.model.changed.connect(self._refresh)
        self.model.progressed.connect(
            lambda progress: self.line.set_progress(progress.fraction, progress.message, left_s=progress.left_s)
        )
        use.changed.connect(self._on_use_changed)
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_changed)
        self.offer()

    def open(self) -> None:
        """Explain the answer that is shown, and from now on each new one."""
        self.show()
        self._to_be_seen = True
        self._ask()

    def _come_into_sight(self) -> None:
        """Scroll so far that it is seen, once it has its height."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        content = area.widget() if isinstance(area, QScrollArea) else None
        if isinstance(area, QScrollArea) and content is not None:
            area.verticalScrollBar().setValue(self.mapTo(content, QPoint(0, 0)).y())

    def close_panel(self) -> None:
        """Explain no more."""
        self.model.cancel()
        self._asked_for = None
        self.hide()

    def offer(self) -> None:
        """Say whether the answer that is shown, or the next one, can be explained at all, and list the ways."""
        prediction, answered = self._use.prediction, self._use.answered
        one = prediction is not None and len(prediction.predictions) == 1 and len(answered) == 1
        project = self._project_of(prediction.run if prediction is not None else 0)
        among = tuple(prediction.predictions[0].outputs) if prediction is not None and one else ()
        given = frozenset(answered[0]) if one else None
        looked_at = (id(project), among, given)
        if looked_at == self._offered:
            return
        self._offered = looked_at
        explainable = Explainable(project)
        self._output, reason = explainable.first(among, given)
        self._answer.set_why(reason)
        if reason:
            self.close_panel()
        self._filling = True
        self.method.set_choices(
            [
                Choice(value=kind.type_name(), label=kind.label(), help=f"{kind.help()}\n{kind.when}", blocked=reason)
                for kind, reason in explainable.offered(self._output)
            ]
        )
        self.method.set_value(explainable.usual(self._output).type_name())
        self._filling = False

    def _ask(self) -> None:
        inputs, prediction = self._use.answered, self._use.prediction
        if self.isHidden() or prediction is None or len(inputs) != 1 or not prediction.predictions:
            return
        self._asked_for = inputs
        _, which = self._which()
        self.model.ask(
            Query(
                run=str(prediction.run),
                inputs=inputs[0],
                which=which,
                method=str(self.method.value() or ""),
                output=self._output,
                size=_PICTURE,
            )
        )

    def _refresh(self) -> None:
        model = self.model
        working = model.state == "working"
        if working and not self._slow.isActive() and self.line.isHidden():
            self._slow.start()
        elif not working:
            self._slow.stop()
            self.line.hide()
        shown = model.explanation
        problem = shown.problem if shown is not None else ""
        if model.state == "failed" and model.error is not None:
            self.failure.set_message("error", model.error.message, model.error.hint, [])
        elif problem:
            self.failure.set_message("error", "This answer could not be explained", problem, [])
        failed = model.state == "failed" or bool(problem)
        self.failure.setVisible(failed)
        there = shown is not None and not failed
        for widget in (self.view, self.legend, self.facts, self.limits):
            widget.setVisible(there)
        if shown is None or failed:
            return
        parts = relevant_parts(shown)
        self.view.show_parts(parts, signed=shown.signed, sums=shown.sums)
        placed = any(part.kind in ("picture", "sound", "curves") for part in parts)
        self.view.setMinimumHeight(_PICTURE if placed else 0)
        several = len(shown.choices) > 1 and 0 <= shown.choice < len(shown.choices)
        self.legend.set_meaning(
            shown.choices[shown.choice] if several and shown.scores else "",
            signed=shown.signed,
            number=not shown.scores,
        )
        self.facts.set_text(facts(shown))
        self.limits.set_text(limits(shown.method))
        if self._to_be_seen and not working:
            self._to_be_seen = False
            QTimer.singleShot(0, self, self._come_into_sight)

    def _show_progress(self) -> None:
        if self.model.state == "working":
            self.line.start("Explaining")
            self.line.show()

    def _on_method(self, _value: object) -> None:
        if not self._filling:
            self._ask()

    def _on_use_changed(self) -> None:
        if self._use.predict_state != "done":
            return
        self.offer()
        if self.isHidden():
            return
        if len(self._use.answered) != 1:
            self.close_panel()
        elif self._use.answered is not self._asked_for:
            self._ask()

    def _on_opened(self) -> None:
        self.close_panel()
        self._look_anew()

    def _on_changed(self, change: Change) -> None:
        if change.data or change.nodes or change.blocks:
            self._look_anew()

    def _look_anew(self) -> None:
        """The drawing is another one. Out of sight, where it is edited, this waits for `offer` to be called when the
        tab comes up: a large drawing takes a while to walk."""
        self._offered = None
        card = self._answer.parentWidget()
        if card is not None and card.isVisible():
            self.offer()
