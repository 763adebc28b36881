"""What one neuron must reach: it separates the two species, and the rule is Rosenblatt's."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """All of the test split. The best epoch is the first without a mistake on the validation split, so that of the
    train split a bird or two may still lie on the wrong side."""
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=1.0)
    yield Score("accuracy on train", trained.metric("accuracy", split="train"), at_least=0.99)
