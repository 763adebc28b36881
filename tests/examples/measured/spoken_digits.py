"""Spoken digits: by a picture of the sound, by reading it moment by moment, and from a voice never heard."""

from collections.abc import Iterator

from tests.examples.score import Score
from tests.examples.trained import Trained

GRU = "graph.nodes.which.active=b"
NEW_VOICE = ("data.split.method=grouped", "data.split.field=speaker")


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy of both ways on other recordings of known voices, and on those of a speaker kept out of training."""
    yield Score("accuracy on test, CNN", trained.metric("accuracy"), at_least=0.95)
    yield Score("accuracy on test, GRU", trained.train(sets=(GRU,), name="GRU").metric("accuracy"), at_least=0.95)
    apart = trained.train(sets=NEW_VOICE, name="new voice")
    yield Score("accuracy for a speaker never heard, CNN", apart.metric("accuracy"))
