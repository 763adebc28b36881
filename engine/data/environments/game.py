"""One environment being played, an episode after the other, each of which can be begun again where it stands."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.data.environments.frames import frame_of
from engine.data.environments.opening import action_names, is_discrete, opened
from engine.errors import DataError


class Moment(NamedTuple):
    """What came of an action. `over`: the game ended; `cut`: it was only stopped because it lasted too long."""

    observation: Any
    reward: float
    over: bool
    cut: bool


class Game:
    """An environment with discrete actions, numbered from 0. `pictures`: it will be looked at.

    An episode follows from its seed and the actions taken, where the environment keeps to its seed; so these two are
    all that is kept of it. Every method raises DataError when the environment fails.
    """

    def __init__(self, name: str, *, pictures: bool = False) -> None:
        self.name = name
        self._environment = opened(name, pictures=pictures)
        space = self._environment.action_space
        if not is_discrete(space):
            self._environment.close()
            raise DataError(
                f"The actions of {name} are not one of so many, so they have no values to choose by.",
                where=f"gym:{name}",
                expected="discrete actions",
                found=str(space)[:80],
                hint="Choose an environment whose actions are numbered.",
            )
        self.actions = action_names(space)
        self.space = self._environment.observation_space
        self.seed = 0
        self.taken: list[int] = []
        """The actions of the episode so far."""
        self.total = 0.0
        """The rewards of the episode so far."""
        self.observation: Any = None
        self._first = int(space.start)

    def begin(self, seed: int) -> Any:
        """Begin the episode of a seed; what is seen first."""
        self.seed, self.total = seed, 0.0
        self.taken = []
        try:
            self.observation, _ = self._environment.reset(seed=seed)
        except Exception as error:  # noqa: BLE001 - environments raise what they like; the user is told through DataError
            raise self._failed(error) from None
        return self.observation

    def take(self, action: int) -> Moment:
        """Take an action."""
        try:
            seen, reward, over, cut, _ = self._environment.step(self._first + action)
        except Exception as error:  # noqa: BLE001 - likewise
            raise self._failed(error) from None
        self.taken.append(action)
        self.observation = seen
        reward = float(reward)
        self.total += reward
        return Moment(seen, reward, bool(over), bool(cut))

    def resume(self, seed: int, taken: Sequence[int]) -> bool:
        """Go to where an episode stood after these actions. False where it ended on the way."""
        self.begin(seed)
        for action in taken:
            moment = self.take(action)
            if moment.over or moment.cut:
                return False
        return True

    def frame(self) -> npt.NDArray[np.uint8]:
        """What it looks like now: (H, W, 3). Its own picture where it can draw one, else one drawn here."""
        return frame_of(self._environment, self.name, self.observation)

    def close(self) -> None:
        """Let go of it."""
        self._environment.close()

    def _failed(self, error: Exception) -> DataError:
        said = f"{type(error).__name__}: {str(error).strip()}"[:300]
        return DataError(f"The environment {self.name} cannot be played: {said}", where=f"gym:{self.name}")
