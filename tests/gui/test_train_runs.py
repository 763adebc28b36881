"""Runs in the Train tab: found, sorted, named, queued, compared, forked, continued, repeated, told to change."""

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.document.data_spec import Step
from engine.document.edits import AddNode, Connect, RemoveNode, SetAttributes, apply
from engine.document.graph import Edge, Node
from engine.document.project_json import to_bytes
from engine.document.recipe import Phase, Player
from engine.protocol.messages.training import (
    ArrangeQueue,
    EditRun,
    QueueArranged,
    RunEdited,
    StartTraining,
    TrainingStarted,
)
from engine.protocol.run_events import ChangeSettings, SettingsChanged, StepOnce
from engine.protocol.run_folder import LogReader
from engine.protocol.run_queue import QueuedRun, RunQueue
from gui.models.settings import Settings
from gui.train.differences import Change, graph_difference, setting_differences
from gui.train.tab import TrainTab
from gui.widgets.row_list import KeyRole
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import example, open_example, train_tab


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    return FakeEngine()


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


@pytest.fixture
def directory(bench, tmp_path):
    return open_example(bench, tmp_path)


def opened(bench, directory, qtbot) -> TrainTab:
    bench.project.open(directory)
    tab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading)
    return tab


def finished(directory, run: int, *, best: float = 0.9, epochs: int = 3, **about) -> RunLog:
    log = RunLog(directory, run, name=about.pop("name", f"try {run}"))
    log.about(**about)
    log.prepare()
    log.train(epochs, best=best)
    log.finish(best)
    (log.folder / "project.json").write_bytes(to_bytes(example()))
    return log


def listed(tab) -> list[int]:
    keys = tab.run_list.rows.keys()
    return [item for item in keys if isinstance(item, int)]


# The list


def test_runs_are_found_by_name_tag_and_note_and_sorted_by_a_score(bench, directory, qtbot):
    for run, best in ((1, 0.7), (2, 0.95), (3, 0.8), (4, 0.6), (5, 0.75), (6, 0.9)):
        tags = ["paper"] if run in (2, 5) else []
        finished(directory, run, best=best, tags=tags, notes="too slow" if run == 4 else "", name=f"try {run}")
    tab = opened(bench, directory, qtbot)
    assert listed(tab) == [6, 5, 4, 3, 2, 1]
    assert tab.run_list.search.isVisible()
    tab.run_list.search.setText("paper")
    assert listed(tab) == [5, 2]
    tab.run_list.search.setText("slow")
    assert listed(tab) == [4]
    tab.run_list.search.setText("nothing like it")
    assert listed(tab) == []
    tab.run_list.search.clear()
    assert "accuracy" in tab.run_list.sort.values()
    tab.run_list.sort.set_value("accuracy")
    tab.run_list.sort.committed.emit("accuracy")
    assert listed(tab) == [2, 6, 3, 5, 1, 4]


def test_name_tags_and_notes_are_written_where_they_are_read(bench, engine, directory, qtbot):
    log = finished(directory, 1, name="first")

    def edit(request: EditRun) -> RunEdited:
        changes = {"name": request.name, "tags": request.tags, "notes": request.notes}
        log.about(**({"name": "first"} | {key: value for key, value in changes.items() if value is not None}))
        return RunEdited(run=request.run)

    engine.answer_with(EditRun, edit)
    tab = opened(bench, directory, qtbot)
    card = tab.facts.card
    assert card.name.text() == "first"
    card.name.setFocus()
    card.name.selectAll()
    qtbot.keyClicks(card.name, "small net")
    qtbot.keyClick(card.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: tab.run_list.rows.item(0).text() == "#1 small net")
    card.tags.setText(" paper,, small , paper")
    card.tags.editingFinished.emit()
    card.notes.setPlainText("The one to keep.")
    card.notes.committed.emit()
    qtbot.waitUntil(lambda: len(engine.asked(EditRun)) == 3)
    assert engine.asked(EditRun)[1].tags == ["paper", "small"]
    assert engine.asked(EditRun)[2].notes == "The one to keep."


def test_the_queue_shows_its_order_and_lets_it_be_changed(bench, engine, directory, qtbot):
    finished(directory, 1)
    for run in (2, 3, 4):
        folder = directory / "runs" / f"{run:04d}"
        folder.mkdir()
        (folder / "run.json").write_bytes(msgspec.json.encode({"name": f"later {run}"}))
    queue = RunQueue(waiting=tuple(QueuedRun(run=run) for run in (2, 3, 4)))
    (directory / "runs" / "queue.json").write_bytes(msgspec.json.encode(queue))
    engine.answer_with(ArrangeQueue, QueueArranged(runs=[2, 3, 4], held=False, at_once=1, working=True))
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.queue.isVisible())
    assert tab.queue.rows.keys() == [2, 3, 4]
    assert listed(tab) == [1]
    assert bench.runs.current == 1
    assert bench.runs.summary(3).state == "queued"
    qtbot.waitUntil(lambda: len(engine.asked(ArrangeQueue)) == 1)  # so that it is worked off after a crash
    tab.queue.rows.select_key(4)
    qtbot.keyClick(tab.queue.rows, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    tab.queue.rows.select_key(2)
    assert tab.queue.up.blocked_reason() == "It is the next one already."
    qtbot.keyClick(tab.queue.rows, Qt.Key.Key_Delete)
    tab.queue.hold.click()
    tab.queue.at_once.committed.emit(2)
    asked = engine.asked(ArrangeQueue)[1:]
    assert [(one.order, one.remove, one.held, one.at_once) for one in asked] == [
        ([2, 4, 3], [], None, 0),
        ([], [2], None, 0),
        ([], [], True, 0),
        ([], [], None, 2),
    ]


# Going on


def test_a_fork_says_what_is_to_be_different(bench, engine, directory, qtbot):
    finished(directory, 7, name="wide")
    tab = opened(bench, directory, qtbot)
    tab.progress.fork.click()
    dialog = tab.findChild(type(tab.progress.menu.ask_to_fork(7)), "train.fork")
    dialog.rate.set_value(0.01)
    dialog.which.set_value("last")
    dialog.do.click()
    qtbot.waitUntil(lambda: bool(engine.asked(StartTraining)))
    asked = engine.asked(StartTraining)[0]
    assert (asked.from_run, asked.which, asked.as_it_was, asked.settings) == (7, "last", True, ["lr=0.01"])
    assert asked.name == "wide fork"


def test_a_finished_run_continues_for_more_epochs(bench, engine, directory, qtbot):
    finished(directory, 2, epochs=20)
    tab = opened(bench, directory, qtbot)
    assert tab.progress.further.isVisible()
    dialog = tab.progress.menu.ask_to_continue(2)
    assert dialog.epochs.value() == 30
    dialog.do.click()
    qtbot.waitUntil(lambda: bool(engine.asked(StartTraining)))
    assert (engine.asked(StartTraining)[0].resume, engine.asked(StartTraining)[0].epochs) == (2, 30)


def test_several_seeds_go_into_the_queue(bench, engine, directory, qtbot):
    finished(directory, 1)
    tab = opened(bench, directory, qtbot)
    engine.answer_with(StartTraining, TrainingStarted(run=2, run_dir=str(directory / "runs" / "0002"), queued=True))
    dialog = tab.progress.menu.ask_for_seeds()
    dialog.count.set_value(3)
    dialog.do.click()
    with qtbot.waitSignal(bench.runs.queued):
        pass
    asked = engine.asked(StartTraining)[0]
    assert (asked.seeds, asked.queue) == (3, True)


def test_what_cannot_be_done_with_a_run_says_why(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(1)
    tab = opened(bench, directory, qtbot)
    texts = {action.text(): action.isEnabled() for action in tab.progress.menu.menu(1).actions() if action.text()}
    assert texts["Continue for more epochs: It is still training."] is False
    assert texts["Fork from a checkpoint..."] is True
    assert texts["Pin as baseline"] is True


def test_live_settings_reach_the_run_and_are_marked(bench, directory, qtbot):
    log = RunLog(directory, 1, steps=10)
    log.prepare()
    log.train(2)
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.progress.adjust.isVisible())
    tab.progress.adjust.click()
    live = tab.progress.live
    assert live.isVisible()
    live.rate.committed.emit(0.0005)
    live.clip.committed.emit(None)
    tab.progress.step.click()
    asked = LogReader(log.folder / "requests.jsonl", requests=True).read()
    assert asked == [ChangeSettings(learning_rate=0.0005), ChangeSettings(clip_norm=0.0), StepOnce()]
    log.say(SettingsChanged(step=20, epoch=3, learning_rate=0.0005))
    chart = tab.charts.loss.chart
    qtbot.waitUntil(lambda: [mark.text for mark in chart.marks()] == ["learning rate 0.0005"])
    assert chart.marks()[0].x == 2.0
    assert live.rate.value() == 0.0005


# Comparing


def test_a_table_of_runs_sorts_by_any_score_and_measures_against_the_baseline(bench, directory, qtbot):
    for run, best in ((1, 0.7), (2, 0.95), (3, 0.8)):
        finished(directory, run, best=best, baseline=run == 1)
    tab = opened(bench, directory, qtbot)
    tab.run_list.rows.selectAll()
    tab.views.setCurrentIndex(1)
    table = tab.comparison.table
    assert table.isVisible()

    def shown() -> list[object]:
        return [table.item(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(table.rowCount())]

    assert shown() == [2, 3, 1]
    heads = [table.horizontalHeaderItem(column).text() for column in range(table.columnCount())]
    at = heads.index("Accuracy")
    assert table.item(0, at).text() == "95.0 %  (+0.25)"
    table.sortByColumn(at, Qt.SortOrder.AscendingOrder)
    assert shown() == [1, 3, 2]
    table.itemClicked.emit(table.item(2, 0))
    assert bench.runs.current == 2


def test_settings_and_networks_that_differ_are_shown(bench, directory, qtbot):
    finished(directory, 1)
    log = finished(directory, 2)
    project = example()
    apply(project, AddNode(node=Node(id="extra", type="ReLU", x=10, y=10)))
    phase = msgspec.structs.replace(project.recipe.phases[0], batch_size=999)
    project.recipe = msgspec.structs.replace(project.recipe, phases=(phase,))
    (log.folder / "project.json").write_bytes(to_bytes(project))
    tab = opened(bench, directory, qtbot)
    tab.run_list.rows.selectAll()
    tab.views.setCurrentIndex(2)
    table = tab.comparison.settings
    qtbot.waitUntil(lambda: table.isVisible() and table.rowCount() == 2)
    rows = {table.item(row, 0).text(): table.item(row, 2).text() for row in range(2)}
    assert rows == {"batch": "≠ 999", "node extra": "≠ ReLU"}
    tab.views.setCurrentIndex(3)
    qtbot.waitUntil(lambda: tab.comparison.network.isVisible())
    assert tab.comparison.network.difference().nodes["extra"].change is Change.ADDED
    place = next(item for item in range(2) if tab.run_list.rows.item(item).data(KeyRole) == 2)
    tab.run_list.rows.clearSelection()
    tab.run_list.rows.setCurrentRow(place)
    assert tab.charts.isVisible()  # one run alone has nothing to be compared with


def test_a_project_that_cannot_be_read_is_said_and_the_rest_goes_on(bench, directory, qtbot):
    finished(directory, 1)
    (finished(directory, 2).folder / "project.json").write_bytes(b"{ torn")
    tab = opened(bench, directory, qtbot)
    tab.run_list.rows.selectAll()
    tab.views.setCurrentIndex(2)
    qtbot.waitUntil(lambda: "run 2 cannot be read" in tab.comparison._hint.whole_text())
    tab.views.setCurrentIndex(1)
    assert tab.comparison.table.rowCount() == 2


def test_differences_of_graphs_name_what_changed():
    before, after = example(), example()
    ids = list(after.graph.nodes)
    conv = next(node.id for node in after.graph.nodes.values() if node.type == "Conv2d")
    apply(after, SetAttributes(id=conv, attributes={"out_channels": 77}))
    apply(after, AddNode(node=Node(id="new", type="ReLU")))
    gone = ids[-1]
    apply(after, RemoveNode(id=gone))
    apply(after, Connect(edge=Edge(source=conv, target="new")))
    found = graph_difference(before.graph, after.graph)
    assert found.nodes[conv].change is Change.CHANGED
    assert "out_channels" in found.nodes[conv].words and "77" in found.nodes[conv].words
    assert (found.nodes["new"].change, found.nodes[gone].change) == (Change.ADDED, Change.REMOVED)
    new_link = next(link for link in found.links if link.target == "new")
    assert new_link.change is Change.ADDED
    assert {link.change for link in found.links if gone in (link.source, link.target)} <= {Change.REMOVED}
    same = graph_difference(before.graph, before.graph)
    assert {one.change for one in (*same.nodes.values(), *same.links)} == {Change.SAME}
    assert setting_differences([before, before]) == []


def test_differences_of_players_and_phases_bear_their_names():
    def with_rates(critic: float, generator: float, epochs: int, name: str = "generator"):
        project = example()
        rates = (("critic", critic), (name, generator))
        players = tuple(Player(name=who, optimizer=Step(type="Adam", attributes={"lr": lr})) for who, lr in rates)
        phases = (Phase(name="play", players=players), Phase(name="polish", epochs=epochs))
        project.recipe = msgspec.structs.replace(project.recipe, phases=phases)
        return project

    before = with_rates(0.1, 0.2, 5)
    found = setting_differences([before, with_rates(0.3, 0.4, 6)])
    assert [(one.name, one.values) for one in found] == [
        ("play: critic: learning rate", ("0.1", "0.3")),
        ("play: generator: learning rate", ("0.2", "0.4")),
        ("polish: epochs", ("5", "6")),
    ]
    renamed = setting_differences([before, with_rates(0.1, 0.4, 5, name="painter")])
    assert [one.name for one in renamed] == ["play: player 2: name", "play: player 2: learning rate"]


def test_seeds_are_shown_as_mean_and_spread(bench, directory, qtbot):
    for run in (1, 2, 3):
        finished(directory, run, best=0.8 + 0.02 * run, group="1")
    tab = opened(bench, directory, qtbot)
    tab.run_list.rows.selectAll()
    chart = tab.charts.score.chart
    qtbot.waitUntil(lambda: chart.has_series("group:1") and len(chart.series("group:1")) == 3)
    told = [bench.runs.curves(run).val["accuracy"][-1] for run in (1, 2, 3)]
    assert chart.series("group:1").y[-1] == pytest.approx(sum(told) / 3)
    band = chart.bands()["group:1"]
    assert band.high[-1] - band.low[-1] == pytest.approx(2 * 0.02 * (1 - 2.718281828 ** (-1)), rel=0.2)
    assert chart.series("1:val.accuracy").back


def test_without_an_engine_nothing_beside_a_run_can_be_changed_and_says_why(bench, engine, directory, qtbot):
    finished(directory, 1)
    tab = opened(bench, directory, qtbot)
    engine.set_state("dead", "The engine stopped: it crashed.")
    tab.facts.card.refresh()
    assert tab.facts.card.name.isReadOnly()
    assert "it crashed" in tab.facts.card.name.toolTip()
    texts = [action.text() for action in tab.progress.menu.menu(1).actions()]
    assert "Pin as baseline: The engine stopped: it crashed." in texts
    assert any(text.startswith("Fork from a checkpoint: The engine stopped") for text in texts)
