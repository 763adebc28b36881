"""Tables: who earns much, beside gradient boosting on the same rows."""

from collections.abc import Iterator

import numpy as np

from tests.examples.score import Score
from tests.examples.trained import Trained

ANSWER, YES = "income", ">50K"


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy of the network, that of scikit-learn's gradient boosting, and how many points lie between."""
    ours = trained.metric("accuracy")
    boosted = _boosted(trained)
    yield Score("accuracy on test", ours)
    yield Score("AUROC on test", trained.metric("auroc"))
    yield Score("accuracy of gradient boosting", boosted)
    yield Score("points behind gradient boosting", 100 * (boosted - ours), at_most=1.0)


def _boosted(trained: Trained) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier

    fields = trained.dataset.data.inputs()
    words = [field.kind == "category" for field in fields]
    places = [{word: place for place, word in enumerate(field.statistics.classes)} for field in fields]

    def table(split: str) -> np.ndarray:
        columns = [trained.column(field.name, split) for field in fields]
        coded = [
            [place[value] for value in column] if word else column
            for column, place, word in zip(columns, places, words, strict=True)
        ]
        return np.array(coded, np.float64).T

    def truth(split: str) -> np.ndarray:
        return np.array([value == YES for value in trained.column(ANSWER, split)])

    model = HistGradientBoostingClassifier(categorical_features=words, random_state=7)
    model.fit(table("train"), truth("train"))
    return float(model.score(table("test"), truth("test")))
