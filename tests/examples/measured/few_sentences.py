"""Few sentences: what 80 remarks teach a head on a frozen sentence encoder, and what they teach who counts words."""

from collections.abc import Iterator

from tests.examples.bag_of_words import accuracy_of_words
from tests.examples.score import Score
from tests.examples.trained import Trained

FEW = 80
MORE = (320, 1_280)


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on remarks never seen, against that of counting words in the very same remarks; how far counting gets
    with more of them is stated."""
    few = trained.rows(FEW)
    words = accuracy_of_words(trained, rows=few)
    pairs = accuracy_of_words(trained, together=2, rows=few)
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=max(words, pairs) + 1e-6)
    yield Score(f"TF-IDF and logistic regression, the same {FEW} remarks", words)
    yield Score("TF-IDF of words and pairs, the same", pairs)
    for more in MORE:
        found = accuracy_of_words(trained, rows=trained.rows(more))
        yield Score(f"TF-IDF and logistic regression, {more:,} remarks", found)
