"""Rbm: a Boltzmann machine that dreams of digits, and what its hidden units are good for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.examples.score import Score
from tests.examples.trained import Trained

if TYPE_CHECKING:
    import numpy as np

LABELS = 100


def scores(trained: Trained) -> Iterator[Score]:
    """How well digits are drawn again, and how well a linear model reads them with few labels: from points of ink, and
    from what the hidden units say of them, which must not have lost what tells digits apart."""
    yield Score("reconstruction error on test", trained.metric("reconstruction_error"), at_most=0.12)
    from_ink, from_units = (_accuracy(trained, hidden=hidden) for hidden in (False, True))
    yield Score(f"accuracy with {LABELS} labels, from the ink", from_ink)
    yield Score(f"accuracy with {LABELS} labels, from the hidden units", from_units, at_least=from_ink - 0.05)


def _accuracy(trained: Trained, *, hidden: bool) -> float:
    from sklearn.linear_model import LogisticRegression

    learn, test = _features(trained, "train", hidden=hidden)[:LABELS], _features(trained, "test", hidden=hidden)
    model = LogisticRegression(max_iter=2000).fit(learn, trained.column("label", "train")[:LABELS])
    return float(model.score(test, trained.column("label", "test")))


def _features(trained: Trained, split: str, *, hidden: bool) -> "np.ndarray":
    import torch

    from engine.evaluation.network import load_network
    from engine.training.runs import find_run

    column = trained.dataset.columns(("pixels",), split)
    ink = column.gather(torch.arange(len(column))).flatten(1)
    if not hidden:
        return ink.numpy()
    machine = load_network(find_run(trained.folder, str(trained.run))).get_submodule("machine")
    with torch.inference_mode():
        return machine(ink)[0].numpy()
