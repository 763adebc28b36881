"""Forecasts are scored in their own unit beside what costs nothing, and the worst windows come first."""

from pathlib import Path

import pytest
import torch

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.document.data_spec import FieldKind
from engine.evaluation.forecasts import score_forecast
from engine.training.metrics import scores_for
from tests.unit.data.test_series_data import long_csv


def test_a_forecast_stands_beside_the_last_value_and_the_last_cycle(tmp_path: Path) -> None:
    found = inspect(long_csv(tmp_path / "a.csv"))
    dataset = open_dataset(tmp_path, found.data)
    field, indices = found.data.fields[1], dataset.split_indices("test")
    true = dataset.rows("next").batch(indices.numpy())
    exact = score_forecast(field, true.clone(), true, indices, dataset)
    assert exact.metrics["mean_absolute_error"] == 0
    assert exact.metrics["skill"] == 1
    # The wave repeats after seven days and rises by 0.07; the last value is wrong by the height of the wave.
    assert exact.metrics["seasonal_error"] == pytest.approx(0.07, abs=0.01)
    assert exact.metrics["last_value_error"] > 1
    answer = true.clone()
    answer[3, 2, 0] += 7
    off = score_forecast(field, answer, true, indices, dataset)
    assert off.mistakes[0].index == int(indices[3])
    assert off.mistakes[0].score == pytest.approx(1)
    assert float(off.mistakes[0].predicted) == pytest.approx(float(true[3, 2, 0]) + 7, rel=1e-3)
    assert off.metrics["mean_absolute_error"] == pytest.approx(7 / true.numel(), rel=1e-4)


def test_while_training_errors_are_in_the_unit_of_the_series(tmp_path: Path) -> None:
    found = inspect(long_csv(tmp_path / "a.csv"))
    field = found.data.fields[1]
    assert field.kind is FieldKind.SERIES
    scores = scores_for(field, "", (), torch.device("cpu"), "none")
    assert scores is not None
    target = torch.randn(5, 7, 1)
    scores.add(target + 1, target)
    spread = field.statistics.std[0]
    assert scores.values()["mean_absolute_error"] == pytest.approx(spread, rel=1e-4)
    assert scores.values()["root_mean_squared_error"] == pytest.approx(spread, rel=1e-4)
    scores.add(torch.randn(5, 3), target)  # not a series: only its loss can judge it
    assert scores.values()["mean_absolute_error"] == pytest.approx(spread, rel=1e-4)
