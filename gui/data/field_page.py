"""All of one field: what it holds, how it is prepared and varied, and what that makes of the sample looked at."""

import itertools
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.checks.field_specs import prepared_spec
from engine.document.data_spec import Field, FieldKind, Role
from engine.errors import NetwrightError
from engine.protocol.messages.data import Distribution, FieldSummary, FieldValue, ValueRange
from gui.charts.histogram import Histogram
from gui.data.shown_view import ShownView
from gui.data.step_list import StepList
from gui.data.value_bars import ValueBars
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.sample_detail import DetailModel
from gui.widgets.button import Button
from gui.widgets.facts import Facts
from gui.widgets.guarded import guarded
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text
from gui.widgets.theme import current_theme

MOST_VALUES: Final = 12
_SIDE: Final = 118
_WORDS: Final = {"value": "", "labels": "labels a sample"}


class PickHistogram(Histogram):
    """A histogram whose bars can be picked, by a click or by the arrows and Return."""

    picked = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._at = -1  # the bar where the keyboard is
        self._bins: list[tuple[float, float]] = []
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(84)

    def show_distribution(self, distribution: Distribution) -> None:
        """Show how something is spread."""
        edges = distribution.edges
        self._bins = list(itertools.pairwise(edges))
        self._at = -1
        self.set_counts(distribution.counts, edges)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.bin_at(event.position().x())
        if at is not None and at < len(self._bins):
            self.picked.emit(*self._bins[at])

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._bins:
            by = 1 if key == Qt.Key.Key_Right else -1
            self._at = min(max(0, self._at + by), len(self._bins) - 1)
            low, high = self._bins[self._at]
            self.setAccessibleDescription(f"{low:.4g} to {high:.4g}")
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and 0 <= self._at < len(self._bins):
            self.picked.emit(*self._bins[self._at])
        else:
            super().keyPressEvent(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            theme = current_theme()
            with QPainter(self) as painter:
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
                if 0 <= self._at < len(self._bins):
                    width = self.width() / len(self._bins)
                    left = round(self._at * width)
                    painter.drawRect(left, 1, max(2, round(width) - 1), self.height() - 20)


class FieldPage(QWidget):
    """`range_picked` and `value_picked` narrow the samples shown to a bar."""

    range_picked = Signal(object)
    value_picked = Signal(object)

    def __init__(self, project: ProjectModel, data: DataModel, detail: DetailModel) -> None:
        super().__init__()
        self._project, self._data, self._detail = project, data, detail
        self._name = ""
        self._of: list[str] = []  # what each histogram shown measures
        self.setObjectName("data.field")
        self._title = Text("", role="heading", elide=Qt.TextElideMode.ElideRight)
        self._reason = Text("", role="small", wrap=True)
        self._facts = Facts()
        self._charts = QVBoxLayout()
        self._charts.setSpacing(6)
        self._histograms: list[tuple[Text, PickHistogram]] = []
        self.values = ValueBars()
        self.values.picked.connect(lambda value: self.value_picked.emit(FieldValue(field=self._name, value=value)))
        self._preparation_heading = SectionLabel("Preparation")
        self.preparation = StepList(project, "preparation")
        self.result = Text("", role="small", wrap=True)
        self.result.setObjectName("data.prepared")
        self.before, self.after = ShownView(side=_SIDE), ShownView(side=_SIDE)
        self._pair = QWidget()
        pair = QHBoxLayout(self._pair)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(8)
        pair.addWidget(self.before, 1, Qt.AlignmentFlag.AlignTop)
        pair.addWidget(self.after, 1, Qt.AlignmentFlag.AlignTop)
        self._augmentation_heading = SectionLabel("Augmentation · training only")
        self.augmentation = StepList(project, "augmentation")
        self.variants = [ShownView(side=_SIDE) for _ in range(2)]
        self._varied = QWidget()
        varied = QHBoxLayout(self._varied)
        varied.setContentsMargins(0, 0, 0, 0)
        varied.setSpacing(8)
        for view in self.variants:
            varied.addWidget(view, 1, Qt.AlignmentFlag.AlignTop)
        self.another = Button("Another variant", icon="shuffle", small=True, name="data.field.another")
        self.another.clicked.connect(detail.another_variant)
        self._hint = Text("Click a sample to see what these steps make of it.", role="small", tone="faint", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        heads: tuple[QWidget, ...] = (self._title, self._reason, self._facts)
        for widget in heads:
            column.addWidget(widget)
        column.addLayout(self._charts)
        for widget in (
            self.values,
            self._preparation_heading,
            self.preparation,
            self.result,
            self._pair,
            self._augmentation_heading,
            self.augmentation,
            self._varied,
        ):
            column.addWidget(widget)
        column.addWidget(self.another, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._hint)
        column.addStretch(1)
        detail.changed.connect(self._show_sample)

    def show_field(self, name: str) -> None:
        """Show a field of the project."""
        self._name = name
        field = self._project.project.data.field(name)
        if field is None:
            return
        self._title.set_text(f"{name} · {field.kind.value}, {field.role.value}")
        self._show_summary(field)
        self.preparation.show_field(name)
        self.augmentation.show_field(name)
        varies = field.role is Role.INPUT and (bool(self.augmentation.offered()) or bool(field.augmentation))
        for widget in (self._augmentation_heading, self.augmentation):
            widget.setVisible(varies)
        try:
            self.result.set_text(f"Becomes {prepared_spec(field)}")
            self.result.set_tone("faint")
        except NetwrightError as error:
            self.result.set_text(f"{error.message} {error.hint}".strip())
            self.result.set_tone("error")
        self._show_sample()

    def _summary(self) -> FieldSummary | None:
        description = self._data.description
        summaries = description.fields if description is not None else []
        return next((summary for summary in summaries if summary.name == self._name), None)

    def _show_summary(self, field: Field) -> None:
        summary = self._summary()
        self._reason.set_text(summary.reason if summary is not None else "")
        self._reason.setVisible(bool(summary is not None and summary.reason))
        self._facts.show_rows(facts_of(field, summary))
        shown = summary.distributions if summary is not None else []
        shown = [spread for spread in shown if spread.counts and spread.maximum > spread.minimum]
        while len(self._histograms) < len(shown):
            heading, histogram = Text("", role="small"), PickHistogram()
            number = len(self._histograms)
            histogram.picked.connect(lambda low, high, number=number: self._on_bar(number, low, high))
            self._charts.addWidget(heading)
            self._charts.addWidget(histogram)
            self._histograms.append((heading, histogram))
        for number, (heading, histogram) in enumerate(self._histograms):
            there = number < len(shown)
            heading.setVisible(there and (len(shown) > 1 or shown[number].of != "value"))
            histogram.setVisible(there)
            if there:
                words = _WORDS.get(shown[number].of, shown[number].of)
                heading.set_text(f"{words[:1].upper()}{words[1:]}")
                histogram.setAccessibleName(f"Histogram of {words or self._name}; a bar shows its samples")
                histogram.show_distribution(shown[number])
        self._of = [distribution.of for distribution in shown]
        top = summary.top if summary is not None else []
        self.values.show_values([(value.value, value.count) for value in top[:MOST_VALUES]])
        self.values.setVisible(bool(top))

    def _on_bar(self, number: int, low: float, high: float) -> None:
        self.range_picked.emit(ValueRange(field=self._name, low=low, high=high, of=self._of[number]))

    def _show_sample(self) -> None:
        field = self._detail.field(self._name)
        spec = self._project.project.data.field(self._name)
        used = field is not None and spec is not None and spec.role is not Role.IGNORED
        self._hint.setVisible(self._detail.sample < 0)
        self._pair.setVisible(used)
        varied = field.variants if used and field is not None else []
        self._varied.setVisible(bool(varied))
        self.another.setVisible(bool(varied))
        if field is None or not used:
            return
        self.before.show_value(field.raw, "As it is")
        last = next((step for step in field.steps if step.problem), field.steps[-1] if field.steps else None)
        self.after.setVisible(last is not None)
        if last is not None:
            self.after.show_value(last, "Prepared" if not last.problem else last.caption)
        for view, shown in zip(self.variants, [*varied, None, None], strict=False):
            view.setVisible(shown is not None)
            if shown is not None:
                view.show_value(shown)


def facts_of(field: Field, summary: FieldSummary | None) -> list[tuple[str, str]]:
    """Numbers about a field: of all samples where the engine counted them, else what was measured for training."""
    rows: list[tuple[str, str]] = []
    if summary is None:
        known = field.statistics
        rows += [("mean", ", ".join(f"{value:.4g}" for value in known.mean[:4]))] * bool(known.mean)
        rows += [("spread", ", ".join(f"{value:.4g}" for value in known.std[:4]))] * bool(known.std)
        rows += [("classes", f"{len(known.classes):,}")] * bool(known.classes)
        return [*rows, *[("missing", f"{known.missing:,}")] * bool(known.missing)]
    rows.append(("values", f"{summary.count:,}"))
    rows += [("missing", f"{summary.missing:,}")] * bool(summary.missing)
    rows += [("different", f"{summary.distinct:,}")] * (summary.distinct >= 0)
    for spread in summary.distributions:
        if not spread.counts and spread.minimum == spread.maximum == 0:
            continue
        name = "" if spread.of == "value" else f"{spread.of} "
        unit = f" {spread.unit}" if spread.unit and spread.unit != "date" else ""
        if field.kind is FieldKind.DATE or spread.unit == "date":
            rows.append(("range", f"{_date(spread.minimum)} … {_date(spread.maximum)}"))
            continue
        if spread.minimum == spread.maximum:
            rows.append((name.strip() or "value", f"{spread.minimum:.4g}{unit} in all"))
            continue
        rows.append((f"{name}range".strip(), f"{spread.minimum:.4g} … {spread.maximum:.4g}{unit}"))
        if spread.of in ("value", "seconds", "characters"):
            rows.append((f"{name}mean".strip(), f"{spread.mean:.4g} ± {spread.std:.3g}{unit}"))
    return rows


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return f"{seconds:.4g} s"
