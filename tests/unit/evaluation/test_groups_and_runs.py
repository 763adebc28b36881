"""Groups, two runs beside each other, and worse inputs: held to counting by hand and to scipy."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest

from engine.compiler.module import compile_project
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import LabelledSamples, Labelling, Role
from engine.document.files import create
from engine.document.project import Project
from engine.errors import Cancelled, DataError
from engine.evaluation.answered import Answered, answered, forget_answers
from engine.evaluation.comparison import compare_runs, mcnemar
from engine.evaluation.evaluate import evaluate
from engine.evaluation.groups import BY_ANSWER, BY_HAND, score_groups
from engine.evaluation.judging import judged
from engine.evaluation.robustness import measure_robustness
from engine.protocol.run_folder import RunFolder
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


def run_of(directory: Path, project: Project, seed: int) -> RunFolder:
    torch.manual_seed(seed)
    run = create_run(directory, project)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), dict(compile_project(project).state_dict()))
    return run


def made(folder: Path, target: str, *, ignored: tuple[str, ...] = ()) -> tuple[Path, Project]:
    chance = random.Random(2)
    rows = ["a,b,city,note,kind,price"]
    for number in range(400):
        a, b = chance.gauss(0, 1), chance.gauss(5, 2)
        city = chance.choice(["Rome", "Oslo", "Lima"])
        blank = "" if number % 9 == 0 else f"{a:.4f}"
        kind = "hot" if a + b > 5 else "cold"
        rows.append(
            f"{blank},{b:.4f},{city},{'x' * (number % 7 + 1)} and the number {number:03d},{kind},{10 * a + b:.3f}"
        )
    (folder / "rows.csv").write_text("\n".join(rows) + "\n")
    project = propose("rows", inspect(folder / "rows.csv", target=target).data)
    fields = tuple(
        msgspec.structs.replace(field, role=Role.IGNORED) if field.name in ignored else field
        for field in project.data.fields
    )
    project = propose("rows", msgspec.structs.replace(project.data, fields=fields))
    create(folder / "project", project)
    return folder / "project", project


@pytest.fixture
def kinds(tmp_path: Path) -> tuple[Path, Project, Answered]:
    directory, project = made(tmp_path, "kind", ignored=("city", "note", "price"))
    run = run_of(directory, project, 1)
    return directory, project, answered(directory, run, "train")


def test_groups_by_an_ignored_column_are_those_counted_by_hand(kinds: tuple[Path, Project, Answered]) -> None:
    _directory, _project, given = kinds
    found = score_groups(given, "city")
    right = judged(given, given.outputs[0]).right
    assert right is not None
    by_hand: dict[str, list[bool]] = {}
    path = given.project_dir.parent / "rows.csv"
    cities = [line.split(",")[2] for line in path.read_text().splitlines()[1:]]
    for place, index in enumerate(given.indices.tolist()):
        by_hand.setdefault(cities[index], []).append(bool(right[place]))
    assert {group.name: group.samples for group in found.groups} == {
        name: len(items) for name, items in by_hand.items()
    }
    for group in found.groups:
        items = by_hand[group.name]
        assert group.metrics["accuracy"] == pytest.approx(sum(items) / len(items))
        assert group.interval[0] <= group.metrics["accuracy"] <= group.interval[1]
        members = np.frombuffer(group.members, "<i4")
        assert all(cities[index] == group.name for index in members)
    shares = [group.metrics["accuracy"] for group in found.groups]
    assert shares == sorted(shares), "worst first"
    assert found.metrics[0] == "accuracy" and found.overall.samples == given.count
    assert {"city", "note", "price", "a", "b", "kind", BY_ANSWER} <= {choice.key for choice in found.choices}


def test_numbers_are_binned_and_missing_ones_told(kinds: tuple[Path, Project, Answered]) -> None:
    given = kinds[2]
    found = score_groups(given, "a")
    names = [group.name for group in found.groups]
    assert "missing" in names and len(names) == 6
    counts = [group.samples for group in found.groups if group.name != "missing"]
    assert sum(group.samples for group in found.groups) == given.count
    assert max(counts) - min(counts) <= 2
    lengths = score_groups(given, "note")
    assert sorted(group.name for group in lengths.groups) == [str(n) for n in range(20, 27)]
    answers = score_groups(given, BY_ANSWER)
    assert sum(group.samples for group in answers.groups) == given.count


def test_few_samples_are_marked_and_come_last(tmp_path: Path) -> None:
    directory, project = made(tmp_path, "kind")
    first = next(field for field in project.data.fields if field.role is Role.TARGET)
    names = tuple(answered(directory, run_of(directory, project, 1), "train").dataset.full_name(n) for n in range(6))
    spec = msgspec.structs.replace(
        project.data,
        labelling=(Labelling(field=first.name, labelled=(LabelledSamples(labels=("hot",), samples=names),)),),
    )
    other = Project(name="x", data=spec, graph=project.graph, recipe=project.recipe)
    given = answered(directory, run_of(directory, other, 1), "train")
    found = score_groups(given, BY_HAND)
    assert found.groups[-1].name == "labelled by hand" and found.groups[-1].is_small
    assert 0 < found.groups[-1].samples <= 6 and not found.groups[0].is_small


def test_what_there_is_not_is_said(kinds: tuple[Path, Project, Answered]) -> None:
    with pytest.raises(DataError, match="no field 'nothing' to group by") as told:
        score_groups(kinds[2], "nothing")
    assert "city" in (told.value.expected or "")


@pytest.mark.parametrize(("fixed", "broken"), [(10, 2), (2, 10), (5, 5), (0, 0), (1, 0), (300, 240), (0, 40)])
def test_mcnemar_is_the_binomial_test(fixed: int, broken: int) -> None:
    wanted = binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    assert mcnemar(fixed, broken) == pytest.approx(wanted, rel=1e-9)


def test_two_runs_sample_by_sample(tmp_path: Path) -> None:
    directory, project = made(tmp_path, "kind")
    first = answered(directory, run_of(directory, project, 1), "train")
    second = answered(directory, run_of(directory, project, 15), "train")
    found = compare_runs(first, second)
    before, after = (judged(item, item.outputs[0]).right for item in (first, second))
    assert before is not None and after is not None
    counts = {item.key: item.count for item in found.lists}
    assert counts["fixed"] == int((~before & after).sum()) and counts["broken"] == int((before & ~after).sum())
    assert sum(counts.values()) == found.samples == first.count and found.left == 0
    assert found.difference == pytest.approx((counts["fixed"] - counts["broken"]) / first.count)
    assert found.interval[0] <= found.difference <= found.interval[1]
    assert sum(item.fixed for item in found.per_class) == counts["fixed"]
    fixed = next(item for item in found.lists if item.key == "fixed")
    numbers = np.frombuffer(fixed.members, "<i4")
    assert set(numbers.tolist()) == set(first.indices[~before & after].tolist())
    assert f"It fixes {counts['fixed']:,} and breaks {counts['broken']:,}." in found.words
    back = compare_runs(second, first)
    assert back.difference == -found.difference and back.p_value == found.p_value
    same = compare_runs(first, first)
    assert same.p_value == 1.0 and "neither is better" in same.words


def test_runs_of_other_data_are_matched_by_name(tmp_path: Path) -> None:
    directory, project = made(tmp_path, "price")
    first = answered(directory, run_of(directory, project, 1), "test")
    other = Project(
        name="x",
        data=msgspec.structs.replace(project.data, split=msgspec.structs.replace(project.data.split, seed=99)),
        graph=project.graph,
        recipe=project.recipe,
    )
    second = answered(directory, run_of(directory, other, 2), "test")
    names = [{item.dataset.full_name(n) for n in item.indices.tolist()} for item in (first, second)]
    found = compare_runs(first, second)
    assert found.samples == len(names[0] & names[1])
    assert found.left == len(names[0] ^ names[1])
    assert found.metric == "mean_absolute_error" and found.p_value is None
    assert {item.key for item in found.lists} == {"better", "worse"}
    assert found.difference == pytest.approx(found.second.score - found.first.score)
    assert [plot.key for plot in found.plots] == ["both", "difference"]


def test_answers_to_other_questions_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    directory, project = made(tmp_path / "one", "kind")
    elsewhere, other = made(tmp_path / "two", "price")
    with pytest.raises(DataError, match="answers no field 'kind'"):
        compare_runs(
            answered(directory, run_of(directory, project, 1)), answered(elsewhere, run_of(elsewhere, other, 1))
        )


def test_worse_inputs(tmp_path: Path) -> None:
    directory, project = made(tmp_path, "kind", ignored=("note",))
    run = run_of(directory, project, 1)
    given = answered(directory, run, "train")
    found = measure_robustness(given, samples=10_000)
    assert {item.key for item in found.disturbances} == {"NumberNoise", "MissingValues"}
    accuracy = evaluate(directory, run, "train").outputs[0].metrics["accuracy"]
    for item in found.disturbances:
        assert item.scores[0] == pytest.approx(accuracy), "nothing done is what it scored"
        assert len(item.scores) == len(item.strengths) == 5
        assert len(set(item.scores)) > 1
    assert measure_robustness(given, samples=10_000) == found, "the same each time"
    assert [plot.view for plot in found.plots] == ["robustness"] * 2
    with pytest.raises(Cancelled):
        measure_robustness(given, cancelled=lambda: True)
    told: list[float] = []
    measure_robustness(given, samples=20, progress=lambda fraction, _text: told.append(fraction))
    assert told[0] == 0 and told[-1] == 1.0 and told == sorted(told)


def test_pictures_are_grouped_by_how_bright_they_are(tmp_path: Path) -> None:
    for number in range(60):
        level = 20 + 3 * number
        path = tmp_path / "pictures" / ("dark" if number % 2 else "light") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), level, np.uint8)).save(path)
    project = propose("levels", inspect(tmp_path / "pictures").data)
    create(tmp_path / "project", project)
    given = answered(tmp_path / "project", run_of(tmp_path / "project", project, 1), "train")
    (field,) = (field.name for field in project.data.fields if field.kind == "image")
    found = score_groups(given, f":level:{field}")
    assert len(found.groups) == 5 and sum(group.samples for group in found.groups) == given.count
    for group in found.groups:
        low, high = (float(part) for part in re.findall(r"[\d.]+(?= %)", group.name))
        for index in np.frombuffer(group.members, "<i4").tolist():
            level = 100 * float(given.dataset.raw(index, field).mean()) / 255
            assert low - 0.2 <= level <= high + 0.2
