"""How odd samples look, and how well that tells what training never saw: held to scikit-learn and to counting."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from engine.compiler.module import compile_project
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import Role, Unseen
from engine.document.files import create
from engine.document.project import Project
from engine.errors import DataError
from engine.evaluation.answered import Answered, answered, forget_answers
from engine.evaluation.evaluate import result_of
from engine.evaluation.odd_samples import plain, score_oddness
from engine.training import checkpoint
from engine.training.run_state import RunState
from engine.training.runs import create_run

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    torch.set_num_threads(1)
    forget_answers()
    yield
    forget_answers()


def run_on(folder: Path, target: str, unseen: Unseen) -> Answered:
    """An untrained network for rows of which some cities are kept for the test."""
    chance = random.Random(2)
    rows = ["a,b,city,kind"]
    for number in range(240):
        a, b = chance.gauss(0, 1), chance.gauss(5, 2)
        rows.append(f"{a:.4f},{b:.4f},{('Rome', 'Oslo', 'Lima')[number % 3]},{'hot' if a + b > 5 else 'cold'}")
    (folder / "rows.csv").write_text("\n".join(rows) + "\n")
    data = inspect(folder / "rows.csv", target=target).data
    fields = tuple(
        msgspec.structs.replace(field, role=Role.IGNORED) if field.name == "city" and target != "city" else field
        for field in data.fields
    )
    split = msgspec.structs.replace(data.split, unseen=unseen)
    project: Project = propose("rows", msgspec.structs.replace(data, fields=fields, split=split))
    create(folder / "project", project)
    torch.manual_seed(3)
    run = create_run(folder / "project", project)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), dict(compile_project(project).state_dict()))
    return answered(folder / "project", run, "test")


def cities(given: Answered) -> np.ndarray:
    return np.array([("Rome", "Oslo", "Lima")[number % 3] for number in given.indices.tolist()])


def test_what_is_kept_from_training_is_told_from_the_rest_as_scikit_learn_counts(tmp_path: Path) -> None:
    given = run_on(tmp_path, "kind", Unseen(field="city", values=("Lima",)))
    lima = cities(given) == "Lima"
    assert lima.sum() == 80, "all of them are tested with"
    doubt = 1 - given.outputs[0].raw.double().softmax(1).max(1).values.numpy()
    found = score_oddness(given)
    assert (found.field, found.values, found.odd) == ("city", ["Lima"], 80)
    assert found.auroc == pytest.approx(roc_auc_score(lima, doubt))
    assert found.average_precision == pytest.approx(average_precision_score(lima, doubt))
    assert found.field_values == ["Lima", "Oslo", "Rome"]
    assert [plot.key for plot in found.plots] == ["oddness", "oddness_roc"]
    values = [item.value for item in found.oddest]
    assert values == sorted(values, reverse=True) and found.oddest[0].index == int(given.indices[doubt.argmax()])
    (output,) = result_of(given).outputs
    assert output.metrics["oddness_auroc"] == found.auroc
    low, high = output.intervals["oddness_auroc"]
    assert low < found.auroc < high
    assert {"auroc", "oddest", "values"} <= plain(found).keys() and "plots" not in plain(found)


def test_any_value_of_any_column_can_be_asked_for(tmp_path: Path) -> None:
    given = run_on(tmp_path, "kind", Unseen())
    assert "oddness_auroc" not in result_of(given).outputs[0].metrics
    found = score_oddness(given, "city", ("Oslo",))
    doubt = 1 - given.outputs[0].raw.double().softmax(1).max(1).values.numpy()
    assert found.auroc == pytest.approx(roc_auc_score(cities(given) == "Oslo", doubt))
    nothing = score_oddness(given)
    assert nothing.auroc is None and nothing.field == "" and [plot.key for plot in nothing.plots] == ["oddness"]
    nowhere = score_oddness(given, "city", ("Paris",))
    assert nowhere.auroc is None and "no samples of Paris" in nowhere.note
    with pytest.raises(DataError, match="no field 'town'"):
        score_oddness(given, "town", ("Oslo",))


def test_numbers_say_nothing_of_oddness(tmp_path: Path) -> None:
    given = run_on(tmp_path, "b", Unseen(field="city", values=("Rome",)))
    assert "oddness_auroc" not in result_of(given).outputs[0].metrics
    with pytest.raises(DataError, match="say nothing of how odd"):
        score_oddness(given)
