"""Translate: English to Swedish and to German, beside looking the nearest known sentence up."""

from collections.abc import Iterator

import numpy as np
from torchmetrics.text import CHRFScore

from tests.examples.score import Score
from tests.examples.trained import Trained

LANGUAGES = ("swedish", "german")


def scores(trained: Trained) -> Iterator[Score]:
    """chrF and exact match of both decoders; each must write better than a look-up would."""
    nearest = _nearest(trained)
    known = {field: trained.column(field, "train") for field in LANGUAGES}
    for field in LANGUAGES:
        found = trained.metrics(output=field)
        looked_up = _chrf([known[field][row] for row in nearest], trained.column(field, "test"))
        yield Score(f"{field}: chrF of looking the nearest sentence up", looked_up)
        yield Score(f"{field}: chrF on test", found["chrf"], at_least=looked_up)
        yield Score(f"{field}: exact match on test", found["exact_match"])


def _nearest(trained: Trained) -> np.ndarray:
    """For each test sentence the row of the train split whose English has most in common with it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = pieces.fit_transform(trained.column("english", "train"))
    asked = pieces.transform(trained.column("english", "test"))
    return np.asarray((asked @ known.T).argmax(axis=1)).ravel()


def _chrf(said: list[str], true: list[str]) -> float:
    return float(CHRFScore(n_word_order=0)(said, [[text] for text in true]))
