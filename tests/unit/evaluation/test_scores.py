"""Scores against plain counting and published values."""

import math

import pytest
import torch

from engine.evaluation.answers import probabilities
from engine.evaluation.scores import (
    calibration_error,
    category_metrics,
    class_scores,
    confusion,
    regression_metrics,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("right", "samples", "low", "high"),
    # Newcombe 1998, table I (method 3) and by hand.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval(right: int, samples: int, low: float, high: float) -> None:
    assert wilson_interval(right, samples) == pytest.approx([low, high], abs=1e-4)


def test_wilson_interval_at_the_ends() -> None:
    assert wilson_interval(0, 0) == []
    assert wilson_interval(10, 10)[1] == 1.0
    assert 0 <= wilson_interval(0, 5)[0] < wilson_interval(0, 5)[1] <= 1


def test_calibration() -> None:
    confidence = torch.tensor([0.9] * 10 + [0.6] * 10)
    right = torch.tensor([True] * 9 + [False] + [True] * 3 + [False] * 7)
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.0 + 0.5 * 0.3, abs=1e-6)
    assert calibration_error(torch.tensor([1.0, 0.0]), torch.tensor([True, False])) == 0
    assert calibration_error(torch.zeros(0), torch.zeros(0, dtype=torch.bool)) == 0


def test_confusion_and_classes() -> None:
    true, answer = torch.tensor([0, 0, 1, 2, 2, 2]), torch.tensor([0, 1, 1, 2, 2, 0])
    assert confusion(true, answer, 4) == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
    found = class_scores(true, answer, ["a", "b", "c", "d"])
    assert [item.samples for item in found] == [2, 1, 3, 0]
    assert found[2].precision == 1
    assert found[2].recall == pytest.approx(2 / 3)
    assert found[2].f1 == pytest.approx(0.8)
    assert (found[3].precision, found[3].recall, found[3].f1) == (0, 0, 0)


def test_category_metrics() -> None:
    scores = torch.tensor([[0.5, 0.3, 0.2, 0.0], [0.1, 0.2, 0.3, 0.4], [0.25, 0.3, 0.25, 0.2]])
    found = category_metrics(scores, torch.tensor([0, 2, 3]))
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["top_2_accuracy"] == pytest.approx(2 / 3)
    assert found["top_3_accuracy"] == pytest.approx(2 / 3)
    assert "top_5_accuracy" not in found
    assert "top_2_accuracy" not in category_metrics(torch.rand(4, 2), torch.tensor([0, 1, 0, 1]))
    assert next(iter(found)) == "accuracy"


def test_numbers() -> None:
    found = regression_metrics(torch.tensor([1.0, 2.0, 5.0]), torch.tensor([1.0, 3.0, 2.0]))
    assert found["mean_absolute_error"] == pytest.approx(4 / 3)
    assert found["root_mean_squared_error"] == pytest.approx(math.sqrt(10 / 3))
    assert found["r2"] == pytest.approx(1 - 10 / 2)
    assert found["median_absolute_error"] == 1
    assert "r2" not in regression_metrics(torch.ones(3), torch.ones(3))


def test_large_numbers_keep_their_r2() -> None:
    true = torch.arange(100, dtype=torch.float64) + 1e6
    assert regression_metrics(true + 1, true)["r2"] == pytest.approx(
        1 - 100 / float((true - true.mean()).square().sum())
    )


def test_probabilities() -> None:
    raw = torch.tensor([[0.0, math.log(3.0)]])
    assert probabilities(raw, "softmax", 2).tolist() == [pytest.approx([0.25, 0.75])]
    assert probabilities(raw, "sigmoid", 2).tolist() == [pytest.approx([0.5, 0.75])]
    assert probabilities(raw.log_softmax(1), "exp", 2).tolist() == [pytest.approx([0.25, 0.75])]
    assert torch.equal(probabilities(raw, "none", 2), raw)
    assert probabilities(torch.tensor([[math.log(3.0)]]), "sigmoid", 2).tolist() == [pytest.approx([0.25, 0.75])]
    assert probabilities(torch.zeros(2, 3, 4), "softmax", 3).shape == (8, 3)
