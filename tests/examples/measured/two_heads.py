"""Two heads: the species and the mass of a bird by one network."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """One score for each head, and what always saying the mean mass would cost."""
    mass = trained.column("body_mass_g", "test")
    mean = trained.dataset.field("body_mass_g").statistics.mean[0]
    blind = sum(abs(value - mean) for value in mass) / len(mass)
    yield Score("species: accuracy on test", trained.metric("accuracy", output="species"), at_least=0.95)
    error = trained.metric("mean_absolute_error", output="body_mass_g")
    yield Score("body mass: mean absolute error on test, in g", error, at_most=0.5 * blind)
    yield Score("body mass: R2 on test", trained.metric("r2", output="body_mass_g"), at_least=0.75)
