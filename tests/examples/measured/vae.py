"""VAE: how likely it holds pictures to be, and whether its map of two numbers keeps garments of a kind together."""

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from tests.examples.score import Score
from tests.examples.trained import Trained


def scores(trained: Trained) -> Iterator[Score]:
    """The bound in nats a picture; the map by how often neighbours name the class, which the network never heard of."""
    yield Score("ELBO, nats a picture", trained.metric("elbo"), at_least=-275.0)
    yield Score("of it reconstruction", trained.metric("elbo_reconstruction"))
    yield Score("of it KL", trained.metric("elbo_kl"))
    given = trained.answered()
    pictures = given.dataset.columns(("pixels",), "test").gather(torch.arange(given.count))
    with torch.inference_mode():
        x = pictures
        for name in ("conv1", "relu1", "conv2", "relu2", "flat", "hidden", "relu3", "mean"):
            x = given.network.get_submodule(name)(x)
    classes = given.dataset.labels("label")[given.indices].numpy()
    yield Score("class named by 15 neighbours on the map", _named(x.numpy(), classes), at_least=0.6)
    flat = PCA(2, random_state=0).fit_transform(pictures.flatten(1).numpy())
    yield Score("the same on the two principal components", _named(flat, classes))


def _named(places: np.ndarray, classes: np.ndarray) -> float:
    """The share of samples whose neighbours, held out, name their class."""
    said = cross_val_predict(KNeighborsClassifier(15), places, classes, cv=5)
    return float((said == classes).mean())
