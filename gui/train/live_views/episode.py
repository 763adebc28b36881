"""The game that a network plays while it learns, as a short film that goes round."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.menu_card import Write
from gui.samples.game_view import ActionValues, GamePicture
from gui.train.live_views.arrays import array_of
from gui.train.live_views.view_card import ViewCard
from gui.widgets.guarded import guarded
from gui.widgets.text import Text

_FILM_MS: Final = 110
_HOLD: Final = 8
"""Pictures for which the last one stands."""


class EpisodeCard(ViewCard):
    """Always the same beginning, played without chance, so that what was learned between two films can be seen."""

    key: ClassVar[str] = "episode"
    heading: ClassVar[str] = "Episode"
    help: ClassVar[str] = "The game as the network plays it while it learns, always from the same beginning."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.game = GamePicture(name="train.episode.picture")
        self.values = ActionValues(name="train.episode.values")
        self.told = Text("", role="mono-small")
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(self.game, 1)
        inside.addWidget(self.told)
        inside.addWidget(self.values)
        self._film = np.zeros((0, 1, 1, 3), np.uint8)
        self._worth = np.zeros((0, 0), np.float32)
        self._actions: list[str] = []
        self._at = 0
        self._turner = QTimer(self)
        self._turner.setInterval(_FILM_MS)
        self._turner.timeout.connect(self._turn)

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        seen = frame[0]
        film, worth = array_of(seen, "frames"), array_of(seen, "values")
        if film is None or worth is None or film.ndim != 4 or film.shape[3] != 3 or len(film) != len(worth):
            return
        self._film, self._worth = np.ascontiguousarray(film, np.uint8), worth
        self._actions = str(seen.facts.get("actions", "")).split("\n")
        total, moments = float(seen.facts.get("return", 0)), float(seen.facts.get("moments", 0))
        self.told.set_text(f"return {total:g} in {moments:,.0f} moments")
        self.game.setAccessibleDescription(f"It earned {total:g} in {moments:,.0f} moments.")
        self._at = 0
        self._show_picture()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turner.start()

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._turner.stop()

    def _turn(self) -> None:
        if len(self._film) > 1:
            self._at = (self._at + 1) % (len(self._film) + _HOLD)
            if self._at < len(self._film):
                self._show_picture()

    def _show_picture(self) -> None:
        if not len(self._film):
            return
        at = min(self._at, len(self._film) - 1)
        picture = self._film[at]
        height, width = picture.shape[:2]
        image = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        last = at == len(self._film) - 1
        self.game.show_image(image, "The end" if last else "")
        worth = [] if last else [float(value) for value in self._worth[at]]
        self.values.set_values(self._actions, worth, int(np.argmax(worth)) if worth else -1)

    def table(self) -> Write:
        actions, worth = list(self._actions), self._worth[:-1].copy()

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("picture", *actions))
                for number, row in enumerate(worth):
                    writer.writerow((number + 1, *(f"{float(value):.6g}" for value in row)))

        return write
