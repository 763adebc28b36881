"""A card around a line chart with its small controls: scale, smoothing, follow, and saving as picture or table."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui.charts.line_chart import LineChart
from gui.widgets.button import Button
from gui.widgets.card import Card

SMOOTHING: Final = (0.0, 0.3, 0.6, 0.9, 0.97)


class ChartCard(Card):
    """`chart` is the line chart. `failed` carries a sentence when a file could not be written."""

    failed = Signal(str)
    saved = Signal(str)

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
        self._smooth.clicked.connect(lambda: self._open(self._smooth_menu, self._smooth))
        self._smooth.setVisible(smooth)
        self.chart.smoothing_changed.connect(self._on_smoothing_changed)
        self._follow = Button(
            "follow", role="quiet", small=True, tooltip="Show all, and new points as they come (F)", parent=self
        )
        self._follow.clicked.connect(lambda: self.chart.set_follow(True))
        self._follow.setVisible(False)
        self.chart.follow_changed.connect(lambda follows: self._follow.setVisible(not follows))
        self._more = Button(role="icon", icon="more", tooltip=f"Save {title.lower()}", small=True)
        menu = QMenu(self)
        menu.addAction("Save picture...", self._on_save_picture)
        menu.addAction("Save table...", self._on_save_table)
        self._more.clicked.connect(lambda: self._open(menu, self._more))
        for button in (self._follow, self._log, self._smooth, self._more):
            self.add_to_header(button)

    def save(self, path: Path) -> None:
        """Save as PNG or CSV, by the ending; tells the outcome by signal."""
        try:
            if path.suffix.lower() == ".csv":
                self.chart.save_csv(path)
            else:
                self.chart.save_png(path)
        except OSError as error:
            self.failed.emit(f"{path.name} could not be written: {error.strerror or error}. Pick another folder.")
        else:
            self.saved.emit(str(path))

    def _open(self, menu: QMenu, button: Button) -> None:
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _on_smoothing_changed(self, weight: float) -> None:
        self._smooth.set_text(f"smooth {weight:g}" if weight else "smooth off")
        for action in self._smooth_menu.actions():
            action.setChecked(action.data() == weight)

    def _on_save_picture(self) -> None:
        self._ask("Save picture", "PNG picture (*.png)", ".png")

    def _on_save_table(self) -> None:
        self._ask("Save table", "CSV table (*.csv)", ".csv")

    def _ask(self, caption: str, kinds: str, ending: str) -> None:
        start = self.title().lower().replace(" ", "_") + ending
        chosen, _ = QFileDialog.getSaveFileName(self, caption, start, kinds)
        if chosen:
            self.save(Path(chosen).with_suffix(ending))
