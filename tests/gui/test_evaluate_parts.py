"""Views that ask the engine more about a scored split: groups, two runs beside each other, worse inputs."""

import struct

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.document.edits import RemoveNode
from engine.protocol.messages.answered_samples import GetAnswered
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.comparison import (
    ComparedClass,
    ComparedList,
    ComparedSide,
    CompareRuns,
    Disturbance,
    GroupChoice,
    GroupScore,
    GroupsScored,
    MeasureRobustness,
    RobustnessMeasured,
    RunsCompared,
    ScoreGroups,
)
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotSeries
from engine.protocol.messages.report import ReportWritten, WriteReport
from gui.charts.preload import loader
from gui.models.settings import Settings
from gui.widgets.text import Text
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, scores_of, scripted_data, two_runs


def members(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}i", *numbers)


def groups(request: ScoreGroups) -> GroupsScored:
    by = request.by or "city"
    return GroupsScored(
        request=request.id,
        run=int(request.run),
        split=request.split,
        by=by,
        caption=by,
        metrics=["accuracy", "f1_macro"],
        overall=GroupScore(name="all", samples=300, metrics={"accuracy": 0.9, "f1_macro": 0.8}),
        groups=[
            GroupScore(
                name="Oslo", samples=90, metrics={"accuracy": 0.7}, interval=[0.6, 0.8], members=members(4, 9, 11)
            ),
            GroupScore(name="Rome", samples=205, metrics={"accuracy": 0.95}, interval=[0.91, 0.97], members=members(1)),
            GroupScore(name="Lima", samples=5, metrics={"accuracy": 0.4}, is_small=True, members=members(7)),
        ],
        choices=[GroupChoice(key="city", caption="city"), GroupChoice(key="age", caption="age, not used")],
        note="2 samples are in no group.",
    )


def compared(request: CompareRuns) -> RunsCompared:
    return RunsCompared(
        request=request.id,
        split=request.split,
        field=request.output,
        metric="accuracy",
        larger_is_better=True,
        samples=300,
        left=4,
        first=ComparedSide(run=int(request.other), name="", score=0.8, interval=[0.75, 0.84]),
        second=ComparedSide(run=int(request.run), name="", score=0.9, interval=[0.86, 0.93]),
        difference=0.1,
        interval=[0.06, 0.14],
        p_value=0.002,
        words="Run 14 fixes 40 and breaks 10.",
        lists=[
            ComparedList(key="fixed", count=40, members=members(3, 5)),
            ComparedList(key="broken", count=0),
        ],
        per_class=[ComparedClass(name="shirt", samples=30, fixed=4, broken=1)],
        plots=[plot("by_class", "Fixed and broken by class")],
    )


def plot(key: str, title: str) -> Plot:
    series = [PlotSeries(name="Score", kind=PlotKind.LINE, x=[0.0, 1.0], y=[0.9, 0.4])]
    return Plot(key=key, view="robustness", title=title, x=PlotAxis(name="x"), y=PlotAxis(name="y"), series=series)


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    loader().start()
    loader().wait()
    engine = FakeEngine()
    scripted_data(engine)
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), split=request.split))
    engine.answer_with(ScoreGroups, groups)
    engine.answer_with(CompareRuns, compared)
    return engine


@pytest.fixture
def tab(engine, qtbot, tmp_path):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    two_runs(bench, tmp_path, RunLog)
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    tab.bench = bench
    yield tab
    bench.shut_down()


def shown(tab, key, qtbot):
    tab.bench.evaluation.choose_view(key)
    view = tab.view(key)
    qtbot.waitUntil(view.isVisible)
    return view


def test_groups_worst_first_and_their_samples(tab, engine, qtbot):
    view = shown(tab, "groups", qtbot)
    model = view.table.model()
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    names = [model.index(row, 0).data() for row in range(3)]
    assert names == ["Oslo", "Rome", "Lima · few samples"]
    assert model.index(0, 3).data() == "70.0 %"
    assert model.columnCount() == 4, "no column of nothing"
    assert "dashed line" in view.words.whole_text() and "2 samples" in view.words.whole_text()
    assert view.open.blocked_reason() == "Pick a group first."
    view.table.selectRow(0)
    assert not view.open.blocked_reason()
    qtbot.mouseClick(view.open, Qt.MouseButton.LeftButton)
    assert tab.bench.evaluation.view == "mistakes"
    assert tab.bench.evaluation.answered.wanted.samples == (4, 9, 11)
    assert tab.bench.evaluation.answered.wanted.words == "city: Oslo"


def test_another_column_is_asked_for(tab, engine, qtbot):
    view = shown(tab, "groups", qtbot)
    qtbot.waitUntil(lambda: view.by.values() == ["city", "age"])
    view.by.setFocus()
    qtbot.keyClick(view.by, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: [request.by for request in engine.asked(ScoreGroups)] == ["", "age"])
    qtbot.waitUntil(lambda: view.card.note() == "3 groups by age")


def test_what_cannot_be_grouped_says_so(tab, engine, qtbot):
    engine.answer_with(
        ScoreGroups,
        lambda request: RequestFailed(
            request=request.id, error=error("data", "There is nothing to group these samples by.")
        ),
    )
    view = shown(tab, "groups", qtbot)
    qtbot.waitUntil(view.failure.isVisible)
    assert "nothing to group" in view.failure.findChild(Text).whole_text()


def test_two_runs_beside_each_other(tab, engine, qtbot):
    view = shown(tab, "compare", qtbot)
    qtbot.waitUntil(lambda: view.lists.count() == 2)
    (request,) = engine.asked(CompareRuns)
    assert (request.run, request.other) == ("14", "13")
    assert view.sentence.whole_text() == "Run 14 fixes 40 and breaks 10."
    facts = view.facts.whole_text()
    assert "Difference +10.0 points, between +6.0 points and +14.0 points" in facts
    assert "p = 0.002" in facts and "4 samples were answered by one run alone" in facts
    assert [view.lists.tabText(at) for at in range(2)] == ["Fixed 40", "Broken 0"]
    qtbot.waitUntil(lambda: any(request.samples == members(3, 5) for request in engine.asked(GetAnswered)))
    view.lists.setCurrentIndex(1)
    assert view.samples.none.isVisible() and "breaks nothing" in view.samples.none.whole_text()
    assert [card.isVisible() for card in view.cards] == [True, False]


def test_one_run_alone_has_nothing_to_be_compared_with(tab):
    view = tab.view("compare")
    result, output = tab.bench.evaluation.result, tab.bench.evaluation.output
    assert view.why_not(result, output) == ""
    view._others = lambda run: []
    assert "second run" in view.why_not(result, output)


def test_what_is_made_of_noise_is_neither_right_nor_wrong(tab):
    result, output = tab.bench.evaluation.result, tab.bench.evaluation.output
    made = msgspec.structs.replace(output, from_noise=True)
    for key in ("groups", "robustness"):
        assert tab.view(key).why_not(result, output) == ""
        assert tab.view(key).why_not(result, made).endswith("see Made.")
    # What is asked for beside the noise can be seen with what came of it; noise alone asks for nothing.
    assert tab.view("mistakes").why_not(result, made) == ""
    project = tab.bench.project
    nodes = project.project.graph.nodes.values()
    assert project.do(RemoveNode(id=next(node.id for node in nodes if node.attributes.get("fields") == ["pixels"])))
    assert tab.view("mistakes").why_not(result, made).endswith("see Made.")
    assert tab.view("mistakes").why_not(result, output) == ""


def test_robustness_is_measured_when_asked_for(tab, engine, qtbot):
    view = shown(tab, "robustness", qtbot)
    assert view.empty.isVisible() and engine.asked(MeasureRobustness) == []
    engine.answer_with(
        MeasureRobustness,
        lambda request: RobustnessMeasured(
            request=request.id,
            run=int(request.run),
            split=request.split,
            field=request.output,
            metric="accuracy",
            samples=300,
            disturbances=[
                Disturbance(key="blur", caption="Blur", unit="pixels", strengths=[0.0, 1.0], scores=[0.9, 0.4])
            ],
            plots=[plot("blur", "Blur"), plot("noise", "Noise")],
            note="The same each time.",
        ),
    )
    qtbot.mouseClick(view.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(view.cards) == 2 and view.cards[1].isVisible())
    assert view.start.text() == "Measure again"
    assert view.words.whole_text() == "The same each time. 300 samples, what costs most first."
    tab._ask(13, "test")
    qtbot.waitUntil(lambda: tab.bench.evaluation.result.run == 13)
    qtbot.waitUntil(view.empty.isVisible)
    assert len(engine.asked(MeasureRobustness)) == 1, "another run is not measured by itself"


def test_a_report_is_written_and_opened(tab, engine, qtbot, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("gui.evaluate.tab.show_file", opened.append)
    path = tmp_path / "report.html"
    engine.answer_with(
        WriteReport,
        lambda request: ReportWritten(
            request=request.id, path=request.path, run=int(request.run), split=request.split, size=9
        ),
    )
    assert tab.report.objectName() == "evaluate.report" and not tab.report.blocked_reason()
    for _ in range(2):
        monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
        with qtbot.waitSignal(tab.report.said) as said:
            qtbot.mouseClick(tab.report, Qt.MouseButton.LeftButton)
        assert said.args == ["report.html is written.", str(path)]
    assert [(request.run, request.split, request.path) for request in engine.asked(WriteReport)] == [
        ("14", "test", str(path))
    ] * 2
    qtbot.waitUntil(tab.toast.isVisible)
    qtbot.mouseClick(tab.toast._button, Qt.MouseButton.LeftButton)
    assert opened == [str(path)]


def test_a_report_that_cannot_be_written_says_so(tab, engine, qtbot, tmp_path):
    engine.answer_with(
        WriteReport, lambda request: RequestFailed(request=request.id, error=error("usage", "No room there."))
    )
    with qtbot.waitSignal(tab.report.said) as said:
        tab.report.write(tmp_path / "report.html")
    assert said.args == ["No room there.", ""] and tab.report.text() == "Report..."


def test_classes_that_do_not_occur_take_no_room(tab, engine, qtbot):
    evaluation = tab.bench.evaluation
    view = shown(tab, "mistakes", qtbot)
    whole = scores_of(14, count=40)
    matrix = np.asarray(whole.outputs[0].matrix)
    kept = [3, 7, 12]
    matrix[[at for at in range(40) if at not in kept]] = 0
    matrix[:, [at for at in range(40) if at not in kept]] = 0
    field = msgspec.structs.replace(whole.outputs[0], matrix=matrix.tolist(), field="other")
    view.show_output(whole, field)
    names = [field.classes[at] for at in kept]
    assert view.matrix.classes() == names
    assert "37 classes do not occur" in view.matrix_card.note()
    rows = enumerate(field.per_class)
    tested = [msgspec.structs.replace(row, samples=row.samples if at in kept else 0) for at, row in rows]
    tab.scores.show_field(msgspec.structs.replace(field, per_class=tested, intervals={}), 1000)
    assert any(below == "3 classes" for _, _, below in tab.scores.shown())
    assert view.classes.model().rowCount() == 3 + len(field.averages)
    heard = []
    view.mistakes.show_cell = lambda true, predicted: heard.append((true, predicted))
    view.matrix.select(0, 2)
    assert heard == [(3, 12)]
    view.mixed_up.pair_chosen.emit(7, 12)
    assert view.matrix.selected() == (1, 2) and heard[-1] == (7, 12)
    view.show_output(whole, evaluation.output)
    assert view.matrix.classes() == evaluation.output.classes
