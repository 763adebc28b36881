"""A card around one figure: its plot, the names of what is drawn, a note, and saving as picture or table."""

import csv
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from gui.charts.figure import Figure
from gui.charts.figure_plot import FigurePlot
from gui.charts.legend import Legend
from gui.charts.menu_card import MenuCard, Write
from gui.charts.series_style import DASHED, SeriesStyle
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.text import Text
from gui.widgets.theme import current_theme

_LEGEND_HEIGHT: Final = 66
_LEAST_HEIGHT: Final = 340


class FigureCard(MenuCard):
    """`plot` draws the figure. `sample_chosen` carries the number of a sample whose point was clicked."""

    sample_chosen = Signal(int)

    def __init__(self, title: str = "", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(title, name=name, parent=parent)
        self.plot = FigurePlot(name=f"{name}.plot" if name else "")
        self.plot.sample_chosen.connect(self.sample_chosen)
        self.legend = Legend()
        self.legend.toggled.connect(self._on_toggled)
        self._room = QScrollArea()
        self._room.setWidgetResizable(True)
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._room.viewport().setAutoFillBackground(False)
        self.legend.setProperty("role", "scrolled")
        self._room.setWidget(self.legend)
        self.words = Text("", role="note", wrap=True)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self._room)
        self.body.addWidget(self.words)
        self._all = Button("show all", role="quiet", small=True, tooltip="Show all of the plot again (F)", parent=self)
        self._all.clicked.connect(self.plot.show_all)
        self._all.hide()
        self.plot.moved.connect(self._all.setVisible)
        self._header_row.removeWidget(self.more)
        self.add_to_header(self._all)
        self.add_to_header(self.more)
        self._keys: list[str] = []
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_figure(self, figure: Figure, *, note: str = "") -> None:
        """Draw a figure; `note` stands below it."""
        self.set_title(figure.title)
        self.more.setAccessibleName(f"More for {figure.title.lower()}")
        self.words.set_text(note)
        self.words.setVisible(bool(note))
        for key in self._keys:
            self.legend.remove(key)
        self._keys = []
        faint = SeriesStyle(color=current_theme().faint, dash=DASHED)
        entries = [(f"s{at}", one.name, one.style(), one.is_shown) for at, one in enumerate(figure.series)]
        entries += [(f"l{at}", line.name, faint, True) for at, line in enumerate(figure.lines)]
        if len(entries) > 1:
            for key, words, style, shown in entries:
                self.legend.add(key, words, style, shown=shown)
                self._keys.append(key)
        self._room.setVisible(len(entries) > 1)
        self._fit_legend()
        QTimer.singleShot(0, self, self._fit_legend)  # the card may not have its place yet
        self.plot.set_figure(figure)

    def _fit_legend(self) -> None:
        """As high as its names need, up to three lines; more of them scroll."""
        wanted = self.legend.heightForWidth(max(80, self.width() - 40))
        fits = wanted <= _LEGEND_HEIGHT
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self._room.setVerticalScrollBarPolicy(off if fits else needed)
        self._room.setFixedHeight(max(22, min(wanted, _LEGEND_HEIGHT)))

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_legend()

    def picture(self) -> QWidget:
        self.plot.put_away_readout()
        return self.plot

    def table(self) -> Write:
        figure = self.plot.figure
        return lambda path: write_figure(figure, path)

    def _on_toggled(self, key: str, shown: bool) -> None:
        place = int(key[1:])
        if key[0] == "s":
            self.plot.set_series_shown(place, shown)
        else:
            self.plot.set_line_shown(place, shown)


def write_figure(figure: Figure, path: Path) -> None:
    """All values as CSV: series, x, y, low, high, sample. Raises OSError when it cannot be written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["series", figure.x.label(), figure.y.label(), "low", "high", "sample"])
        for one in figure.series:
            columns = [one.y, one.low, one.high]
            for at, x in enumerate(one.x.tolist()):
                values = [_cell(column, at) for column in columns]
                place = figure.x.names[round(x)] if figure.x.names and 0 <= round(x) < len(figure.x.names) else x
                sample = one.samples[at] if at < len(one.samples) else ""
                rows.writerow([_safe(one.name), _safe(place) if isinstance(place, str) else place, *values, sample])


def _cell(column: np.ndarray, at: int) -> float | str:
    return float(column[at]) if at < len(column) else ""


def _safe(name: str) -> str:
    # A name that begins like a formula would be one in a spreadsheet (CWE-1236).
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name
