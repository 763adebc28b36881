"""Following a run's log: what is shown, and every way a run can end."""

import subprocess
import sys

import msgspec
import pytest

from engine.cli.console import Console
from engine.cli.follow import follow
from engine.errors import TrainingError
from engine.protocol.run_events import (
    EpochFinished,
    PhaseAhead,
    RunFailed,
    RunFinished,
    RunNote,
    RunPrepared,
    RunStarted,
    StepsReported,
)
from engine.protocol.run_folder import RunFolder, RunSummary

BEGINNING = [
    RunStarted(run=7, name="", pid=1, epochs=2, seed=7),
    RunPrepared(
        device="cpu",
        precision="float32",
        samples=640,
        val_samples=64,
        steps_per_epoch=10,
        batch_size=64,
        parameters=1234,
    ),
    StepsReported(first_step=1, loss=[2.0, 1.5], learning_rate=0.1, samples_per_s=128.0, epoch=1),
]
EPOCH = EpochFinished(
    epoch=1,
    step=10,
    train={"loss": 1.25},
    val={"loss": 1.0, "accuracy": 0.5},
    seconds=5.0,
    samples_per_s=128.0,
    learning_rate=0.1,
    best=True,
)


@pytest.fixture
def run(tmp_path):
    """A run folder, and a function that logs events into it."""
    folder = RunFolder(tmp_path / "0007")
    folder.path.mkdir()
    folder.project_file.touch()

    def log(*events):
        with folder.events_file.open("ab") as file:
            file.writelines(msgspec.json.encode(event) + b"\n" for event in events)

    return folder, log


def ended(code):
    process = subprocess.Popen([sys.executable, "-c", code])
    process.wait()
    return process


def followed(folder, process, console=None):
    return follow(folder, process, folder.follow(), RunSummary(run=7), console or Console(False))


def test_it_ends_with_the_last_event_and_shows_each_epoch(run, capsys):
    folder, log = run
    finish = RunFinished(epochs=2, seconds=9.0, samples_per_s=128.0, best_epoch=1, best={"accuracy": 0.5})
    log(*BEGINNING, EPOCH, RunNote(text="The rate is high.", warning=True), finish)
    summary, last = followed(folder, ended("pass"))
    assert last == finish
    assert summary.state == "finished" and summary.best == {"accuracy": 0.5}
    err = capsys.readouterr().err
    assert "Run 7: 640 samples, 64 for validation, 1,234 parameters, on cpu in float32." in err
    assert "Epoch 1/2  train loss 1.2500  validation: loss 1.0000  accuracy 0.5000  5.0 s  best" in err
    assert "Warning: The rate is high." in err


def test_the_bar_counts_the_whole_training(run, capsys, monkeypatch):
    folder, log = run
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    failed = RunFailed(error={"kind": "training", "message": "The loss is no number."})
    log(*BEGINNING, failed)
    _, last = followed(folder, ended("pass"), Console(False))
    assert last == failed
    err = capsys.readouterr().err
    # 2 of 20 steps are done; 18 steps of 64 samples at 128 a second are left.
    assert "  10%  Epoch 1/2, loss 1.5000, 128/s, 9.0 s left" in err


def prepared(*phases: PhaseAhead) -> RunPrepared:
    first = phases[0]
    return RunPrepared(
        device="cpu",
        precision="float32",
        samples=1280,
        val_samples=64,
        steps_per_epoch=first.steps_per_epoch,
        batch_size=first.batch_size,
        parameters=1234,
        phases=list(phases),
    )


DREAM = PhaseAhead(name="dream", epochs=2, samples=1280, batch_size=64, steps_per_epoch=20)
TUNE = PhaseAhead(name="tune", epochs=3, samples=320, batch_size=32, steps_per_epoch=10)


def test_phases_say_how_many_samples_they_learn_from_and_the_bar_counts_their_steps(run, capsys, monkeypatch):
    folder, log = run
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    begun = RunStarted(run=7, name="", pid=1, epochs=5, seed=7)
    # 40 steps of the first phase and 10 of the second's 30 are done; 20 steps of 32 samples are left.
    report = StepsReported(first_step=41, loss=[1.0] * 10, learning_rate=0.1, samples_per_s=64.0, epoch=3)
    log(begun, prepared(DREAM, TUNE), report, RunFailed(error={"kind": "training", "message": "No."}))
    followed(folder, ended("pass"))
    err = capsys.readouterr().err
    assert "Run 7: 1,280 samples (dream: 1,280, tune: 320), 64 for validation" in err
    assert "  71%  Epoch 3/5, loss 1.0000, 64/s, 10.0 s left" in err


def test_one_phase_of_fewer_samples_says_of_how_many(run, capsys):
    folder, log = run
    log(BEGINNING[0], prepared(TUNE), RunFailed(error={"kind": "training", "message": "No."}))
    followed(folder, ended("pass"))
    assert "Run 7: 320 of 1,280 samples, 64 for validation" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "memory ran out"),
        ("import os; os.abort()", "signal 6"),
        ("import sys; sys.exit(3)", "code 3"),
    ],
)
def test_a_process_that_died_without_a_word_is_told_with_its_reason(run, code, reason):
    folder, log = run
    log(*BEGINNING, EPOCH)
    (folder.path / "process.log").write_text("noise\nlast words of the process\n\n")
    with pytest.raises(TrainingError) as caught:
        followed(folder, ended(code))
    assert reason in caught.value.message
    assert caught.value.found == "last words of the process"
    assert "--resume 7" in caught.value.hint


def test_a_folder_that_has_gone_is_told(run):
    folder, _ = run
    folder.path.rename(folder.path.with_name("elsewhere"))
    with pytest.raises(TrainingError, match="moved or deleted"):
        followed(folder, ended("raise SystemExit(1)"))


def test_one_that_never_logged_anything_is_told_too(run):
    folder, _ = run
    with pytest.raises(TrainingError, match="without a word"):
        followed(folder, ended("pass"))
