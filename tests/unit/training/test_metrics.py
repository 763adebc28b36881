"""Metrics against plain counting, whatever way the batches are cut."""

import math

import pytest
import torch
from small_tasks import category, number

from engine.errors import TrainingError
from engine.training.metrics import (
    CategoryScores,
    NumberScores,
    by_sample,
    is_better_larger,
    macro_averages,
    metric,
    scores_for,
)

CPU = torch.device("cpu")
ALL = ("accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro", "top_3_accuracy")


def test_categories_by_hand() -> None:
    scores = CategoryScores(category(classes=("a", "b", "c", "d")), "", ALL, CPU)
    target = torch.tensor([0, 0, 0, 1, 1, 2])
    answer = torch.tensor([0, 0, 1, 1, 2, 2])
    prediction = torch.nn.functional.one_hot(answer, 4).float() * 5
    prediction[:, 3] += 1  # the second guess is always d, which nobody has
    scores.add(prediction[:4], target[:4])
    scores.add(prediction[4:], target[4:])
    found = scores.values()
    assert found["accuracy"] == pytest.approx(4 / 6)
    recalls, precisions = (2 / 3, 1 / 2, 1.0), (1.0, 1 / 2, 1 / 2)
    assert found["recall_macro"] == pytest.approx(sum(recalls) / 3)
    assert found["balanced_accuracy"] == found["recall_macro"]
    assert found["precision_macro"] == pytest.approx(sum(precisions) / 3)
    f1 = [2 * p * r / (p + r) for p, r in zip(precisions, recalls, strict=True)]
    assert found["f1_macro"] == pytest.approx(sum(f1) / 3)
    scores.clear()
    assert scores.values() == {}


@pytest.mark.parametrize("cuts", [(100,), (1, 99), (33, 33, 34)])
def test_cutting_makes_no_difference(cuts: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    prediction, target = torch.randn(100, 5, generator=generator), torch.randint(0, 5, (100,), generator=generator)
    field = category(classes=("a", "b", "c", "d", "e"))
    whole, parts = CategoryScores(field, "", ALL, CPU), CategoryScores(field, "x.", ALL, CPU)
    whole.add(prediction, target)
    for some, truth in zip(prediction.split(cuts), target.split(cuts), strict=True):
        parts.add(some, truth)
    assert {f"x.{name}": value for name, value in whole.values().items()} == parts.values()
    top = (prediction.topk(3).indices == target[:, None]).any(1).float().mean()
    assert whole.values()["top_3_accuracy"] == pytest.approx(float(top))


def test_sums_can_be_put_back() -> None:
    field = category()
    first, second = CategoryScores(field, "", ALL, CPU), CategoryScores(field, "", ALL, CPU)
    first.add(torch.randn(9, 3), torch.randint(0, 3, (9,)))
    second.load({name: tensor.clone() for name, tensor in first.state().items()})
    assert first.values() == second.values()


def test_numbers_in_their_own_unit() -> None:
    scores = NumberScores(
        number(mean=100.0, std=10.0), "", ("mean_absolute_error", "root_mean_squared_error", "r2"), CPU
    )
    truth, answer = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[0.5], [1.0], [1.0]])
    scores.add(answer, truth)
    found = scores.values()
    assert found["mean_absolute_error"] == pytest.approx(5.0)
    assert found["root_mean_squared_error"] == pytest.approx(math.sqrt(125 / 3))
    assert found["r2"] == pytest.approx(1 - 125 / 200)


def test_equal_numbers_have_no_r2() -> None:
    scores = NumberScores(number(), "", ("mean_absolute_error", "r2"), CPU)
    scores.add(torch.ones(4, 1), torch.zeros(4, 1))
    assert set(scores.values()) == {"mean_absolute_error"}


def test_one_score_for_yes_or_no() -> None:
    scores = CategoryScores(category(classes=("no", "yes")), "", ("accuracy",), CPU, answer="sigmoid")
    scores.add(torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([[1.0], [0.0], [0.0]]))
    assert scores.values()["accuracy"] == pytest.approx(2 / 3)


def test_one_hot_targets_and_answers_with_further_dimensions() -> None:
    scores, target = by_sample(torch.randn(4, 3, 5), torch.randint(0, 3, (4, 5)))
    assert (scores.shape, target.shape) == ((20, 3), (20,))
    _, target = by_sample(torch.randn(2, 3), torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    assert target.tolist() == [1, 2]


def test_no_samples_have_no_averages() -> None:
    assert macro_averages(torch.zeros(3, 4, dtype=torch.int64)) == {}


def test_what_is_scored_follows_the_kind_of_field() -> None:
    found = scores_for(category(), "", ("r2",), CPU)
    assert found is not None
    assert found.keys == ("accuracy",)
    found = scores_for(number(), "p.", ("accuracy", "r2"), CPU)
    assert found is not None
    assert found.keys == ("r2",)


def test_directions_and_unknown_names() -> None:
    assert is_better_larger("accuracy")
    assert is_better_larger("price.r2")
    assert not is_better_larger("loss")
    assert not is_better_larger("loss.loss1")
    assert not is_better_larger("mean_absolute_error")
    with pytest.raises(TrainingError, match="no metric 'x'"):
        metric("x")
