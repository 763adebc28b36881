"""Garments: the name of a piece of clothing from a small picture; with all of the pictures where they are at hand."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.examples.score import Score
from tests.examples.trained import Trained

FULL = Path(os.environ.get("NETWRIGHT_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
"""Where the Debian package dataset-fashion-mnist puts the 60,000 and 10,000 pictures of which a part ships."""


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy on pictures never seen, after learning from the shipped part, and from the full set."""
    yield Score("accuracy on test", trained.metric("accuracy"), at_least=0.91)
    if FULL.is_dir():
        lighter = ("graph.nodes.dropout1.p=0.2", "graph.nodes.dropout2.p=0.3")  # so many pictures need less dropout
        whole = trained.train(sets=(f"data.sources.0.path={FULL}", *lighter), name="full set", epochs=16)
        yield Score("accuracy on the test of the full set", whole.metric("accuracy"), at_least=0.93)
