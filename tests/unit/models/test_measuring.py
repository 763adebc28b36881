"""What was measured follows the data: asked for once saved, taken in without a step of history, dropped when old."""

from pathlib import Path

import msgspec
import pytest

from engine.document.data_edits import AddClass, LabelSamples, SetField, SetMeasured
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics, Step
from engine.document.files import load
from engine.document.project import Project
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import CheckData, DataCheck, DataChecked, DataRefreshed, RefreshData, Remedy
from gui.models.data_checks import DataChecksModel
from gui.models.measuring import MeasuringModel
from gui.models.project import ProjectModel
from tests.gui.fake_engine import FakeEngine

DATA = DataSpec(
    sources=(Source(kind=SourceKind.TABLE, path="/t.csv"),),
    fields=(
        Field(name="width", kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),)),
        Field(name="kind", kind=FieldKind.CATEGORY, role=Role.TARGET, statistics=Statistics(classes=("a", "b"))),
    ),
)
MEASURED = SetMeasured(statistics={"width": Statistics(mean=(3.0,))})


@pytest.fixture
def engine(qtbot):
    return FakeEngine()


@pytest.fixture
def project(qtbot, tmp_path):
    model = ProjectModel()
    yield model
    model.shut_down()


def opened(project: ProjectModel, folder: Path) -> None:
    project.create(folder / "p", Project(name="p", data=DATA))


def asked(engine: FakeEngine, kind: type) -> list:
    return [request for request in engine.requests if isinstance(request, kind)]


def test_nothing_is_asked_for_what_was_saved_measured(qtbot, project, engine, tmp_path):
    measuring = MeasuringModel(project, engine)
    opened(project, tmp_path)
    assert not measuring.stale
    with qtbot.waitSignal(project.saved):
        project.save()
    assert not asked(engine, RefreshData)


def test_measured_values_come_without_a_step_of_the_history(qtbot, project, engine, tmp_path):
    measuring = MeasuringModel(project, engine)
    opened(project, tmp_path)
    engine.answer_with(RefreshData, DataRefreshed(edits=[msgspec.to_builtins(MEASURED)]))
    project.do(SetField(name="width", preparation=()))
    assert measuring.stale and not asked(engine, RefreshData), "the engine reads what is saved"
    project.save()
    qtbot.waitUntil(lambda: project.project.data.field("width").statistics.mean == (3.0,))
    assert not measuring.stale and not measuring.busy and project.history.count() == 1
    with qtbot.waitSignal(project.saved):
        project.save()
    assert load(tmp_path / "p").data.field("width").statistics.mean == (3.0,)
    assert len(asked(engine, RefreshData)) == 1
    project.history.undo()
    assert measuring.stale, "what was taken back is measured anew"
    project.save()
    qtbot.waitUntil(lambda: len(asked(engine, RefreshData)) == 2)
    assert project.history.count() == 1


def test_an_answer_to_an_older_state_is_dropped(qtbot, project, engine, tmp_path):
    measuring = MeasuringModel(project, engine)
    opened(project, tmp_path)
    project.do(SetField(name="width", preparation=()))
    project.save()
    qtbot.waitUntil(lambda: measuring.busy)
    (first,) = asked(engine, RefreshData)
    project.do(LabelSamples(field="kind", labels=("a",), samples=("row 2",)))
    assert not measuring.busy and first.id in engine.cancelled
    project.save()
    qtbot.waitUntil(lambda: len(asked(engine, RefreshData)) == 2)


def test_a_failure_is_not_asked_again_until_something_changes(qtbot, project, engine, tmp_path):
    measuring = MeasuringModel(project, engine)
    opened(project, tmp_path)
    engine.answer_with(RefreshData, RequestFailed(error={"kind": "data", "message": "The file is gone."}))
    project.do(AddClass(field="kind", name="c"))
    project.save()
    qtbot.waitUntil(lambda: measuring.error is not None)
    with qtbot.waitSignal(project.saved):
        project.save()
    assert len(asked(engine, RefreshData)) == 1


def test_checks_are_made_on_what_is_saved_and_mended_in_one_step(qtbot, project, engine, tmp_path):
    checks = DataChecksModel(project, engine)
    opened(project, tmp_path)
    project.do(AddClass(field="kind", name="c"))
    remedy = Remedy(title="Ignore width", edits=[{"edit": "SetField", "name": "width", "role": "ignored"}])
    finding = DataCheck(kind="near_texts", message="Two are alike.", samples=[1, 2], count=1, remedies=[remedy])
    answer = DataChecked(kinds=["near_texts"], checks=[finding])
    engine.answer_with(CheckData, [Progress(fraction=0.5, message="Comparing texts"), answer])
    with qtbot.waitSignal(checks.progressed):
        checks.check(["near_texts"])
    qtbot.waitUntil(lambda: checks.state == "done")
    assert checks.found == [finding] and asked(engine, CheckData)[0].kinds == ["near_texts"]
    assert checks.mend(remedy) and project.project.data.field("width").role is Role.IGNORED
    assert checks.state == "idle" and not checks.found, "numbers of samples may be others now"
    project.history.undo()
    assert project.project.data.field("width").role is Role.INPUT


def test_checks_can_be_stopped_and_fail_in_words(qtbot, project, engine, tmp_path):
    checks = DataChecksModel(project, engine)
    checks.check()
    assert checks.state == "idle", "there is no data to check"
    opened(project, tmp_path)
    checks.check()
    qtbot.waitUntil(lambda: checks.state == "checking")
    checks.cancel()
    assert checks.state == "idle" and engine.cancelled == [asked(engine, CheckData)[0].id]
    engine.answer_with(CheckData, RequestFailed(error={"kind": "data", "message": "The file is gone."}))
    checks.check()
    qtbot.waitUntil(lambda: checks.state == "failed")
    assert checks.error is not None and checks.error.message == "The file is gone."


def test_a_remedy_that_is_done_says_so(project, engine, tmp_path):
    checks = DataChecksModel(project, engine)
    opened(project, tmp_path)
    weigh = Remedy(title="Weight the classes", edits=[{"edit": "SetClassWeights", "on": True}])
    assert not checks.is_done(weigh) and not checks.is_done(Remedy(title="Show them"))
    assert checks.mend(weigh) and checks.is_done(weigh)
