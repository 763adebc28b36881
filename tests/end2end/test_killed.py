"""Window, engine and run killed by force: no edit that was shown is lost, no finished epoch, and the rest goes on."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from engine.document.edits import apply
from engine.document.files import load
from engine.document.project_json import to_bytes
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.run_events import EpochFinished, RunFinished
from engine.protocol.run_folder import RunFolder, is_final
from gui.engine_client import EngineClient
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from tests.end2end.command import ROOT, netwright
from tests.end2end.window_process import edit, edits_in

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
WITHIN_S = 90.0
EPOCHS = 400


@pytest.fixture
def project_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The penguins, with a run long enough to outlive whoever started it."""
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path / "home"))
    netwright("new", tmp_path / "penguins", "--from", "penguins")
    file = tmp_path / "penguins" / "project.json"
    text = file.read_text(encoding="utf-8")
    assert text.count('"epochs": 80') == 1
    file.write_text(text.replace('"epochs": 80', f'"epochs": {EPOCHS}'), encoding="utf-8")
    return tmp_path / "penguins"


def window(project_dir: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.end2end.window_process", str(project_dir), *words],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )


def lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """What it prints; a process that says nothing more for too long is killed, which ends the lines."""
    assert process.stdout is not None
    watch = threading.Timer(WITHIN_S, process.kill)
    watch.start()
    try:
        for line in process.stdout:
            yield line.strip()
    finally:
        watch.cancel()


def kill(process: "subprocess.Popen[str]") -> list[str]:
    """Kill it by force; the lines it had still printed."""
    process.kill()
    assert process.stdout is not None
    rest = process.stdout.read().splitlines()
    process.wait(WITHIN_S)
    process.stdout.close()
    return rest


def ended(folder: RunFolder) -> list[object]:
    """All events of a run once its last one is there."""
    reader, found = folder.follow(), []
    for _ in range(int(WITHIN_S * 20)):
        found += reader.read()
        if found and is_final(found[-1]):
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"run {folder.number} did not end: {found[-3:]}")


def test_a_window_killed_while_drawing_loses_no_edit_that_was_shown(project_dir: Path, qtbot: QtBot) -> None:
    chance = random.Random(11)
    expected = load(project_dir)
    shown = 0
    for _ in range(3):
        process = window(project_dir)
        few = shown + chance.randint(10, 90)
        for line in lines(process):
            if line.startswith("edited"):
                shown = int(line.split()[1]) + 1
                if shown >= few:
                    break
        assert shown >= few, "the window ended before it was killed"
        for line in kill(process):
            shown = int(line.split()[1]) + 1

        model = ProjectModel()
        model.open(project_dir)
        found = model.project.copy()
        assert not model.read_only, model.read_only_reason
        model.shut_down()
        held = edits_in(found.graph)
        assert shown <= held <= shown + 1, "the one that was under way may be there or not"
        for number in range(edits_in(expected.graph), held):
            apply(expected, edit(number))
        expected.view = found.view
        assert to_bytes(found) == to_bytes(expected)
        assert to_bytes(load(project_dir)) == to_bytes(expected), "what was recovered is saved"
        assert not list(project_dir.glob(".save-*")), "temp files of the killed save are gone"
        shown = held


def test_a_run_outlives_a_killed_window_and_is_shown_whole_when_it_opens_again(project_dir: Path, qtbot: QtBot) -> None:
    process = window(project_dir, "train")
    said = next((line for line in lines(process) if line.startswith(("training", "failed"))), "nothing")
    engine = next(child for child in psutil.Process(process.pid).children() if "engine.server" in child.cmdline())
    kill(process)
    assert said == "training 1"

    events = ended(RunFolder(project_dir / "runs" / "0001"))
    assert isinstance(events[-1], RunFinished)
    assert [event.epoch for event in events if isinstance(event, EpochFinished)] == list(range(1, EPOCHS + 1))
    engine.wait(WITHIN_S)  # it ends by itself when its window has gone

    model, client = ProjectModel(), EngineClient()
    runs = RunsModel(model, client)
    model.open(project_dir)
    qtbot.waitUntil(
        lambda: bool(runs.summaries) and runs.summaries[0].state == "finished", timeout=int(WITHIN_S * 1000)
    )
    assert runs.summaries[0].epochs == EPOCHS
    qtbot.waitUntil(lambda: len(runs.curves(1).epochs) == EPOCHS, timeout=int(WITHIN_S * 1000))
    model.shut_down()


def test_a_killed_engine_is_told_and_replaced_while_its_run_goes_on(project_dir: Path, qtbot: QtBot) -> None:
    client = EngineClient()
    done: list[object] = []
    failed: list[RequestFailed] = []
    within = int(WITHIN_S * 1000)

    client.start()
    client.ask(StartTraining, done=done.append, failed=failed.append, project_dir=str(project_dir))
    qtbot.waitUntil(lambda: bool(done or failed), timeout=within)
    assert isinstance(done[0], TrainingStarted), failed

    client.ask(Evaluate, done=done.append, failed=failed.append, project_dir=str(project_dir), run="last")
    with qtbot.waitSignal(client.died, timeout=within):
        os.kill(client.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(failed) or len(done) > 1, timeout=within)
    for failure in failed:
        assert "ended it" in failure.error["message"] and "Traceback" not in failure.error["message"]
    qtbot.waitUntil(lambda: client.state == "ready", timeout=within)

    events = ended(RunFolder(Path(done[0].run_dir)))
    assert isinstance(events[-1], RunFinished)
    assert sum(isinstance(event, EpochFinished) for event in events) == EPOCHS
    failed.clear()
    scored: list[object] = []
    client.ask(Evaluate, done=scored.append, failed=failed.append, project_dir=str(project_dir), run="1")
    qtbot.waitUntil(lambda: bool(scored or failed), timeout=within)
    client.stop()
    assert isinstance(scored[0], EvaluationFinished) and not failed and scored[0].samples > 0
