"""Runs followed through their folders: live, finished, lost, resumed; starting, stopping, and why not."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from engine.document.data_spec import DataSpec, Source, SourceKind
from engine.document.edits import AddNode, SetData
from engine.document.graph import Node
from engine.document.project import Project
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.training import ArrangeQueue, StartTraining, TrainingStarted
from engine.protocol.run_events import (
    ContinueRun,
    PauseRun,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStopped,
    StopRun,
)
from engine.protocol.run_folder import BegunProcess, LogReader, RunFolder
from engine.protocol.run_queue import QueuedRun, RunQueue
from gui.models import run_watch
from gui.models.project import ProjectModel
from gui.models.runs import FIRST_WORD_WITHIN_S, RunsModel
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog

FINISHED = RunFinished(epochs=2, seconds=3.0, samples_per_s=100.0, best_epoch=2, best={"accuracy": 0.9})


@pytest.fixture
def opened(model: ProjectModel, tmp_path: Path) -> ProjectModel:
    model.create(tmp_path / "p", Project(name="p"))
    return model


@pytest.fixture
def make_runs(engine: FakeEngine) -> Iterator[Callable[[ProjectModel], RunsModel]]:
    made: list[RunsModel] = []

    def make(model: ProjectModel) -> RunsModel:
        made.append(RunsModel(model, engine))
        return made[-1]

    yield make
    for runs in made:
        runs.close()


@pytest.fixture
def runs(opened: ProjectModel, make_runs: Callable[[ProjectModel], RunsModel]) -> RunsModel:
    return make_runs(opened)


def directory(model: ProjectModel) -> Path:
    assert model.directory is not None
    return model.directory


def state(runs: RunsModel, run: int) -> str:
    summary = runs.summary(run)
    return summary.state if summary is not None else "unknown"


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    return child.pid


def test_a_live_run_is_followed_to_its_end(opened: ProjectModel, runs: RunsModel, qtbot: QtBot) -> None:
    log = RunLog(directory(opened), 1, epochs=2, steps=10)
    log.prepare()
    qtbot.waitUntil(lambda: runs.active == 1 and state(runs, 1) == "running")
    assert runs.current == 1
    arrived: list[int] = []
    runs.events_arrived.connect(lambda run, events: arrived.extend([run] * len(events)))
    log.train(1)
    qtbot.waitUntil(lambda: runs.curves(1).epochs == [1])
    assert 0.4 < runs.progress() < 0.6
    assert set(arrived) == {1}
    log.say(FINISHED)
    qtbot.waitUntil(lambda: runs.active is None)
    assert state(runs, 1) == "finished"


def test_finished_runs_are_read_when_a_project_is_opened(
    opened: ProjectModel, make_runs: Callable[[ProjectModel], RunsModel], qtbot: QtBot
) -> None:
    for number in (1, 2, 3):
        log = RunLog(directory(opened), number, epochs=2, steps=10, pid=dead_pid())
        log.prepare()
        log.train(2)
        log.say(FINISHED)
    runs = make_runs(opened)
    qtbot.waitUntil(lambda: not runs.loading)
    assert [summary.run for summary in runs.summaries] == [3, 2, 1]
    assert {summary.state for summary in runs.summaries} == {"finished"}
    assert runs.current == 3
    assert runs.active is None
    assert len(runs.curves(2).steps) == 20


def test_a_run_whose_process_is_gone_without_a_word_is_lost(
    opened: ProjectModel, runs: RunsModel, qtbot: QtBot
) -> None:
    log = RunLog(directory(opened), 1, pid=dead_pid())
    log.prepare()
    qtbot.waitUntil(lambda: state(runs, 1) == "lost")
    assert runs.active is None


def test_a_run_killed_while_it_is_followed_is_lost(opened: ProjectModel, runs: RunsModel, qtbot: QtBot) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    log = RunLog(directory(opened), 1, pid=child.pid)
    log.prepare()
    qtbot.waitUntil(lambda: runs.active == 1)
    child.kill()
    child.wait()
    qtbot.waitUntil(lambda: state(runs, 1) == "lost")
    assert runs.active is None
    assert runs.reason_not_to_start() != "Run 1 is still training. Stop it first."


def test_a_lost_run_that_is_resumed_lives_again(opened: ProjectModel, runs: RunsModel, qtbot: QtBot) -> None:
    log = RunLog(directory(opened), 1, epochs=3, steps=10, pid=dead_pid())
    log.prepare()
    log.train(2)
    qtbot.waitUntil(lambda: state(runs, 1) == "lost")
    log.say(RunResumed(pid=os.getpid(), epoch=1, step=10, time=time.time()))
    qtbot.waitUntil(lambda: state(runs, 1) == "running")
    assert runs.active == 1
    assert runs.curves(1).epochs == [1]
    log.say(FINISHED)
    qtbot.waitUntil(lambda: runs.active is None)


class Clock:
    """The time that runs are judged by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        monkeypatch.setattr("gui.models.runs.time", lambda: time.time() + self.ahead)


def begun(folder: Path, pid: int) -> None:
    """What whoever starts a process leaves in the run's folder."""
    (folder / "process.json").write_bytes(msgspec.json.encode(BegunProcess(pid=pid, time=time.time())))


@pytest.mark.parametrize("resumed", [False, True])
def test_a_run_whose_process_lives_is_waited_for_however_busy_the_machine_is(
    opened: ProjectModel,
    runs: RunsModel,
    engine: FakeEngine,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    resumed: bool,
) -> None:
    ready(runs, monkeypatch)
    clock = Clock(monkeypatch)
    folder = directory(opened) / "runs" / "0001"
    if resumed:
        RunLog(directory(opened), 1, pid=dead_pid()).train(1)
        qtbot.waitUntil(lambda: state(runs, 1) == "lost")
    else:
        folder.mkdir(parents=True)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        begun(folder, child.pid)
        engine.answer_with(StartTraining, TrainingStarted(run=1, run_dir=str(folder)))
        runs.resume(1) if resumed else runs.start()
        qtbot.waitUntil(lambda: runs.active == 1)
        assert not runs.is_slow_to_begin(1)
        clock.ahead = 10 * FIRST_WORD_WITHIN_S
        qtbot.waitUntil(lambda: runs.is_slow_to_begin(1))
        assert runs.active == 1 and state(runs, 1) == "starting"
    finally:
        child.kill()
        child.wait()
    with qtbot.waitSignal(runs.ended):
        pass
    assert state(runs, 1) == "lost" and not runs.is_slow_to_begin(1)


def test_a_run_that_says_much_at_once_has_not_ended(
    opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(runs, monkeypatch)
    monkeypatch.setattr(run_watch, "READ_BYTES", 4096)
    folder = directory(opened)

    def start(_request: StartTraining) -> TrainingStarted:
        log = RunLog(folder, 1, epochs=40, steps=20)
        log.prepare()
        log.train(20)
        return TrainingStarted(run=1, run_dir=str(log.folder))

    engine.answer_with(StartTraining, start)
    ended: list[int] = []
    runs.ended.connect(ended.append)
    runs.start()
    qtbot.waitUntil(lambda: len(runs.curves(1).epochs) == 20)
    with qtbot.waitSignals([runs._timer.timeout] * 3):
        pass
    assert ended == [] and runs.active == 1


def test_a_run_that_is_seen_before_its_start_is_answered_is_not_lost_later(
    opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(runs, monkeypatch)
    clock = Clock(monkeypatch)
    log = RunLog(directory(opened), 1, epochs=2, steps=10)
    log.prepare()
    begun(log.folder, os.getpid())
    qtbot.waitUntil(lambda: runs.active == 1 and state(runs, 1) == "running")
    engine.answer_with(StartTraining, TrainingStarted(run=1, run_dir=str(log.folder)))
    runs.start()
    qtbot.waitUntil(lambda: not runs.starting)
    clock.ahead = 10 * FIRST_WORD_WITHIN_S
    with qtbot.waitSignals([runs._timer.timeout] * 4):
        pass
    assert runs.active == 1 and state(runs, 1) == "running"


def test_a_process_that_is_not_known_is_given_a_minute(
    opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(runs, monkeypatch)
    clock = Clock(monkeypatch)
    folder = directory(opened) / "runs" / "0001"
    folder.mkdir(parents=True)
    engine.answer_with(StartTraining, TrainingStarted(run=1, run_dir=str(folder)))
    runs.start()
    qtbot.waitUntil(lambda: runs.active == 1)
    clock.ahead = FIRST_WORD_WITHIN_S / 2
    with qtbot.waitSignals([runs._timer.timeout] * 3):
        pass
    assert runs.active == 1
    clock.ahead = FIRST_WORD_WITHIN_S + 1
    qtbot.waitUntil(lambda: state(runs, 1) == "lost")


def test_a_finished_run_that_grows_again_is_read_again(opened: ProjectModel, runs: RunsModel, qtbot: QtBot) -> None:
    log = RunLog(directory(opened), 1, epochs=3, steps=10)
    log.prepare()
    log.say(FINISHED)
    qtbot.waitUntil(lambda: state(runs, 1) == "finished" and not runs.loading)
    log.say(RunResumed(pid=os.getpid(), epoch=0, step=0, time=time.time()))
    qtbot.waitUntil(lambda: runs.active == 1)


def test_a_long_log_is_read_in_slices(
    opened: ProjectModel,
    make_runs: Callable[[ProjectModel], RunsModel],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_watch, "READ_BYTES", 4096)
    log = RunLog(directory(opened), 1, epochs=40, steps=20, pid=dead_pid())
    log.prepare()
    log.train(40)
    log.say(FINISHED)
    runs = make_runs(opened)
    qtbot.waitUntil(lambda: state(runs, 1) == "finished")
    assert runs.curves(1).steps.tolist() == list(range(1, 801))


def test_what_is_asked_of_a_run_stands_beside_it(opened: ProjectModel, runs: RunsModel, qtbot: QtBot) -> None:
    log = RunLog(directory(opened), 1)
    log.prepare()
    qtbot.waitUntil(lambda: runs.active == 1)
    runs.pause()
    log.say(RunPaused(step=3))
    qtbot.waitUntil(lambda: state(runs, 1) == "paused")
    runs.proceed()
    runs.stop()
    folder = RunFolder(directory(opened) / "runs" / "0001")
    asked = LogReader(folder.requests_file, requests=True).read()
    assert [type(request) for request in asked] == [PauseRun, ContinueRun, StopRun]


def test_why_it_cannot_start(
    model: ProjectModel, make_runs: Callable[[ProjectModel], RunsModel], engine: FakeEngine, tmp_path: Path
) -> None:
    runs = make_runs(model)
    assert "Open a project" in runs.reason_not_to_start()
    model.create(tmp_path / "p", Project(name="p"))
    assert "no data" in runs.reason_not_to_start()
    source = Source(kind=SourceKind.TABLE, path="x.csv")
    model.do(SetData(data=DataSpec(sources=(source,))))
    assert "no network" in runs.reason_not_to_start()
    model.do(AddNode(node=Node(id="a", type="ReLU")))
    assert "problem" in runs.reason_not_to_start()
    engine.set_state("dead", "The engine stopped: it crashed.")
    assert "it crashed" in runs.reason_not_to_start()


def ready(runs: RunsModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "reason_not_to_start", lambda: "")


def test_starting_saves_first(
    opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(runs, monkeypatch)
    folder = directory(opened)

    def start(request: StartTraining) -> TrainingStarted:
        assert b'"ReLU"' in (folder / "project.json").read_bytes()
        RunLog(folder, 1)
        return TrainingStarted(run=1, run_dir=str(folder / "runs" / "0001"))

    engine.answer_with(StartTraining, start)
    opened.do(AddNode(node=Node(id="a", type="ReLU")))
    runs.start("first")
    assert runs.starting
    qtbot.waitUntil(lambda: runs.active == 1)
    assert not runs.starting
    assert runs.current == 1
    assert engine.asked(StartTraining)[0].name == "first"


def test_a_start_that_fails_is_told(
    opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(runs, monkeypatch)
    engine.answer_with(StartTraining, RequestFailed(error=error("training", "There is no such device.")))
    with qtbot.waitSignal(runs.start_failed) as told:
        runs.start()
    assert told.args[0].message == "There is no such device."
    assert not runs.starting


def test_starting_twice_says_why_not(opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot) -> None:
    RunLog(directory(opened), 1).prepare()
    qtbot.waitUntil(lambda: runs.active == 1)
    with qtbot.waitSignal(runs.start_failed) as told:
        runs.start()
    assert "still training" in told.args[0].message


def test_another_project_shows_its_own_runs(
    opened: ProjectModel, runs: RunsModel, qtbot: QtBot, tmp_path: Path
) -> None:
    RunLog(directory(opened), 1).prepare()
    qtbot.waitUntil(lambda: runs.active == 1)
    opened.create(tmp_path / "other", Project(name="other"))
    assert runs.summaries == []
    assert runs.active is None
    assert runs.current is None


def test_a_run_taken_out_of_the_queue_has_stopped(
    opened: ProjectModel, runs: RunsModel, engine: FakeEngine, qtbot: QtBot
) -> None:
    folder = directory(opened) / "runs"
    (folder / "0001").mkdir(parents=True)
    waiting = RunQueue(waiting=(QueuedRun(run=1),))
    (folder / "queue.json").write_bytes(msgspec.json.encode(waiting))
    qtbot.waitUntil(lambda: state(runs, 1) == "queued")
    assert runs.active is None
    assert [request.remove for request in engine.asked(ArrangeQueue)] == [[]]  # somebody is to work it off
    stopped = RunStopped(epochs=0, seconds=0.0, samples_per_s=0.0, best_epoch=0, best={})
    (folder / "0001" / "events.jsonl").write_bytes(msgspec.json.encode(stopped) + b"\n")
    (folder / "queue.json").write_bytes(msgspec.json.encode(RunQueue()))
    qtbot.waitUntil(lambda: state(runs, 1) == "stopped")
    assert runs.active is None


def test_several_runs_may_train_at_once_and_the_shown_one_is_asked(
    opened: ProjectModel, runs: RunsModel, qtbot: QtBot
) -> None:
    logs = [RunLog(directory(opened), number) for number in (1, 2)]
    for log in logs:
        log.prepare()
    qtbot.waitUntil(lambda: runs.active_runs == [1, 2])
    assert runs.active == 2
    runs.select(1)
    assert runs.active == 1
    runs.stop()
    runs.stop(2)
    for log in logs:
        asked = LogReader(log.folder / "requests.jsonl", requests=True).read()
        assert [type(request) for request in asked] == [StopRun]
    ended: list[int] = []
    runs.ended.connect(ended.append)
    for log in logs:
        log.stop()
    qtbot.waitUntil(lambda: sorted(ended) == [1, 2])
    assert runs.active is None


def test_what_is_written_beside_a_run_is_seen_when_it_changes(
    opened: ProjectModel, runs: RunsModel, qtbot: QtBot
) -> None:
    log = RunLog(directory(opened), 1, name="first")
    log.prepare()
    qtbot.waitUntil(lambda: runs.summary(1) is not None and state(runs, 1) == "running")
    log.about(name="better", tags=["a"], baseline=True)
    qtbot.waitUntil(lambda: runs.baseline == 1)
    summary = runs.summary(1)
    assert summary is not None
    assert (summary.name, summary.about.tags) == ("better", ["a"])
