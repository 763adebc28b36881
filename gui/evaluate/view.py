"""What every view of the Evaluate tab is: a page below the scores that shows one output of a scored run in one way."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.models.corrections import CorrectionsModel
from gui.models.data import DataModel
from gui.models.engine import Engine
from gui.models.evaluation import EvaluationModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.sound_player import SoundPlayer


@dataclass(frozen=True, kw_only=True)
class EvaluateContext:
    """The models that a view may look at and call."""

    project: ProjectModel
    runs: RunsModel
    data: DataModel
    evaluation: EvaluationModel
    engine: Engine

    @cached_property
    def corrections(self) -> CorrectionsModel:
        """Labels given and samples left out where mistakes are seen; one for all views."""
        return CorrectionsModel(self.project, self.data, self.evaluation, self.engine, self.evaluation)

    @cached_property
    def player(self) -> SoundPlayer:
        """Lets a recording be heard; one for all views, as two at once would be a noise."""
        return SoundPlayer(self.project, self.engine, self.evaluation)


ACTS: Final = "This output acts in an environment: see Episodes."
"""Why views of answers to samples do not show it."""


MADE: Final = "What is made of random numbers has no truth of its own that it could be compared with: see Made."
"""Why views of right and wrong answers do not show what a generator makes."""


class EvaluateView(QWidget):
    """One row of the list at the left, and the page that it shows.

    A view is made when it is first needed, with the context alone. It says nothing to the engine before `show_output`:
    that is called while it is visible, when it comes up and whenever result or output changed. What else it shows
    (the chosen sample, the chosen way of explaining) it takes from `context.evaluation` and its signals.
    """

    key: ClassVar[str] = ""
    """Stable, short: part of the object name `evaluate.view.KEY`."""
    caption: ClassVar[str] = ""
    """Its row at the left."""
    section: ClassVar[str] = "Views"
    """The heading that its row stands under."""

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__()
        self.context = context
        self.setObjectName(f"evaluate.view.{self.key}")
        self.setAccessibleName(self.caption)

    @classmethod
    def leads(cls, output: FieldEvaluation) -> bool:
        """Whether an output is best looked at here first."""
        return False

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        """Why this cannot be shown for an output, in a sentence; "" when it can. The row is disabled with it."""
        return ""

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        """Show an output; called while visible, and again whenever either changed."""
        raise NotImplementedError

    def came_up(self) -> None:
        """The tab is in sight again; what a view leaves undone out of sight is done now."""

    def focus_first(self) -> None:
        """Give the focus to what the keyboard begins with: where a view says nothing, its first part that takes it."""
        for child in self.findChildren(QWidget):
            if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
                child.setFocus(Qt.FocusReason.TabFocusReason)
                return
