"""Scores of forecasts, beside what costs nothing: the last value again, and the value a cycle ago again.

Axes: N windows, T moments of the past, H moments ahead, C values.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.dataset import Dataset
from engine.data.rows import SeriesRows
from engine.document.data_spec import Field, FieldKind
from engine.evaluation.scores import regression_metrics
from engine.protocol.messages.evaluation import FieldEvaluation, Mistake

MOST_MISTAKES: Final = 60

Floats = npt.NDArray[np.float32]


def score_forecast(
    field: Field, answer_nhc: Tensor, true_nhc: Tensor, indices: Tensor, dataset: Dataset
) -> FieldEvaluation:
    """Scores of forecasts in their own unit. `last_value_error` and `seasonal_error` are the mean absolute errors of
    the two simple forecasts, `skill` how much smaller than the better of them the network's is (0 the same, 1 none).

    The mistakes are the windows furthest off, their score the mean distance; they show the moment that is furthest off.
    """
    metrics = regression_metrics(answer_nhc.reshape(-1), true_nhc.reshape(-1))
    simple = simple_forecasts(field, dataset, indices)
    errors = {name: float((torch.from_numpy(guess) - true_nhc).abs().nanmean()) for name, guess in simple.items()}
    metrics |= errors
    best = min(errors.values(), default=0.0)
    if best > 0:
        metrics["skill"] = 1 - metrics["mean_absolute_error"] / best
    off_n = (answer_nhc - true_nhc).abs().mean(dim=tuple(range(1, answer_nhc.ndim)))
    furthest = off_n.argsort(descending=True, stable=True)[:MOST_MISTAKES].tolist()
    worst = (answer_nhc - true_nhc).abs().reshape(len(true_nhc), -1)[furthest].argmax(1).tolist()
    return FieldEvaluation(
        field=field.name,
        metrics=metrics,
        mistakes=[
            Mistake(
                index=int(indices[number]),
                true=f"{float(true_nhc[number].reshape(-1)[place]):.4g}",
                predicted=f"{float(answer_nhc[number].reshape(-1)[place]):.4g}",
                score=float(off_n[number]),
            )
            for number, place in zip(furthest, worst, strict=True)
        ],
    )


def known_past(field: Field, dataset: Dataset, indices: Tensor) -> Floats | None:
    """What came before of the values that are forecast, (N, T, C) in their own unit, gaps filled with the last value.

    None where no input holds all of them.
    """
    columns = field.options.get("columns")
    for other in dataset.data.inputs():
        rows = dataset.rows(other.name)
        held = other.options.get("columns")
        if other.kind is not FieldKind.SERIES or not isinstance(rows, SeriesRows):
            continue
        if not isinstance(columns, list) or not isinstance(held, list) or not set(columns) <= set(held):
            continue
        past = rows.windows.take(indices.numpy())[:, :, [held.index(name) for name in columns]]
        return _last_known(past)
    return None


def simple_forecasts(field: Field, dataset: Dataset, indices: Tensor) -> dict[str, Floats]:
    """What the last value, and the value a cycle ago, say of these samples: (N, H, C) in the field's own unit.

    Empty where the past does not hold the columns that are forecast.
    """
    horizon = field.statistics.shape[0] if field.statistics.shape else None
    season = field.options.get("season", 0)
    past = known_past(field, dataset, indices) if horizon else None
    if past is None or not horizon:
        return {}
    found = {"last_value_error": np.repeat(past[:, -1:], horizon, axis=1)}
    length = past.shape[1]
    if isinstance(season, int) and 1 < season <= length:
        found["seasonal_error"] = past[:, length - season + np.arange(horizon) % season]
    return found


def _last_known(past_ntc: Floats) -> Floats:
    """Gaps filled with the value before them."""
    known = np.isfinite(past_ntc)
    place = np.where(known, np.arange(past_ntc.shape[1])[None, :, None], 0)
    np.maximum.accumulate(place, axis=1, out=place)
    return np.take_along_axis(past_ntc, place, axis=1)
