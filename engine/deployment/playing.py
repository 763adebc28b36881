"""An exported network in the environment it was trained for, step by step, with pictures: for watching and for
playing against it."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from engine.checks.playing import environment_of
from engine.data.environments.game import Game
from engine.data.environments.opening import action_names, gymnasium_package, is_discrete, is_picture
from engine.data.progress import IsCancelled, never
from engine.deployment.predict import Predictor
from engine.document.data_spec import DataSpec
from engine.document.environment_fields import ACTION, OBSERVATION
from engine.errors import Cancelled, DataError
from engine.protocol.messages.playing import GameMoment, GamePlayed

_SEEN: Final = 32
MOST_AT_ONCE: Final = 500


class WatchedGame:
    """A game and the exported file that plays it. Raises DataError where the data is no environment, its actions are
    not discrete, or the file answers something else."""

    def __init__(self, file: Path, data: DataSpec) -> None:
        self.environment = environment_of(data)
        field = data.field(ACTION)
        if not self.environment or field is None:
            raise DataError(
                "There is nothing to play: the data of this run is no environment.",
                where="data",
                expected="one source, an environment such as gym:CartPole-v1",
            )
        self._predictor = Predictor(file)
        unknown = [item.name for item in self._predictor.fields if item.name != OBSERVATION]
        if unknown or not self._predictor.fields:
            raise DataError(
                f"The network looks at {', '.join(unknown) or 'nothing'} before it acts, which is not known then.",
                where=", ".join(unknown),
                expected=OBSERVATION,
            )
        self._game = Game(self.environment, pictures=True)
        classes = field.statistics.classes
        numbered = not set(self._game.actions) - set(classes)
        self.names = list(self._game.actions if numbered or len(classes) != len(self._game.actions) else classes)
        self._begun = False
        self._last: tuple[int, list[int]] = (-1, [])
        self._over = False
        self._pictures = True
        self.millis = 0.0

    def go_on(
        self,
        seed: int,
        taken: Sequence[int] = (),
        actions: Sequence[int] = (),
        steps: int = 0,
        *,
        pictures: bool = True,
        cancelled: IsCancelled = never,
    ) -> GamePlayed:
        """Take `actions` and then `steps` of the network, behind those `taken` in the episode of a seed.

        Raises DataError for an action that there is not, or that was taken behind the end; and Cancelled.
        """
        count = len(self.names)
        wrong = next((action for action in (*taken, *actions) if not 0 <= action < count), None)
        if wrong is not None or not 0 <= steps <= MOST_AT_ONCE or seed < 0:
            raise DataError("This cannot be played.", where="action", expected=f"actions from 0 to {count - 1}")
        moments: list[GameMoment] = []
        self._pictures = pictures
        if not self._begun or self._last != (seed, list(taken)):
            self._stand_at(seed, taken)
        if not taken:
            moments.append(self._moment(-1, 0.0, False))
        for action in actions:
            if self._over:
                break
            moments.append(self._step(action))
        best = moments[-1].best if moments else -1
        for _ in range(steps):
            if self._over:
                break
            if cancelled():
                self._begun = False  # whoever asks stands where they stood before
                raise Cancelled
            moments.append(self._step(best if best >= 0 else self._values()[0]))
            best = moments[-1].best
        self._last = (seed, list(self._game.taken))
        return GamePlayed(
            environment=self.environment, actions=self.names, seed=seed, moments=moments, millis=round(self.millis, 3)
        )

    def _stand_at(self, seed: int, taken: Sequence[int]) -> None:
        """Begin the episode and play it again up to there."""
        self._over = False
        self._game.begin(seed)
        for number, action in enumerate(taken):
            moment = self._game.take(action)
            if moment.over or moment.cut:
                self._over = True
                if number + 1 < len(taken):
                    raise DataError(
                        "The episode was over before: this environment does not keep to its seed.",
                        where=self.environment,
                        hint="Begin a new one.",
                    )
        self._begun = True

    def _step(self, action: int) -> GameMoment:
        moment = self._game.take(action)
        self._over = moment.over or moment.cut
        return self._moment(action, moment.reward, moment.over)

    def _moment(self, action: int, reward: float, over: bool) -> GameMoment:
        best, values = self._values() if not self._over else (-1, [])
        seen = np.asarray(gymnasium_package().spaces.utils.flatten(self._game.space, self._game.observation))
        numbers = [] if is_picture(self._game.space) else [float(value) for value in seen.ravel()[:_SEEN]]
        return GameMoment(
            action=action,
            reward=reward,
            total=self._game.total,
            step=len(self._game.taken),
            best=best,
            values=values,
            seen=numbers,
            frame=_png(self._game.frame()) if self._pictures else b"",
            over=over,
            cut=self._over and not over,
        )

    def _values(self) -> tuple[int, list[float]]:
        """The action the network would take, and what it thinks each is worth."""
        made = self._predictor.predict([{OBSERVATION: self._value()}])
        self.millis = made.milliseconds
        (answer,) = made.predictions
        if answer.problem or ACTION not in answer.outputs:
            raise DataError(
                answer.problem or "The network answers no action.",
                where=self.environment,
                expected=f"an Output for {ACTION}",
            )
        found = answer.outputs[ACTION]
        scores = [float(found.scores.get(name, float("nan"))) for name in self.names]
        named = str(found.value)
        return (self.names.index(named) if named in self.names else int(np.nanargmax(scores))), scores

    def _value(self) -> Any:
        """What is seen, as the exported file is given it."""
        space, seen = self._game.space, self._game.observation
        if is_discrete(space):
            return action_names(space)[int(seen) - int(space.start)]
        if is_picture(space):
            picture = np.asarray(seen, np.uint8)
            picture = picture if picture.ndim == 3 else picture[..., None]
            height, width, channels = picture.shape
            return {"pixels": picture.tobytes(), "height": height, "width": width, "channels": channels}
        flat = np.asarray(gymnasium_package().spaces.utils.flatten(space, seen), np.float32).ravel()
        return [float(value) for value in flat] if len(flat) > 1 else float(flat[0])

    def close(self) -> None:
        """Let go of the environment."""
        self._game.close()


def _png(frame: Any) -> bytes:
    held = io.BytesIO()
    Image.fromarray(frame).save(held, "PNG", compress_level=1)
    return held.getvalue()
