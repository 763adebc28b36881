"""The views of the Evaluate tab, in the order in which they are listed."""

from typing import Final

from gui.evaluate.view import EvaluateView
from gui.evaluate.views.mistakes import MistakesView
from gui.evaluate.views.plots import (
    CalibrationView,
    CurvesView,
    ForecastView,
    MadeView,
    NumbersView,
    RegionsView,
    TextView,
)
from gui.evaluate.views.why import WhyView

VIEWS: Final[tuple[type[EvaluateView], ...]] = (
    MistakesView,
    CurvesView,
    CalibrationView,
    NumbersView,
    ForecastView,
    RegionsView,
    TextView,
    MadeView,
    WhyView,
)
