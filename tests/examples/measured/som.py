"""Som: penguins on a map that nobody told what a species is."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """How closely the map fits penguins it never saw, whether it is folded, and how well its units tell species."""
    yield Score("quantization error on test", trained.metric("quantization_error"), at_most=0.65)
    yield Score("topographic error on test", trained.metric("topographic_error"), at_most=0.1)
    yield Score("quantization error on train", trained.metric("quantization_error", split="train"))
    yield Score("topographic error on train", trained.metric("topographic_error", split="train"))
    yield Score("accuracy of the units' names on test", trained.metric("accuracy"), at_least=0.9)
