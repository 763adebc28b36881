"""The card of a live view: what was seen last, and a slider with which the run is gone through again."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from engine.protocol.run_events import ViewSeen
from gui.charts.menu_card import MenuCard
from gui.models.curves import XAxis
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.widgets.button import Button
from gui.widgets.text import Text

PLAY_MS: Final = 70
_LONGEST_PLAY: Final = 120
"""Frames a replay shows at most; of more it leaves some out."""


class ViewCard(MenuCard):
    """A subclass declares `key`, `heading` and `help`, puts its widgets into `stage`, draws one frame, and gives the
    table of what is shown. A frame is all that was seen at one step. Frames come with the run and stay with it."""

    key: ClassVar[str]
    heading: ClassVar[str]
    help: ClassVar[str]
    columns: ClassVar[int] = 3

    def __init__(self, runs: RunsModel, project: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__(self.heading, name=f"train.{self.key}", parent=parent)
        self.kind = self.key
        self.runs = runs
        self.project = project
        self._run: int | None = None
        self._taken: tuple[object, ...] = ()  # run and number of events that are in _frames
        self._frames: list[list[ViewSeen]] = []
        self._fixed: list[ViewSeen] = []
        self._drawn: tuple[object, ...] = ()
        self.stage = QWidget()
        """What the subclass fills; hidden while nothing was seen."""
        self._hint = Text("Comes with the first steps of a run", tone="faint", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.play = Button(
            role="icon", icon="play", small=True, tooltip="Watch the run again", name=f"train.{self.key}.play"
        )
        self.play.clicked.connect(self._on_play)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Moment shown")
        self.slider.setObjectName(f"train.{self.key}.moment")
        self.slider.setRange(0, 0)
        self.slider.valueChanged.connect(lambda _at: self._redraw())
        self.slider.sliderPressed.connect(self._stop_playing)
        self.words = Text("", role="mono-small")
        self.words.setMinimumWidth(84)
        self._below = QWidget()
        row = QHBoxLayout(self._below)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.play)
        row.addWidget(self.slider, 1)
        row.addWidget(self.words)
        self.body.addWidget(self._hint, 1)
        self.body.addWidget(self.stage, 1)
        self.body.addWidget(self._below)
        self._player = QTimer(self)
        self._player.setInterval(PLAY_MS)
        self._player.timeout.connect(self._play_on)
        self._pace = 1
        self.set_up()
        self.refresh()

    @abstractmethod
    def set_up(self) -> None:
        """Fill `stage`."""

    @abstractmethod
    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        """Show one frame; `fixed` is what was told before the first step."""

    # What every chart of the grid can do.

    def show_runs(self, compared: Sequence[int]) -> None:
        """Show the first of these runs."""
        self._run = compared[0] if compared else None
        self._stop_playing()
        self.refresh()

    def set_axis(self, axis: XAxis) -> None:
        """It goes by steps whatever the others count."""

    def refresh(self) -> None:
        """Bring what has come since."""
        told = self.runs.curves(self._run).views.get(self.key, []) if self._run is not None else []
        taken = (self._run, len(told), told[-1].step if told else 0)
        if taken == self._taken and self._drawn:
            return
        self._taken = taken
        at_end = self.slider.value() == self.slider.maximum()
        self._fixed = [seen for seen in told if seen.fixed]
        frames: dict[int, list[ViewSeen]] = {}
        for seen in told:
            if not seen.fixed:
                frames.setdefault(seen.step, []).append(seen)
        self._frames = list(frames.values())
        shown = bool(self._frames)
        self._hint.setVisible(not shown)
        self.stage.setVisible(shown)
        self._below.setVisible(shown)
        last = max(0, len(self._frames) - 1)
        self.slider.setEnabled(last > 0)
        self.play.setEnabled(last > 0)
        if self.slider.maximum() != last:
            self.slider.setRange(0, last)
        if at_end and not self._player.isActive():
            self.slider.setValue(last)
        self._redraw()

    def shown(self) -> Sequence[ViewSeen]:
        """The frame that is shown; empty while there is none."""
        return self._frames[min(self.slider.value(), len(self._frames) - 1)] if self._frames else ()

    def fixed(self) -> Sequence[ViewSeen]:
        """What was told before the first step."""
        return self._fixed

    def _redraw(self) -> None:
        frame = self.shown()
        if not frame:
            return
        drawn = (self._run, frame[0].step, len(frame), len(self._fixed))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.words.set_text(f"step {frame[0].step:,}")
        self.draw(self._fixed, frame)

    # Watching again.

    def _on_play(self) -> None:
        if self._player.isActive():
            self._stop_playing()
            self.slider.setValue(self.slider.maximum())
            return
        self._pace = -(-len(self._frames) // _LONGEST_PLAY)
        self.slider.setValue(0)
        self.play.set_icon("stop")
        self._player.start()

    def _play_on(self) -> None:
        self.slider.setValue(min(self.slider.maximum(), self.slider.value() + self._pace))
        if self.slider.value() >= self.slider.maximum():
            self._stop_playing()

    def _stop_playing(self) -> None:
        if self._player.isActive():
            self._player.stop()
            self.play.set_icon("play")
