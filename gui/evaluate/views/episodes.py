"""What each episode earned, and any of them to watch."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.charts.figure_card import FigureCard
from gui.evaluate.figures import figure_of
from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.evaluate.views.plots import described
from gui.models.game import GameModel
from gui.samples.game_view import GameView
from gui.widgets.card import Card
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.guarded import guarded
from gui.widgets.tokens import GAP

_CHART: Final = 230
_GAME: Final = 360


class EpisodesView(EvaluateView):
    """The returns as bars; below, the game of the episode that is chosen, the worst one first."""

    key = "episodes"
    caption = "Episodes"

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._shown: FieldEvaluation | None = None
        self._split = ""
        self._run = 0
        self.chart = FigureCard(name="evaluate.episodes.returns", parent=self)
        self.chart.setFixedHeight(_CHART)
        self.game = GameModel(context.project, context.engine, self)
        self.episode = ChoiceEditor()
        self.episode.setObjectName("evaluate.episodes.episode")
        self.episode.setAccessibleName("Episode to watch")
        self.episode.setMinimumWidth(250)
        self.episode.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.card = Card("Watch an episode", name="evaluate.episodes.watch")
        self.card.add_to_header(self.episode)
        self.view = GameView(self.game, name="evaluate.game")
        self.view.setMinimumHeight(_GAME)
        self.card.body.addWidget(self.view, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.chart)
        column.addWidget(self.card, 1)
        self.episode.committed.connect(lambda seed: self._watch(int(str(seed)), run=True))

    @classmethod
    def leads(cls, output: FieldEvaluation) -> bool:
        return bool(output.episodes)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        return "" if output.episodes else "It is for networks that act in an environment."

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        if output is self._shown:
            return
        self._shown, self._run, self._split = output, result.run, result.split
        for plot in output.plots[:1]:
            self.chart.show_figure(figure_of(plot), note=described(plot))
        self.episode.set_choices(
            [
                Choice(
                    value=item.seed,
                    label=f"Episode {place + 1}: {item.total:g} in {item.steps:,} moments",
                    help="It was stopped: a game lasts no longer." if item.cut else "",
                )
                for place, item in enumerate(output.episodes)
            ]
        )
        worst = min(output.episodes, key=lambda item: item.total)
        self.episode.set_value(worst.seed)
        self.game.run, self.game.which = str(result.run), "best"
        self._watch(worst.seed, run=False)

    def focus_first(self) -> None:
        self.episode.setFocus(Qt.FocusReason.TabFocusReason)

    def _watch(self, seed: int, *, run: bool) -> None:
        self.game.begin(seed, "network", run=run)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.game.pause()
