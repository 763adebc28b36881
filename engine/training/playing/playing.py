"""A network in the environment it is to act in: scored by what it plays, and learning from that in a phase."""

from collections.abc import Callable, Sequence

import torch

from engine.checks.playing import actor_of, environment_of, play_of
from engine.compiler.module import CompiledNetwork
from engine.data.environments.encoding import Encoding
from engine.data.environments.game import Game
from engine.document.project import Project
from engine.document.recipe import Play
from engine.errors import TrainingError
from engine.training.feed import Column
from engine.training.playing.acting import Acting
from engine.training.playing.memory import ReplayMemory
from engine.training.playing.returns import SIDE_BY_SIDE, Episode, episode_seed, played
from engine.training.playing.valuing import Valuing

MEAN_RETURN = "mean_return"


def playing_of(project: Project, network: CompiledNetwork, device: torch.device) -> "Playing | None":
    """How the recipe of a flat project plays with its network; None where it does not.

    Raises TrainingError or DataError where it cannot.
    """
    settings = play_of(project.recipe)
    if settings is None:
        return None
    name, output_id = environment_of(project.data), actor_of(project.graph, settings)
    if not name:
        raise TrainingError(
            "The recipe plays, but the data is no environment.",
            where="recipe",
            hint="Choose an environment in the tab Data, or turn playing off in the recipe.",
        )
    if output_id not in network.output_ids:
        raise TrainingError(
            "The recipe plays, but no Output says which action to take.",
            where=settings.output or "recipe",
            expected="an Output for the action",
            hint="Add one, or choose it in the recipe.",
        )
    return Playing(project, network, device, settings, name, output_id)


class Playing:
    """A network that acts, and its environment. Raises DataError when the environment fails."""

    def __init__(
        self,
        project: Project,
        network: CompiledNetwork,
        device: torch.device,
        settings: Play,
        environment: str,
        output_id: str,
    ) -> None:
        self.environment = environment
        self.output_id = output_id
        self.settings = settings
        self._games: list[Game] = []
        self._acting: list[Game] = []
        self._seed = project.recipe.seed
        first = self._more(self._games, 1)[0]
        self.actions = first.actions
        self._encoding = Encoding(project.data, first.space, first.actions)
        self.valuing = Valuing(network, output_id, self._encoding, device)

    def score(self, split: str, episodes: int = 0, *, cancelled: Callable[[], bool] = lambda: False) -> list[Episode]:
        """The first episodes of a split, played without chance, as many as the recipe says. Raises Cancelled."""
        count = episodes or self.settings.episodes
        seeds = [episode_seed(split, number) for number in range(count)]
        games = self._more(self._games, min(count, SIDE_BY_SIDE))
        return played(self.valuing, games, seeds, cancelled=cancelled)

    def learn(self, settings: Play, groups: Sequence[tuple[str, ...]], columns: Sequence[Column]) -> Acting:
        """The games of a phase, whose memory begins with the moments in `columns`, one for each Input of a batch."""
        rows = torch.arange(max(0, len(columns[0]) - settings.memory), len(columns[0]))
        device = self.valuing.device
        memory = ReplayMemory(settings.memory, [column.gather(rows).to(device) for column in columns])
        games = self._more(self._acting, settings.environments)
        return Acting(settings, games, self.valuing, self._encoding, groups, memory, seed=self._seed)

    def _more(self, games: list[Game], count: int) -> list[Game]:
        while len(games) < count:
            games.append(Game(self.environment))
        return games[:count]

    def close(self) -> None:
        """Let go of the games."""
        for game in (*self._games, *self._acting):
            game.close()
