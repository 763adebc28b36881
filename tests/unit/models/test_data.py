"""Importing and describing data, and cards of samples in pages."""

import struct
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.document import files
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Split, Step
from engine.document.edits import AddNode, SetData, apply
from engine.document.graph import Node
from engine.document.project import Project
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import (
    DataDescribed,
    DataImported,
    DescribeData,
    GetSamples,
    ImportData,
    SampleCard,
    SamplesRead,
    SplitCounts,
)
from gui.models.data import PAGE, DataModel, source_path
from gui.models.project import ProjectModel
from tests.gui.fake_engine import FakeEngine, error

SPEC = DataSpec(
    sources=(Source(kind=SourceKind.TABLE, path="/data/x.csv"),),
    fields=(
        Field(name="a", kind=FieldKind.NUMBER),
        Field(name="b", kind=FieldKind.CATEGORY, role=Role.TARGET),
    ),
)
DESCRIBED = DataDescribed(
    samples=500,
    counts=SplitCounts(train=400, val=50, test=50),
    classes=["x", "y"],
    labels=struct.pack("<500i", *[0, 1] * 250),
    splits=bytes(500),
)


def proposal() -> DataImported:
    project = Project(name="x", data=SPEC)
    apply(project, AddNode(node=Node(id="input1", type="Input", attributes={"fields": ["a"]})))
    return DataImported(project=files.as_document(project), found="500 rows", samples=500)


def cards(request: GetSamples) -> SamplesRead:
    return SamplesRead(cards=[SampleCard(index=i, label=str(i)) for i in request.indices])


@pytest.fixture
def opened(model: ProjectModel, tmp_path: Path) -> ProjectModel:
    model.create(tmp_path / "p", Project(name="p"))
    return model


@pytest.fixture
def data(opened: ProjectModel, engine: FakeEngine) -> DataModel:
    engine.answer_with(ImportData, proposal())
    engine.answer_with(DescribeData, DESCRIBED)
    engine.answer_with(GetSamples, cards)
    return DataModel(opened, engine)


def is_ready(qtbot: QtBot, data: DataModel) -> None:
    qtbot.waitUntil(lambda: data.state == "ready")


def test_imported_data_comes_with_the_proposed_network_in_one_step(
    opened: ProjectModel, data: DataModel, qtbot: QtBot
) -> None:
    data.import_path("/data/x.csv")
    assert data.state == "importing"
    is_ready(qtbot, data)
    assert opened.project.data == SPEC
    assert list(opened.project.graph.nodes) == ["input1"]
    assert opened.history.undoText() == "Import x.csv"
    opened.history.undo()
    assert not opened.project.data.sources
    assert not opened.project.graph.nodes


def test_what_is_drawn_stays(opened: ProjectModel, data: DataModel, qtbot: QtBot) -> None:
    opened.do(AddNode(node=Node(id="mine", type="ReLU")))
    data.import_path("/data/x.csv")
    is_ready(qtbot, data)
    assert list(opened.project.graph.nodes) == ["mine"]
    assert opened.project.data == SPEC
    data.propose("b")
    qtbot.waitUntil(lambda: list(opened.project.graph.nodes) == ["input1"])


def test_the_engine_reads_the_project_as_saved(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    assert opened.directory is not None
    file = opened.directory / "project.json"

    def describe(_request: DescribeData) -> DataDescribed:
        assert b"x.csv" in file.read_bytes()
        return DESCRIBED

    engine.answer_with(DescribeData, describe)
    opened.do(SetData(data=SPEC))
    is_ready(qtbot, data)
    assert data.description is not None
    assert data.splits is not None and len(data.splits) == 500


def test_only_what_a_description_depends_on_makes_a_new_one(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.do(SetData(data=SPEC))
    is_ready(qtbot, data)
    step = Step(type="Standardize")
    prepared = DataSpec(
        sources=SPEC.sources, fields=(Field(name="a", kind=FieldKind.NUMBER, preparation=(step,)), SPEC.fields[1])
    )
    with qtbot.waitSignal(opened.saved):
        opened.do(SetData(data=prepared))
    assert data.state == "ready"
    assert len(engine.asked(DescribeData)) == 1
    with qtbot.waitSignal(opened.saved):
        opened.do(SetData(data=DataSpec(sources=SPEC.sources, fields=SPEC.fields, split=Split(seed=8))))
    qtbot.waitUntil(lambda: len(engine.asked(DescribeData)) == 2)


def test_a_failed_import_says_what_and_where(data: DataModel, engine: FakeEngine, qtbot: QtBot) -> None:
    failed = RequestFailed(error=error("data", "Row 7 has 3 fields, the others 4.", "x.csv, row 7", "Mend it."))
    engine.answer_with(ImportData, [Progress(fraction=0.5, message="Reading"), failed])
    with qtbot.waitSignal(data.progressed):
        data.import_path("/data/x.csv")
    qtbot.waitUntil(lambda: data.state == "failed")
    assert data.error is not None
    assert (data.error.kind, data.error.where, data.error.hint) == ("data", "x.csv, row 7", "Mend it.")


def test_an_import_can_be_cancelled(data: DataModel, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answer_with(ImportData, None)
    data.import_path("/data/x.csv")
    qtbot.waitUntil(lambda: bool(engine.asked(ImportData)))
    data.cancel()
    qtbot.waitUntil(lambda: data.state == "empty")
    assert data.error is None


def test_when_the_engine_comes_back_the_data_is_described_again(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answer_with(DescribeData, None)
    opened.do(SetData(data=SPEC))
    qtbot.waitUntil(lambda: bool(engine.asked(DescribeData)))
    engine.set_state("restarting", "The engine stopped: it crashed.")
    assert data.state == "failed"
    engine.answer_with(DescribeData, DESCRIBED)
    engine.set_state("ready")
    is_ready(qtbot, data)


def test_cards_come_in_pages_and_are_kept(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.do(SetData(data=SPEC))
    is_ready(qtbot, data)
    arrived: list[int] = []
    data.cards_arrived.connect(arrived.extend)
    for index in range(100):
        assert data.card(index) is None
    qtbot.waitUntil(lambda: len(arrived) == 100)
    assert len(engine.asked(GetSamples)) == -(-100 // PAGE)
    card = data.card(42)
    assert card is not None and card.label == "42"
    assert len(engine.asked(GetSamples)) == -(-100 // PAGE)


def test_what_was_looked_at_last_is_asked_first_and_what_scrolled_by_never(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.do(SetData(data=SPEC))
    is_ready(qtbot, data)
    for index in range(500):
        data.card(index)
    qtbot.waitUntil(lambda: data.card(499) is not None)
    first = engine.asked(GetSamples)[0].indices
    assert first == list(range(500 - PAGE, 500))
    qtbot.waitUntil(lambda: not engine.waits)
    assert sum(len(request.indices) for request in engine.asked(GetSamples)) < 500


def test_cards_that_fail_say_so_and_are_not_asked_for_ever(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.do(SetData(data=SPEC))
    is_ready(qtbot, data)
    engine.answer_with(GetSamples, RequestFailed(error=error("data", "The file is gone.")))
    with qtbot.waitSignal(data.cards_arrived):
        data.card(3)
    card = data.card(3)
    assert card is not None and card.problem == "The file is gone."


def test_cards_of_an_older_description_are_dropped(
    opened: ProjectModel, data: DataModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.do(SetData(data=SPEC))
    is_ready(qtbot, data)
    engine.answer_with(GetSamples, None)
    data.card(3)
    qtbot.waitUntil(lambda: bool(engine.asked(GetSamples)))
    late = engine.asked(GetSamples)[0]
    data.describe()
    is_ready(qtbot, data)
    engine.answer(late.id, SamplesRead(cards=[SampleCard(index=3, label="old")]))
    assert data.card(3) is None


def test_where_sources_lie(tmp_path: Path) -> None:
    assert source_path("/data/x.csv", tmp_path) == Path("/data/x.csv")
    assert source_path("data/x.csv", tmp_path) == tmp_path / "data/x.csv"
    assert source_path("resource:data/fashion_mnist", tmp_path).is_dir()
