"""Penguins: the species from a few measures."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on birds never seen."""
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=0.95)
