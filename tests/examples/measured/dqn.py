"""Deep Q-learning: the pole stands, on games that begin as none did while it was learned."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """The mean return of twenty games, and the worst of them; what a random player earns beside it."""
    yield Score("mean return of 20 games on test", trained.metric("mean_return"), at_least=450.0)
    yield Score("worst of them", trained.metric("lowest_return"))
    episodes = trained.column("episode", "test")
    yield Score("mean return of a random player", len(episodes) / max(1, len(set(episodes))))
