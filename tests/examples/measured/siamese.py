"""Siamese: five kinds of garment that were never trained on, told apart after one look at each."""

from collections.abc import Iterator

import numpy as np
import torch

from engine.catalog.metrics.embeddings import OneShotAccuracy
from engine.training.one_shot import episodes_won
from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """600 episodes of five classes; the same episodes by the distance of the pictures themselves."""
    won = trained.metric("one_shot_accuracy")
    given = trained.answered()
    unseen = given.dataset.unseen()[given.indices.numpy()]
    column = given.dataset.columns(("pixels",), "test")
    pixels = column.gather(torch.arange(given.count)).flatten(1).numpy()
    classes = np.where(unseen, given.dataset.labels("label")[given.indices].numpy(), -1)
    by_pixels = float(episodes_won(pixels, classes, **OneShotAccuracy.options).mean())
    yield Score("one-shot 5-way accuracy, classes never trained on", won, at_least=by_pixels + 0.03)
    yield Score("the same by pixels", by_pixels)
    yield Score("guessing", 0.2)
    known = np.where(unseen, -1, given.dataset.labels("label")[given.indices].numpy())
    places = given.outputs[0].places
    assert places is not None
    seen = episodes_won(places.numpy(), known, **OneShotAccuracy.options).mean()
    yield Score("one-shot 5-way accuracy, classes trained on", float(seen))
