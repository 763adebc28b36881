"""Siamese: characters of two alphabets that were never trained on, told apart after one look at each."""

from collections.abc import Iterator

import numpy as np
import torch

from engine.catalog.metrics.embeddings import OneShotAccuracy
from engine.training.one_shot import episodes_won
from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """600 episodes of five characters; the same episodes by the distance of the pictures themselves."""
    given = trained.answered()
    unseen = given.dataset.unseen()[given.indices.numpy()]
    classes = np.where(unseen, given.dataset.labels("label")[given.indices].numpy(), -1)
    column = given.dataset.columns(("pixels",), "test")
    pixels = column.gather(torch.arange(given.count)).flatten(1).numpy()
    by_pixels = float(episodes_won(pixels, classes, **OneShotAccuracy.options).mean())
    won = trained.metric("one_shot_accuracy")
    yield Score("one-shot 5-way accuracy, alphabets never trained on", won, at_least=0.7)
    yield Score("the same by the pixels", by_pixels)
    yield Score("guessing", 0.2)
    yield Score(f"the nearest of all other {given.count:,} names the character", trained.metric("accuracy"))
