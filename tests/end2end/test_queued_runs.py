"""Runs as people use them, with real processes: queued, repeated, forked, gone on with, changed while they train."""

import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from engine.checks.settings import apply_settings
from engine.document.files import load
from engine.protocol.run_events import (
    AnswersSeen,
    ChangeSettings,
    EpochFinished,
    LayersSeen,
    RunFinished,
    RunNote,
    RunPaused,
    RunStarted,
    SettingsChanged,
    StepOnce,
    StepsReported,
    StopRun,
)
from engine.protocol.run_folder import RunFolder, is_final
from engine.protocol.run_queue import read_queue
from engine.training.run_log import whole_log
from engine.training.runs import create_run, start_run_process, summaries, summary
from tests.end2end.command import netwright

WITHIN_S = 90.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("points")
    chance = random.Random(3)
    rows = ["a,b,side"]
    for _ in range(400):
        a, b = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{a:.4f},{b:.4f},{'left' if a + 0.3 * b < 0 else 'right'}")
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    netwright("new", folder / "project", "--data", folder / "points.csv", "--target", "side")
    return folder / "project"


def until(condition: object, what: str) -> None:
    end = time.monotonic() + WITHIN_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, what
        time.sleep(0.02)


def of(project: Path, run: int) -> RunFolder:
    return RunFolder(project / "runs" / f"{run:04d}")


def test_seeds_are_trained_one_by_one_and_their_spread_is_told(project: Path) -> None:
    answer = netwright("train", project, "--epochs", 2, "--seeds", 2, "--name", "twice", "--tag", "try")
    numbers = [item["run"] for item in answer["runs"]]
    assert [item["state"] for item in answer["runs"]] == ["finished", "finished"]
    assert answer["run"] in numbers
    accuracy = [item["best"]["metrics"]["accuracy"] for item in answer["runs"]]
    assert answer["spread"]["accuracy"]["mean"] == pytest.approx(sum(accuracy) / 2, abs=1e-6)
    assert answer["spread"]["accuracy"]["runs"] == 2
    listed = netwright("runs", project)
    (group,) = [item for item in listed["groups"] if item["group"] == answer["group"]]
    assert group["runs"] == numbers and group["finished"] == 2
    assert [item["seed"] for item in listed["runs"] if item["run"] in numbers] == [7, 8]
    assert all(item["tags"] == ["try"] for item in listed["runs"] if item["run"] in numbers)
    started = next(event for event in whole_log(of(project, numbers[0])) if isinstance(event, RunStarted))
    assert started.versions["torch"] and started.versions["python"]
    assert started.machine.cores >= 1 and started.machine.memory_bytes > 1e8 and started.machine.processor
    assert netwright("runs", project, "--sort", "accuracy")["runs"][0]["best"]["metrics"]["accuracy"] == max(
        item["best"]["metrics"].get("accuracy", 0) for item in listed["runs"]
    )


def test_a_queue_goes_on_without_whoever_filled_it(project: Path) -> None:
    answer = netwright("train", project, "--epochs", 2, "--queue", "--name", "later")
    assert answer["state"] == "queued"
    until(lambda: summary(of(project, answer["run"])).state == "finished", "the queue was not worked off")
    assert read_queue(project).runs == []
    assert summary(of(project, answer["run"])).epochs == 2


@pytest.mark.slow
def test_a_killed_queue_is_woken_again(project: Path) -> None:
    netwright("runs", project, "--hold")
    first = netwright("train", project, "--epochs", 2, "--queue")["run"]
    second = netwright("train", project, "--epochs", 2, "--queue")["run"]
    listed = netwright("runs", project)
    assert listed["queue"] == {"runs": [first, second], "held": True, "at_once": 1}
    assert [item["state"] for item in listed["runs"]][-2:] == ["queued", "queued"]
    netwright("runs", project, "--proceed", "--first", second)

    def worker() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "engine.training.queue" in words and str(project) in words[-1]:
                found.append(process)
        return found

    until(lambda: worker() or not read_queue(project).waiting, "nobody works the queue off")
    for process in worker():
        process.send_signal(signal.SIGKILL)
    netwright("runs", project, "--proceed")
    until(lambda: all(summary(of(project, run)).state == "finished" for run in (first, second)), "not all trained")
    begun = [summary(of(project, run)).started for run in (second, first)]
    assert begun == sorted(begun)


@pytest.mark.slow
def test_a_fork_learns_on_from_where_the_other_was(project: Path) -> None:
    first = netwright("train", project, "--epochs", 6, "--set", "lr=0.02")
    fork = netwright("train", project, "--from", first["run"], "--epochs", 1, "--set", "lr=0.000001")
    notes = [event.text for event in whole_log(of(project, fork["run"])) if isinstance(event, RunNote)]
    assert f"Began with the weights of run {first['run']}, epoch {first['best']['epoch']}." in notes
    best = first["best"]["metrics"]
    assert fork["best"]["metrics"]["loss"] == pytest.approx(best["loss"], rel=0.05)
    (told,) = [item for item in netwright("runs", project)["runs"] if item["run"] == fork["run"]]
    assert told["from"]["run"] == first["run"]
    assert load(project).recipe.phases[0].epochs > 1, "the project itself is left as it is"


@pytest.mark.slow
def test_a_finished_run_goes_on_to_more_epochs(project: Path) -> None:
    first = netwright("train", project, "--epochs", 2)
    assert netwright("train", project, "--resume", first["run"], expect=1)["error"]["kind"] == "training"
    longer = netwright("train", project, "--resume", first["run"], "--epochs", 4)
    assert (longer["run"], longer["state"], longer["epochs"]) == (first["run"], "finished", 4)
    log = whole_log(of(project, first["run"]))
    assert [event.epoch for event in log if isinstance(event, EpochFinished)] == [1, 2, 3, 4]
    assert netwright("train", project, "--resume", first["run"], "--epochs", 3, expect=1)["error"]["where"] == "epochs"
    assert netwright("runs", project)["runs"][first["run"] - 1]["epochs_planned"] == 4


@pytest.mark.slow
def test_what_is_beside_a_run_can_be_edited(project: Path) -> None:
    run = netwright("runs", project)["runs"][0]["run"]
    answer = netwright("runs", project, "--edit", run, "--notes", "see\nbelow", "--tags", "x, y", "--baseline", "yes")
    (told,) = [item for item in answer["runs"] if item["run"] == run]
    assert (told["notes"], told["tags"], told["baseline"]) == ("see\nbelow", ["x", "y"], True)
    assert netwright("runs", project, "--name", "z", expect=2)["error"]["kind"] == "usage"


def test_settings_of_a_living_run_change_and_it_is_stepped(project: Path) -> None:
    at = load(project)
    from engine.training.runs import with_epochs

    apply_settings(at, ["schedule=Constant"])
    at.recipe = with_epochs(at.recipe, 5000)
    folder = create_run(project, at)
    process = start_run_process(folder)
    try:
        _changed_and_stepped(project, folder, process)
    finally:
        process.kill()
        process.wait(30)
        folder.ask(StopRun())  # also the one that took its place


def _changed_and_stepped(project: Path, folder: RunFolder, process: "subprocess.Popen[bytes]") -> None:
    def seen(kind: type) -> list[object]:
        return [event for event in whole_log(folder) if isinstance(event, kind)]

    until(lambda: seen(StepsReported), "no step")
    folder.ask(ChangeSettings(learning_rate=0.00125))
    until(lambda: seen(SettingsChanged), "no change")
    folder.ask(StepOnce())
    until(lambda: len(seen(RunPaused)) == 2, "no single step")
    paused = seen(RunPaused)
    assert paused[1].step == paused[0].step + 1  # type: ignore[attr-defined]
    assert seen(StepsReported)[-1].learning_rate == pytest.approx(0.00125)  # type: ignore[attr-defined]
    # Paused, it can be tried.
    answer = netwright("evaluate", project, "--run", folder.number, "--split", "val")
    assert answer["run"] == folder.number
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert summary(folder).state == "lost"
    resumed = start_run_process(folder, resume=True)
    step = paused[1].step  # type: ignore[attr-defined]
    until(lambda: any(event.first_step > step for event in seen(StepsReported)), "it did not go on")  # type: ignore[attr-defined]
    assert seen(StepsReported)[-1].learning_rate == pytest.approx(0.00125)  # type: ignore[attr-defined]
    until(lambda: seen(LayersSeen) and seen(AnswersSeen), "nothing for the charts")
    folder.ask(StopRun())
    assert resumed.wait(60) == 0
    assert is_final(whole_log(folder)[-1])


@pytest.mark.slow
def test_a_batch_is_found_when_asked_for(project: Path) -> None:
    answer = netwright("train", project, "--epochs", 1, "--set", "batch_size=auto")
    log = whole_log(of(project, answer["run"]))
    assert any(isinstance(event, RunNote) and event.text.startswith("Batch size ") for event in log)
    assert isinstance(log[-1], RunFinished)
    from engine.training.runs import run_project

    phase = run_project(of(project, answer["run"])).recipe.phases[0]
    assert not phase.auto_batch and phase.batch_size >= 1


def test_no_run_is_left_behind(project: Path) -> None:
    assert all(item.state in ("finished", "stopped") for item in summaries(project))
