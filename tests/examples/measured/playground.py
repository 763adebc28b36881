"""What a small network must reach on points of a plane: two spirals as shipped, and circles with half the units."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """On the test split, which is 60 points."""
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=0.95)
    yield Score("loss on test", trained.metric("loss"))
