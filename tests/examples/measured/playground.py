"""What a small network must reach on points of a plane: the spirals that are shipped, and three other shapes."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """On the test split, which is 60 points."""
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=0.95)
    for rule in ("Circles", "Xor", "Moons"):
        other = trained.train(sets=[f"data.sources.0.path=points:{rule}", "data.sources.0.options={}"], name=rule)
        yield Score(f"accuracy on test of {rule}", other.metric("accuracy"), at_least=0.95)
