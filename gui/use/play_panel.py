"""Watch it play: the exported network in its environment, live, or a person in its place."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from engine.checks.playing import actors, environment_of
from engine.document.project import Project
from gui.models.game import GameModel
from gui.samples.game_view import GameView
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.guarded import guarded

_NOTE: Final = "runs the exported file"


def plays(project: Project) -> bool:
    """Whether a network of this project acts in an environment."""
    return bool(environment_of(project.data)) and bool(actors(project.graph))


class PlayPanel(Card):
    """Begins to play by itself when it is first shown, and pauses while it is not."""

    numbers_wanted = Signal()
    """Somebody would rather give the network numbers of their own."""

    def __init__(self, game: GameModel, parent: QWidget | None = None) -> None:
        super().__init__("Watch it play", _NOTE, name="use.play", parent=parent)
        self._game = game
        self.view = GameView(game, name="use.game")
        self.body.addWidget(self.view, 1)
        self.numbers = Button("Try numbers", role="quiet", small=True, name="use.play.numbers")
        self.numbers.clicked.connect(self.numbers_wanted)
        self.add_to_header(self.numbers)

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._game.began and self._game.state == "idle":
            self._game.begin(run=True)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._game.pause()

    def show_run(self, run: str, which: str = "best") -> None:
        """Let another run play."""
        self._game.set_run(run, which)
