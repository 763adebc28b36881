"""`netwright runs` and `netwright train --find`: what is asked of runs, told of groups, and refused."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from engine.cli.commands.runs import groups_json
from engine.cli.commands.train import show as show_training
from engine.cli.main import main
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.files import create, load
from engine.protocol.run_events import (
    ChangeSettings,
    EpochFinished,
    PauseRun,
    PhaseAhead,
    RunFinished,
    RunPrepared,
    RunStarted,
    StepOnce,
)
from engine.protocol.run_folder import LogReader, RunFolder
from engine.protocol.run_queue import read_queue
from engine.training.queue import arrange, enqueue
from engine.training.run_log import RunLog
from engine.training.runs import create_repeats, create_run, summaries


@pytest.fixture
def project_dir(tmp_path: Path) -> Path:
    chance = random.Random(2)
    rows = ["a,b,kind"]
    for _ in range(600):
        a, b = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{a:.4f},{b:.4f},{'up' if a > b else 'down'}")
    (tmp_path / "points.csv").write_text("\n".join(rows) + "\n")
    create(tmp_path / "project", propose("points", inspect(tmp_path / "points.csv", target="kind").data))
    return tmp_path / "project"


def logged(folder: RunFolder, *, accuracy: float = 0.0, pid: int = 0) -> None:
    """A run that has finished with this accuracy, or one that trains in our own process."""
    log = RunLog(folder)
    log.append(RunStarted(run=folder.number, name="", pid=pid or 1, epochs=1, seed=7))
    log.append(
        RunPrepared(
            device="cpu", precision="float32", samples=1, val_samples=1, steps_per_epoch=1, batch_size=1, parameters=1
        )
    )
    if accuracy:
        scores = {"loss": 1 - accuracy, "accuracy": accuracy}
        log.append(
            EpochFinished(
                epoch=1, step=1, train={}, val=scores, seconds=1.0, samples_per_s=1.0, learning_rate=0.1, best=True
            )
        )
        log.append(RunFinished(epochs=1, seconds=1.0, samples_per_s=1.0, best_epoch=1, best=scores))
    log.close()


def asked(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert isinstance(answer, dict)
    return answer


def requests_of(folder: RunFolder) -> list[object]:
    return list(LogReader(folder.requests_file, requests=True).read())


def test_a_living_run_is_told_what_to_do(project_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = create_run(project_dir, load(project_dir))
    logged(folder, pid=os.getpid())
    for what in ("pause", "step", "lr=0.25", "head.lr=0.5", "clip=0"):
        asked(capsys, "runs", project_dir, "--tell", 1, what)
    assert requests_of(folder) == [
        PauseRun(),
        StepOnce(),
        ChangeSettings(learning_rate=0.25),
        ChangeSettings(player="head", learning_rate=0.5),
        ChangeSettings(clip_norm=0.0),
    ]
    for what in ("dance", "lr=", "lr=nan", "clip=x", "head.clip=1", "momentum=0.9"):
        assert asked(capsys, "runs", project_dir, "--tell", 1, what, code=2)["error"]["where"] == "--tell"


def test_a_run_that_has_ended_cannot_be_told_anything(project_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logged(create_run(project_dir, load(project_dir)), accuracy=0.5)
    assert asked(capsys, "runs", project_dir, "--tell", 1, "stop", code=1)["error"]["found"] == "finished"


def test_runs_are_sorted_and_repetitions_summed_up(project_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = create_repeats(project_dir, load(project_dir), 3, "wide")
    for folder, accuracy in zip(folders, (0.7, 0.9, 0.8), strict=True):
        logged(folder, accuracy=accuracy)
    answer = asked(capsys, "runs", project_dir, "--sort", "accuracy")
    assert [item["run"] for item in answer["runs"]] == [2, 3, 1]
    assert [item["run"] for item in asked(capsys, "runs", project_dir, "--sort", "loss")["runs"]] == [2, 3, 1]
    (group,) = answer["groups"]
    assert (group["group"], group["runs"], group["finished"]) == ("1", [1, 2, 3], 3)
    assert group["metrics"]["accuracy"] == pytest.approx({"mean": 0.8, "std": 0.1, "low": 0.7, "high": 0.9, "runs": 3})
    assert groups_json(summaries(project_dir)) == answer["groups"]
    assert asked(capsys, "runs", project_dir, "--sort", "r2", code=2)["error"]["expected"] == "accuracy, loss"
    capsys.readouterr()
    assert main(["runs", str(project_dir)]) == 0
    shown = capsys.readouterr().out
    assert "Runs 1, 2, 3 (3 finished): loss 0.2000 ± 0.1000, accuracy 0.8000 ± 0.1000" in shown


def test_a_phase_of_fewer_samples_is_told(project_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = create_run(project_dir, load(project_dir))
    log = RunLog(folder)
    log.append(RunStarted(run=1, name="", pid=1, epochs=1, seed=7))
    phases = [
        PhaseAhead(name="dream", epochs=1, samples=480, batch_size=1, steps_per_epoch=1),
        PhaseAhead(name="again", epochs=1, samples=480, batch_size=1, steps_per_epoch=1),
        PhaseAhead(name="tune", epochs=2, samples=100, batch_size=1, steps_per_epoch=1),
        PhaseAhead(name="play", epochs=1, samples=480, batch_size=1, steps_per_epoch=1, plays=True),
    ]
    log.append(
        RunPrepared(
            device="cpu",
            precision="float32",
            samples=480,
            val_samples=1,
            steps_per_epoch=1,
            batch_size=1,
            parameters=1,
            phases=phases,
        )
    )
    log.close()
    (told,) = asked(capsys, "runs", project_dir)["runs"]
    assert told["samples"] == 480
    assert told["phases"] == [
        {"name": "dream", "epochs": 1, "samples": 480},
        {"name": "again", "epochs": 1, "samples": 480},
        {"name": "tune", "epochs": 2, "samples": 100},
        {"name": "play", "epochs": 1, "samples": None},
    ]
    assert main(["runs", str(project_dir)]) == 0
    assert "480, then 100" in capsys.readouterr().out


def test_the_queue_is_shown_and_arranged(
    project_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.protocol.run_queue import QueuedRun

    monkeypatch.setattr("engine.cli.commands.runs.wake", lambda _project: None)
    for _ in range(3):
        create_run(project_dir, load(project_dir))
    arrange(project_dir, held=True)
    enqueue(project_dir, [QueuedRun(run=run) for run in (1, 2, 3)])
    answer = asked(capsys, "runs", project_dir, "--first", 3, "--unqueue", 1, "--at-once", 2)
    assert answer["queue"] == {"runs": [3, 2], "held": True, "at_once": 2}
    assert [item["state"] for item in answer["runs"]] == ["stopped", "queued", "queued"]
    assert not read_queue(project_dir).begun
    asked(capsys, "runs", project_dir, "--hold", "--proceed", code=2)
    assert not asked(capsys, "runs", project_dir, "--proceed")["queue"]["held"]


def test_a_learning_rate_and_a_batch_are_found(project_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rate = asked(capsys, "train", project_dir, "--find", "learning_rate", "--device", "cpu")
    assert rate["found"] == "learning_rate" and rate["suggestion"] > 0
    assert len(rate["rates"]) == len(rate["smooth"])
    assert "to begin with" in show_training(rate)
    batch = asked(capsys, "train", project_dir, "--find", "batch_size", "--device", "cpu")
    assert batch["batch_size"] == 8
    assert show_training(batch).startswith("Batch size: 8, ")
    assert not (project_dir / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--resume", "1", "--set", "lr=1"),
        ("--resume", "1", "--seeds", "2"),
        ("--resume", "1", "--from", "1"),
        ("--as-it-was",),
        ("--epochs", "0"),
        ("--which", "newest"),
    ],
)
def test_what_does_not_go_together_is_refused(
    project_dir: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    create_run(project_dir, load(project_dir))
    assert asked(capsys, "train", project_dir, *arguments, code=2)["error"]["kind"] == "usage"
    assert len(summaries(project_dir)) == 1
