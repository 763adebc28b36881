"""Plays the recording of a sample, and stops it."""

from collections.abc import Callable

from gui.models.sound_player import SoundPlayer
from gui.widgets.button import Button


class PlayButton(Button):
    """`sample` says which one is meant when it is pressed, `run` in whose data that is its number ("" for the data as
    it is now)."""

    def __init__(
        self, player: SoundPlayer, sample: Callable[[], int], *, run: Callable[[], str] = str, name: str = "data.play"
    ) -> None:
        super().__init__("Play", icon="play", small=True, tooltip="Listen to it (P)", name=name)
        self._player = player
        self.clicked.connect(lambda: player.toggle(sample(), run()))
        player.changed.connect(self._show)

    def _show(self) -> None:
        plays = self._player.playing >= 0
        self.set_text("Stop" if plays else "Play")
        self.set_icon("stop" if plays else "play")
