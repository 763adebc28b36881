"""The views of the Evaluate tab, in the order in which they are listed."""

from typing import Final

from gui.evaluate.view import EvaluateView
from gui.evaluate.views.mistakes import MistakesView

VIEWS: Final[tuple[type[EvaluateView], ...]] = (MistakesView,)
