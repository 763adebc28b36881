"""The game that a network plays while it learns: a short film of it, with what each action is worth.

Each look plays one episode without chance, always the same beginning, so that films can be compared: `frames` uint8
(T, H, W, 3), some of the first moments and the last one, `values` float32 (T, actions), `taken` uint8 (T,). Facts: the
return, how many moments it took and lie between two pictures, the environment, and the names of the actions in lines.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data.environments.game import Game
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.playing.returns import episode_seed
from engine.training.task import Task

FRAMES: Final = 24
_WIDE: Final = 240
_LONGEST: Final = 600
_EVERY: Final = 4
"""Moments between two pictures of a film."""


class Episode(LiveView):
    """For networks that act in an environment."""

    key: ClassVar[str] = "episode"
    every_s: ClassVar[float] = 3.0
    share_of_time: ClassVar[float] = 0.05

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        assert task.playing is not None  # `applies` says so
        self._playing = task.playing
        self._game = Game(self._playing.environment, pictures=True)
        field = task.project.data.field("action")
        names = field.statistics.classes if field is not None else ()
        self._names = names if len(names) == len(self._game.actions) else self._game.actions

    @classmethod
    def applies(cls, task: Task) -> bool:
        return task.playing is not None

    def look(self) -> Iterable[Seen]:
        game, valuing = self._game, self._playing.valuing
        game.begin(episode_seed("val", 0))
        frames: list[npt.NDArray[np.uint8]] = []
        values: list[npt.NDArray[np.float32]] = []
        taken: list[int] = []
        for step in range(_LONGEST):
            worth = valuing.values([game.observation])[0]
            action = int(worth.argmax())
            if step % _EVERY == 0 and len(frames) < FRAMES:
                frames.append(_small(game.frame()))
                values.append(worth.numpy())
                taken.append(action)
            moment = game.take(action)
            if moment.over or moment.cut:
                break
        frames.append(_small(game.frame()))
        values.append(np.zeros_like(values[0]))
        taken.append(255)
        yield Seen(
            arrays={
                "frames": np.stack(frames),
                "values": np.stack(values).astype(np.float32),
                "taken": np.array(taken, np.uint8),
            },
            facts={
                "return": game.total,
                "moments": float(len(game.taken)),
                "every": float(_EVERY),
                "actions": "\n".join(self._names),
                "environment": game.name,
            },
        )


def _small(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture small enough for the log."""
    height, width = frame.shape[:2]
    if width <= _WIDE:
        return frame
    size = (_WIDE, max(1, round(height * _WIDE / width)))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))
