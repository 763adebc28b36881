"""Every example that ships: complete, free of problems, and trained for a moment from its data to an ONNX file."""

import importlib
import math
from pathlib import Path

import pytest

from engine.checks.report import check
from engine.cli.examples import copy_example
from engine.data.dataset import open_dataset
from engine.document.examples import FOLDER, INDEX
from engine.document.files import load
from engine.errors import PretrainedError
from engine.evaluation.worked.step import worked_step
from engine.pretrained.begun import bring_weights
from tests.examples.example import measure_of, names, run_example
from tests.examples.moment import train_for_a_moment
from tests.examples.readme import BEGIN, END

NAMES = names()
PARTS = ("# ", "**The idea", "**What it teaches", "**Data", "**Score to expect", BEGIN, END, "**Things to try")


@pytest.mark.parametrize("name", NAMES)
def test_its_readme_tells_the_whole_story(name: str) -> None:
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places, [part for part, place in zip(PARTS, places, strict=True) if place < 0]
    measured = text.partition(BEGIN)[2].partition(END)[0]
    assert "Measured by `make examples`" in measured and "seed" in measured and "torch 2" in measured
    assert measure_of(name)


def test_what_is_measured_belongs_to_an_example() -> None:
    package = importlib.import_module("tests.examples.measured")
    modules = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
    assert modules <= set(NAMES) and (FOLDER / INDEX).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_from_data_to_a_file_that_answers_the_same(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    copy_example(name, folder)
    project = load(folder)
    problems = [problem.message for problem in check(project, folder).problems]
    # Weights that nobody has fetched yet are no fault of the example; it connects with those of chance, too.
    assert [message for message in problems if "not on this machine yet" not in message] == []
    moment = train_for_a_moment(folder, project)
    assert moment.finished.epochs == len(project.recipe.phases)
    values = [value for output in moment.evaluated.outputs for value in output.metrics.values()]
    assert all(math.isfinite(value) for value in values)
    proof = moment.exported.verified
    assert proof.samples > 0 and proof.same_answers == proof.samples
    assert proof.max_abs_difference <= 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_its_first_step_is_worked_out_in_numbers(name: str, tmp_path: Path) -> None:
    """Each phase with its players, as the canvas shows it under Step in numbers."""
    folder = tmp_path / name
    copy_example(name, folder)
    project = load(folder)
    try:
        bring_weights(folder, project)
    except PretrainedError as missing:
        pytest.skip(missing.message)
    data = open_dataset(folder, project.data)
    for number, phase in enumerate(project.recipe.phases):
        for player in range(len(phase.players)):
            worked = worked_step(project, data, phase=number, player=player, project_dir=folder)
            assert worked.nodes and not worked.refusal
            assert math.isfinite(worked.loss) and math.isfinite(worked.loss_after)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NAMES)
def test_it_reaches_its_scores(name: str, tmp_path: Path) -> None:
    row = run_example(name, tmp_path / name)
    assert row.passed, (row.wrong, [(score.name, score.value, score.asked) for score in row.scores])
