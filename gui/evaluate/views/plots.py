"""Views that are plots alone: what stands in them is declared by the engine with each score."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from engine.document.data_spec import FieldKind
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.plots import PictureGrid, Plot
from gui.charts.figure_card import FigureCard
from gui.evaluate.figures import figure_of
from gui.evaluate.picture_card import PictureCard
from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.widgets.tokens import GAP

_ACROSS = 2


class PlotsView(EvaluateView):
    """Every plot and every grid of pictures of an output that names this view, two beside each other."""

    missing: ClassVar[str] = ""
    """Why there is nothing, where the kind of field has no word of its own in `kinds`."""
    kinds: ClassVar[Mapping[str, str]] = {}
    """Why there is nothing, by kind of field."""

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._shown: FieldEvaluation | None = None
        self.cards: list[FigureCard] = []
        self.pictures: list[PictureCard] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        for place in range(_ACROSS):
            self._grid.setColumnStretch(place, 1)
        self._below = QVBoxLayout()
        self._below.setSpacing(GAP)
        column.addLayout(self._below)
        column.addLayout(self._grid, 1000)
        column.addStretch(1)  # pictures alone stay at the top
        self._waiting: list[Callable[[], None]] = []
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._fill_next)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        if self._plots(output) or self._pictures(output):
            return ""
        return self.kinds.get(output.kind, self.missing)

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        if output is self._shown:
            return
        self._shown = output
        plots, grids = self._plots(output), self._pictures(output)
        while len(self.cards) < len(plots):
            card = FigureCard(name=f"evaluate.{self.key}.{len(self.cards) + 1}", parent=self)
            card.sample_chosen.connect(self.context.evaluation.choose_sample)
            self.cards.append(card)
        while len(self.pictures) < len(grids):
            grid = PictureCard(name=f"evaluate.{self.key}.pictures{len(self.pictures) + 1}", parent=self)
            grid.sample_chosen.connect(self.context.evaluation.choose_sample)
            self._below.addWidget(grid)
            self.pictures.append(grid)
        for at, card in enumerate(self.cards):
            card.setVisible(at < len(plots))
            if at < len(plots):
                alone = at == len(plots) - 1 and at % _ACROSS == 0
                self._grid.addWidget(card, at // _ACROSS, at % _ACROSS, 1, _ACROSS if alone else 1)
        for at, pictures in enumerate(self.pictures):
            pictures.setVisible(at < len(grids))
        self._waiting = [
            *(partial(card.show_grid, grid) for card, grid in zip(self.pictures, grids, strict=False)),
            *(partial(_fill, card, plot) for card, plot in zip(self.cards, plots, strict=False)),
        ]
        self._turn.start()

    def _fill_next(self) -> None:
        """A card a turn of the event loop: with names and curves each takes some milliseconds."""
        if self._waiting:
            self._waiting.pop(0)()
        if not self._waiting:
            self._turn.stop()

    def focus_first(self) -> None:
        if self.cards:
            self.cards[0].plot.setFocus()

    def _plots(self, output: FieldEvaluation) -> list[Plot]:
        return [plot for plot in output.plots if plot.view == self.key]

    def _pictures(self, output: FieldEvaluation) -> list[PictureGrid]:
        return [grid for grid in output.pictures if grid.view == self.key]


def _fill(card: FigureCard, plot: Plot) -> None:
    card.show_figure(figure_of(plot), note=described(plot))


def described(plot: Plot) -> str:
    """What a plot shows and what is to be seen in it, in sentences."""
    return " ".join(f"{part}." if part[-1] not in ".?!" else part for part in (plot.caption, plot.note) if part)


_NO_CLASSES = "It is for answers with classes or labels."


class CurvesView(PlotsView):
    """How well the scores tell the classes apart, whatever bar is set."""

    key = "curves"
    caption = "ROC and PR curves"
    missing = _NO_CLASSES
    kinds: ClassVar[Mapping[str, str]] = {
        FieldKind.CATEGORY: "No class has both samples of it and others in this split.",
        FieldKind.LABELS: "No label is both there and not there in this split.",
        FieldKind.MASK: "Of masks, see the overlap in Regions.",
    }


class CalibrationView(PlotsView):
    """Whether its confidence can be believed."""

    key = "calibration"
    caption = "Calibration"
    missing = "It is for answers that say how sure they are: classes and labels."


class NumbersView(PlotsView):
    """Answered against true, and what is left over."""

    key = "numbers"
    caption = "Numbers"
    missing = "It is for answers that are numbers."
    kinds: ClassVar[Mapping[str, str]] = {FieldKind.SERIES: "Of series, see Forecast."}


class ForecastView(PlotsView):
    """Forecast beside truth, and its error by distance."""

    key = "forecast"
    caption = "Forecast"
    missing = "It is for answers that are series."


class RegionsView(PlotsView):
    """How far masks overlap."""

    key = "regions"
    caption = "Regions"
    missing = "It is for answers that are masks."


class TextView(PlotsView):
    """Where in a text it wavers."""

    key = "text"
    caption = "Text"
    missing = "It is for answers that are text."


class MadeView(PlotsView):
    """What a generator makes, and what comes back of what was given."""

    key = "made"
    caption = "Made"
    missing = "It is for networks that make pictures, sound or arrays: generators and autoencoders."
