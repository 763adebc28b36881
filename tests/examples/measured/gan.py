"""GAN: garments out of noise, judged by a classifier of real garments."""

from collections.abc import Iterator

import torch

from tests.examples.judge import judge, made_by
from tests.examples.score import Score
from tests.examples.trained import Trained

MADE = 1000


def scores(trained: Trained) -> Iterator[Score]:
    """How many of the made pictures a good classifier is sure of, and how they are spread over the classes."""
    yield from judged(trained, sure=0.6, kinds=8.0)


def judged(trained: Trained, *, sure: float, kinds: float) -> Iterator[Score]:
    """The same for any generator of garments. A collapse shows as few kinds, and as a class that never comes."""
    field = trained.dataset.field("pixels")
    found = judge().see(made_by(trained, "pixels", MADE), field)
    yield Score("made pictures the judge is sure of", found.sure, at_least=sure)
    yield Score("kinds made, of 10", found.kinds, at_least=kinds)
    yield Score("share of the rarest kind", found.rarest, at_least=0.02)
    yield Score("real pictures covered", trained.metric("coverage"))
    yield Score("made pictures near real ones", trained.metric("fidelity"))
    real = trained.dataset.columns(("pixels",), "test")
    sure_of_real = judge().see(real.gather(torch.arange(len(real))), field).sure
    yield Score("real pictures the judge is sure of", sure_of_real)
    yield Score("judge's accuracy on real pictures", judge().accuracy)
