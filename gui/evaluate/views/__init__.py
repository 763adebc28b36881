"""The views of the Evaluate tab, in the order in which they are listed."""

from typing import Final

from gui.evaluate.view import EvaluateView
from gui.evaluate.views.attention import AttentionView
from gui.evaluate.views.compare import CompareView
from gui.evaluate.views.episodes import EpisodesView
from gui.evaluate.views.feature_maps import FeatureMapsView
from gui.evaluate.views.groups import GroupsView
from gui.evaluate.views.latent import LatentView
from gui.evaluate.views.map_sheets import MapSheetsView
from gui.evaluate.views.mistakes import MistakesView
from gui.evaluate.views.neurons import NeuronsView
from gui.evaluate.views.oddness import OddnessView
from gui.evaluate.views.plots import (
    CalibrationView,
    CurvesView,
    ForecastView,
    MadeView,
    NumbersView,
    RegionsView,
    TextView,
)
from gui.evaluate.views.robustness import RobustnessView
from gui.evaluate.views.why import WhyView

VIEWS: Final[tuple[type[EvaluateView], ...]] = (
    MistakesView,
    EpisodesView,
    CurvesView,
    CalibrationView,
    NumbersView,
    ForecastView,
    RegionsView,
    TextView,
    MadeView,
    OddnessView,
    MapSheetsView,
    GroupsView,
    CompareView,
    RobustnessView,
    WhyView,
    FeatureMapsView,
    AttentionView,
    NeuronsView,
    LatentView,
)
