"""Runs on disk: numbers, names, states, and which one is the best. Processes are in tests/end2end/test_resume.py."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
import torch
from small_tasks import classifier

from engine.document.files import from_bytes
from engine.errors import RunNotFound, TrainingError
from engine.protocol.run_events import (
    EpochFinished,
    RunFailed,
    RunFinished,
    RunPaused,
    RunPrepared,
    RunResumed,
    RunStarted,
)
from engine.protocol.run_folder import BegunProcess, RunFolder
from engine.training import checkpoint, runs
from engine.training.ownership import Ownership
from engine.training.run_log import RunLog
from engine.training.run_state import RunState
from engine.training.runs import create_run, find_run, start_run_process, summaries, summary, with_epochs


def test_numbers_rise_and_the_project_is_kept(tmp_path: Path) -> None:
    project = classifier()
    folders = [create_run(tmp_path, project, name) for name in ("first", "second  ", "")]
    assert [folder.number for folder in folders] == [1, 2, 3]
    kept = from_bytes(folders[0].project_file.read_bytes(), "kept")
    assert kept.graph == project.graph
    assert kept.recipe == project.recipe
    assert [item.name for item in summaries(tmp_path)] == ["first", "second", ""]
    assert [item.state for item in summaries(tmp_path)] == ["starting"] * 3


def test_two_who_start_at_once_get_different_numbers(tmp_path: Path) -> None:
    project, found, gate = classifier(), [], threading.Barrier(8)

    def work() -> None:
        gate.wait()
        found.extend(create_run(tmp_path, project).number for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 41))


def test_numbers_are_not_given_again(tmp_path: Path) -> None:
    create_run(tmp_path, classifier())
    (tmp_path / "runs" / "0007").mkdir()
    (tmp_path / "runs" / "notes.txt").touch()
    assert create_run(tmp_path, classifier()).number == 8


def log_of(folder: RunFolder, *events: object) -> None:
    log = RunLog(folder)
    for event in events:
        log.append(event)  # type: ignore[arg-type]
    log.close()


STARTED = RunStarted(run=1, name="x", pid=os.getpid(), epochs=5, seed=7)
PREPARED = RunPrepared(
    device="cpu", precision="float32", samples=1, val_samples=1, steps_per_epoch=1, batch_size=1, parameters=1
)
FINISHED = RunFinished(epochs=5, seconds=1.0, samples_per_s=2.0, best_epoch=3, best={"accuracy": 0.5})


def test_states(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = RunStarted(run=1, name="x", pid=dead.pid, epochs=5, seed=7)
    failed = RunFailed(error={"kind": "data", "message": "no"})
    cases = {
        "running": (STARTED, PREPARED),
        "paused": (STARTED, PREPARED, RunPaused(step=3)),
        "finished": (gone, PREPARED, FINISHED),
        "failed": (gone, failed),
        "lost": (gone, PREPARED),
    }
    for state, events in cases.items():
        folder = create_run(tmp_path, classifier())
        log_of(folder, *events)
        assert summary(folder).state == state
    resumed = create_run(tmp_path, classifier())
    log_of(resumed, gone, failed)
    log_of(resumed, RunResumed(pid=os.getpid(), epoch=0, step=0))
    assert summary(resumed).state == "running"


def test_a_younger_process_under_the_number_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = create_run(tmp_path, classifier())
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)  # the log was begun long before this process
    log_of(folder, STARTED, PREPARED)
    monkeypatch.undo()
    assert summary(folder).state == "lost"


def test_a_run_that_never_said_a_word_is_lost_after_a_minute(tmp_path: Path) -> None:
    folder = create_run(tmp_path, classifier())
    assert summary(folder).state == "starting"
    os.utime(folder.path, (time.time() - 100, time.time() - 100))
    assert summary(folder).state == "lost"


def test_a_run_whose_process_lives_is_no_lost_one_however_long_its_first_word_takes(tmp_path: Path) -> None:
    """Neither a new one, nor one that is gone on with after its process had ended."""
    folder = create_run(tmp_path, classifier())
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def begin() -> None:
        folder.process_file.write_bytes(msgspec.json.encode(BegunProcess(pid=child.pid, time=time.time())))

    try:
        begin()
        os.utime(folder.path, (time.time() - 3600, time.time() - 3600))
        assert summary(folder).state == "starting"
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        log_of(folder, msgspec.structs.replace(STARTED, pid=dead.pid))
        assert summary(folder).state == "lost", "an earlier process has nothing to do with it"
        begin()
        assert summary(folder).state == "starting"
    finally:
        child.kill()
        child.wait()
    assert summary(folder).state == "lost"


def best_of(folder: RunFolder, metric: str, **scores: float) -> None:
    key = [scores.get("accuracy", 0.0), -scores.get("loss", 0.0)]
    state = RunState(step=1, best=scores, best_key=key, main_metric=metric)
    checkpoint.write(folder.checkpoints, "best", state, {"w": torch.zeros(1)})


def test_the_best_run(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound, match="Nothing has been trained"):
        find_run(tmp_path)
    folders = [create_run(tmp_path, classifier()) for _ in range(5)]
    with pytest.raises(RunNotFound, match="No run has a checkpoint"):
        find_run(tmp_path)
    best_of(folders[0], "loss", loss=0.001)  # another measure than the newest run's
    best_of(folders[1], "accuracy", accuracy=0.9, loss=0.5)
    best_of(folders[2], "accuracy", accuracy=0.9, loss=0.4)
    best_of(folders[3], "accuracy", accuracy=0.8, loss=0.1)
    assert find_run(tmp_path, "best") == folders[2]
    assert find_run(tmp_path, "last") == folders[4]
    assert find_run(tmp_path, "2") == folders[1]
    with pytest.raises(RunNotFound, match="no run '9'"):
        find_run(tmp_path, "9")
    with pytest.raises(RunNotFound):
        find_run(tmp_path, "../1")


def test_the_best_run_by_loss(tmp_path: Path) -> None:
    folders = [create_run(tmp_path, classifier()) for _ in range(2)]
    best_of(folders[0], "loss", loss=0.1)
    best_of(folders[1], "loss", loss=0.2)
    assert find_run(tmp_path) == folders[0]


def test_what_cannot_be_resumed_is_refused(tmp_path: Path) -> None:
    running, finished = create_run(tmp_path, classifier()), create_run(tmp_path, classifier())
    log_of(running, STARTED, PREPARED)
    log_of(finished, STARTED, PREPARED, FINISHED)
    with pytest.raises(TrainingError, match="still training"):
        start_run_process(running, resume=True)
    with pytest.raises(TrainingError, match="has finished"):
        start_run_process(finished, resume=True)


def test_one_process_owns_a_run(tmp_path: Path) -> None:
    folder = create_run(tmp_path, classifier())
    owner = Ownership(folder.path)
    with pytest.raises(TrainingError, match="Run 1 is being trained already"):
        Ownership(folder.path)
    owner.give_back()
    Ownership(folder.path).give_back()


def test_epochs_of_every_phase() -> None:
    recipe = with_epochs(classifier().recipe, 11)
    assert [phase.epochs for phase in recipe.phases] == [11]


def test_nothing_here_imports_torch() -> None:
    code = "import sys, engine.training.runs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_summaries_follow_the_log(tmp_path: Path) -> None:
    folder = create_run(tmp_path, classifier(), "named")
    epoch = EpochFinished(
        epoch=1,
        step=3,
        train={"loss": 1.0},
        val={"loss": 2.0},
        seconds=1.5,
        samples_per_s=9.0,
        learning_rate=0.1,
        best=True,
    )
    log_of(folder, STARTED, PREPARED, epoch, FINISHED)
    found = summaries(tmp_path)[0]
    assert (found.epochs, found.best_epoch, found.best, found.device) == (5, 3, {"accuracy": 0.5}, "cpu")
    assert runs.about(folder).name == "named"
