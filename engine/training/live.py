"""Settings that were changed while a run trains: kept in its folder before they count, so that no kill loses them.

A change counts from the step after the one it was made at. A run that goes on from an earlier checkpoint makes it again
at the very same step.
"""

import math
from typing import Final

import msgspec

from engine.document.atomic import write_atomically
from engine.protocol.run_events import ChangeSettings
from engine.protocol.run_folder import RunFolder

CHANGES: Final = "changes.json"
NEVER: Final = 1 << 62


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change in phase number `phase`, counting from the step after `step`."""

    phase: int
    step: int
    player: str = ""
    learning_rate: float | None = None
    clip_norm: float | None = None


class LiveSettings:
    """All changes of a run so far, in the order they were made. `next_step` is where the next one is to be made again.

    A learning rate holds to the end of the phase, the size gradients are clipped to until it is changed again.
    """

    def __init__(self, folder: RunFolder, step: int) -> None:
        self._path = folder.path / CHANGES
        try:
            self._changes = msgspec.json.decode(self._path.read_bytes(), type=list[Change])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            self._changes = []
        self._step = step
        self.next_step = NEVER
        self._find_next()

    def made(self, phase: int) -> list[Change]:
        """The changes that count by now: those of this phase, and what clips gradients since earlier ones."""
        return [
            change if change.phase == phase else msgspec.structs.replace(change, learning_rate=None)
            for change in self._changes
            if change.step <= self._step
        ]

    def due(self, step: int) -> list[Change]:
        """The changes to make again before the step after this one."""
        found = [change for change in self._changes if self._step < change.step <= step]
        self._step = max(self._step, step)
        self._find_next()
        return found

    def add(self, change: Change) -> None:
        """Keep a new change, in place of those that a run on its way back there would have made later.

        Raises ProjectError when the folder takes nothing; it must not be made then.
        """
        changes = [*(old for old in self._changes if old.step <= change.step), change]
        write_atomically(self._path, msgspec.json.encode(changes) + b"\n")
        self._changes, self._step = changes, max(self._step, change.step)
        self._find_next()

    def _find_next(self) -> None:
        self.next_step = min((change.step for change in self._changes if change.step > self._step), default=NEVER)


def refusal(asked: ChangeSettings, players: list[str]) -> str:
    """Why a change makes no sense; empty when it does."""
    if asked.player and asked.player not in players:
        return f"there is no player '{asked.player[:60]}' in this phase"
    rate, clip = asked.learning_rate, asked.clip_norm
    if rate is not None and not (math.isfinite(rate) and 0 <= rate <= 1e6):
        return "a learning rate is a number from 0 on"
    if clip is not None and not (math.isfinite(clip) and clip >= 0):
        return "gradients are clipped to a number above 0, or to 0 for not at all"
    if rate is None and clip is None:
        return "it names no setting"
    return ""
