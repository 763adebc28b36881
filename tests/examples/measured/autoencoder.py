"""Autoencoder: what comes back of a picture, what is cleaned, and whether a class it never saw looks odd to it."""

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from tests.examples.score import Score
from tests.examples.trained import Trained

SPOILED = 0.4
"""Spread of the noise, as the drawing has it."""


def scores(trained: Trained) -> Iterator[Score]:
    """Bags were never in training; all errors are of grey values from 0 to 1."""
    given = trained.answered()
    errors = given.output("pixels").errors
    assert errors is not None
    squared = errors[:, 1].numpy()
    unseen = given.dataset.unseen()[given.indices.numpy()]
    yield Score("AUROC of bags, never seen, by their error", trained.metric("oddness_auroc"), at_least=0.9)
    yield Score("root mean squared error, garments it knows", float(np.sqrt(squared[~unseen].mean())), at_most=0.15)
    yield Score("root mean squared error, bags", float(np.sqrt(squared[unseen].mean())))
    clean = given.dataset.columns(("pixels",), "test").gather(torch.from_numpy(np.flatnonzero(~unseen)[:1000]))
    spoiled = clean + SPOILED * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        cleaned = given.network(spoiled)[0]
    yield Score("root mean squared error, spoiled garments", float((spoiled - clean).square().mean().sqrt()))
    yield Score("the same, cleaned", float((cleaned - clean).square().mean().sqrt()), at_most=0.2)
    yield from _linear(trained, unseen)


def _linear(trained: Trained, unseen: np.ndarray) -> Iterator[Score]:
    """The best code of as many numbers without a bend in it: principal components."""

    def flat(split: str) -> np.ndarray:
        column = trained.dataset.columns(("pixels",), split)
        return column.gather(torch.arange(len(column))).flatten(1).numpy()

    train, test = flat("train"), flat("test")
    code = PCA(16, random_state=0).fit(train)
    off = np.square(code.inverse_transform(code.transform(test)) - test).mean(1)
    yield Score("AUROC of bags by 16 principal components", float(roc_auc_score(unseen, off)))
    yield Score("root mean squared error of these, garments", float(np.sqrt(off[~unseen].mean())))
