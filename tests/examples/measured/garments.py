"""Garments: the name of a piece of clothing from a small picture."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on pictures never seen."""
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=0.91)
