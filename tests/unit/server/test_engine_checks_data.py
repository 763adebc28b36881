"""Measuring anew and checking at length, asked of a real engine process; labelling reads nothing anew."""

import msgspec
import numpy as np
import pytest
from engine_process import EngineProcess

from engine.data import dataset as dataset_module
from engine.document import files
from engine.document.data_edits import AddClass, LabelSamples, SetMeasured
from engine.document.edits import Edit, apply
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import (
    CheckData,
    DataChecked,
    DataDescribed,
    DataImported,
    DataRefreshed,
    DescribeData,
    ImportData,
    RefreshData,
)
from engine.server.datasets import OpenDatasets
from tests.unit.data.samples_on_disk import picture_folder


@pytest.fixture(scope="module")
def engine():
    with EngineProcess() as process:
        process.next_event()
        yield process


@pytest.fixture
def project_dir(engine, tmp_path):
    picture_folder(tmp_path / "pets")
    imported = engine.answer(engine.send(ImportData, path=str(tmp_path / "pets")))
    assert isinstance(imported, DataImported), imported
    files.create(tmp_path / "p", files.from_document(imported.project, "the proposal"))
    return tmp_path / "p"


def test_labels_and_classes_are_described_and_measured(engine, project_dir):
    project = files.load(project_dir)
    apply(project, AddClass(field="label", name="emu"))
    apply(project, LabelSamples(field="label", labels=("emu",), samples=("cat/\t000-004\t.png",)))
    apply(project, LabelSamples(field="label", samples=("dog/000.png",)))
    files.save(project_dir, project)
    described = engine.answer(engine.send(DescribeData, project_dir=str(project_dir)))
    assert isinstance(described, DataDescribed), described
    assert described.classes == ["cat", "dog", "emu"] and described.class_counts == [7, 11, 5]
    assert described.counts.pool == 1 and np.frombuffer(described.splits, np.int8).tolist().count(3) == 1
    refreshed = engine.answer(engine.send(RefreshData, project_dir=str(project_dir)))
    assert isinstance(refreshed, DataRefreshed), refreshed
    (edit,) = msgspec.convert(refreshed.edits, list[Edit])
    assert isinstance(edit, SetMeasured) and sum(edit.statistics["label"].counts) == described.counts.train
    apply(project, edit)
    files.save(project_dir, project)
    again = engine.answer(engine.send(RefreshData, project_dir=str(project_dir)))
    assert isinstance(again, DataRefreshed) and again.edits == []


def test_slow_checks_are_made_when_asked_for(engine, project_dir):
    checked = engine.answer(engine.send(CheckData, project_dir=str(project_dir)))
    assert isinstance(checked, DataChecked), checked
    assert checked.kinds == ["near_pictures", "near_texts", "near_sounds"] and checked.checks == []
    no_network = engine.answer(engine.send(CheckData, project_dir=str(project_dir), kinds=["wrong_labels"]))
    assert isinstance(no_network, RequestFailed) and no_network.error["kind"] == "run"
    unknown = engine.answer(engine.send(CheckData, project_dir=str(project_dir), kinds=["feng_shui"]))
    assert isinstance(unknown, RequestFailed) and "feng_shui" in unknown.error["message"]


def test_a_change_by_hand_reads_nothing_anew_and_a_changed_file_does(engine, project_dir, monkeypatch):
    read = []
    real = dataset_module.read_source
    monkeypatch.setattr(dataset_module, "read_source", lambda *a, **k: (read.append(1), real(*a, **k))[1])
    project = files.load(project_dir)
    datasets = OpenDatasets()

    def get(fresh=True):
        return datasets.get(project_dir, project.data, progress=lambda *_: None, cancelled=lambda: False, fresh=fresh)

    get()
    for number in range(4):
        apply(project, LabelSamples(field="label", labels=("dog",), samples=(f"cat/00{number}.png",)))
        assert (get().labels("label").numpy() == 1).sum() == 13 + number
    assert len(read) == 1
    pets = project_dir.parent / "pets"
    (pets / "dog" / "new.png").write_bytes((pets / "dog" / "000.png").read_bytes())
    assert get().samples == 25 and len(read) == 2
