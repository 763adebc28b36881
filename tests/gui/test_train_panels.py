"""The Train tab on a real project folder: runs written by hand, a scripted engine, real events."""

import pytest
from PySide6.QtCore import Qt

from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.run_events import (
    ContinueRun,
    PauseRun,
    PhaseAhead,
    RunContinued,
    RunFailed,
    RunPaused,
    RunResumed,
    RunWaiting,
    StopRun,
)
from engine.protocol.run_folder import LogReader
from gui.models.settings import Settings
from gui.train.run_dialogs import ForkDialog
from gui.train.tab import TrainTab
from gui.widgets.button import Button
from gui.widgets.row_list import KeyRole
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import open_example, train_tab


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


def opened(bench, directory, qtbot, *, wide: bool = True) -> TrainTab:
    bench.project.open(directory)
    tab = train_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500 if wide else 1000, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    return tab


def asked(directory, run: int) -> list[object]:
    return LogReader(directory / "runs" / f"{run:04d}" / "requests.jsonl", requests=True).read()


# Without runs


def test_without_runs_the_tab_says_how_to_begin_and_does_it(bench, engine, directory, qtbot):
    tab = opened(bench, directory, qtbot)
    assert tab.stack.currentWidget() is tab.empty
    assert tab.empty.sentence() == "Nothing trained yet"
    engine.answer_with(StartTraining, TrainingStarted(run=1, run_dir=str(directory / "runs" / "0001")))
    tab.start.click()
    qtbot.waitUntil(lambda: bool(engine.asked(StartTraining)))
    assert engine.asked(StartTraining)[0].project_dir == str(directory)
    assert tab.stack.currentWidget() is not tab.empty


def test_a_start_that_is_not_possible_gives_the_reason(bench, engine, directory, qtbot):
    tab = opened(bench, directory, qtbot)
    engine.set_state("dead", "The engine stopped: out of memory.")
    assert tab.start.blocked_reason() == "The engine stopped: out of memory."
    assert tab.empty.hint() == "The engine stopped: out of memory."
    engine.set_state("ready")
    assert tab.start.isEnabled()


# Runs and progress


def test_a_live_run_shows_progress_speed_and_time_left(bench, directory, qtbot):
    log = RunLog(directory, 1, name="baseline", steps=100)
    log.prepare()
    log.train(5)
    tab = opened(bench, directory, qtbot)
    line = tab.progress.line
    assert line.text() == "Epoch 6 of 20"
    assert line.right_text() == "step 500 / 2,000 · 48.2 k samples/s · 2.7 ms/step · 00:04 left"
    assert line.bar.value() == 250
    assert line.bar.objectName() == "train.progress"
    assert tab.run_list.rows.item(0).text() == "#1 baseline"
    log.train(1)
    qtbot.waitUntil(lambda: line.text() == "Epoch 7 of 20")


def test_the_facts_say_how_many_samples_each_phase_learns_from(bench, directory, qtbot):
    few = PhaseAhead(name="tune", epochs=5, samples=1000, batch_size=32, steps_per_epoch=32)
    whole = PhaseAhead(name="dream", epochs=15, samples=5120, batch_size=128, steps_per_epoch=40)
    RunLog(directory, 1).prepare(phases=[few])
    RunLog(directory, 2).prepare(phases=[whole, few])
    RunLog(directory, 3).prepare(phases=[whole, whole])
    tab = opened(bench, directory, qtbot)

    def facts(run: int) -> list[tuple[str, str]]:
        bench.runs.select(run)
        rows = tab.facts.facts.rows()
        first = next(at for at, (name, _) in enumerate(rows) if name == "samples")
        return rows[first : next(at for at, (name, _) in enumerate(rows) if name == "parameters")]

    assert facts(1) == [("samples", "1,000 of 5,120"), ("validation", "1,000"), ("batch", "32")]
    assert facts(2) == [
        ("samples", "5,120"),
        ("", "dream: 5,120"),
        ("", "tune: 1,000"),
        ("validation", "1,000"),
        ("batch", "128, 32"),
    ]
    assert facts(3) == [("samples", "5,120"), ("validation", "1,000"), ("batch", "128")]


def test_pause_continue_and_stop_reach_the_run(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(2)
    tab = opened(bench, directory, qtbot)
    qtbot.mouseClick(tab.progress.pause, Qt.MouseButton.LeftButton)
    assert asked(directory, 1) == [PauseRun()]
    log.say(RunPaused(step=80))
    qtbot.waitUntil(lambda: tab.progress.pause.text() == "Continue")
    assert tab.progress.line.text() == "Paused in epoch 3 of 20"
    assert tab.progress.line.right_text() == "step 80 / 800"
    qtbot.mouseClick(tab.progress.pause, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(tab.progress.stop, Qt.MouseButton.LeftButton)
    assert asked(directory, 1) == [PauseRun(), ContinueRun(), StopRun()]
    assert tab.progress.stop.blocked_reason() == "It stops after the current step."
    log.stop(0.9)
    qtbot.waitUntil(lambda: tab.progress.resume.isVisible())
    assert tab.progress.line.text() == "#1 · Stopped after 2 epochs"
    assert tab.progress.line.right_text() == "best accuracy 90.0 % at epoch 2"


def test_resume_asks_the_engine_for_that_run(bench, engine, directory, qtbot):
    log = RunLog(directory, 3)
    log.prepare()
    log.train(4)
    log.stop()
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.progress.resume.isVisible())
    qtbot.mouseClick(tab.progress.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(engine.asked(StartTraining)))
    assert engine.asked(StartTraining)[0].resume == 3
    assert tab.progress.resume.blocked_reason() != ""


def test_another_run_can_be_looked_at_while_one_trains(bench, directory, qtbot):
    old = RunLog(directory, 1)
    old.prepare()
    old.train(3)
    old.finish()
    live = RunLog(directory, 2)
    live.prepare()
    live.train(1)
    tab = opened(bench, directory, qtbot)
    assert bench.runs.current == 2
    rows = tab.run_list.rows
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualItemRect(rows.item(1)).center())
    assert bench.runs.current == 1
    assert not tab.progress.pause.isVisible()
    assert tab.progress.show_active.text() == "#2 is training: show it"
    tab.progress.show_active.click()
    assert bench.runs.current == 2
    assert tab.progress.pause.isVisible()


def test_a_failed_run_says_what_where_and_what_to_do(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(2)
    log.fail("The GPU is out of memory.", where="conv2", hint="Halve the batch size: 64 would fit.")
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.notices.failure.isVisible())
    assert tab.notices.failure.title() == "Training failed"
    assert tab.notices.failure.text() == ("The GPU is out of memory. Where: conv2. Halve the batch size: 64 would fit.")
    assert tab.progress.resume.isVisible()


def test_a_run_that_waits_for_room_says_why_until_it_goes_on(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(2)
    log.say(RunWaiting(step=80, reason="The disk is full."))
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.notices.failure.isVisible())
    assert tab.notices.failure.kind() == "warning"
    assert tab.notices.failure.text() == "The disk is full. It goes on by itself once there is room."
    assert tab.progress.stop.isVisible()
    log.say(RunContinued(step=80))
    qtbot.waitUntil(lambda: not tab.notices.failure.isVisible())


def test_a_run_that_lost_its_numbers_names_the_place_and_offers_the_last_good_state(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(2)
    error = {"kind": "training", "message": "The loss is no longer a number.", "where": "conv2", "hint": ""}
    log.say(
        RunFailed(error=error, node="conv2", step=87, epoch=3, batch=7, checkpoint="last-000002", checkpoint_epoch=2)
    )
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.notices.failure.isVisible())
    assert "Where: conv2. Step 87, epoch 3, batch 7." in tab.notices.failure.text()
    button = next(b for b in tab.notices.failure.findChildren(Button) if b.objectName() == "train.failure.fork")
    button.click()
    dialog = tab.findChild(ForkDialog)
    assert dialog.which.value() == "last"


def test_a_run_whose_process_is_gone_can_be_resumed(bench, directory, qtbot):
    log = RunLog(directory, 1, pid=2**22 - 3)
    log.prepare()
    log.train(2)
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.notices.failure.isVisible())
    assert "Resume" in tab.notices.failure.text()
    assert tab.progress.line.text() == "#1 · Ended without a word after 2 epochs"


# Charts


def test_charts_grow_with_the_run_and_keep_a_users_view(bench, directory, qtbot):
    log = RunLog(directory, 1, steps=50)
    log.prepare()
    log.train(3)
    tab = opened(bench, directory, qtbot)
    loss, score = tab.charts.loss.chart, tab.charts.score.chart
    qtbot.waitUntil(lambda: loss.is_built() and loss.has_series("1:loss") and len(loss.series("1:loss")) == 150)
    qtbot.waitUntil(lambda: loss.has_series("1:val.loss") and len(loss.series("1:val.loss")) == 3)
    assert loss.series("1:val.loss").style.dash != loss.series("1:loss").style.dash
    qtbot.waitUntil(lambda: score.has_series("1:val.accuracy"))
    assert score.series("1:val.accuracy").y[-1] == pytest.approx(bench.runs.curves(1).val["accuracy"][-1])
    loss.set_view((1.0, 2.0))
    view = loss.view_range()
    log.train(2)
    qtbot.waitUntil(lambda: len(loss.series("1:loss")) == 250)
    loss.redraw()
    assert loss.view_range() == view
    assert score.is_following()


def test_a_resumed_run_draws_its_new_end(bench, directory, qtbot):
    log = RunLog(directory, 1, steps=50)
    log.prepare()
    log.train(4)
    tab = opened(bench, directory, qtbot)
    loss = tab.charts.loss.chart
    qtbot.waitUntil(lambda: loss.has_series("1:loss") and len(loss.series("1:loss")) == 200)
    log.epoch = 2
    log.say(RunResumed(pid=__import__("os").getpid(), epoch=2, step=100))
    log.train(5)
    qtbot.waitUntil(lambda: len(loss.series("1:loss")) == 350)
    qtbot.waitUntil(
        lambda: loss.has_series("1:val.loss") and loss.series("1:val.loss").shown_x.tolist() == [1, 2, 3, 4, 5, 6, 7]
    )


def test_runs_are_compared(bench, directory, qtbot):
    for run in (1, 2, 3):
        log = RunLog(directory, run, name=f"try {run}")
        log.prepare()
        log.train(4)
        log.finish()
    tab = opened(bench, directory, qtbot)
    rows = tab.run_list.rows
    place = next(rows.item(i) for i in range(3) if rows.item(i).data(KeyRole) == 1)
    qtbot.mouseClick(
        rows.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier,
        rows.visualItemRect(place).center(),
    )
    assert set(tab.run_list.compared()) == {1, 3}
    chart = tab.charts.score.chart
    qtbot.waitUntil(lambda: chart.has_series("1:val.accuracy") and chart.has_series("3:val.accuracy"))
    assert not chart.has_series("2:val.accuracy")
    assert chart.series("1:val.accuracy").style.color != chart.series("3:val.accuracy").style.color
    assert chart.series("1:val.accuracy").style.marker != chart.series("3:val.accuracy").style.marker


def test_another_metric_can_be_picked_by_keyboard(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(2)
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.charts.score.pick.isVisible())
    assert tab.charts.score.title() == "Accuracy"
    qtbot.keyClick(tab.charts.score.pick, Qt.Key.Key_Down)
    assert tab.charts.score.title() == "F1"
    chart = tab.charts.score.chart
    qtbot.waitUntil(lambda: chart.has_series("1:val.f1_macro") and len(chart.series("1:val.f1_macro")) == 2)
    assert chart.series("1:val.f1_macro").y[0] == pytest.approx(bench.runs.curves(1).val["f1_macro"][0])


def test_hidden_charts_do_nothing_until_shown(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(2)
    tab = opened(bench, directory, qtbot)
    chart = tab.charts.loss.chart
    qtbot.waitUntil(lambda: chart.has_series("1:loss") and len(chart.series("1:loss")) == 80)
    tab.hide()
    drawn = []
    chart.redrawn.connect(lambda: drawn.append(1))
    with qtbot.waitSignal(bench.runs.events_arrived):
        log.train(1)
    qtbot.waitUntil(lambda: len(bench.runs.curves(1).steps) == 120)
    tab.charts.refresh()
    qtbot.waitUntil(lambda: not tab.charts._timer.isActive() and not tab.charts._round.isActive())
    assert drawn == []
    with qtbot.waitSignal(chart.redrawn):
        tab.show()


# Facts, advice


def test_facts_and_events_of_the_run(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare(device="cuda:0")
    log.train(2)
    log.note("Batch 7 held no number; it was <b>left out</b>.", warning=True)
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: len(tab.facts.event_list.events()) == 2)
    facts = dict(tab.facts.facts.rows())
    assert (facts["device"], facts["parameters"], facts["batch"]) == ("cuda:0", "1,700,000", "128")
    assert ("2", "Batch 7 held no number; it was <b>left out</b>.", True) in tab.facts.event_list.events()
    tab.resize(1000, 800)
    assert not tab.facts.isVisible()


def test_overfitting_is_said_and_its_help_is_one_undoable_edit(bench, directory, qtbot):
    log = RunLog(directory, 1)
    log.prepare()
    log.train(16, turn=6)
    tab = opened(bench, directory, qtbot)
    qtbot.waitUntil(lambda: tab.notices.advice.isVisible())
    assert tab.notices.advice.title() == "Overfitting began after epoch 6"
    button = next(b for b in tab.notices.advice.findChildren(type(tab.start)) if b.objectName() == "train.advice.apply")
    before = bench.project.project.recipe
    assert before.early_stop is None
    button.click()
    assert bench.project.project.recipe.early_stop is not None
    assert not tab.notices.advice.isVisible()
    bench.project.history.undo()
    assert bench.project.project.recipe == before
    assert not tab.notices.advice.isVisible()
