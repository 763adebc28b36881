"""Real processes that are kept ready for a run: a run begun by one is like any other, and none is left behind."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from engine.document.data_spec import DataSpec
from engine.document.files import create, load
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.codec import encode, event_decoder
from engine.protocol.messages.base import Heartbeat, Progress
from engine.protocol.messages.data import DescribeData
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.run_events import RunFinished, RunResumed, RunStarted, StepsReported
from engine.protocol.run_folder import RunFolder
from engine.training.run_log import whole_log
from engine.training.runs import create_run, start_run_process, summary
from engine.training.spare import VARIABLE, Spare

ROOT = Path(__file__).parents[2]
WITHIN_S = 90.0
EPOCHS = 12


def until(reached: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WITHIN_S
    while not reached():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def kept_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")


@pytest.fixture
def spare() -> Iterator[Spare]:
    spare = Spare(rest_s=0.0)
    yield spare
    spare.close()


def ready(spare: Spare) -> int:
    """Have its process get ready; in the test itself, as pytest changes the environment between a fixture and it."""
    spare.keep()
    until(lambda: spare.ready, "no process got ready")
    return spare.ready


@pytest.fixture(scope="module")
def project_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 600 rows, learned by a network with dropout, whose numbers come from the seed."""
    folder = tmp_path_factory.mktemp("moons")
    chance = random.Random(5)
    rows = ["a,b,side"]
    for _ in range(600):
        a, b = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{a:.5f},{b:.5f},{'in' if a * a + b * b < 1 else 'out'}")
    table = folder / "moons.csv"
    table.write_text("\n".join(rows) + "\n")
    from engine.data.importing import inspect

    create(folder / "project", network(inspect(table, target="side").data))
    return folder / "project"


def network(data: DataSpec) -> Project:
    nodes = [
        Node(id="table", type="Input", attributes={"fields": ["a", "b"]}),
        Node(id="hidden", type="Linear", attributes={"out_features": 16}),
        Node(id="relu1", type="ReLU"),
        Node(id="drop", type="Dropout", attributes={"p": 0.2}),
        Node(id="scores", type="Linear", attributes={"out_features": 2}),
        Node(id="answer", type="Output", attributes={"field": "side"}),
        Node(id="truth", type="Input", attributes={"fields": ["side"]}),
        Node(id="loss1", type="CrossEntropyLoss"),
    ]
    path = ("table", "hidden", "relu1", "drop", "scores")
    edges = [Edge(source=a, target=b) for a, b in pairwise(path)]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss1", input="prediction"),
        Edge(source="truth", target="loss1", input="target"),
    ]
    recipe = Recipe(phases=(Phase(epochs=EPOCHS, batch_size=8, players=(Player(),)),))
    return Project(name="moons", data=data, graph=Graph(nodes, edges), recipe=recipe)


def weights(folder: RunFolder) -> bytes:
    return (max(folder.checkpoints.glob("last-*")) / "weights.safetensors").read_bytes()


def process_log(folder: RunFolder) -> str:
    return (folder.path / "process.log").read_text()


def pids(folder: RunFolder) -> list[int]:
    return [event.pid for event in whole_log(folder) if isinstance(event, RunStarted | RunResumed) and event.pid]


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def cold(project_dir: Path) -> RunFolder:
    """A run started without a spare."""
    folder = create_run(project_dir, load(project_dir))
    assert start_run_process(folder).wait(WITHIN_S) == 0, process_log(folder)
    return folder


def test_a_run_begun_by_a_spare_is_like_any_other(project_dir: Path, cold: RunFolder, spare: Spare) -> None:
    pid = ready(spare)
    idle = psutil.Process(pid)
    assert Path(idle.cwd()) == ROOT
    assert not idle.open_files(), "it holds files while it waits"
    folder = create_run(project_dir, load(project_dir))
    process = start_run_process(folder, spare=spare)
    assert process.pid == pid
    assert os.getsid(pid) == pid, "a session of its own"
    assert not spare.ready, "never used twice"
    until(lambda: whole_log(folder), "no word")
    assert Path(idle.cwd()) == folder.path
    assert process.wait(WITHIN_S) == 0
    assert pids(folder) == [pid]
    assert isinstance(whole_log(folder)[-1], RunFinished)
    assert process_log(folder) == ""
    assert weights(folder) == weights(cold)


def test_killed_it_is_resumed_to_the_same_weights(project_dir: Path, cold: RunFolder, spare: Spare) -> None:
    ready(spare)
    folder = create_run(project_dir, load(project_dir))
    process = start_run_process(folder, spare=spare)
    until(lambda: any(isinstance(event, StepsReported) for event in whole_log(folder)), "no step")
    process.kill()
    process.wait(WITHIN_S)
    assert summary(folder).state == "lost"
    pid = ready(spare)
    resumed = start_run_process(folder, resume=True, spare=spare)
    assert resumed.wait(WITHIN_S) == 0, process_log(folder)
    assert pids(folder)[-1] == resumed.pid == pid
    assert weights(folder) == weights(cold)


@pytest.mark.slow
def test_two_starts_at_once_are_two_runs(project_dir: Path, cold: RunFolder, spare: Spare) -> None:
    pid = ready(spare)
    folders = [create_run(project_dir, load(project_dir)) for _ in range(2)]
    processes = [start_run_process(folder, spare=spare) for folder in folders]
    assert processes[0].pid == pid != processes[1].pid
    for folder, process in zip(folders, processes, strict=True):
        assert process.wait(WITHIN_S) == 0, process_log(folder)
        assert weights(folder) == weights(cold)
        assert process_log(folder) == ""


_STARTER = """
import sys, time
from pathlib import Path
from engine.protocol.run_folder import RunFolder
from engine.training.runs import start_run_process
from engine.training.spare import Spare
spare = Spare(rest_s=0.0)
spare.keep()
while not spare.ready:
    time.sleep(0.01)
if len(sys.argv) > 1:
    print(start_run_process(RunFolder(Path(sys.argv[1])), spare=spare).pid, flush=True)
else:
    print(spare.ready, flush=True)
time.sleep(600)
"""


def started(*arguments: str) -> "tuple[subprocess.Popen[bytes], int]":
    """A process that keeps a spare, and the number that it prints."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _STARTER, *arguments],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def killed(parent: "subprocess.Popen[bytes]") -> None:
    parent.kill()
    parent.wait(WITHIN_S)
    assert parent.stdout is not None
    parent.stdout.close()


def test_a_run_survives_the_engine_that_began_it(project_dir: Path, cold: RunFolder) -> None:
    folder = create_run(project_dir, load(project_dir))
    parent, pid = started(str(folder.path))
    killed(parent)
    until(lambda: not alive(pid), "the run did not end")
    assert pids(folder) == [pid]
    assert isinstance(whole_log(folder)[-1], RunFinished), process_log(folder)
    assert weights(folder) == weights(cold)


def test_a_spare_dies_with_its_engine() -> None:
    parent, pid = started()
    assert alive(pid)
    killed(parent)
    until(lambda: not alive(pid), "the spare lives on")


def test_a_dead_spare_is_made_up_for(project_dir: Path, cold: RunFolder, spare: Spare) -> None:
    os.kill(ready(spare), signal.SIGKILL)
    folder = create_run(project_dir, load(project_dir))
    process = start_run_process(folder, spare=spare)
    assert process.wait(WITHIN_S) == 0
    assert process_log(folder).startswith("The process kept ready for runs could not be used (")
    assert weights(folder) == weights(cold)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="no way to make a process hang")
def test_a_spare_that_hangs_is_made_up_for(project_dir: Path, spare: Spare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.spare.TAKEN_WITHIN_S", 0.2)
    pid = ready(spare)
    os.kill(pid, signal.SIGSTOP)
    folder = create_run(project_dir, load(project_dir))
    process = start_run_process(folder, spare=spare)
    assert process.pid != pid and not alive(pid)
    assert process.wait(WITHIN_S) == 0
    assert "it did not answer" in process_log(folder)


@pytest.mark.slow
def test_a_spare_that_cannot_begin_is_said_in_the_log_alone(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Spare(rest_s=0.0)
    monkeypatch.setattr("engine.training.spare._MODULE", "engine.training.no_such_module")
    broken.keep()
    until(lambda: broken._waiting is not None and broken._waiting.over, "it did not end")
    folder = create_run(project_dir, load(project_dir))
    process = start_run_process(folder, spare=broken)
    assert process.wait(WITHIN_S) == 0
    assert "could not be used (it had ended with code 1)" in process_log(folder)
    assert len(pids(folder)) == 1
    broken.close()


@pytest.mark.slow
def test_another_environment_wants_a_process_of_its_own(
    project_dir: Path, spare: Spare, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = ready(spare)
    monkeypatch.setenv("NETWRIGHT_MEMORY_LIMIT", "2GB")
    folder = create_run(project_dir, load(project_dir))
    process = start_run_process(folder, spare=spare)
    assert process.pid != pid and not alive(pid)
    assert process.wait(WITHIN_S) == 0
    assert process_log(folder) == ""


def test_it_is_off_where_the_user_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    spare = Spare(rest_s=0.0)
    spare.keep()
    assert spare._timer is None and not spare.ready


def test_the_engine_keeps_one_once_a_project_is_open(project_dir: Path) -> None:
    """And it serves a run, and the next one goes when the window does."""
    with subprocess.Popen(
        [sys.executable, "-m", "engine.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as engine:
        assert engine.stdin is not None and engine.stdout is not None
        decoder = event_decoder()
        itself = psutil.Process(engine.pid)

        def answer(request: object) -> object:
            engine.stdin.write(encode(request))  # type: ignore[union-attr, arg-type]
            engine.stdin.flush()  # type: ignore[union-attr]
            while True:
                for event in decoder.feed(os.read(engine.stdout.fileno(), 1 << 16)):  # type: ignore[union-attr]
                    if event.request and not isinstance(event, Heartbeat | Progress):
                        return event

        assert not itself.children()
        answer(DescribeData(id=1, project_dir=str(project_dir)))
        until(lambda: _spares(itself), "no spare")
        assert len(_spares(itself)) == 1
        told = answer(StartTraining(id=2, project_dir=str(project_dir)))
        assert isinstance(told, TrainingStarted)
        folder = RunFolder(Path(told.run_dir))
        until(lambda: whole_log(folder) and isinstance(whole_log(folder)[-1], RunFinished), "it did not finish")
        until(lambda: _spares(itself), "no other one")
        others = itself.children()
        engine.stdin.close()
        engine.wait(WITHIN_S)
        until(lambda: not any(alive(child.pid) for child in others), "a spare lives on")


def _spares(engine: psutil.Process) -> list[psutil.Process]:
    return [child for child in engine.children() if "engine.training.spare" in _command(child)]


def _command(process: psutil.Process) -> list[str]:
    """What it was started with; for an instant after its fork that is still what its parent was started with."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []
