"""View "Why": one sample large, with what its answer went along with drawn over it, in one way or in all of them."""

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSlider, QStackedWidget, QVBoxLayout, QWidget

from engine.catalog.explanations import explainer_type
from engine.checks.explaining import Explainable
from engine.document.data_spec import FieldKind
from engine.document.edits import Change
from engine.document.flat import in_words
from engine.protocol.messages.base import Progress
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.explanation import Explanation
from gui.charts.relevance_legend import RelevanceLegend
from gui.charts.relevance_view import RelevanceView
from gui.charts.score_bars import ScoreBars
from gui.evaluate.sample_steps import SampleSteps
from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.forms.relevance_shown import facts, limits, relevant_parts, well_explained
from gui.models.evaluation import Method
from gui.models.explanation import ExplanationModel, Query
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.plain_text import plain_text
from gui.widgets.progress_line import ProgressLine
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

_SIDE: Final = 252
_OPACITY: Final = 75
_WIDE: Final = 760
"""Room for three ways beside each other."""
_SLOW_MS: Final = 180
"""After which it is said that an answer is on its way; most are there before."""
_PLACED: Final = (FieldKind.IMAGE.value, FieldKind.AUDIO.value, FieldKind.SERIES.value)
_BASELINES: Final = (
    Choice(value="average", label="The average", help="Compared with the average of the training data."),
    Choice(value="nothing", label="Nothing", help="Compared with black, silence or zeros."),
    Choice(value="blurred", label="Out of focus", help="Compared with the sample itself, blurred."),
)


class WhyView(EvaluateView):
    """Left and right arrow (or Page Up and Down) go through the samples that are listed in Mistakes."""

    key = "why"
    caption = "Why"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._evaluation = context.evaluation
        self._steps = SampleSteps(context.evaluation, self)
        self.model = ExplanationModel(context.project, context.engine, self)
        self._place: tuple[str, str] = ("", "")  # run and output that are looked at
        self._choice = -1
        self._settings: dict[str, dict[str, object]] = {}
        self._filling = False  # a chooser is being filled by us, not by the user
        self._stale = False  # the drawing has changed since ways were offered
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        self._connect()
        self._offer()
        self._refresh()

    # What it is made of.

    def _build(self) -> None:
        self.card = Card("Why", name="evaluate.why.card")
        self.previous = Button(
            icon="chevron-left", role="icon", name="evaluate.why.previous", tooltip="Previous sample (←)"
        )
        self.next = Button(icon="chevron-right", role="icon", name="evaluate.why.next", tooltip="Next sample (→)")
        self.compare = Button(
            "Compare all",
            small=True,
            name="evaluate.why.compare",
            tooltip="This sample in every way of explaining, side by side (C)",
        )
        self.compare.setCheckable(True)
        for button in (self.compare, self.previous, self.next):
            self.card.add_to_header(button)
        self.view = RelevanceView(name="evaluate.why.sample")
        self.view.setAccessibleName("The sample and what counted")
        self.hint = EmptyState("bulb", "No sample chosen", "Choose a sample in Mistakes and press Why.")
        self.failure = Notice("error", "", name="evaluate.why.failure")
        failed = QWidget()
        column = QVBoxLayout(failed)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.failure)
        column.addStretch(1)
        self._failed = failed
        self.grid_page = QWidget()
        self.grid = QGridLayout(self.grid_page)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(GAP)
        self.stack = QStackedWidget()
        for page in (self.hint, self.view, failed, self.grid_page):
            self.stack.addWidget(page)
        self.line = ProgressLine(name="evaluate.why.progress")
        self.line.hide()
        self.legend = RelevanceLegend(name="evaluate.why.legend")
        self.facts = Text("", role="note", wrap=True)
        self.limits = Text("", role="note", wrap=True)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.line)
        left.addWidget(self.legend)
        left.addWidget(self.stack, 1)
        left.addWidget(self.facts)
        left.addWidget(self.limits)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addLayout(left, 1)
        row.addWidget(self._side())
        self.card.body.addLayout(row, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.card)
        self.setMinimumHeight(420)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)

    def _side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(_SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.answer = Text("", role="title", wrap=True)
        self.truth = Text("", tone="dim", wrap=True)
        self.bars = ScoreBars(shown=5, name="evaluate.why.answer")
        self._choice_title = SectionLabel("Explain the answer")
        self.choice = ChoiceEditor()
        self.choice.setObjectName("evaluate.why.choice")
        self.choice.setAccessibleName("Answer to explain")
        self._layer_title = SectionLabel("Layer")
        self.layer = ChoiceEditor()
        self.layer.setObjectName("evaluate.why.layer")
        self.layer.setAccessibleName("Layer that is looked at")
        self._baseline_title = SectionLabel("Compared with")
        self.baseline = ChoiceEditor(_BASELINES)
        self.baseline.setObjectName("evaluate.why.baseline")
        self.baseline.setAccessibleName("What the sample is compared with")
        self._opacity_title = SectionLabel("Shading")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setObjectName("evaluate.why.opacity")
        self.opacity.setAccessibleName("Strength of the shading")
        self.opacity.setRange(0, 100)
        self.opacity.setValue(_OPACITY)
        for widget in (
            self.answer,
            self.truth,
            self.bars,
            self._choice_title,
            self.choice,
            self._layer_title,
            self.layer,
            self._baseline_title,
            self.baseline,
            self._opacity_title,
            self.opacity,
        ):
            column.addWidget(widget)
        column.addStretch(1)
        return side

    def _connect(self) -> None:
        self.model.changed.connect(self._refresh)
        self.model.compared.connect(self._show_comparison)
        self.model.progressed.connect(self._on_progressed)
        self.line.cancelled.connect(self.model.cancel)
        self._slow.timeout.connect(self._show_progress)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.compare.toggled.connect(self._on_compare)
        self.opacity.valueChanged.connect(self._on_opacity_changed)
        self.choice.committed.connect(self._on_choice)
        self.layer.committed.connect(lambda value: self._set("layer", value))
        self.baseline.committed.connect(lambda value: self._set("baseline", value))
        self._evaluation.sample_chosen.connect(self._on_sample_chosen)
        self._evaluation.method_chosen.connect(self._on_method_chosen)
        self._evaluation.output_chosen.connect(lambda _at: self._offer())
        self._evaluation.changed.connect(self._offer)
        self._steps.moved.connect(self._refresh_header)
        self.context.project.changed.connect(self._on_project_changed)
        self.context.project.opened.connect(self._on_opened)

    # What it can show.

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        reasons = [reason for _, reason in Explainable(self.context.project.project).offered(output.field)]
        return "" if not all(reasons) else reasons[-1]

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        place = (str(result.run), output.field)
        if place != self._place:
            self._place = place
            self._choice = -1
        self._steps.look(True)
        self._ask()

    def focus_first(self) -> None:
        self.setFocus()

    def _offer(self) -> None:
        """Tell the list at the left which ways of explaining there are."""
        self._stale = False
        project = self.context.project.project
        explainable = Explainable(project)
        field = self._evaluation.output
        name = field.field if field is not None else ""
        if not self._evaluation.method and project.graph.nodes:
            usual = explainable.usual(name)
            if not explainable.reason_against(usual, name):
                self._evaluation.choose_method(usual.type_name())
        self._evaluation.offer_methods(
            [
                Method(key=kind.type_name(), caption=kind.label(), help=f"{kind.help()}\n{kind.when}", why_not=reason)
                for kind, reason in explainable.offered(name)
            ]
        )

    def _on_project_changed(self, _change: Change) -> None:
        """Drawings are edited out of sight of here, and a large one takes a while to walk."""
        stack = self.parentWidget()
        if stack is not None and stack.isVisible():
            self._offer()
        else:
            self._stale = True

    def came_up(self) -> None:
        if self._stale:
            self._offer()

    # Which sample.

    def step(self, by: int) -> None:
        """Go to the next sample of the list, or to the one before."""
        self._steps.step(by)

    def _on_sample_chosen(self, _sample: object) -> None:
        self._choice = -1
        if self.isVisible():
            self._ask()

    def _on_method_chosen(self, _method: str) -> None:
        if self.isVisible():
            if self.compare.isChecked():
                self.compare.setChecked(False)  # which asks for the one way
            else:
                self._ask()

    # Asking.

    def _on_compare(self, on: bool) -> None:
        self.compare.set_text("One way" if on else "Compare all")
        self._ask()

    def _ask(self) -> None:
        sample = self._evaluation.sample
        if sample is None or not self._place[0]:
            self.model.clear()
            return
        if self.compare.isChecked():
            self._clear_grid()
            self.model.compare([self._query(sample, method.key) for method in self._usable()])
            return
        self.model.ask(self._query(sample, self._evaluation.method))

    def _usable(self) -> list[Method]:
        return [method for method in self._evaluation.methods if not method.why_not]

    def _query(self, sample: int, method: str) -> Query:
        return Query(
            run=self._place[0],
            sample=sample,
            method=method,
            settings=self._settings.get(method, {}),
            output=self._place[1],
            choice=self._choice,
        )

    def _set(self, name: str, value: object) -> None:
        if self._filling:
            return
        method = self._evaluation.method
        settings = dict(self._settings.get(method, {}))
        if value in ("", "average"):
            settings.pop(name, None)
        else:
            settings[name] = value
        self._settings[method] = settings
        self._ask()

    def _on_choice(self, value: object) -> None:
        if not self._filling and isinstance(value, int):
            self._choice = value
            self._ask()

    # Showing.

    def _refresh(self) -> None:
        model = self.model
        if model.state == "working":
            if not self._slow.isActive() and self.line.isHidden():
                self._slow.start()
        else:
            self._slow.stop()
            self.line.hide()
        shown = model.explanation
        comparing = self.compare.isChecked()
        if model.state == "failed" and model.error is not None:
            self._say(model.error.message, model.error.hint)
        elif comparing:
            self.stack.setCurrentWidget(self.grid_page)
        elif shown is None:
            self.stack.setCurrentWidget(self.hint)
        elif shown.problem:
            self._say("This answer could not be explained", shown.problem)
        else:
            self._show(shown)
        self._refresh_side(shown if not comparing else next(iter(model.comparison.values()), None))
        self._refresh_header()

    def _say(self, message: str, more: str) -> None:
        self.failure.set_message("error", message, more, [])
        self.stack.setCurrentWidget(self._failed)

    def _show(self, shown: Explanation) -> None:
        if shown is not self._shown:
            self._shown = shown
            self.view.show_parts(relevant_parts(shown), signed=shown.signed, sums=shown.sums)
        self.stack.setCurrentWidget(self.view)

    _shown: Explanation | None = None

    def _refresh_header(self) -> None:
        row, total, known = self._steps.row, self._steps.total, self._steps.current
        sample = self._evaluation.sample
        name = known.name if known is not None else "" if sample is None else f"Sample {sample:,}"
        self.card.set_title(plain_text(name, 80) or "Why")
        self.card.set_note(f"{row + 1:,} of {total:,}" if row >= 0 and total else "")
        self.previous.set_blocked("" if row > 0 else "This is the first of the list.")
        self.next.set_blocked("" if 0 <= row < total - 1 or (row < 0 and total) else "This is the last of the list.")
        self.compare.set_blocked("" if sample is not None else "Choose a sample first.")

    def _refresh_side(self, shown: Explanation | None) -> None:
        there = shown is not None and not shown.problem
        comparing = self.compare.isChecked()
        for widget in (self.answer, self.truth, self.bars, self._choice_title, self.choice):
            widget.setVisible(there)
        self.legend.setVisible(there)
        self.facts.setVisible(there and not comparing)
        self.limits.setVisible(there and not comparing)
        shown_views = self.grid_page.findChildren(RelevanceView) if comparing else [self.view]
        shaded = there and any(view.has_shading() for view in shown_views)
        self._opacity_title.setVisible(shaded)
        self.opacity.setVisible(shaded)
        kind = explainer_type(self._evaluation.method) if self._evaluation.method else None
        names = {info.name for info in kind.attributes()} if kind is not None and not comparing else set()
        layers = shown.layers if shown is not None and "layer" in names else []
        self._layer_title.setVisible(bool(layers))
        self.layer.setVisible(bool(layers))
        only_text = shown is not None and all(field.kind == FieldKind.TEXT.value for field in shown.fields)
        has_baseline = there and "baseline" in names and not only_text  # words are there or not
        self._baseline_title.setVisible(has_baseline)
        self.baseline.setVisible(has_baseline)
        if shown is None or shown.problem:
            return
        self._filling = True
        self.answer.set_text(plain_text(shown.answer, 300))
        self.truth.set_text(f"is {plain_text(shown.true, 300)}" if shown.true else "")
        self.truth.setVisible(bool(shown.true))
        self.bars.setVisible(bool(shown.scores))
        self.answer.setVisible(not shown.scores)
        self.bars.set_scores(shown.scores)
        several = len(shown.choices) > 1
        self._choice_title.setVisible(several)
        self.choice.setVisible(several)
        if several:
            self.choice.set_choices([Choice(value=at, label=name) for at, name in enumerate(shown.choices)])
            self.choice.set_value(shown.choice)
        if layers:
            self.layer.set_choices([Choice(value=name, label=in_words(name)) for name in layers])
            self.layer.set_value(shown.layer)
        settings = self._settings.get(self._evaluation.method, {})
        placed = any(field.kind in _PLACED for field in shown.fields)
        self.baseline.set_choices(_BASELINES if placed else _BASELINES[:2])  # a column cannot be out of focus
        self.baseline.set_value(settings.get("baseline", "average"))
        self._filling = False
        subject = shown.choices[shown.choice] if several and 0 <= shown.choice < len(shown.choices) else ""
        numbers = not shown.scores
        self.legend.set_meaning(
            "" if numbers else plain_text(subject, 40), signed=shown.signed or comparing, number=numbers
        )
        self.facts.set_text(facts(shown))
        self.facts.set_tone("" if well_explained(shown) else "warn")
        self.facts.setToolTip(plain_text(f"What is explained is {shown.score_of}.", 300))
        self.limits.set_text(limits(shown.method))

    def _show_comparison(self) -> None:
        """One more way is there: a cell for each, in the order of the list."""
        self._clear_grid()
        found = [self.model.comparison[method.key] for method in self._usable() if method.key in self.model.comparison]
        columns = 3 if len(self._usable()) > 2 and self.stack.width() > _WIDE else 2
        for at, shown in enumerate(found):
            self.grid.addWidget(self._cell(shown), at // columns, at % columns)
        self._refresh_side(next(iter(self.model.comparison.values()), None))
        for column in range(3):
            self.grid.setColumnStretch(column, int(column < columns))

    def _cell(self, shown: Explanation) -> QWidget:
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        kind = explainer_type(shown.method)
        column.addWidget(Text(kind.label() if kind is not None else shown.method, role="title"))
        if shown.problem:
            column.addWidget(Text(shown.problem, tone="dim", wrap=True))
            column.addStretch(1)
            return cell
        view = RelevanceView(compact=True)
        view.setAccessibleName(f"{shown.method}: what counted")
        view.set_opacity(self.opacity.value() / 100)
        view.show_parts(relevant_parts(shown), signed=shown.signed, sums=shown.sums)
        column.addWidget(view, 1)
        words = Text(facts(shown, short=True), role="note", elide=Qt.TextElideMode.ElideRight)
        column.addWidget(words)
        return cell

    def comparison_cells(self) -> list[QWidget]:
        """What is side by side, in order."""
        items = (self.grid.itemAt(at) for at in range(self.grid.count()))
        widgets = (item.widget() for item in items if item is not None)
        return [widget for widget in widgets if widget is not None]

    def _clear_grid(self) -> None:
        for widget in self.comparison_cells():
            self.grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    def _on_opacity_changed(self, value: int) -> None:
        self.view.set_opacity(value / 100)
        for cell in self.comparison_cells():
            for view in cell.findChildren(RelevanceView):
                view.set_opacity(value / 100)

    def _show_progress(self) -> None:
        if self.model.state == "working":
            self.line.start("Explaining")
            self.line.show()

    def _on_progressed(self, progress: Progress) -> None:
        if not self.line.isHidden():
            self.line.set_progress(progress.fraction, progress.message, left_s=progress.left_s)

    def _on_opened(self) -> None:
        self._place = ("", "")
        self._settings.clear()
        self._shown = None
        self._choice = -1
        self._offer()

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._steps.look(False)

    # Keys.

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_PageUp: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: 1}
        by = steps.get(Qt.Key(event.key()))
        if by is not None and event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
            self.step(by)
            event.accept()
        elif event.key() == Qt.Key.Key_C and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.compare.toggle()
            event.accept()
        else:
            super().keyPressEvent(event)
