"""The charts of the shown run and those compared with it, in a grid that the user arranges and the project keeps."""

from collections.abc import Generator, Iterator, Sequence
from typing import Final, Protocol, get_args

import msgspec
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from engine.document.project import ChartPlace, ChartsView
from gui.charts.menu_card import MenuCard
from gui.models.curves import RunCurves, XAxis
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.chart_kinds import all_kinds, default_places, kind_of, reason_not_to_show
from gui.train.confusion_chart import ConfusionChart
from gui.train.curve_chart import CurveChart
from gui.train.layer_chart import LayerChart
from gui.train.live_views import CARDS, ViewCard
from gui.train.spread_chart import SpreadChart
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.guarded import guarded
from gui.widgets.tokens import GAP

REFRESH_MS: Final = 120
COLUMNS: Final = 6
ROW_HEIGHT: Final = 240
_AXES: Final = (
    Choice(value="epoch", label="over epochs"),
    Choice(value="step", label="over steps"),
    Choice(value="time", label="over minutes"),
)


class RunChart(Protocol):
    """What every chart of the grid can do."""

    kind: str

    def show_runs(self, compared: Sequence[int]) -> None: ...
    def set_axis(self, axis: XAxis) -> None: ...
    def refresh(self) -> None: ...


class ChartsPanel(QWidget):
    """Draws nothing while it is hidden, and brings only new points while it is shown."""

    said = Signal(str)
    """A sentence for the user: a file was written, or could not be."""

    def __init__(
        self, runs: RunsModel, project: ProjectModel, parent: QWidget | None = None, *, in_pieces: bool = False
    ) -> None:
        super().__init__(parent)
        self._runs = runs
        self._project = project
        self._compared: list[int] = []
        self._places: tuple[ChartPlace, ...] = ()
        self._charts: list[tuple[ChartPlace, MenuCard]] = []
        self._due: list[MenuCard] = []  # charts that are to be brought up to date, one at a turn
        self._row_count = 0
        self._rooms: dict[int, Card] = {}  # empty cards where charts are being made, by place
        self._views: tuple[str, ...] = ()  # live views of the first of the compared runs
        self._layouts = 0  # how often the grid was laid out: one that is under way gives way to the next
        self.axis = ChoiceEditor(_AXES, "epoch")
        self.axis.setProperty("density", "compact")
        self.axis.setObjectName("train.charts.axis")
        self.axis.setAccessibleName("What the x axis counts")
        self.axis.setFixedWidth(130)
        self.axis.committed.connect(self._on_axis_picked)
        self.add = Button("Add chart", role="quiet", icon="plus", small=True, name="train.charts.add")
        self.add.clicked.connect(self._open_list)
        self.reset = Button(
            "Reset", role="quiet", small=True, name="train.charts.reset", tooltip="Show the charts there were at first"
        )
        self.reset.clicked.connect(lambda: self._arrange(()))
        self.tools = QWidget(self)
        """What arranges the charts; the tab places it."""
        bar = QHBoxLayout(self.tools)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(8)
        for widget in (self.reset, self.add, self.axis):
            bar.addWidget(widget)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(self._grid, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._begin_round)
        self._round = QTimer(self)
        self._round.setInterval(0)
        self._round.timeout.connect(self._refresh_next)
        runs.events_arrived.connect(self._on_events_arrived)
        runs.list_changed.connect(self._touch)
        project.opened.connect(self._on_project_opened)
        if not in_pieces:
            self._show_view()

    def making(self) -> Iterator[None]:
        """The charts, each in a few pieces; empty cards keep their room. For a panel that is made `in_pieces`."""
        return self._showing_view()

    # What stands in the grid

    def charts(self) -> list[MenuCard]:
        """The charts, in order."""
        return [chart for _, chart in self._charts]

    def chart(self, kind: str) -> MenuCard:
        """The first chart of a kind. Raises KeyError."""
        for place, chart in self._charts:
            if place.kind == kind:
                return chart
        raise KeyError(kind)

    @property
    def loss(self) -> CurveChart:
        """The chart of the loss. Raises KeyError when it was taken away."""
        found = self.chart("loss")
        assert isinstance(found, CurveChart)
        return found

    @property
    def score(self) -> CurveChart:
        """The chart of the metric looked at first. Raises KeyError when it was taken away."""
        found = self.chart("metric:")
        assert isinstance(found, CurveChart)
        return found

    def places(self) -> tuple[ChartPlace, ...]:
        """What the grid holds."""
        return tuple(place for place, _ in self._charts)

    def add_chart(self, kind: str) -> None:
        """Put a chart at the end."""
        found = kind_of(kind)
        if found is not None:
            self._arrange((*self.places(), ChartPlace(kind=kind, columns=found.columns)))

    def remove_chart(self, at: int) -> None:
        """Take a chart away."""
        places = list(self.places())
        del places[at]
        self._arrange(tuple(places))

    def move_chart(self, at: int, by: int) -> None:
        """Put a chart further to the front or the back."""
        places = list(self.places())
        to = min(max(at + by, 0), len(places) - 1)
        places.insert(to, places.pop(at))
        self._arrange(tuple(places))

    def widen_chart(self, at: int, by: int) -> None:
        """Make a chart wider or narrower, by columns."""
        places = list(self.places())
        columns = min(max(places[at].columns + by, 2), COLUMNS)
        places[at] = msgspec.structs.replace(places[at], columns=columns)
        self._arrange(tuple(places))

    # Runs

    def compare(self, runs: Sequence[int]) -> None:
        """Show these runs, the first in full."""
        if list(runs) != self._compared:
            self._compared = list(runs)
            self._follow_views()
            for chart in self._run_charts():
                chart.show_runs(self._compared)
            self._touch()

    def refresh(self) -> None:
        """Bring what has come since, all charts now; does nothing while hidden."""
        self._timer.stop()
        if not self.isVisible():
            return
        for chart in self._run_charts():
            chart.refresh()

    @guarded(fallback=False)
    def hasHeightForWidth(self) -> bool:
        return False  # the legends wrap inside the charts; they must not make the page as high as it likes to be

    @guarded(fallback=lambda _self: QSize(600, 470))
    def sizeHint(self) -> QSize:
        return QSize(600, self._height())

    @guarded(fallback=lambda _self: QSize(400, 470))
    def minimumSizeHint(self) -> QSize:
        return QSize(400, self._height())

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._touch()

    def _height(self) -> int:
        rows = max(1, self._row_count)
        return rows * ROW_HEIGHT + (rows - 1) * GAP

    def _touch(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_events_arrived(self, run: int, _events: object) -> None:
        if run in self._compared:
            self._touch()

    def _begin_round(self) -> None:
        if self.isVisible():
            self._follow_views()
            self._due = self.charts()
            self._round.start()

    def _refresh_next(self) -> None:
        """One chart at a turn of the event loop, so that many of them keep nobody waiting."""
        if not self._due:
            self._round.stop()
            return
        chart = self._due.pop(0)
        for _, card in self._charts:
            if card is chart:
                self._as_run_chart(card).refresh()

    # Layout

    def _follow_views(self) -> None:
        """Show the live views of the run where the user has arranged nothing."""
        views = tuple(self._runs.curves(self._compared[0]).views) if self._compared else ()
        if views == self._views:
            return
        self._views = views
        if not self._view().places and default_places(views) != self.places():
            self._show_view()

    def _run_charts(self) -> list[RunChart]:
        return [self._as_run_chart(chart) for chart in self.charts()]

    def _as_run_chart(self, card: MenuCard) -> RunChart:
        assert isinstance(card, CurveChart | LayerChart | SpreadChart | ConfusionChart | ViewCard)
        return card

    def _on_project_opened(self) -> None:
        self._compared = []
        self._views = ()
        self._show_view()

    def _view(self) -> ChartsView:
        return self._project.project.view.charts

    def _show_view(self) -> None:
        for _ in self._showing_view():
            pass

    def _showing_view(self) -> Iterator[None]:
        view = self._view()
        axis = view.axis if view.axis in get_args(XAxis) else "epoch"
        self.axis.set_value(axis)
        places = tuple(place for place in view.places if kind_of(place.kind) is not None)
        self.reset.setVisible(bool(places))
        yield from self._laying_out(places or default_places(self._views))
        for chart in self._run_charts():
            chart.set_axis(self._axis())

    def _axis(self) -> XAxis:
        value = self.axis.value()
        return "step" if value == "step" else "time" if value == "time" else "epoch"

    def _arrange(self, places: tuple[ChartPlace, ...]) -> None:
        self._keep(places=places if places != default_places(self._views) else ())
        self._show_view()

    def _keep(self, **changes: object) -> None:
        project = self._project
        if project.directory is None or project.read_only:
            return
        charts = msgspec.structs.replace(self._view(), **changes)
        project.set_view(msgspec.structs.replace(project.project.view, charts=charts))

    def _laying_out(self, places: tuple[ChartPlace, ...]) -> Iterator[None]:
        self._layouts += 1
        layout = self._layouts
        spare = [chart for _, chart in self._charts]
        found: list[MenuCard | None] = []
        for place in places:
            # A chart that stays keeps its zoom, its scale and what is hidden in it.
            kept = next((chart for chart in spare if self._as_run_chart(chart).kind == place.kind), None)
            if kept is not None:
                spare.remove(kept)
            found.append(kept)
        for card in (*spare, *self._rooms.values()):
            self._take_out(card)
        self._rooms = {at: Card(_title(places[at]), parent=self) for at, chart in enumerate(found) if chart is None}
        for room in self._rooms.values():
            room.body.addStretch(1)
        self._place(places, found)
        yield
        for at in list(self._rooms):
            chart = yield from self._making_chart(places[at].kind)
            if layout != self._layouts:
                self._take_out(chart)
                return
            found[at] = chart
            room = self._rooms.pop(at)
            self._grid.replaceWidget(room, chart)
            self._take_out(room)
            chart.show()
            self._charts = [(place, one) for place, one in zip(places, found, strict=True) if one is not None]
            self._touch()
            yield

    def _place(self, places: tuple[ChartPlace, ...], found: Sequence[MenuCard | None]) -> None:
        """Put what there is into the grid, and empty cards where a chart is yet to come."""
        self._charts = [(place, chart) for place, chart in zip(places, found, strict=True) if chart is not None]
        for number in range(self._grid.rowCount()):
            self._grid.setRowStretch(number, 0)
        rows = _rows(places)
        for number, row in enumerate(rows):
            column = 0
            for at, width in row:
                card = found[at] or self._rooms[at]
                self._grid.addWidget(card, number, column, 1, width)
                column += width
                card.show()
            self._grid.setRowStretch(number, 3 if number == 0 else 2)
        self._row_count = len(rows)
        self.updateGeometry()
        self._touch()

    def _take_out(self, card: QWidget) -> None:
        self._grid.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _making_chart(self, kind: str) -> Generator[None, None, MenuCard]:
        runs = self._runs
        chart: MenuCard
        if kind in ("flow", "ratio"):
            chart = LayerChart(kind, runs, self)
        elif kind in ("weights", "activations"):
            chart = SpreadChart(kind, runs, self)
        elif kind == "confusion":
            chart = ConfusionChart(runs, self._project, self)
        elif (card := next((card for card in CARDS if card.key == kind), None)) is not None:
            chart = card(runs, self._project, self)
        else:
            chart = CurveChart(kind, runs, self)
            self._set_up(chart)
        chart.hide()
        yield
        self._add_commands(chart)
        chart.saved.connect(lambda path: self.said.emit(f"Saved {path}"))
        chart.failed.connect(self.said)
        yield
        self._as_run_chart(chart).show_runs(self._compared)
        yield
        self._as_run_chart(chart).set_axis(self._axis())
        return chart

    def _set_up(self, chart: CurveChart) -> None:
        view = self._view()
        if chart.kind == "loss":
            chart.chart.set_smoothing(view.smoothing if 0 <= view.smoothing < 1 else 0.0)
            chart.chart.smoothing_changed.connect(lambda weight: self._keep(smoothing=weight))
        chart.chart.set_log(chart.kind in view.log)
        chart.chart.log_changed.connect(lambda _on: self._keep_log())
        chart.chart.cross_moved.connect(lambda x, source=chart: self._share_cross(source, x))

    def _keep_log(self) -> None:
        log = tuple(chart.kind for chart in self.charts() if isinstance(chart, CurveChart) and chart.chart.is_log())
        self._keep(log=log)

    def _share_cross(self, source: CurveChart, x: object) -> None:
        """The crosshair stands at the same place in all charts of curves."""
        for chart in self.charts():
            if isinstance(chart, CurveChart) and chart is not source:
                chart.chart.set_cross(x if isinstance(x, float) else None)

    def _add_commands(self, chart: MenuCard) -> None:
        chart.menu.addSeparator()

        def at() -> int:
            return next(place for place, (_, card) in enumerate(self._charts) if card is chart)

        for text, act in (
            ("Wider", lambda: self.widen_chart(at(), 1)),
            ("Narrower", lambda: self.widen_chart(at(), -1)),
            ("Move to the front", lambda: self.move_chart(at(), -1)),
            ("Move to the back", lambda: self.move_chart(at(), 1)),
            ("Remove chart", lambda: self.remove_chart(at())),
        ):
            chart.menu.addAction(text, act)

    def _open_list(self) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        curves = self._runs.curves(self._compared[0]) if self._compared else RunCurves()
        held = {place.kind for place in self.places()}
        for kind in all_kinds(curves):
            action: QAction = menu.addAction(kind.title)
            reason = reason_not_to_show(kind.key, curves)
            action.setToolTip(reason or kind.help)
            action.setEnabled(not reason)
            if reason:
                action.setText(f"{kind.title}: {reason}")
            action.setCheckable(True)
            action.setChecked(kind.key in held)
            action.triggered.connect(lambda on, key=kind.key: self._on_listed(key, on))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))

    def _on_listed(self, kind: str, on: bool) -> None:
        places = [place.kind for place in self.places()]
        if on:
            self.add_chart(kind)
        elif kind in places:
            self.remove_chart(places.index(kind))

    def _on_axis_picked(self, value: object) -> None:
        self._keep(axis=str(value))
        for chart in self._run_charts():
            chart.set_axis(self._axis())


def _title(place: ChartPlace) -> str:
    found = kind_of(place.kind)
    return found.title if found is not None else place.kind


def _rows(places: Sequence[ChartPlace]) -> list[list[tuple[int, int]]]:
    """Which chart stands in which row, and how many columns wide; the last of a row takes what is left."""
    rows: list[list[tuple[int, int]]] = []
    left = 0
    for at, place in enumerate(places):
        width = min(max(place.columns, 1), COLUMNS)
        if width > left:
            rows.append([])
            left = COLUMNS
        rows[-1].append((at, width))
        left -= width
    for row in rows:
        at, width = row[-1]
        row[-1] = (at, COLUMNS - sum(other for _, other in row[:-1]))
    return rows
