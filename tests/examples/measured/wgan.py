"""Wasserstein GAN: garments out of noise, judged as those of the example `gan`."""

from collections.abc import Iterator

from tests.examples.measured.gan import judged
from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """How many of the made pictures a good classifier is sure of, and how they are spread over the classes."""
    yield from judged(trained, sure=0.5, kinds=8.0)
