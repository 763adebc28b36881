"""Text that is learned: what a network looks back at is varied, the truth is not, and padding counts nowhere."""

import math

import pytest
import torch
from torch import Tensor

from engine.data.preparation import Preparation
from engine.data.proposals import propose
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.training import metrics
from engine.training.metrics import CategoryScores
from engine.training.task import Task, prepare_task

torch.set_num_threads(1)
TEXTS = ["ab", "abba", "b", "aabb"] * 6


def text() -> Field:
    step = Step(type="Characters", attributes={"length": 6, "ends": True, "pad": "right"})
    return Field(
        name="said",
        kind=FieldKind.TEXT,
        role=Role.TARGET,
        preparation=(step,),
        augmentation=(Step(type="MaskTokens", attributes={"share": 0.6}),),
        statistics=Statistics(vocabulary=("a", "b")),
    )


class OneColumn:
    """Prepared texts as a data set gives them."""

    fingerprint = "texts"

    def __init__(self, rows: torch.Tensor) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def columns(self, fields: object, split: str, *, raw: bool = False) -> "OneColumn":
        return self

    def whole(self) -> torch.Tensor:
        return self._rows

    def gather(self, rows: torch.Tensor) -> torch.Tensor:
        return self._rows[rows]


@pytest.fixture
def task() -> Task:
    field = text()
    project = propose("writer", DataSpec(fields=(field,)))
    return prepare_task(project, OneColumn(Preparation(field).apply(TEXTS)))


def test_what_is_looked_back_at_is_varied_and_the_truth_is_not(task: Task) -> None:
    (batch,) = task.train.batches([0, len(TEXTS)], torch.arange(len(TEXTS)), epoch=1)
    assert task.network.training_input_ids == ("so_far", "target")
    looked, truth = batch
    rows = Preparation(text()).apply(TEXTS)
    assert torch.equal(truth, rows) and (looked == 1).any() and not torch.equal(looked, truth)
    assert task.scored == [(0, 1)]
    (plain,) = task.val.batches([0, len(TEXTS)])
    assert torch.equal(plain[0], rows)


def test_loss_and_perplexity_leave_out_what_fills_up(task: Task) -> None:
    rows = Preparation(text()).apply(TEXTS)
    task.network.eval()
    with torch.no_grad():
        (scores,), (loss,) = task.network.training_forward(rows, rows)
    there = rows != 0
    nll = -scores.log_softmax(1).gather(1, rows[:, None])[:, 0][there].mean()
    torch.testing.assert_close(loss, nll)
    (meters,) = task.new_scores()
    meters.add(scores, rows)
    found = meters.values()
    assert found["perplexity"] == pytest.approx(math.exp(float(nll)), rel=1e-5)
    assert found["accuracy"] == pytest.approx(float((scores.argmax(1) == rows)[there].float().mean()))
    assert task.main_metric == "loss"


@pytest.mark.parametrize("waiting", [2, 64])
def test_texts_that_wait_to_be_scored_are_scored_the_same(monkeypatch: pytest.MonkeyPatch, waiting: int) -> None:
    """On a card several batches are scored at once; what is asked for meanwhile counts them all."""
    field = Field(name="out", kind=FieldKind.TEXT, statistics=Statistics(vocabulary=("a", "b", "c")))
    generator = torch.Generator().manual_seed(0)
    batches = [
        (torch.randn(4, 5, 6, generator=generator), torch.randint(0, 5, (4, 6), generator=generator)) for _ in range(5)
    ]

    def scored() -> tuple[dict[str, float], dict[str, Tensor]]:
        scores = CategoryScores(field, "", ["accuracy", "perplexity"], torch.device("cpu"))
        scores.add(batches[0][0] * 9, batches[0][1])
        scores.clear()
        for prediction, target in batches:
            scores.add(prediction, target)
        return scores.values(), scores.state()

    at_once, state = scored()
    monkeypatch.setitem(metrics._BATCHES_WAITING, "cpu", waiting)
    later, later_state = scored()
    assert later == pytest.approx(at_once, rel=1e-12)
    for name, value in state.items():
        assert torch.allclose(value, later_state[name]), name
