"""Works off the queue of a project: `python -m engine.training.queue PROJECT_DIR`. Nothing here imports torch.

A small process of its own that starts the next run as soon as a device is free, and ends when nothing waits. Closing
the window does not end it; when it is killed the queue stays as it was, and whoever looks at the project next wakes
another. The runs it starts need it no more.
"""

import argparse
import importlib.metadata
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from engine.document.atomic import write_atomically
from engine.errors import NetwrightError, TrainingError
from engine.protocol.run_events import RunStarted, RunStopped
from engine.protocol.run_folder import RunFolder, about
from engine.protocol.run_queue import QueuedRun, RunQueue, queue_file, read_queue
from engine.training.ownership import Ownership, briefly
from engine.training.run_log import RunLog
from engine.training.runs import ACTIVE, detached, run_project, start_run_process, summary

POLL_S: Final = 0.3
LEAVING_S: Final = 3.0
"""How long a new worker waits for one that may just be leaving, having seen an empty queue."""
EDIT_LOCK: Final = ".queue.lock"
QUEUE_LOG: Final = "queue.log"
MOST_AT_ONCE: Final = 64


def edit_queue(project_dir: Path, change: Callable[[RunQueue], RunQueue]) -> RunQueue:
    """Change the queue as one step, whoever else does so at the same time. Raises ProjectError, TrainingError."""
    runs = project_dir / "runs"
    runs.mkdir(exist_ok=True)
    with briefly(runs / EDIT_LOCK):
        before = read_queue(project_dir)
        after = change(before)
        if after != before:
            write_atomically(queue_file(project_dir), msgspec.json.format(msgspec.json.encode(after)) + b"\n")
    return after


def enqueue(project_dir: Path, runs: Sequence[QueuedRun]) -> RunQueue:
    """Put runs at the end of the queue, each once."""
    for item in runs:  # what was known of a process of theirs holds no more
        RunFolder(project_dir / "runs" / f"{item.run:04d}").process_file.unlink(missing_ok=True)

    def with_runs(queue: RunQueue) -> RunQueue:
        new = {item.run for item in runs}
        kept = tuple(item for item in queue.waiting if item.run not in new)
        return msgspec.structs.replace(queue, waiting=(*kept, *runs))

    return edit_queue(project_dir, with_runs)


def arrange(
    project_dir: Path,
    *,
    order: Sequence[int] = (),
    remove: Sequence[int] = (),
    held: bool | None = None,
    at_once: int = 0,
) -> RunQueue:
    """Bring runs to the front in this order, take others out, hold the queue or let it go on."""
    taken: list[int] = []

    def arranged(queue: RunQueue) -> RunQueue:
        taken[:] = [item.run for item in queue.waiting if item.run in remove]
        left = [item for item in queue.waiting if item.run not in remove]
        place = {run: number for number, run in reversed(list(enumerate(order)))}
        left.sort(key=lambda item: place.get(item.run, len(place)))
        return msgspec.structs.replace(
            queue,
            waiting=tuple(left),
            held=queue.held if held is None else held,
            at_once=min(at_once, MOST_AT_ONCE) if at_once > 0 else queue.at_once,
        )

    queue = edit_queue(project_dir, arranged)
    for run in taken:
        _never_mind(RunFolder(project_dir / "runs" / f"{run:04d}"))
    return queue


def _never_mind(folder: RunFolder) -> None:
    """A run that was taken out before it began has stopped; one that waited to be gone on with stays as it was."""
    if not folder.path.is_dir() or (folder.events_file.exists() and folder.events_file.stat().st_size):
        return
    log = RunLog(folder)
    recipe = run_project(folder).recipe
    epochs = sum(phase.epochs for phase in recipe.phases)
    log.append(RunStarted(run=folder.number, name=about(folder).name, pid=0, epochs=epochs, seed=recipe.seed))
    log.append(RunStopped(epochs=0, seconds=0.0, samples_per_s=0.0, best_epoch=0, best={}))
    log.close()


def wake(project_dir: Path) -> "subprocess.Popen[bytes] | None":
    """See that somebody works the queue off; None when there is nothing to do. A second one ends at once."""
    queue = read_queue(project_dir)
    if not queue.waiting or queue.held:
        return None
    command = [sys.executable, "-P", "-m", "engine.training.queue", str(project_dir.resolve())]
    with (project_dir / "runs" / QUEUE_LOG).open("ab") as output:
        return detached(command, project_dir, output)


def is_worked_off(project_dir: Path) -> bool:
    """Whether somebody is there to start what waits."""
    try:
        Ownership(_worker_folder(project_dir)).give_back()
    except TrainingError:
        return True
    except OSError:
        pass  # no folder yet, so nobody
    return False


def _worker_folder(project_dir: Path) -> Path:
    """Where the lock of the one who works the queue off lies."""
    return project_dir / "runs"


def candidates(wanted: str, cards: Sequence[str]) -> list[str]:
    """The devices a run may take, of `cards` and the processor: "cuda:0,1" names two, "auto" every graphics card."""
    wanted = wanted.strip() or "auto"
    if wanted == "auto":
        return list(cards) or ["cpu"]
    if wanted == "cuda":
        return list(cards) or ["cuda:0"]
    found: list[str] = []
    kind = ""
    for part in wanted.split(","):
        name, _, number = part.strip().rpartition(":")
        kind = name or kind
        device = f"{kind}:{number}" if number.isdecimal() and kind else part.strip()
        if device and device not in found:
            found.append(device)
    return found


def graphics_cards() -> list[str]:
    """The machine's graphics cards as torch will number them, found without torch."""
    try:
        if "+cpu" in importlib.metadata.version("torch"):
            return []
    except importlib.metadata.PackageNotFoundError:
        return []
    count = sum(path.name.removeprefix("nvidia").isdecimal() for path in Path("/dev").glob("nvidia[0-9]*"))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = min(count, len([name for name in visible.split(",") if name.strip() not in ("", "-1")]))
    return [f"cuda:{number}" for number in range(count)]


class QueueWorker:
    """Starts the runs of one project's queue."""

    def __init__(self, project_dir: Path, *, cards: Sequence[str] | None = None, poll_s: float = POLL_S) -> None:
        self._project_dir = project_dir
        self._cards = graphics_cards() if cards is None else list(cards)
        self._poll_s = poll_s
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def work(self) -> None:
        """Start what waits until nothing does, or the queue is held."""
        while True:
            queue = edit_queue(self._project_dir, self._without_ended)
            if not queue.waiting or queue.held:
                return
            if not self._start_one(queue):
                time.sleep(self._poll_s)

    def _without_ended(self, queue: RunQueue) -> RunQueue:
        return msgspec.structs.replace(queue, begun=tuple(item for item in queue.begun if self._is_busy(item)))

    def _is_busy(self, item: QueuedRun) -> bool:
        process = self._processes.get(item.run)
        if process is not None:
            return process.poll() is None
        folder = RunFolder(self._project_dir / "runs" / f"{item.run:04d}")
        return folder.path.is_dir() and summary(folder).state in ACTIVE

    def _start_one(self, queue: RunQueue) -> bool:
        """Start the first run that finds a free device; whether there was one.

        Where there is no choice of devices it is left to the run itself, which knows better what is there.
        """
        taken: dict[str, int] = {}
        for item in queue.begun:
            taken[item.device] = taken.get(item.device, 0) + 1
        for item in queue.waiting:
            devices = self._devices(item)
            free = [
                (taken.get(device, 0), place, device)
                for place, device in enumerate(devices)
                if taken.get(device, 0) < queue.at_once
            ]
            if free:
                device = min(free)[2]
                self._start(item, device, asked=device if len(devices) > 1 else item.device)
                return True
        return False

    def _devices(self, item: QueuedRun) -> list[str]:
        if item.device:
            return candidates(item.device, self._cards)
        try:
            wanted = run_project(self._folder(item)).recipe.device
        except NetwrightError:
            wanted = "cpu"  # it cannot start, which it is told when it is tried
        return candidates(wanted, self._cards)

    def _folder(self, item: QueuedRun) -> RunFolder:
        return RunFolder(self._project_dir / "runs" / f"{item.run:04d}")

    def _start(self, item: QueuedRun, device: str, *, asked: str) -> None:
        begun = msgspec.structs.replace(item, device=device)

        def moved(queue: RunQueue) -> RunQueue:
            waiting = tuple(other for other in queue.waiting if other.run != item.run)
            if len(waiting) == len(queue.waiting):  # taken out at this very moment
                return queue
            return msgspec.structs.replace(queue, waiting=waiting, begun=(*queue.begun, begun))

        if not any(other.run == item.run for other in edit_queue(self._project_dir, moved).begun):
            return
        folder = self._folder(item)
        try:
            self._processes[item.run] = start_run_process(
                folder, device=asked, resume=item.resume, pictures=item.pictures, go_on=item.go_on
            )
        except (NetwrightError, OSError) as error:
            # Its folder has gone, or it has nothing left to do; the next one must not wait for it.
            said = error.message if isinstance(error, NetwrightError) else str(error)
            print(f"Run {item.run} could not be started: {said}", file=sys.stderr)  # noqa: T201  the queue's log
            edit_queue(self._project_dir, lambda queue: _without(queue, item.run))


def _without(queue: RunQueue, run: int) -> RunQueue:
    return msgspec.structs.replace(queue, begun=tuple(item for item in queue.begun if item.run != run))


def main(arguments: list[str] | None = None) -> int:
    """Work off a queue; 0 also when somebody else does so already."""
    parser = argparse.ArgumentParser(prog="engine.training.queue", description="Works off a queue of runs.")
    parser.add_argument("project_dir", type=Path)
    options = parser.parse_args(arguments)
    give_up = time.monotonic() + LEAVING_S
    while True:
        try:
            ownership = Ownership(_worker_folder(options.project_dir))
            break
        except TrainingError:
            if time.monotonic() > give_up:
                return 0
            time.sleep(0.1)
    try:
        QueueWorker(options.project_dir).work()
    finally:
        ownership.give_back()
    return 0


if __name__ == "__main__":
    sys.exit(main())
