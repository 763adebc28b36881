"""`predict(...)`: what a network answers. See README.md and `python -m` this package."""

from functools import lru_cache

from .model import InputError, Model

__all__ = ["InputError", "Model", "load", "predict"]


@lru_cache(maxsize=1)
def load():
    """The network, loaded once."""
    return Model()


def predict(*values, seed=None, temperature=None, **named):
    """Answers for one sample, by output; see `Model.predict`."""
    return load().predict(*values, seed=seed, temperature=temperature, **named)
