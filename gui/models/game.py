"""A game of the environment that a run acts in: watched, paused, begun again, or played by a person.

The engine plays ahead some moments at a time; this holds them and shows them one after the other, so that pausing is
at once and a killed engine loses nothing: seed and actions are here.
"""

import random
from typing import Final, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.playing import GameMoment, GamePlayed, PlayGame
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

AHEAD: Final = 16
"""Moments that are asked for at once while watching."""
_COMPARED: Final = 400
"""The same where only the return is wanted."""
PACES: Final = (10, 30, 60)
"""Moments a second."""

Who = Literal["network", "person"]


class GameModel(QObject):
    """`shown` is the moment that is looked at, None before the first one. `state`: idle, working or failed (`error`).

    `who` plays: the network's moments are shown at `pace` while `running`; a person's come with each `act`. `totals`
    are what the two earned in this very game, as far as it is known and over.
    """

    changed = Signal()
    """Anything but the moment changed."""
    moment_shown = Signal()
    """Another moment is shown."""

    def __init__(self, project: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project, engine
        self.run, self.which = "best", "best"
        self.seed = 1
        self.who: Who = "network"
        self.running = False
        self.pace = PACES[1]
        self.state = "idle"
        self.error: NetwrightError | None = None
        self.environment = ""
        self.actions: list[str] = []
        self.shown: GameMoment | None = None
        self.totals: dict[Who, float] = {}
        self.millis = 0.0
        self._waiting: list[GameMoment] = []  # moments that were played and not yet shown
        self._taken: list[int] = []  # all actions the engine was told of or told, shown or not
        self._request = 0
        self._compared: list[int] = []  # what the network did without being watched, to be compared with a person
        self._comparing = 0
        self._wish_step = False  # one moment was asked for; cleared when it is shown
        self._wished: list[int] = []  # what a person did while the engine was at work
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        project.opened.connect(self.forget)

    @property
    def over(self) -> bool:
        """Whether the game that is shown has ended."""
        return self.shown is not None and (self.shown.over or self.shown.cut)

    @property
    def began(self) -> bool:
        """Whether there is a game."""
        return self.shown is not None

    def set_run(self, run: str, which: str = "best") -> None:
        """Whose network plays; another one begins the game again."""
        if (run, which) != (self.run, self.which):
            self.run, self.which = run, which
            if self.began or self._request:
                self.begin(self.seed, self.who)

    def begin(self, seed: int | None = None, who: Who | None = None, *, run: bool | None = None) -> None:
        """Begin the game of a seed, the last one again without; `run`: let it go on by itself."""
        self._drop()
        self.seed = self.seed if seed is None else seed
        if who is not None:
            self.who = who
        self.running = self.who == "network" and (self.running if run is None else run)
        self.error = None
        self._ask()
        self._pace_timer()
        self.changed.emit()

    def begin_another(self) -> None:
        """A game that begins otherwise."""
        self.begin(random.randrange(1, 1 << 30), run=self.running or self.over)

    def play(self) -> None:
        """Let the network go on; from the beginning where the game is over."""
        if self.over or self.who != "network":
            self.begin(self.seed, "network", run=True)
            return
        self.running = True
        self._pace_timer()
        self._ask_ahead()
        self.changed.emit()

    def pause(self) -> None:
        """Hold the game."""
        self.running = False
        self._pace_timer()
        self.changed.emit()

    def step(self) -> None:
        """One moment of the network."""
        if self.who == "network" and not self.over:
            self.pause()
            self._wish_step = True
            self._show_next()

    def act(self, action: int) -> None:
        """A person takes an action."""
        if self.who != "person" or self.over or not 0 <= action < len(self.actions) or len(self._wished) > 1:
            return
        self._wished.append(action)
        self._ask()

    def set_pace(self, pace: int) -> None:
        """So many moments a second."""
        self.pace = pace
        self._pace_timer()
        self.changed.emit()

    def forget(self) -> None:
        """Another project: no game any more."""
        self._drop()
        self.running = False
        self.run, self.which, self.who = "best", "best", "network"
        self.error, self.environment, self.actions = None, "", []
        self.state = "idle"
        self._pace_timer()
        self.changed.emit()

    # -- the engine ---------------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        for request in (self._request, self._comparing):
            if request:
                self._engine.cancel(request)
        self._request = self._comparing = 0
        self._waiting, self._taken, self._wished, self._compared = [], [], [], []
        self._wish_step = False
        self.shown = None
        self.totals = {}

    def _ask(self) -> None:
        """Ask for what comes next, unless that is under way."""
        if self._request or self._project.directory is None:
            return
        steps = AHEAD if self.who == "network" and (self.running or self._begun()) else 0
        actions, self._wished = self._wished, []
        if self._begun() and not steps and not actions:
            return
        self.state = "working"
        self._request = self._engine.ask(
            PlayGame,
            done=self._on_played,
            failed=self._on_failed,
            project_dir=str(self._project.directory),
            run=self.run,
            which=self.which,
            seed=self.seed,
            taken=list(self._taken),
            actions=actions,
            steps=steps,
        )

    def _begun(self) -> bool:
        return self.shown is not None or bool(self._waiting)

    def _on_played(self, event: GamePlayed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        self.state = "idle"
        self.environment, self.actions, self.millis = event.environment, list(event.actions), event.millis
        self._taken += [moment.action for moment in event.moments if moment.action >= 0]
        # How it begins is told again as long as nothing was done.
        self._waiting += [moment for moment in event.moments if moment.action >= 0 or not self._begun()]
        if self.shown is None or self.who == "person" or self._wish_step:
            self._show_next()
        if self.who == "person":
            self._ask()
        else:
            self._ask_ahead()
        self.changed.emit()

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request not in (self._request, self._comparing):
            return
        if event.request == self._comparing:
            self._comparing = 0
            return
        self._request = 0
        self.running = False
        self._pace_timer()
        self.state = "idle"
        if not was_cancelled(event):
            self.state, self.error = "failed", as_error(event)
        self.changed.emit()

    def _ask_ahead(self) -> None:
        last = self._waiting[-1] if self._waiting else self.shown
        ended = last is not None and (last.over or last.cut)
        if (
            self.who == "network"
            and not ended
            and len(self._waiting) < AHEAD // 2
            and (self.running or self._wish_step)
        ):
            self._ask()

    # -- showing ------------------------------------------------------------------------------------------------------

    def _pace_timer(self) -> None:
        if self.running:
            self._timer.start(max(1, 1000 // self.pace))
        else:
            self._timer.stop()

    def _tick(self) -> None:
        self._show_next()

    def _show_next(self) -> None:
        if not self._waiting:
            self._ask_ahead()
            return
        self._wish_step = False
        self.shown = self._waiting.pop(0)
        if self.over:
            self.totals[self.who] = self.shown.total
            self.running = False
            self._pace_timer()
            if self.who == "person":
                self._compare()
            self.changed.emit()
        self._ask_ahead()
        self.moment_shown.emit()

    def _compare(self) -> None:
        """Let the network play the same game, unseen."""
        if "network" in self.totals or self._comparing or self._project.directory is None:
            return
        self._comparing = self._engine.ask(
            PlayGame,
            done=self._on_compared,
            failed=self._on_failed,
            project_dir=str(self._project.directory),
            run=self.run,
            which=self.which,
            seed=self.seed,
            taken=list(self._compared),
            steps=_COMPARED,
            pictures=False,
        )

    def _on_compared(self, event: GamePlayed) -> None:
        if event.request != self._comparing:
            return
        self._comparing = 0
        self._compared += [moment.action for moment in event.moments if moment.action >= 0]
        last = event.moments[-1] if event.moments else None
        if last is None or last.over or last.cut:
            if last is not None:
                self.totals["network"] = last.total
            self.changed.emit()
        else:
            self._compare()
