"""Rbf: the age of a shell from shells like it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.examples.score import Score
from tests.examples.trained import Trained

if TYPE_CHECKING:
    import numpy as np

MEASURES = ("length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight")


def scores(trained: Trained) -> Iterator[Score]:
    """Error in rings, beside a straight line through the same numbers and beside boosted trees."""
    line, trees = (_baseline(trained, boosted=boosted) for boosted in (False, True))
    error = trained.metric("mean_absolute_error")
    yield Score("mean error on test, in rings", error, at_most=line)
    yield Score("the same of linear regression", line)
    yield Score("the same of gradient boosting", trees)
    yield Score("R² on test", trained.metric("r2"), at_least=0.48)


def _baseline(trained: Trained, *, boosted: bool) -> float:
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import LinearRegression

    model = HistGradientBoostingRegressor(max_iter=60, random_state=0) if boosted else LinearRegression()
    model.fit(_table(trained, "train"), np.array(trained.column("rings", "train"), float))
    answers = model.predict(_table(trained, "test"))
    return float(np.abs(answers - np.array(trained.column("rings", "test"), float)).mean())


def _table(trained: Trained, split: str) -> "np.ndarray":
    import numpy as np

    sex = np.array(trained.column("sex", split))
    numbers = [np.array(trained.column(name, split), float) for name in MEASURES]
    return np.stack([*numbers, *((sex == value).astype(float) for value in ("female", "infant", "male"))], axis=1)
