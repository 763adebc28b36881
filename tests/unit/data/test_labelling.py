"""Labels by hand: what the project says counts, the files stay as they are, and sizes follow the classes."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.checks.inference import ShapeChecker
from engine.data.dataset import Dataset, open_dataset, reopened
from engine.data.importing import inspect, refresh
from engine.data.naming import find_names
from engine.data.progress import never, silent
from engine.data.proposals import propose
from engine.data.samples import POOL
from engine.document.data_edits import (
    AddClass,
    DeleteClass,
    ExcludeSamples,
    IncludeSamples,
    LabelSamples,
    MergeClasses,
    RenameClass,
    SetField,
    SetSplit,
)
from engine.document.data_spec import DataSpec, FieldKind, Role, Split, SplitMethod
from engine.document.edits import Edit, apply, change
from engine.document.project import Project
from engine.document.sample_names import as_runs
from tests.unit.data.samples_on_disk import picture_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return picture_folder(tmp_path / "set")


@pytest.fixture
def project_dir(tmp_path: Path) -> Path:
    (tmp_path / "p").mkdir()
    return tmp_path / "p"


def edited(data: DataSpec, *edits: object) -> DataSpec:
    project = Project(name="p", data=data)
    for edit in edits:
        apply(project, edit)
    return project.data


def label(dataset: Dataset, name: str) -> str:
    (index,) = [i for i in range(dataset.samples) if dataset.name(i) == name]
    return dataset.raw(index, "label")


def test_renamed_merged_and_labelled_by_hand(folder: Path, project_dir: Path) -> None:
    data = inspect(folder, project_dir=project_dir).data
    data = edited(
        data,
        RenameClass(field="label", old="cat", new="lion"),
        AddClass(field="label", name="zebra"),
        LabelSamples(field="label", labels=("zebra",), samples=("cat/000.png", "dog/\t003-004\t.png")),
        LabelSamples(field="label", labels=("lion",), samples=("dog/004.png",)),
    )
    assert data.field("label").statistics.classes == ("lion", "dog", "zebra")
    dataset = open_dataset(project_dir, data)
    assert label(dataset, "cat/000.png") == label(dataset, "dog/003.png") == "zebra"
    assert label(dataset, "dog/004.png") == label(dataset, "cat/001.png") == "lion"
    assert np.bincount(dataset.labels("label").numpy()).tolist() == [12, 10, 2]
    merged = open_dataset(project_dir, edited(data, MergeClasses(field="label", classes=("zebra", "dog"), into="pet")))
    assert np.bincount(merged.labels("label").numpy()).tolist() == [12, 12]


def test_a_deleted_class_waits_in_the_pool_and_can_be_labelled(folder: Path, project_dir: Path) -> None:
    data = inspect(folder, project_dir=project_dir).data
    data = edited(data, AddClass(field="label", name="emu"), DeleteClass(field="label", name="dog"))
    dataset = open_dataset(project_dir, data)
    assert (dataset.splits == POOL).sum() == 12 and dataset.samples == 24
    assert dataset.counts.train + dataset.counts.val + dataset.counts.test == 12
    pool = dataset.split_numbers("pool")
    names = as_runs(dataset.full_name(int(index)) for index in pool)
    assert names == ("dog/\t000-011\t.png",)
    data = edited(data, LabelSamples(field="label", labels=("emu",), samples=names))
    assert len(open_dataset(project_dir, data).split_numbers("pool")) == 0
    data = edited(data, LabelSamples(field="label", samples=("cat/000.png",)))
    assert open_dataset(project_dir, data).split_numbers("pool").tolist() == [0]


def test_left_out_and_taken_in_again(folder: Path, project_dir: Path) -> None:
    data = inspect(folder, project_dir=project_dir).data
    out = ExcludeSamples(samples=("cat/\t000-003\t.png", "dog/000.png"))
    data = edited(data, out, IncludeSamples(samples=("cat/002.png",)))
    dataset = open_dataset(project_dir, data)
    names = {dataset.name(index) for index in range(dataset.samples)}
    assert dataset.samples == 20 and "cat/002.png" in names and "cat/003.png" not in names
    assert dataset.left_out_count == 0, "left out on purpose is no problem to tell of"


def test_the_files_are_never_touched(folder: Path, project_dir: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*.png")}
    data = inspect(folder, project_dir=project_dir).data
    data = edited(data, DeleteClass(field="label", name="dog"), ExcludeSamples(samples=("cat/001.png",)))
    open_dataset(project_dir, data)
    assert before == {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*.png")}


def test_measured_anew_the_classes_keep_their_order(folder: Path, project_dir: Path) -> None:
    data = inspect(folder, project_dir=project_dir).data
    changed = edited(
        data,
        RenameClass(field="label", old="cat", new="zebra"),
        AddClass(field="label", name="ant"),
        LabelSamples(field="label", labels=("zebra",), samples=("dog/\t000-011\t.png",)),
    )
    again = refresh(project_dir, changed)
    statistics = again.field("label").statistics
    assert statistics.classes == changed.field("label").statistics.classes == ("zebra", "dog", "ant")
    assert sum(statistics.counts) == open_dataset(project_dir, changed).counts.train and statistics.counts[1:] == (0, 0)
    assert refresh(project_dir, data) == data
    (folder / "bird").mkdir()
    (folder / "bird" / "new.png").write_bytes((folder / "cat" / "000.png").read_bytes())
    assert refresh(project_dir, changed).field("label").statistics.classes == ("zebra", "dog", "ant", "bird")


def test_opened_again_on_what_was_read_is_the_same(folder: Path, project_dir: Path) -> None:
    data = inspect(folder, project_dir=project_dir).data
    first = open_dataset(project_dir, edited(data, ExcludeSamples(samples=("cat/000.png",))))
    for by_hand in (
        LabelSamples(field="label", labels=("dog",), samples=("cat/001.png",)),
        ExcludeSamples(samples=("dog/\t000-004\t.png",)),
        SetSplit(split=Split(method=SplitMethod.RANDOM, seed=3)),
        RenameClass(field="label", old="cat", new="lion"),
    ):
        wanted = edited(data, by_hand)
        again, read = reopened(first, project_dir, wanted), open_dataset(project_dir, wanted)
        assert again is not None and again.fingerprint == read.fingerprint and again.samples == read.samples
        assert (again.splits == read.splits).all() and (again.labels("label") == read.labels("label")).all()
        assert (again.columns(("pixels",), "train").whole() == read.columns(("pixels",), "train").whole()).all()
    elsewhere = msgspec.structs.replace(data, sources=())
    assert reopened(first, project_dir, elsewhere) is None


def test_a_table_by_row_and_a_split_by_group_and_by_time(tmp_path: Path, project_dir: Path) -> None:
    lines = ["size,who,day,kind"] + [
        f"{i * 7 % 31}.5,w{i % 6},2024-01-{i % 28 + 1:02},{'ab'[i % 2]}" for i in range(120)
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    data = inspect(tmp_path / "t.csv", "kind", project_dir=project_dir).data
    first = open_dataset(project_dir, data)
    rows = as_runs(first.full_name(index) for index in range(40))
    assert len(rows) == 1
    assert open_dataset(project_dir, edited(data, ExcludeSamples(samples=rows))).samples == 80
    data = edited(data, SetField(name="day", role=Role.IGNORED), SetField(name="who", role=Role.IGNORED))
    grouped = open_dataset(project_dir, edited(data, SetSplit(split=Split(method=SplitMethod.GROUPED, field="who"))))
    for number in range(6):
        assert len({int(split) for i, split in enumerate(grouped.splits) if i % 6 == number}) == 1
    assert {int(split) for split in grouped.splits} == {0, 1, 2}
    timed = open_dataset(project_dir, edited(data, SetSplit(split=Split(method=SplitMethod.TIME, field="day"))))
    days = {split: [i % 28 for i in range(120) if timed.splits[i] == split] for split in (0, 1, 2)}
    assert max(days[0]) < min(days[1]) and max(days[1]) < min(days[2])


def test_names_are_found_however_they_are_written() -> None:
    called = ["a/1.png", "a/02.png", "a/2.png", "a/10.png", "b 3", "a/002.png", "x"]
    lists = [("a/\t1-9\t.png",), ("a/\t01-10\t.png",), ("x", "b 3"), (), ("nowhere", "a/\t5-6\t.png")]
    found = find_names(lists, called.__getitem__, len(called), silent, never)
    assert [numbers.tolist() for numbers in found] == [[0, 2], [1, 3], [4, 6], [], []]
    many = [f"rows.csv, row {number}" for number in range(2, 20_002)]
    (all_of_them,) = find_names([as_runs(many)], many.__getitem__, len(many), silent, never)
    assert all_of_them.tolist() == list(range(20_000))


def test_the_network_is_offered_as_many_answers_as_there_are_classes_now(folder: Path, project_dir: Path) -> None:
    project = propose("p", inspect(folder, project_dir=project_dir).data)
    checker = ShapeChecker(project)

    def do(edit: Edit) -> None:
        checker.update(change(edit, apply(project, edit)))

    assert not checker.problems()
    do(AddClass(field="label", name="emu"))
    problem = next(problem for problem in checker.problems() if problem.repairs)
    assert "3" in problem.repairs[0].title
    do(problem.repairs[0].edit)
    assert not checker.problems()


def test_several_labels_a_sample_are_renamed_and_given(tmp_path: Path, project_dir: Path) -> None:
    cells = ["action;drama", "drama", "action", "comedy;drama", ";", ""]
    rows = [f"{index % 17}.5,{index * 3 % 11},{cells[index % 6]}" for index in range(120)]
    (tmp_path / "films.csv").write_text("length,year,genres\n" + "\n".join(rows) + "\n")
    data = inspect(tmp_path / "films.csv", "genres", project_dir=project_dir).data
    assert data.field("genres").kind is FieldKind.LABELS
    first = open_dataset(project_dir, data)
    data = edited(
        data,
        MergeClasses(field="genres", classes=("action", "drama"), into="drama"),
        RenameClass(field="genres", old="comedy", new="fun"),
        AddClass(field="genres", name="opera"),
        LabelSamples(field="genres", labels=("opera", "fun"), samples=(first.full_name(1),)),
    )
    dataset = open_dataset(project_dir, data)
    names = {dataset.full_name(index): dataset.rows("genres").labels(index) for index in range(dataset.samples)}
    assert names[first.full_name(0)] == ("drama",) and names[first.full_name(3)] == ("fun", "drama")
    assert names[first.full_name(1)] == ("opera", "fun") and names[first.full_name(4)] == ()
    assert len(dataset.split_numbers("pool")) == 20, "where nobody knows"
    assert refresh(project_dir, data).field("genres").statistics.classes == data.field("genres").statistics.classes
