"""The live charts of the shown run and those compared with it: loss, score, learning rate, gradients, memory."""

from typing import Final

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from engine.protocol.run_events import RunResumed
from gui.charts.chart_card import ChartCard
from gui.charts.heat_map import HeatMap
from gui.charts.series_style import DASHED, SeriesStyle
from gui.forms.metric_text import is_share, main_metric, metric_label, metric_text
from gui.models.curves import RunCurves
from gui.models.runs import RunsModel
from gui.train.curve_feed import CurveFeed, Points, by_epoch, learning_rate, memory, step_loss
from gui.train.run_style import run_style
from gui.train.run_words import run_label
from gui.widgets.card import Card
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.guarded import guarded
from gui.widgets.tokens import GAP

REFRESH_MS: Final = 120
MOST_COMPARED: Final = 8
SMOOTH_FIRST: Final = 0.9
LOWEST: Final = 470
_NOTHING: Final = "Curves come with the first steps"


class ChartsPanel(QWidget):
    """Draws nothing while it is hidden, and brings only new points while it is shown."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._compared: list[int] = []
        self._metric = ""
        self._metric_picked = False  # by the user; then it is not changed by us
        self._feeds: dict[int, list[CurveFeed]] = {}
        self._known: dict[int, tuple[str, ...]] = {}  # curves laid on for a run, to notice new metrics
        self._resumed: set[int] = set()
        self.loss = ChartCard("Loss", log=True, empty=_NOTHING, name="train.loss")
        self.loss.chart.set_smoothing(SMOOTH_FIRST)
        self.score = ChartCard("Score", smooth=False, empty=_NOTHING, name="train.metric")
        self.rate = ChartCard("Learning rate", smooth=False, legend=False, empty=_NOTHING, name="train.rate")
        self.memory = ChartCard("Memory", smooth=False, legend=False, empty=_NOTHING, name="train.memory")
        self.memory.setParent(self)  # it is laid out only once there is something to show
        self.memory.set_note("MB")
        self.flow = Card("Gradient flow", "norm per layer", name="train.flow")
        self.heat = HeatMap(empty="Comes with the first epoch")
        self.flow.body.addWidget(self.heat, 1)
        self._pick = ChoiceEditor()
        self._pick.setProperty("density", "compact")
        self._pick.setObjectName("train.metric.pick")
        self._pick.setAccessibleName("Metric shown")
        self._pick.committed.connect(self._on_metric_picked)
        self._pick.setFixedWidth(180)
        self._pick.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.loss, 0, 0, 1, 3)
        grid.addWidget(self.score, 0, 3, 1, 3)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        for column in range(6):
            grid.setColumnStretch(column, 1)
        self._grid = grid
        self._shown_memory: bool | None = None
        self._lay_out(with_memory=False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        runs.events_arrived.connect(self._on_events_arrived)
        runs.list_changed.connect(self._touch)

    def compare(self, runs: list[int]) -> None:
        """Show these runs, the first in full, of the others the score alone."""
        runs = runs[:MOST_COMPARED]
        if runs != self._compared:
            if runs[:1] != self._compared[:1]:
                for card in (self.loss, self.score, self.rate, self.memory):
                    card.chart.set_follow(True)
            self._compared = runs
            self._begin()
            self.refresh()

    def refresh(self) -> None:
        """Bring what has come since; does nothing while hidden."""
        self._timer.stop()
        if not self.isVisible():
            return
        self._choose_metric()
        for run in self._compared:
            curves = self._runs.curves(run)
            if self._curves_of(run, curves) != self._known.get(run):
                self._begin()
                break
        for run in self._compared:
            curves = self._runs.curves(run)
            for feed in self._feeds.get(run, []):
                if run in self._resumed:
                    feed.again(curves)
                else:
                    feed.bring(curves)
        self._resumed.clear()
        self._refresh_words()

    @guarded(fallback=False)
    def hasHeightForWidth(self) -> bool:
        return False  # the legends wrap inside the charts; they must not make the page as high as it likes to be

    @guarded(fallback=lambda _self: QSize(600, LOWEST))
    def sizeHint(self) -> QSize:
        return QSize(600, LOWEST)

    @guarded(fallback=lambda _self: QSize(400, LOWEST))
    def minimumSizeHint(self) -> QSize:
        return QSize(400, LOWEST)

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._touch()

    def _touch(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_events_arrived(self, run: int, events: object) -> None:
        if run in self._compared:
            if any(isinstance(event, RunResumed) for event in (events if isinstance(events, list) else ())):
                self._resumed.add(run)
            self._touch()

    # Curves

    def _curves_of(self, run: int, curves: RunCurves) -> tuple[str, ...]:
        """Names of what a run can show now; when they change, its curves are laid on anew."""
        return (*sorted(curves.train), "/", *sorted(curves.val), "/", self._metric, run_label_of(self._runs, run))

    def _begin(self) -> None:
        for card in (self.loss, self.score, self.rate, self.memory):
            card.chart.clear()
        self._feeds = {}
        self._known = {}
        several = len(self._compared) > 1
        for place, run in enumerate(self._compared):
            curves = self._runs.curves(run)
            self._known[run] = self._curves_of(run, curves)
            self._feeds[run] = []
            style = run_style(run)
            plain = SeriesStyle(color=style.color)
            dashed = SeriesStyle(color=style.color, dash=DASHED, marker=style.marker if several else "")
            label = f"{run_label_of(self._runs, run)} " if several else ""
            val_loss = _with_name(curves.val, "loss")
            if place == 0 or not val_loss:
                self._lay(self.loss, run, "train", step_loss, f"{label}training", plain, smoothed=True)
            for name in val_loss:
                points = by_epoch("val", name)
                self._lay(self.loss, run, f"val.{name}", points, label + _of(name, "validation"), dashed)
            if self._metric:
                has_val = self._metric in curves.val
                if self._metric in curves.train and (place == 0 or not has_val):
                    self._lay(self.score, run, "train", by_epoch("train", self._metric), f"{label}training", plain)
                if has_val:
                    self._lay(self.score, run, "val", by_epoch("val", self._metric), f"{label}validation", dashed)
            self._lay(self.rate, run, "rate", learning_rate, f"{label}learning rate", plain)
            self._lay(self.memory, run, "memory", memory, f"{label}memory", plain)

    def _lay(
        self, card: ChartCard, run: int, key: str, points: Points, name: str, style: SeriesStyle, smoothed: bool = False
    ) -> None:
        """Put an empty curve into a chart, to be fed from now on."""
        feed = CurveFeed(card.chart, f"{run}:{key}", points)
        feed.begin(name, style, smoothed=smoothed)
        self._feeds[run].append(feed)

    def _choose_metric(self) -> None:
        curves = self._runs.curves(self._compared[0]) if self._compared else RunCurves()
        names = list(dict.fromkeys((*curves.val, *curves.train)))
        scores = [name for name in names if name.rpartition(".")[2] != "loss"]
        if not scores:
            return
        if not self._metric_picked or self._metric not in names:
            self._metric = main_metric(dict.fromkeys(scores, 0.0))
            self._metric_picked = False
        if len(scores) > 1 and self._pick.isHidden():
            self.score.set_title_widget(self._pick)
            self._pick.show()
        if self._pick.values() != scores:
            self._pick.set_choices([Choice(value=name, label=metric_label(name)) for name in scores])
        self._pick.set_value(self._metric)

    def _on_metric_picked(self, value: object) -> None:
        self._metric, self._metric_picked = str(value), True
        self._begin()
        self.refresh()

    def _refresh_words(self) -> None:
        run = self._compared[0] if self._compared else None
        curves = self._runs.curves(run) if run is not None else RunCurves()
        end = max((self._runs.curves(one).epochs_planned for one in self._compared), default=0)
        for card in (self.loss, self.score, self.rate, self.memory):
            card.chart.set_x_end(float(end) if end else None)
        if self._metric:
            self.score.set_title(metric_label(self._metric))
            self.score.chart.set_y_limits((0.0, 1.0) if is_share(self._metric) else None)
        summary = self._runs.summary(run) if run is not None else None
        if summary is not None and summary.best_epoch and self._metric in summary.best:
            best = metric_text(self._metric, summary.best[self._metric])
            self.score.set_note(f"best {best} @ {summary.best_epoch}")
        else:
            self.score.set_note("")
        norms = curves.gradient_norms
        columns = [
            (float(epoch), {name: values[at] for name, values in norms.items() if at < len(values)})
            for at, epoch in enumerate(curves.epochs)
        ]
        self.heat.set_columns(_thinned(columns) if norms else [])
        self._lay_out(with_memory=any(curves.memory_bytes))

    def _lay_out(self, *, with_memory: bool) -> None:
        if with_memory == self._shown_memory:
            return
        self._shown_memory = with_memory
        lower = [self.rate, self.flow, self.memory] if with_memory else [self.rate, self.flow]
        span = 6 // len(lower)
        for place, card in enumerate(lower):
            self._grid.addWidget(card, 1, place * span, 1, span)
        self.memory.setVisible(with_memory)


def run_label_of(runs: RunsModel, run: int) -> str:
    """The label of a run, also of one that is not read yet."""
    summary = runs.summary(run)
    return run_label(summary) if summary is not None else f"#{run}"


def _with_name(table: dict[str, list[float]], name: str) -> list[str]:
    """The plain metric, or those of the outputs where there are several."""
    if name in table:
        return [name]
    return [key for key in table if key.rpartition(".")[2] == name]


def _of(name: str, what: str) -> str:
    output = name.rpartition(".")[0]
    return f"{what} {output}" if output else what


def _thinned(columns: list[tuple[float, dict[str, float]]], most: int = 60) -> list[tuple[float, dict[str, float]]]:
    """At most some sixty columns, evenly over the epochs, the last one among them."""
    if len(columns) <= most:
        return columns
    every = -(-len(columns) // most)
    return columns[(len(columns) - 1) % every :: every]
