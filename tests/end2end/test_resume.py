"""Real run processes, killed by force at random moments: the resumed run reaches the same weights to the last bit."""

import json
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from engine.document.data_spec import DataSpec
from engine.document.files import create, load
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.run_events import (
    FINAL_EVENTS,
    EpochFinished,
    RunFailed,
    RunFinished,
    RunNote,
    RunPrepared,
    RunResumed,
    RunStarted,
    RunStopped,
    StepsReported,
)
from engine.protocol.run_folder import RunFolder
from engine.training.run_log import whole_log
from engine.training.runs import create_run, find_run, start_run_process, summaries, summary

WITHIN_S = 60.0
EPOCHS = 40


@pytest.fixture(scope="module")
def project_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 1,500 rows, learned by a network with batch normalization and dropout."""
    folder = tmp_path_factory.mktemp("rings")
    chance = random.Random(5)
    rows = ["a,b,c,ring"]
    for _ in range(1500):
        a, b, c = (chance.gauss(0, 1) for _ in range(3))
        rows.append(f"{a:.5f},{b:.5f},{c:.5f},{'inner' if a * a + b * b < 1 else 'right' if a > 0 else 'left'}")
    table = folder / "rings.csv"
    table.write_text("\n".join(rows) + "\n")
    from engine.data.importing import inspect

    create(folder / "project", network(inspect(table, target="ring").data))
    return folder / "project"


def network(data: DataSpec) -> Project:
    nodes = [
        Node(id="table", type="Input", attributes={"fields": ["a", "b", "c"]}),
        Node(id="hidden", type="Linear", attributes={"out_features": 32}),
        Node(id="norm", type="BatchNorm1d"),
        Node(id="relu1", type="ReLU"),
        Node(id="drop", type="Dropout", attributes={"p": 0.2}),
        Node(id="scores", type="Linear", attributes={"out_features": 3}),
        Node(id="answer", type="Output", attributes={"field": "ring"}),
        Node(id="truth", type="Input", attributes={"fields": ["ring"]}),
        Node(id="loss1", type="CrossEntropyLoss"),
    ]
    path = ("table", "hidden", "norm", "relu1", "drop", "scores")
    edges = [Edge(source=a, target=b) for a, b in pairwise(path)]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    recipe = Recipe(phases=(Phase(epochs=EPOCHS, batch_size=16, players=(Player(),)),))
    return Project(name="rings", data=data, graph=Graph(nodes, edges), recipe=recipe)


def new_run(project_dir: Path) -> RunFolder:
    return create_run(project_dir, load(project_dir))


def steps_so_far(folder: RunFolder) -> int:
    events = whole_log(folder)
    return max((e.first_step + len(e.loss) - 1 for e in events if isinstance(e, StepsReported)), default=0)


def wait_for_step(folder: RunFolder, process: "subprocess.Popen[bytes]", step: int) -> bool:
    """Whether the run got to the step; False when it ended before."""
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        if steps_so_far(folder) >= step:
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    raise AssertionError(f"the run did not get to step {step}")


def weights_bytes(folder: RunFolder) -> dict[str, bytes]:
    return {
        path.parent.name: path.read_bytes()
        for path in folder.checkpoints.glob("*/weights.safetensors")
        if path.parent.name.startswith("best") or path.parent == max(folder.checkpoints.glob("last-*"))
    }


@pytest.fixture(scope="module")
def unbroken(project_dir: Path) -> RunFolder:
    """A run that nobody disturbs, though the process that started it is killed."""
    folder = new_run(project_dir)
    starter = (
        "import sys, time; from pathlib import Path; from engine.protocol.run_folder import RunFolder;"
        "from engine.training.runs import start_run_process;"
        "start_run_process(RunFolder(Path(sys.argv[1]))); print('started', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", starter, str(folder.path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        parent.kill()
    end = time.monotonic() + WITHIN_S
    while not any(isinstance(event, FINAL_EVENTS) for event in whole_log(folder)):
        assert time.monotonic() < end, (folder.path / "process.log").read_text()
        time.sleep(0.02)
    pid = next(event.pid for event in whole_log(folder) if isinstance(event, RunStarted))
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.02)
    return folder


def test_a_run_outlives_its_parent_and_tells_its_whole_story(unbroken: RunFolder) -> None:
    events = whole_log(unbroken)
    assert isinstance(events[0], RunStarted)
    assert any(isinstance(event, RunPrepared) for event in events)
    assert isinstance(events[-1], RunFinished)
    assert sum(isinstance(event, FINAL_EVENTS) for event in events) == 1
    assert [event.epoch for event in events if isinstance(event, EpochFinished)] == list(range(1, EPOCHS + 1))
    assert events[-1].best["accuracy"] > 0.9
    assert summary(unbroken).state == "finished"
    assert (unbroken.path / "process.log").read_text() == ""


@pytest.mark.parametrize(
    ("seed", "kills"), [(1, 3), *(pytest.param(seed, 5, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_killed_by_force_it_reaches_the_same_weights(
    project_dir: Path, unbroken: RunFolder, seed: int, kills: int
) -> None:
    chance = random.Random(seed)
    folder = new_run(project_dir)
    process = start_run_process(folder)
    for kill in range(kills):
        further = chance.randrange(1, EPOCHS * 75 // (kills + 1))
        assert wait_for_step(folder, process, steps_so_far(folder) + further)
        process.send_signal(signal.SIGKILL)
        process.wait(WITHIN_S)
        assert summary(folder).state == "lost"
        finished = max((e.epoch for e in whole_log(folder) if isinstance(e, EpochFinished)), default=0)
        process = start_run_process(folder, resume=True)
        end = time.monotonic() + WITHIN_S
        while len(resumed := [event for event in whole_log(folder) if isinstance(event, RunResumed)]) <= kill:
            assert time.monotonic() < end, (folder.path / "process.log").read_text()
            time.sleep(0.01)
        assert resumed[-1].epoch >= finished, "an epoch that the log called finished was lost"
    assert process.wait(WITHIN_S) == 0, (folder.path / "process.log").read_text()
    events = whole_log(folder)
    assert isinstance(events[-1], RunFinished)
    assert weights_bytes(folder) == weights_bytes(unbroken)
    told = {e.epoch: (e.train, e.val) for e in events if isinstance(e, EpochFinished)}
    assert told == {e.epoch: (e.train, e.val) for e in whole_log(unbroken) if isinstance(e, EpochFinished)}
    assert events[-1].best == whole_log(unbroken)[-1].best  # type: ignore[union-attr]


def test_a_damaged_checkpoint_is_noticed_and_the_one_before_serves(project_dir: Path, unbroken: RunFolder) -> None:
    folder = new_run(project_dir)
    process = start_run_process(folder)
    while len(list(folder.checkpoints.glob("last-*"))) < 2:
        assert process.poll() is None
        time.sleep(0.005)
    process.terminate()  # a polite signal stops a run as the user would
    assert process.wait(WITHIN_S) == 0
    assert isinstance(whole_log(folder)[-1], RunStopped)
    newest = max(folder.checkpoints.glob("last-*"))
    data = bytearray((newest / "weights.safetensors").read_bytes())
    data[-5] ^= 4
    (newest / "weights.safetensors").write_bytes(data)
    process = start_run_process(folder, resume=True)
    assert process.wait(WITHIN_S) == 0
    assert weights_bytes(folder) == weights_bytes(unbroken)
    notes = [event.text for event in whole_log(folder) if isinstance(event, RunNote)]
    assert any("damaged" in text and newest.name in text for text in notes)


def test_a_failure_is_told_in_words_and_ends_in_one_event(project_dir: Path) -> None:
    project = load(project_dir)
    project.recipe = Recipe(phases=project.recipe.phases, device="cuda:77")
    folder = create_run(project_dir, project)
    process = start_run_process(folder)
    assert process.wait(WITHIN_S) == 1
    events = whole_log(folder)
    assert isinstance(events[-1], RunFailed)
    assert events[-1].error["message"] == "This machine has no device 'cuda:77'."
    assert events[-1].details == ""
    assert summary(folder).state == "failed"


def test_runs_are_listed_and_found(project_dir: Path, unbroken: RunFolder) -> None:
    listed = summaries(project_dir)
    assert [item.run for item in listed] == sorted(item.run for item in listed)
    assert find_run(project_dir, str(unbroken.number)) == unbroken
    assert find_run(project_dir, "last").number == listed[-1].run
    best = find_run(project_dir, "best")
    scores = [item.best["accuracy"] for item in listed if "accuracy" in item.best]
    assert summary(best).best["accuracy"] == pytest.approx(max(scores))


def test_nothing_in_a_run_folder_is_a_pickle(unbroken: RunFolder) -> None:
    for path in unbroken.path.rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_text())
        assert path.suffix in ("", ".json", ".jsonl", ".safetensors", ".log")
