"""What a network scores when it plays by itself: the return of episodes whose seeds are fixed.

The episodes of a split always begin the same, whatever run is scored; those of "test" are met nowhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.data.environments.game import Game
from engine.errors import Cancelled
from engine.training.feed import keyed_seed
from engine.training.playing.valuing import Valuing

SIDE_BY_SIDE: Final = 20
LONGEST: Final = 20_000
"""Steps after which an episode of an environment that never ends is taken as it is."""
TRAINING: Final = "playing"
"""The seeds of games that are learned from."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One game: how it began, the sum of its rewards, how many steps it took. `cut`: it was still going on."""

    seed: int
    total: float
    steps: int
    cut: bool


def episode_seed(split: str, number: int) -> int:
    """The seed of an episode of a split; those of different splits differ."""
    kinds = {TRAINING: 0, "train": 1, "val": 2, "test": 3}
    return (keyed_seed("episode", split, number) >> 3) * 4 + kinds[split]


def played(
    valuing: Valuing, games: Sequence[Game], seeds: Sequence[int], *, cancelled: Callable[[], bool] = lambda: False
) -> list[Episode]:
    """The episodes of these seeds, played side by side without chance, in their order. Raises Cancelled."""
    found: dict[int, Episode] = {}
    waiting: Iterator[tuple[int, int]] = iter(enumerate(seeds))
    going: list[tuple[int, Game]] = []
    for game in games:
        _next(game, waiting, going)
    while going:
        if cancelled():
            raise Cancelled
        chosen = valuing.best([game.observation for _, game in going])
        over = []
        for (number, game), action in zip(going, chosen, strict=True):
            moment = game.take(action)
            if moment.over or moment.cut or len(game.taken) >= LONGEST:
                found[number] = Episode(game.seed, game.total, len(game.taken), not moment.over)
                over.append((number, game))
        for item in over:
            going.remove(item)
            _next(item[1], waiting, going)
    return [found[number] for number in sorted(found)]


def _next(game: Game, waiting: Iterator[tuple[int, int]], going: list[tuple[int, Game]]) -> None:
    number, seed = next(waiting, (-1, 0))
    if number >= 0:
        game.begin(seed)
        going.append((number, game))


def mean_return(episodes: Sequence[Episode]) -> float:
    """The mean of what they scored."""
    return sum(episode.total for episode in episodes) / max(1, len(episodes))
