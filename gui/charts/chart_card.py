"""A card around a line chart with its small controls: scale, smoothing, follow, and saving as picture or table."""

from typing import Final

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from gui.charts.curve_table import write_table
from gui.charts.line_chart import LineChart
from gui.charts.menu_card import MenuCard, Write
from gui.widgets.button import Button

SMOOTHING: Final = (0.0, 0.3, 0.6, 0.9, 0.97, 0.99)


class ChartCard(MenuCard):
    """`chart` is the line chart."""

    def __init__(
        self,
        title: str,
        *,
        x_label: str = "epoch",
        empty: str = "Nothing to draw yet",
        log: bool = False,
        smooth: bool = True,
        legend: bool = True,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, name=name, parent=parent)
        self.chart = LineChart(
            x_label=x_label, empty=empty, legend=legend, accessible=title, name=f"{name}.chart" if name else ""
        )
        self.body.addWidget(self.chart, 1)
        self._log = Button("log", role="quiet", small=True, tooltip="Logarithmic scale (L)", parent=self)
        self._log.setCheckable(True)
        self._log.toggled.connect(self.chart.set_log)
        self.chart.log_changed.connect(self._log.setChecked)
        self._log.setVisible(log)
        self._smooth = Button("smooth off", role="quiet", small=True, tooltip="Smooth the curves", parent=self)
        self._smooth_menu = QMenu(self)
        group = QActionGroup(self)
        for weight in SMOOTHING:
            action = self._smooth_menu.addAction(f"{weight:g}" if weight else "off")
            action.setCheckable(True)
            action.setChecked(weight == 0)
            action.setData(weight)
            group.addAction(action)
        group.triggered.connect(lambda action: self.chart.set_smoothing(action.data()))
        self._smooth.clicked.connect(lambda: self.open_menu(self._smooth_menu, self._smooth))
        self._smooth.setVisible(smooth)
        self.chart.smoothing_changed.connect(self._on_smoothing_changed)
        self._follow = Button(
            "follow", role="quiet", small=True, tooltip="Show all, and new points as they come (F)", parent=self
        )
        self._follow.clicked.connect(lambda: self.chart.set_follow(True))
        self._follow.setVisible(False)
        self.chart.follow_changed.connect(lambda follows: self._follow.setVisible(not follows))
        self._header_row.removeWidget(self.more)
        for button in (self._follow, self._log, self._smooth, self.more):
            self.add_to_header(button)
        first = self.menu.actions()[0]
        follow = self.menu.addAction("Follow new points")
        follow.setCheckable(True)
        follow.setChecked(True)
        follow.triggered.connect(self.chart.set_follow)
        self.chart.follow_changed.connect(follow.setChecked)
        log_x = self.menu.addAction("Logarithmic x axis")
        log_x.setCheckable(True)
        log_x.triggered.connect(self.chart.set_log_x)
        self.menu.insertActions(first, [follow, log_x])
        self.menu.insertSeparator(first)

    def picture(self) -> QWidget:
        self.chart.put_away_readout()
        return self.chart

    def table(self) -> Write:
        table = self.chart.table()
        return lambda path: write_table(table, path)

    def _on_smoothing_changed(self, weight: float) -> None:
        self._smooth.set_text(f"smooth {weight:g}" if weight else "smooth off")
        for action in self._smooth_menu.actions():
            action.setChecked(action.data() == weight)
