"""The games a network plays while it learns: side by side, by its values and by chance, into the memory of batches.

All chance comes from one generator of its own. A checkpoint holds that, the memory, and of each game the seed and the
actions of its episode, from which the episode is played again up to where it stood: a resumed run goes on as if it had
never been broken, where the environment keeps to its seed.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from engine.data.environments.encoding import Encoding
from engine.data.environments.game import Game
from engine.document.environment_fields import ACTION, DONE, NEXT, OBSERVATION, REWARD
from engine.document.recipe import Play
from engine.training.feed import keyed_seed
from engine.training.playing.memory import ReplayMemory
from engine.training.playing.returns import TRAINING, Episode, episode_seed
from engine.training.playing.valuing import Valuing

_SPREAD: Final = 1 << 20
"""Each game has so many episodes of its own, beside those of the others."""


class Acting:
    """The games of one phase. `groups` are the fields behind each Input of a batch, `memory` where moments go.

    Raises DataError when the environment fails.
    """

    def __init__(
        self,
        settings: Play,
        games: Sequence[Game],
        valuing: Valuing,
        encoding: Encoding,
        groups: Sequence[tuple[str, ...]],
        memory: ReplayMemory,
        *,
        seed: int,
    ) -> None:
        self.settings = settings
        self.memory = memory
        self.finished: list[Episode] = []
        """Episodes that ended since somebody cleared this, with chance in them."""
        self.lived = 0
        """Moments since the phase began."""
        self._games = list(games)
        self._valuing = valuing
        self._encoding = encoding
        self._groups = [tuple(group) for group in groups]
        self._generator = torch.Generator().manual_seed(keyed_seed(seed, "playing"))
        self._salt = keyed_seed(seed, "episodes")
        self._episodes = [0] * len(self._games)
        self._ready = False

    @property
    def chance(self) -> float:
        """How likely an action is any action now."""
        play = self.settings
        share = min(1.0, self.lived / play.explore_over)
        return play.explore_from + (play.explore_to - play.explore_from) * share

    def batches(self, bounds: Sequence[int], start: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of an epoch from number `start` on; games go on as they are asked for."""
        while self.memory.count < self.settings.start_after:
            self.step()
        for number in range(start, len(bounds) - 1):
            if number % self.settings.every == 0:
                self.step()
            yield self.memory.drawn(bounds[number + 1] - bounds[number], self._generator)

    def _seed(self, number: int) -> int:
        """The seed of the next episode of a game."""
        episode = number * _SPREAD + self._episodes[number]
        return episode_seed(TRAINING, (self._salt << 24) + episode)

    def step(self) -> None:
        """One step of every game."""
        if not self._ready:
            for number, game in enumerate(self._games):
                game.begin(self._seed(number))
            self._ready = True
        games, generator = self._games, self._generator
        seen = [game.observation for game in games]
        chance = torch.rand(len(games), generator=generator).tolist()
        any_action = torch.randint(len(games[0].actions), (len(games),), generator=generator).tolist()
        limit = self.chance
        by_chance = [value < limit for value in chance]
        best = any_action if all(by_chance) else self._valuing.best(seen)
        actions = [any_ if wild else good for wild, any_, good in zip(by_chance, any_action, best, strict=True)]
        moments = [game.take(action) for game, action in zip(games, actions, strict=True)]
        lived: dict[str, Sequence[Any]] = {
            OBSERVATION: seen,
            ACTION: actions,
            REWARD: [moment.reward for moment in moments],
            NEXT: [moment.observation for moment in moments],
            DONE: [moment.over for moment in moments],
        }
        self.memory.add([self._encoding.rows(group, lived) for group in self._groups])
        self.lived += len(games)
        for number, (game, moment) in enumerate(zip(games, moments, strict=True)):
            if moment.over or moment.cut:
                self.finished.append(Episode(game.seed, game.total, len(game.taken), moment.cut))
                self._episodes[number] += 1
                game.begin(self._seed(number))

    def state(self) -> dict[str, Tensor]:
        """All that going on needs, by name."""
        held = {f"memory/{name}": value for name, value in self.memory.state().items()}
        held["generator"] = self._generator.get_state()
        held["lived"] = torch.tensor([self.lived, int(self._ready)])
        held["episodes"] = torch.tensor(self._episodes)
        held["finished"] = torch.tensor(
            [[episode.total, float(episode.steps)] for episode in self.finished], dtype=torch.float64
        ).reshape(-1, 2)
        if self._ready:
            held["seen"] = self._seen()
            for number, game in enumerate(self._games):
                held[f"taken{number}"] = torch.tensor(game.taken, dtype=torch.int64)
        return held

    def _seen(self) -> Tensor:
        """What all games show now, prepared."""
        return self._encoding.rows((OBSERVATION,), {OBSERVATION: [game.observation for game in self._games]})

    def load(self, state: dict[str, Tensor]) -> bool:
        """Go on from what `state` gave. False where a game could not be brought to where it stood: the environment
        does not keep to its seed, and that game begins anew."""
        inner = "memory/"
        self.memory.load({name.removeprefix(inner): value for name, value in state.items() if name.startswith(inner)})
        self._generator.set_state(state["generator"])
        self.lived, ready = (int(number) for number in state["lived"])
        self._ready = bool(ready)
        self._episodes = [int(number) for number in state["episodes"]]
        self.finished = [Episode(0, float(total), int(steps), False) for total, steps in state["finished"].tolist()]
        if not self._ready:
            return True
        same = [
            game.resume(self._seed(number), state[f"taken{number}"].tolist()) for number, game in enumerate(self._games)
        ]
        # Bytes, as two numbers that are none are not equal.
        equal = [
            now.numpy().tobytes() == then.numpy().tobytes()
            for now, then in zip(self._seen(), state["seen"], strict=True)
        ]
        for number, game in enumerate(self._games):
            if not (same[number] and equal[number]):
                self._episodes[number] += 1
                game.begin(self._seed(number))
        return all(same) and all(equal)
