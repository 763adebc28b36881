"""New names: what letter comes next in a name."""

from collections.abc import Iterator

from tests.examples.ngram import NGram
from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """Bits for each letter of names never seen, their ends included, against those of a 5-gram model."""
    names = {split: [name + "\n" for name in trained.column("text", split)] for split in ("train", "test")}
    baseline = NGram(names["train"], "".join(names["train"])).bits(names["test"], whole=True)
    yield Score("5-gram model, bits per character", baseline)
    yield Score("bits per character on test", trained.metric("bits_per_character"), at_most=baseline)
