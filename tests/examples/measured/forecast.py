"""Forecast: how far the temperature is off, beside the forecast that it will be as the day before."""

from collections.abc import Iterator

import numpy as np

from tests.examples.score import Score
from tests.examples.trained import Trained

DAY = 24


def scores(trained: Trained) -> Iterator[Score]:
    """Mean absolute errors in °C on the test windows: both networks, and yesterday's temperatures again."""
    naive = _naive(trained)
    tcn = trained.train(sets=("graph.nodes.which.active=b",), name="TCN")
    for name, run in (("LSTM", trained), ("TCN", tcn)):
        yield Score(f"mean error of the {name} in °C", run.metric("mean_absolute_error"), at_most=naive)
    yield Score("mean error of yesterday again in °C", naive)


def _naive(trained: Trained) -> float:
    """Of the seasonal-naive forecast: hour by hour as a day before."""
    past, wanted = (trained.dataset.data.field(name) for name in ("past", "next"))
    assert past is not None and wanted is not None
    columns, targets = past.options["columns"], wanted.options["columns"]
    assert isinstance(columns, list) and isinstance(targets, list)
    seen = np.stack(trained.column("past", "test"))[:, -DAY:, columns.index(targets[0])]
    came = np.stack(trained.column("next", "test"))[:, :, 0]
    return float(np.abs(seen - came).mean())
