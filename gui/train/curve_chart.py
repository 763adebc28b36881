"""A chart of curves over the compared runs: loss, a metric, learning rate, throughput, load, memory."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from gui.charts.chart_card import ChartCard
from gui.forms.metric_text import is_share, metric_label, metric_text
from gui.models.curves import RunCurves, XAxis
from gui.models.runs import LIVE_STATES, RunsModel
from gui.train.chart_kinds import METRIC, first_score, kind_of, score_names
from gui.train.run_curves import CurveSpec, curve_specs, gap, group_curves
from gui.widgets.choice_editor import Choice, ChoiceEditor

_NOTHING = "Curves come with the first steps"
_LEGEND_MOST = 12
_PICK_WIDTHS = (110, 280)
AXIS_LABELS: dict[XAxis, str] = {"step": "step", "epoch": "epoch", "time": "minute"}


class CurveChart(ChartCard):
    """Follows the columns of the runs; `refresh` brings what has come since, and does nothing twice."""

    def __init__(self, kind: str, runs: RunsModel, parent: QWidget | None = None) -> None:
        found = kind_of(kind)
        plain = METRIC if kind.startswith(METRIC) else kind
        super().__init__(
            found.title if found is not None else kind,
            log=plain in ("loss", "parts", "rate", "ratios"),
            smooth=plain in ("loss", "speed", "load", "parts"),
            empty=_NOTHING,
            name=f"train.{'metric' if plain == METRIC else kind}",
            parent=parent,
        )
        self.kind = kind
        self._plain = plain
        self._runs = runs
        self._compared: list[int] = []
        self._axis: XAxis = "epoch"
        self._metric = kind.removeprefix(METRIC) if plain == METRIC else ""
        self._choices: list[Choice] = []
        self._picked = bool(self._metric)  # by the user or the project; then it is not changed by us
        self._shown: list[CurveSpec] = []
        self._of: dict[int, RunCurves] = {}  # whose columns are followed
        self._groups: set[str] = set()
        self.pick = ChoiceEditor()
        self.pick.setProperty("density", "compact")
        self.pick.setAccessibleName("Metric shown")
        if kind == METRIC:
            self._header.setMinimumHeight(28)
        self.pick.setParent(self)
        self.pick.hide()
        if kind == METRIC:
            self.pick.setObjectName("train.metric.pick")
            self.pick.committed.connect(self._on_metric_picked)
        if plain == "load":
            self.chart.set_y_limits((0.0, 100.0))
            self.set_note("%")
        if plain == "ratios":
            self.set_note("1e-3 is usual")
        if plain == "memory":
            self.set_note("MB")
        if plain == "speed":
            self.set_note("samples/s")

    def shown_metric(self) -> str:
        """The metric that is shown; empty in other charts."""
        return self._metric

    def show_runs(self, compared: Sequence[int]) -> None:
        """Show these runs, the first in full."""
        if list(compared) == self._compared:
            return
        if list(compared)[:1] != self._compared[:1]:
            self.chart.set_follow(True)
        self._compared = list(compared)
        self.refresh()

    def set_axis(self, axis: XAxis) -> None:
        """Let the x axis count something else; the view then shows all."""
        if axis == self._axis:
            return
        self._axis = axis
        self.chart.set_x_label(AXIS_LABELS[axis])
        self._shown = []
        self.chart.set_follow(True)
        self.refresh()

    def refresh(self) -> None:
        """Bring what has come since."""
        if self.kind == METRIC:
            self._choose_metric()
        specs = curve_specs(self._plain, self._metric, self._runs, self._compared)
        current = {run: self._runs.curves(run) for run in self._compared}
        if specs != self._shown or any(self._of.get(run) is not curves for run, curves in current.items()):
            self._lay(specs, current)
        for curves in current.values():
            curves.scale(self._axis)
        self._draw_groups()
        self._draw_gap(current)
        self._draw_marks(current)
        going = [curves for run, curves in current.items() if self._is_live(run)]
        ends = [end for curves in going if (end := curves.end(self._axis)) is not None]
        self.chart.set_x_end(max(ends, default=None))
        self._say(current)
        self.chart.refresh()

    def _lay(self, specs: list[CurveSpec], current: dict[int, RunCurves]) -> None:
        there = self.chart.keys()
        hidden = {key for key in there if not self.chart.series(key).visible}
        kept = {spec.key for spec in specs}
        before = {spec.key: spec for spec in self._shown}
        for key in there:
            if key not in kept:
                self.chart.remove_series(key)
        self._groups.clear()
        for spec in specs:
            same = before.get(spec.key) == spec and self._of.get(spec.run) is current[spec.run]
            if same and self.chart.has_series(spec.key):
                continue
            self.chart.add_series(
                spec.key,
                spec.name,
                spec.style,
                smoothed=spec.smoothed,
                shown=spec.key not in hidden,
                scale=current[spec.run].scale(self._axis),
                back=spec.back,
                columns=current[spec.run].column(spec.column),
            )
        named = sum(not spec.back for spec in specs)
        # A small chart of several runs would be all legend; their colours stand in the list of runs.
        wide = self._plain in ("loss", METRIC, "parts")
        self.chart.show_legend(named <= _LEGEND_MOST and (wide or (named > 1 and len(current) < 2)))
        self._shown, self._of = specs, current

    def _draw_groups(self) -> None:
        wanted = group_curves(self._plain, self._metric, self._runs, self._compared)
        for one in wanted:
            key = f"group:{one.group}"
            first = next((run for run in self._compared if self._group_of(run) == one.group), None)
            scale = self._runs.curves(first).scale(self._axis) if first is not None else None
            if not self.chart.has_series(key):
                self.chart.add_series(key, one.name, one.style, smoothed=False, scale=scale)
            series = self.chart.series(key)
            if len(series) != len(one.steps) or (len(series) and series.y[-1] != one.mean[-1]):
                self.chart.set_points(key, one.steps, one.mean)
            x = one.steps if scale is None else scale.shown(one.steps)
            self.chart.set_band(key, x, one.mean - one.deviation, one.mean + one.deviation, one.style.color)
        keys = {f"group:{one.group}" for one in wanted}
        for key in self._groups - keys:
            self.chart.remove_series(key)
            self.chart.remove_band(key)
        self._groups = keys

    def _is_live(self, run: int) -> bool:
        """Whether its planned end is to be in view: that of a run that ended earlier is not."""
        summary = self._runs.summary(run)
        return summary is not None and summary.state in LIVE_STATES

    def _group_of(self, run: int) -> str:
        summary = self._runs.summary(run)
        return summary.about.group if summary is not None else ""

    def _draw_gap(self, current: dict[int, RunCurves]) -> None:
        first = self._compared[0] if self._compared else None
        found = gap(self._plain, self._metric, current[first], self._axis) if first is not None else None
        spec = next((one for one in self._shown if one.run == first and not one.back), None)
        if found is None or spec is None or self._groups:
            self.chart.remove_band("gap")
        else:
            self.chart.set_band("gap", found[0], found[1], found[2], spec.style.color)

    def _draw_marks(self, current: dict[int, RunCurves]) -> None:
        from gui.charts.plot_area import EventMark

        if not self._compared:
            self.chart.set_marks([])
            return
        curves = current[self._compared[0]]
        scale = curves.scale(self._axis)
        marks = []
        for mark in curves.marks[-60:]:
            x = float(mark.step) if scale is None else float(scale.shown([mark.step])[0])
            marks.append(EventMark(x=x, text=mark.text, warns=mark.warns))
        self.chart.set_marks(marks)

    def _choose_metric(self) -> None:
        curves = self._runs.curves(self._compared[0]) if self._compared else RunCurves()
        scores = score_names(curves)
        if not scores:
            return
        if not self._picked or self._metric not in scores:
            self._metric, self._picked = first_score(curves), False
        if len(scores) > 1 and self.pick.isHidden():
            self.set_title_widget(self.pick)
            self.pick.show()
        losses = curves.loss_titles()
        choices = [Choice(value=name, label=metric_label(name, losses)) for name in scores]
        if choices != self._choices:
            self._choices = choices
            self.pick.set_choices(choices)
            self.pick.ensurePolished()
            self.pick.fit_choices(*_PICK_WIDTHS)
        self.pick.set_value(self._metric)

    def _on_metric_picked(self, value: object) -> None:
        self._metric, self._picked = str(value), True
        self.refresh()

    def _say(self, current: dict[int, RunCurves]) -> None:
        if self._plain != METRIC:
            if self._plain == "rate" and self._compared and current[self._compared[0]].told("rate"):
                self.set_note(f"{current[self._compared[0]].learning_rate[-1]:.2g}")
            return
        if self._metric:
            losses = current[self._compared[0]].loss_titles() if self._compared else {}
            self.set_title(metric_label(self._metric, losses))
            self.chart.set_y_limits((0.0, 1.0) if is_share(self._metric) else None)
        summary = self._runs.summary(self._compared[0]) if self._compared else None
        if summary is not None and summary.best_epoch and self._metric in summary.best:
            self.set_note(f"best {metric_text(self._metric, summary.best[self._metric])} @ {summary.best_epoch}")
        else:
            self.set_note("")
