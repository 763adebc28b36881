"""Intents: whether a remark on a product praises or blames it."""

from collections.abc import Iterator

from tests.examples.bag_of_words import accuracy_of_words
from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on remarks never seen, against that of counting words; pairs of words, a harder rival, are stated."""
    words = accuracy_of_words(trained)
    yield Score("TF-IDF and logistic regression", words)
    yield Score("TF-IDF of words and pairs, the same", accuracy_of_words(trained, together=2))
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=words)
