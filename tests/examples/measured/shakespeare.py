"""Shakespeare: what letter comes next in a play, by a small GPT or an LSTM."""

from collections.abc import Iterator

from tests.examples.ngram import NGram
from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """Bits for each letter of pieces never seen, against those of a 5-gram model that sees the same pieces."""
    train, test = ("".join(trained.column("text", "train")), trained.column("text", "test"))
    baseline = NGram([train], train).bits(test, whole=False)
    yield Score("5-gram model, bits per character", baseline)
    yield Score("bits per character on test, GPT", trained.metric("bits_per_character"), at_most=baseline)
    lstm = trained.train(sets=("graph.nodes.switch.active=b",), name="LSTM")
    yield Score("bits per character on test, LSTM", lstm.metric("bits_per_character"), at_most=baseline)
