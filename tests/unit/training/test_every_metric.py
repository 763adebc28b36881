"""Every metric of the catalog: perfect answers get the best value, however batches are cut, and across a break."""

import math

import pytest
import torch
from small_tasks import category, number
from torch import Tensor

from engine.catalog import registry
from engine.catalog.metrics.metric import Feed, Metric
from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.training.metrics import Scores, scores_for

CPU = torch.device("cpu")
CLASSES = ("a", "b", "c", "d", "e", "f", "g")
OF_FIELDS = [entry for entry in registry.metrics() if entry.kinds]
EVERY = pytest.mark.parametrize("entry", OF_FIELDS, ids=lambda item: item.__name__)
BEST = {
    "hinge_loss": 0.0,
    "calibration_error": 0.0,
    "mean_reciprocal_rank": 1.0,
    "perplexity": 1.0,
    "mean_confidence": 1.0,
    "peak_signal_noise_ratio": math.inf,
    "signal_noise_ratio": math.inf,
    "scale_invariant_snr": math.inf,
}


def field_for(kind: FieldKind) -> Field:
    if kind is FieldKind.CATEGORY:
        return category(classes=CLASSES)
    if kind is FieldKind.NUMBER:
        return number(mean=10.0, std=2.0)
    if kind in (FieldKind.MASK, FieldKind.LABELS):
        return Field(name="mask", kind=kind, role=Role.TARGET, statistics=category(classes=CLASSES).statistics)
    if kind is FieldKind.TEXT:
        return Field(name="text", kind=kind, role=Role.TARGET, preparation=(Step(type="Words"),))
    return Field(name="x", kind=kind, role=Role.TARGET)


def batch(kind: FieldKind, seed: int, count: int = 24) -> tuple[Tensor, Tensor]:
    """What a network might say, and what is true."""
    generator = torch.Generator().manual_seed(seed)
    if kind in (FieldKind.CATEGORY, FieldKind.MASK, FieldKind.TEXT):
        shape = {FieldKind.CATEGORY: (count,), FieldKind.MASK: (count, 4, 4), FieldKind.TEXT: (count, 6)}[kind]
        target = torch.randint(7, shape, generator=generator)
        said = torch.randn(count, 7, *shape[1:], generator=generator)
        return said.scatter_add(1, target.unsqueeze(1), torch.ones_like(said)), target
    if kind is FieldKind.LABELS:
        target = (torch.rand(count, 7, generator=generator) > 0.6).float()
        return torch.randn(count, 7, generator=generator) + target, target
    shape = {FieldKind.NUMBER: (count, 1), FieldKind.IMAGE: (count, 3, 16, 16)}.get(kind, (count, 20))
    target = torch.rand(shape, generator=generator)
    return (target + 0.2 * torch.rand(shape, generator=generator)).clamp(0.01, 1), target


def perfect(kind: FieldKind, target: Tensor) -> Tensor:
    if kind in (FieldKind.CATEGORY, FieldKind.MASK, FieldKind.TEXT):
        sure = torch.nn.functional.one_hot(target, 7).float() * 60
        return sure.movedim(-1, 1)
    return (target - 0.5) * 60 if kind is FieldKind.LABELS else target.clone()


def empty(entry: type[Metric], kind: FieldKind) -> Scores:
    answer = "sigmoid" if kind is FieldKind.LABELS else "softmax"
    found = scores_for(field_for(kind), "", [entry.key], CPU, answer)
    assert found is not None and entry.key in found.keys
    return found


@EVERY
def test_perfect_answers_get_the_best_value(entry: type[Metric]) -> None:
    for kind in entry.kinds:
        if kind is FieldKind.AUDIO and FieldKind.SERIES in entry.kinds:
            continue
        scores = empty(entry, kind)
        said, target = batch(kind, 1)
        scores.add(perfect(kind, target), target)
        best = scores.values().get(entry.key, math.inf)
        scores.clear()
        assert scores.values() == {}
        scores.add(said, target)
        real = scores.values()[entry.key]
        if entry.key not in ("mean_bias", "mean_confidence", "within_ten_percent", "coverage", "fidelity"):
            assert best > real if entry.larger_is_better else best < real
        if entry.percent:
            assert best == pytest.approx(1.0 if entry.larger_is_better else 0.0, abs=1e-3)
        elif not entry.larger_is_better and entry.key not in BEST and "quantile" not in entry.key:
            assert best == pytest.approx(0.0, abs=1e-3)
        if entry.key in BEST and math.isfinite(BEST[entry.key]):
            assert best == pytest.approx(BEST[entry.key], abs=1e-3)


@EVERY
def test_cuts_and_breaks_make_no_difference(entry: type[Metric]) -> None:
    kind = entry.kinds[0]
    said, target = batch(kind, 2)
    whole, parts = empty(entry, kind), empty(entry, kind)
    whole.add(said, target)
    for number_, (some, truth) in enumerate(zip(said.split((1, 7, 16)), target.split((1, 7, 16)), strict=True)):
        if number_ == 2:
            kept = {name: tensor.clone() for name, tensor in parts.state().items()}
            assert all(isinstance(tensor, Tensor) and "/" in f"0/{name}" for name, tensor in kept.items())
            parts = empty(entry, kind)
            parts.load(kept)
        parts.add(some, truth)
    assert parts.values() == pytest.approx(whole.values(), rel=1e-4, abs=1e-6)
    assert math.isfinite(whole.values()[entry.key])


def test_nothing_seen_is_no_value() -> None:
    for entry in OF_FIELDS:
        assert empty(entry, entry.kinds[0]).values() == {}


def test_by_hand() -> None:
    scores = scores_for(
        category(classes=CLASSES[:3]),
        "",
        ["log_loss", "brier_score", "mean_reciprocal_rank", "hamming_distance", "mean_confidence", "top_2_accuracy"],
        CPU,
        "none",
    )
    assert scores is not None
    p = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    scores.add(p, torch.tensor([0, 1]))
    assert scores.values() == pytest.approx(
        {
            "accuracy": 0.5,
            "log_loss": -(math.log(0.7) + math.log(0.3)) / 2,
            "brier_score": ((0.3**2 + 0.2**2 + 0.1**2) + (0.1**2 + 0.7**2 + 0.6**2)) / 2,
            "mean_reciprocal_rank": (1 + 1 / 2) / 2,
            "hamming_distance": 0.5,
            "mean_confidence": 0.65,
            "top_2_accuracy": 1.0,
        },
        rel=1e-5,
    )


def test_numbers_by_hand() -> None:
    keys = ["maximum_error", "median_absolute_error", "mean_bias", "quantile_90_loss", "within_ten_percent", "r2"]
    scores = scores_for(number(mean=0.0, std=1.0), "", keys, CPU)
    assert scores is not None
    scores.add(torch.tensor([[1.0], [2.0], [3.5]]), torch.tensor([[1.0], [4.0], [3.4]]))
    found = scores.values()
    assert found["maximum_error"] == pytest.approx(2) and found["median_absolute_error"] == pytest.approx(0.1, rel=1e-4)
    assert found["mean_bias"] == pytest.approx(-1.9 / 3) and found["within_ten_percent"] == pytest.approx(2 / 3)
    assert found["quantile_90_loss"] == pytest.approx((0.9 * 2 + 0.1 * 0.1) / 3)


def test_texts_leave_out_what_fills_them_up() -> None:
    scores = scores_for(
        field_for(FieldKind.TEXT), "", ["accuracy", "exact_match", "token_error_rate", "perplexity"], CPU
    )
    assert scores is not None
    target = torch.tensor([[2, 3, 0, 0], [4, 5, 6, 0]])
    answer = torch.tensor([[2, 3, 5, 5], [4, 1, 6, 6]])
    scores.add(torch.nn.functional.one_hot(answer, 7).float().movedim(-1, 1) * 50, target)
    found = scores.values()
    assert found["accuracy"] == pytest.approx(4 / 5) and found["exact_match"] == 0.5
    assert found["token_error_rate"] == pytest.approx(1 / 5)


def test_a_single_score_is_that_of_the_second_class() -> None:
    keys = ["auroc", "log_loss", "f1_macro"]
    one = scores_for(category(classes=("no", "yes")), "", keys, CPU, "sigmoid")
    two = scores_for(category(classes=("no", "yes")), "", keys, CPU, "softmax")
    assert one is not None and two is not None
    scores, target = torch.randn(50, 1, generator=torch.Generator().manual_seed(1)), torch.arange(50) % 2
    one.add(scores, target)
    two.add(torch.cat([torch.zeros_like(scores), scores], 1), target)
    assert one.values() == pytest.approx(two.values(), rel=1e-4)


def test_too_few_classes_leave_a_metric_out() -> None:
    scores = scores_for(category(classes=("a", "b")), "", ["top_5_accuracy", "auroc"], CPU)
    assert scores is not None and scores.keys == ("accuracy", "auroc")


def test_ordinary_training_does_not_load_the_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, torch\n"
        "from engine.training.metrics import scores_for\n"
        "import engine.training.loop\n"
        "assert not any(name.startswith('torchmetrics') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_there_are_enough() -> None:
    assert len(registry.metrics()) >= 40
    assert {entry.feed for entry in registry.metrics()} == set(Feed)


def test_neighbours_by_hand() -> None:
    """Real ones at 0, 1, ..., 9 and 100: the fifth neighbour of 0 and 9 is 5 away, that of 100 is 95 away."""
    scores = scores_for(Field(name="x", kind=FieldKind.ARRAY), "", ["coverage", "fidelity"], CPU)
    assert scores is not None
    real = torch.tensor([[0.0], [1], [2], [3], [4], [5], [6], [7], [8], [9], [100]])
    scores.add(torch.full_like(real, 4.0), real)
    found = scores.values()
    # 100 is 96 away from it: all others have it in reach.
    assert found["coverage"] == pytest.approx(10 / 11) and found["fidelity"] == 1.0
    scores.clear()
    scores.add(torch.full_like(real, -5.5), real)
    assert scores.values()["coverage"] == 0.0 and scores.values()["fidelity"] == 0.0
    scores.clear()
    scores.add(torch.full_like(real, math.nan), real)
    assert scores.values()["coverage"] == 0.0
    scores.clear()
    scores.add(real[:5], real[:5])
    assert scores.values() == {}, "five samples have no fifth neighbour"
