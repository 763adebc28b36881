"""The queue: its order, its devices, who works it off, and that nothing of it is lost."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from small_tasks import classifier, one_phase

from engine.document.files import create, load
from engine.document.recipe import Phase
from engine.errors import TrainingError
from engine.protocol.run_events import RunFinished, RunPrepared, RunStarted, RunStopped
from engine.protocol.run_folder import RunFolder, about
from engine.protocol.run_queue import QueuedRun, RunQueue, queue_file, read_queue
from engine.training import queue as queue_module
from engine.training import starting
from engine.training.ownership import Ownership, briefly
from engine.training.queue import (
    QueueWorker,
    arrange,
    candidates,
    edit_queue,
    enqueue,
    graphics_cards,
    is_worked_off,
    wake,
)
from engine.training.run_log import RunLog, whole_log
from engine.training.runs import create_run, run_project, summaries, summary
from engine.training.starting import Wanted, go_on_with, start_new


@pytest.fixture
def project_dir(tmp_path: Path) -> Path:
    create(tmp_path / "project", classifier(recipe=one_phase(Phase(epochs=2, batch_size=16))))
    return tmp_path / "project"


def new_runs(project_dir: Path, count: int) -> list[int]:
    return [create_run(project_dir, load(project_dir)).number for _ in range(count)]


class Processes:
    """Stands for the processes of runs; each lives until told to end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started: list[tuple[int, str]] = []
        self.living: dict[int, Processes.One] = {}
        self.most: dict[str, int] = {}
        self.ends_at_once = False
        monkeypatch.setattr(queue_module, "start_run_process", self.start)

    class One:
        def __init__(self) -> None:
            self.returncode: int | None = None

        def poll(self) -> int | None:
            return self.returncode

    def start(self, folder: RunFolder, *, device: str, **_more: object) -> "Processes.One":
        self.started.append((folder.number, device))
        self.living[folder.number] = one = Processes.One()
        if self.ends_at_once:
            one.returncode = 0
        return one


def until(condition: object) -> None:
    give_up = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up
        time.sleep(0.005)


def working(project_dir: Path, cards: list[str]) -> threading.Thread:
    thread = threading.Thread(target=QueueWorker(project_dir, cards=cards, poll_s=0.005).work, daemon=True)
    thread.start()
    return thread


def test_runs_begin_in_their_order_one_after_the_other(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(monkeypatch)
    runs = new_runs(project_dir, 3)
    enqueue(project_dir, [QueuedRun(run=run) for run in runs])
    arrange(project_dir, order=[3, 1])
    assert read_queue(project_dir).runs == [3, 1, 2]
    thread = working(project_dir, [])
    for place, run in enumerate((3, 1, 2)):
        until(lambda place=place: len(processes.started) == place + 1)
        time.sleep(0.05)
        assert processes.started[-1] == (run, ""), "one at a time, on the recipe's device"
        assert (read_queue(project_dir).begun[-1].run, read_queue(project_dir).begun[-1].device) == (run, "cpu")
        processes.living[run].returncode = 0
    thread.join(60)
    assert not thread.is_alive()
    assert read_queue(project_dir).runs == []


def test_runs_spread_over_devices(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(monkeypatch)
    new_runs(project_dir, 5)
    enqueue(project_dir, [QueuedRun(run=run, device="cuda:0,1") for run in (1, 2, 3, 4)])
    enqueue(project_dir, [QueuedRun(run=5, device="cpu")])
    thread = working(project_dir, ["cuda:0", "cuda:1"])
    until(lambda: len(processes.started) == 3)
    time.sleep(0.05)
    # The processor is free although the cards are not: the fifth need not wait behind the third.
    assert processes.started == [(1, "cuda:0"), (2, "cuda:1"), (5, "cpu")]
    processes.living[2].returncode = 0
    until(lambda: len(processes.started) == 4)
    assert processes.started[-1] == (3, "cuda:1")
    processes.living[1].returncode = 0
    until(lambda: len(processes.started) == 5)
    assert processes.started[-1] == (4, "cuda:0")
    thread.join(60)


def test_several_may_share_a_device(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(monkeypatch)
    new_runs(project_dir, 3)
    enqueue(project_dir, [QueuedRun(run=run) for run in (1, 2, 3)])
    arrange(project_dir, at_once=2)
    thread = working(project_dir, [])
    until(lambda: len(processes.started) == 2)
    time.sleep(0.05)
    assert len(processes.started) == 2
    processes.living[1].returncode = 0
    thread.join(60)
    assert [run for run, _ in processes.started] == [1, 2, 3]


def test_a_held_queue_starts_nothing_until_it_proceeds(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(monkeypatch)
    new_runs(project_dir, 1)
    enqueue(project_dir, [QueuedRun(run=1)])
    arrange(project_dir, held=True)
    working(project_dir, []).join(60)
    assert processes.started == []
    assert wake(project_dir) is None
    arrange(project_dir, held=False)
    working(project_dir, []).join(60)
    assert processes.started == [(1, "")]


def test_a_run_that_cannot_start_does_not_keep_the_others_waiting(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = Processes(monkeypatch)
    start = processes.start

    def failing(folder: RunFolder, **more: object) -> object:
        if folder.number == 1:
            raise TrainingError("Run 1 has finished.")
        if folder.number == 7:
            raise FileNotFoundError(folder.path)
        return start(folder, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(queue_module, "start_run_process", failing)
    new_runs(project_dir, 2)
    enqueue(project_dir, [QueuedRun(run=7), QueuedRun(run=1), QueuedRun(run=2)])
    thread = working(project_dir, [])
    until(lambda: processes.started)
    processes.living[2].returncode = 0
    thread.join(60)
    assert processes.started == [(2, "")]


def test_who_comes_after_a_killed_worker_knows_what_is_still_training(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run 1 was begun by another worker: its process lives (it is ours), so its device is not free."""
    import os

    processes = Processes(monkeypatch)
    new_runs(project_dir, 2)
    log = RunLog(RunFolder(project_dir / "runs" / "0001"))
    log.append(RunStarted(run=1, name="", pid=os.getpid(), epochs=2, seed=7))
    log.append(
        RunPrepared(
            device="cpu", precision="float32", samples=1, val_samples=1, steps_per_epoch=1, batch_size=1, parameters=1
        )
    )
    edit_queue(
        project_dir,
        lambda _queue: RunQueue(waiting=(QueuedRun(run=2),), begun=(QueuedRun(run=1, device="cpu"),)),
    )
    thread = working(project_dir, [])
    time.sleep(0.1)
    assert processes.started == []
    log.append(RunFinished(epochs=2, seconds=1.0, samples_per_s=1.0, best_epoch=1, best={}))
    log.close()
    until(lambda: processes.started)
    thread.join(60)
    assert processes.started == [(2, "")]


def test_a_run_that_has_waited_long_is_starting_once_the_queue_lets_it_begin(project_dir: Path) -> None:
    """Its folder is old, and its process has not said a word yet."""
    import os

    new_runs(project_dir, 2)
    enqueue(project_dir, [QueuedRun(run=1), QueuedRun(run=2)])
    old = time.time() - 3600
    for run in (1, 2):
        os.utime(project_dir / "runs" / f"{run:04d}", (old, old))
    edit_queue(
        project_dir,
        lambda queue: RunQueue(waiting=queue.waiting[1:], begun=(QueuedRun(run=1, device="cpu"),)),
    )
    assert [item.state for item in summaries(project_dir)] == ["starting", "queued"]
    os.utime(queue_file(project_dir), (old, old))
    assert [item.state for item in summaries(project_dir)] == ["lost", "queued"]


def test_taking_a_run_out_leaves_it_stopped_and_the_rest_in_order(project_dir: Path) -> None:
    new_runs(project_dir, 3)
    enqueue(project_dir, [QueuedRun(run=run) for run in (1, 2, 3)])
    assert [item.state for item in summaries(project_dir)] == ["queued"] * 3
    arrange(project_dir, remove=[2])
    assert read_queue(project_dir).runs == [1, 3]
    assert [item.state for item in summaries(project_dir)] == ["queued", "stopped", "queued"]
    assert isinstance(whole_log(RunFolder(project_dir / "runs" / "0002"))[-1], RunStopped)
    assert summary(RunFolder(project_dir / "runs" / "0002")).epochs_planned == 2


def test_a_run_is_queued_once(project_dir: Path) -> None:
    new_runs(project_dir, 2)
    enqueue(project_dir, [QueuedRun(run=1), QueuedRun(run=2)])
    enqueue(project_dir, [QueuedRun(run=1, device="cuda:0")])
    assert [(item.run, item.device) for item in read_queue(project_dir).waiting] == [(2, ""), (1, "cuda:0")]


def test_a_queue_that_cannot_be_read_is_empty_and_replaced(project_dir: Path) -> None:
    new_runs(project_dir, 1)
    queue_file(project_dir).write_bytes(b'{"waiting": [{"run"')
    assert read_queue(project_dir) == RunQueue()
    enqueue(project_dir, [QueuedRun(run=1)])
    assert read_queue(project_dir).runs == [1]


def test_many_at_once_lose_no_entry(project_dir: Path) -> None:
    new_runs(project_dir, 1)
    threads = [threading.Thread(target=enqueue, args=(project_dir, [QueuedRun(run=number)])) for number in range(1, 31)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(read_queue(project_dir).runs) == list(range(1, 31))


def test_a_lock_that_is_held_for_long_is_said(tmp_path: Path) -> None:
    second = briefly(tmp_path / "lock", within_s=0.05)
    with briefly(tmp_path / "lock"), pytest.raises(TrainingError, match="holds the queue"), second:
        raise AssertionError("two held it at once")


@pytest.mark.parametrize(
    ("wanted", "cards", "expected"),
    [
        ("", [], ["cpu"]),
        ("auto", ["cuda:0", "cuda:1"], ["cuda:0", "cuda:1"]),
        ("cuda", ["cuda:0"], ["cuda:0"]),
        ("cuda:0,1", [], ["cuda:0", "cuda:1"]),
        ("cuda:0,cuda:2", [], ["cuda:0", "cuda:2"]),
        ("cpu", ["cuda:0"], ["cpu"]),
        ("cuda:1,1", [], ["cuda:1"]),
        ("cuda", [], ["cuda:0"]),
    ],
)
def test_names_of_devices(wanted: str, cards: list[str], expected: list[str]) -> None:
    assert candidates(wanted, cards) == expected


def test_cards_are_those_that_torch_will_see(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [Path(f"/dev/nvidia{name}") for name in ("0", "1", "2", "ctl")]
    monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(cards))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(queue_module.importlib.metadata, "version", lambda _name: "2.13.0+cu126")
    assert graphics_cards() == ["cuda:0", "cuda:1", "cuda:2"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    assert graphics_cards() == ["cuda:0", "cuda:1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert graphics_cards() == []
    monkeypatch.setattr(queue_module.importlib.metadata, "version", lambda _name: "2.13.0+cpu")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert graphics_cards() == []


def test_only_one_works_a_queue_off(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_runs(project_dir, 1)
    assert not is_worked_off(project_dir)
    monkeypatch.setattr(queue_module, "LEAVING_S", 0.2)
    ownership = Ownership(project_dir / "runs")
    assert is_worked_off(project_dir)
    assert queue_module.main([str(project_dir)]) == 0
    ownership.give_back()
    assert not is_worked_off(project_dir)


def test_a_worker_is_a_process_without_torch(project_dir: Path) -> None:
    code = "import sys; import engine.training.queue, engine.training.starting; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- starting ---------------------------------------------------------------------------------------------------------


def test_repetitions_differ_in_their_seed_and_are_one_group(project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "wake", lambda _project: None)
    made = start_new(project_dir, load(project_dir), Wanted(name="wide", seeds=3, tags=("a",), device="cpu"))
    assert made.queued and made.group == "1"
    assert [run_project(folder).recipe.seed for folder in made.folders] == [7, 8, 9]
    assert [about(folder).name for folder in made.folders] == ["wide seed 7", "wide seed 8", "wide seed 9"]
    assert {about(folder).group for folder in made.folders} == {"1"}
    assert about(made.folders[2]).tags == ["a"]
    assert read_queue(project_dir).runs == [1, 2, 3]
    assert load(project_dir).recipe.seed == 7


@pytest.mark.parametrize("seeds", [0, -1, 101])
def test_a_senseless_number_of_seeds_is_refused(project_dir: Path, seeds: int) -> None:
    with pytest.raises(TrainingError, match="repetitions"):
        start_new(project_dir, load(project_dir), Wanted(seeds=seeds))
    assert not list((project_dir / "runs").glob("0*"))


def test_a_run_that_trains_or_waits_is_not_made_longer(project_dir: Path) -> None:
    import os

    new_runs(project_dir, 2)
    log = RunLog(RunFolder(project_dir / "runs" / "0001"))
    log.append(RunStarted(run=1, name="", pid=os.getpid(), epochs=2, seed=7))
    log.close()
    enqueue(project_dir, [QueuedRun(run=2)])
    for run, said in ((1, "still training"), (2, "waits in the queue")):
        with pytest.raises(TrainingError, match=said):
            go_on_with(project_dir, str(run), Wanted(epochs=50))
        assert run_project(RunFolder(project_dir / "runs" / f"{run:04d}")).recipe.phases[-1].epochs == 2


def test_fewer_epochs_than_it_had_are_refused(project_dir: Path) -> None:
    from engine.training.checkpoint import write
    from engine.training.run_state import RunState

    (run,) = new_runs(project_dir, 1)
    folder = RunFolder(project_dir / "runs" / f"{run:04d}")
    write(folder.checkpoints, "last", RunState(step=14, epoch=2, phase_epoch=2), {}, {})
    with pytest.raises(TrainingError, match="has had 2 epochs"):
        go_on_with(project_dir, "1", Wanted(epochs=2))
    assert run_project(folder).recipe.phases[-1].epochs == 2
