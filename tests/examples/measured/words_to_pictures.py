"""Words to pictures: whether a picture shows what was asked for, by a classifier of real pictures."""

from collections.abc import Iterator

import torch

from engine.data.preparation import Preparation
from tests.examples.judge import judge, made_by
from tests.examples.score import Score
from tests.examples.trained import Trained

DRAWS = 100
MISSPELLED = {
    "t shirt": "T-shirt",
    "trousers": "Trouser",
    "pulover": "Pullover",
    "dres": "Dress",
    "coats": "Coat",
    "sandel": "Sandal",
    "shitr": "Shirt",
    "sneeker": "Sneaker",
    "bags": "Bag",
    "ankel boot": "Ankle boot",
}


def scores(trained: Trained) -> Iterator[Score]:
    """The share of pictures of the right class, over all words, for the worst word, and for words typed wrongly."""
    names = judge().classes
    by_word = right(trained, {name: name for name in names})
    yield Score("right class, of 100 draws a word", sum(by_word.values()) / len(by_word), at_least=0.9)
    yield Score("right class of the hardest word", min(by_word.values()))
    wrongly = right(trained, MISSPELLED)
    yield Score("right class of words typed wrongly", sum(wrongly.values()) / len(wrongly))
    yield Score("spread of pictures of one word, that of real ones is 1", spread(trained), at_least=0.3)


def right(trained: Trained, words: dict[str, str]) -> dict[str, float]:
    """For each typed word the share of draws that the judge takes for the class that was meant."""
    field, label = trained.dataset.field("pixels"), trained.dataset.field("label")
    names = judge().classes
    shares = {}
    for number, (typed, meant) in enumerate(words.items()):
        asked = Preparation(label).apply([typed] * DRAWS)
        found = judge().see(made_by(trained, "pixels", DRAWS, asked, seed=number), field)
        shares[typed] = float((found.shares.argmax(1) == names.index(meant)).float().mean())
    return shares


def spread(trained: Trained) -> float:
    """How far pictures of one word differ from their mean, as a part of how far real ones of the class do."""
    label = trained.dataset.field("label")
    words = trained.column("label", "test")
    real = trained.dataset.columns(("pixels",), "test").gather(torch.arange(len(words)))
    parts = []
    for number, name in enumerate(judge().classes):
        made = made_by(trained, "pixels", DRAWS, Preparation(label).apply([name] * DRAWS), seed=number)
        true = real[[word == name for word in words]]
        parts.append(float(made.std(0).square().mean().sqrt() / true.std(0).square().mean().sqrt()))
    return sum(parts) / len(parts)
