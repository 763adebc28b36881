"""Sentiment: whether a sentence about a film is good or bad, by three networks in one drawing."""

from collections.abc import Iterator

from tests.examples.bag_of_words import accuracy_of_words
from tests.examples.score import Score
from tests.examples.trained import Trained

_OTHERS = {"b": "GRU", "c": "transformer encoder"}
_ASKED = 0.76


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on sentences never seen, of each way that the Switch can take."""
    yield Score("accuracy on test, LSTM", trained.metric("accuracy"), at_least=_ASKED)
    for way, name in _OTHERS.items():
        other = trained.train(sets=(f"graph.nodes.switch.active={way}",), name=name)
        yield Score(f"accuracy on test, {name}", other.metric("accuracy"), at_least=_ASKED)
    yield Score("TF-IDF and logistic regression", accuracy_of_words(trained))
    yield Score("TF-IDF of words and pairs, the same", accuracy_of_words(trained, together=2))
