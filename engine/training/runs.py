"""The runs of a project: creating, starting, finding and listing them. Nothing here imports torch."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import psutil

import engine
from engine.catalog.registry import metric_named
from engine.data.memory import limit_bytes
from engine.document.atomic import write_atomically
from engine.document.files import from_bytes, to_bytes
from engine.document.own_code import copy_code, require_trusted
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import ProjectError, RunNotFound, TrainingError
from engine.protocol.run_events import RunFinished, RunResumed, RunStarted
from engine.protocol.run_folder import (
    ABOUT,
    About,
    BegunProcess,
    RunFolder,
    RunSummary,
    about,
    begun_process,
    run_folders,
)
from engine.protocol.run_queue import RunQueue, queue_file, read_queue
from engine.training.run_log import whole_log
from engine.training.run_state import (
    MANIFEST,
    STATE,
    WEIGHTS,
    Kind,
    RunState,
    has_checkpoint,
    newest_first,
    peek,
    state_of,
)

if TYPE_CHECKING:
    from engine.training.spare import Spare

PROCESS_LOG: Final = "process.log"
FIRST_WORD_WITHIN_S: Final = 60.0
MOST_NOTES: Final = 20_000
MOST_TAGS: Final = 30
MOST_TAG: Final = 60
CLOCK_SLACK_S: Final = 5.0
ACTIVE: Final = ("starting", "running", "paused", "waiting")
START: Final = "start"
"""The folder in a run's own that holds the weights it begins with, when it was forked."""


def create_run(
    project_dir: Path,
    project: Project,
    name: str = "",
    *,
    told: About | None = None,
    source: RunFolder | None = None,
    which: Kind = "best",
) -> RunFolder:
    """Make the folder of a new run, with the project as it is now. Numbers rise and are never given twice.

    It begins with the weights of `source`'s checkpoint where there is one: they are copied, as that run may go.
    Raises ProjectError when the folder cannot be written, or code of the project is not trusted; RunNotFound when the
    source has no checkpoint.
    """
    start = _start_of(source, which) if source is not None else None
    require_trusted(project, project_dir)
    runs = project_dir / "runs"
    data = to_bytes(project)
    number = max((folder.number for folder in run_folders(project_dir)), default=0)
    while True:
        number += 1
        path = runs / f"{number:04d}"
        try:
            runs.mkdir(exist_ok=True)
            path.mkdir()
            break
        except FileExistsError:  # somebody else starts a run at the same moment
            continue
        except OSError as error:
            raise ProjectError(
                f"The folder of a run could not be made: {error.strerror}.",
                where=str(path),
                hint="Check the permissions of the project's folder, and the disk.",
            ) from error
    folder = RunFolder(path)
    told = msgspec.structs.replace(told or About(), name=_name(name), created=round(time.time(), 3))
    if source is not None and start is not None:
        try:
            _copy_start(start, path)
        except ProjectError:
            shutil.rmtree(path, ignore_errors=True)  # nothing is in it but what was just copied
            raise
        state = state_of(start)
        told = msgspec.structs.replace(
            told,
            from_run=source.number,
            from_checkpoint=start.name,
            from_epoch=(state.best_epoch if which == "best" else state.epoch) if state is not None else 0,
        )
    write_atomically(path / ABOUT, msgspec.json.encode(told) + b"\n")
    write_atomically(folder.project_file, data)
    copy_code(project, project_dir, path)
    return folder


def _start_of(source: RunFolder, which: Kind) -> Path:
    kinds: tuple[Kind, ...] = ("best", "last") if which == "best" else ("last", "best")
    for kind in kinds:
        for path in newest_first(source.checkpoints, kind):
            return path
    raise RunNotFound(
        f"Run {source.number} has no checkpoint to begin with.",
        where=str(source.path),
        hint="Choose another run, or begin with new weights.",
    )


def _copy_start(checkpoint: Path, run_dir: Path) -> None:
    target = run_dir / START
    try:
        target.mkdir()
        for name in (WEIGHTS, STATE, MANIFEST):
            shutil.copyfile(checkpoint / name, target / name)
    except OSError as error:
        raise ProjectError(
            f"The weights to begin with could not be copied: {error.strerror}.",
            where=str(checkpoint),
            hint="Check the disk, and that the checkpoint is still there.",
        ) from error


def _name(name: str) -> str:
    return " ".join(name.split())[:200]


def edit_run(
    folder: RunFolder,
    *,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    baseline: bool | None = None,
) -> About:
    """Change what is written beside a run; None leaves it as it is. Raises ProjectError when it cannot be written.

    One run of a project is the baseline at most.
    """
    told = about(folder)
    if name is not None:
        told = msgspec.structs.replace(told, name=_name(name))
    if notes is not None:
        told = msgspec.structs.replace(told, notes=notes[:MOST_NOTES])
    if tags is not None:
        kept = dict.fromkeys(tag for tag in (" ".join(item.split())[:MOST_TAG] for item in tags) if tag)
        told = msgspec.structs.replace(told, tags=list(kept)[:MOST_TAGS])
    if baseline is not None:
        told = msgspec.structs.replace(told, baseline=baseline)
    _write_about(folder, told)
    if baseline:
        for other in run_folders(folder.path.parent.parent):
            known = about(other)
            if known.baseline and other.number != folder.number:
                _write_about(other, msgspec.structs.replace(known, baseline=False))
    return told


def _write_about(folder: RunFolder, told: About) -> None:
    write_atomically(folder.path / ABOUT, msgspec.json.encode(told) + b"\n")


def repeats(project: Project, count: int) -> list[Project]:
    """The project with so many seeds in a row, its own the first."""
    found = []
    for number in range(count):
        other = project.copy()
        other.recipe = msgspec.structs.replace(project.recipe, seed=(project.recipe.seed + number) % 2**62)
        found.append(other)
    return found


def create_repeats(
    project_dir: Path,
    project: Project,
    count: int,
    name: str = "",
    *,
    told: About | None = None,
    source: RunFolder | None = None,
    which: Kind = "best",
) -> list[RunFolder]:
    """Runs that differ in their seed alone, as one group, which bears the number of the first."""
    folders: list[RunFolder] = []
    for other in repeats(project, count):
        called = f"{name} seed {other.recipe.seed}".strip()
        folder = create_run(project_dir, other, called, told=told, source=source, which=which)
        folders.append(folder)
        _write_about(folder, msgspec.structs.replace(about(folder), group=str(folders[0].number)))
    return folders


def extend_run(folder: RunFolder, epochs: int) -> None:
    """Let the last phase of a run have so many epochs from now on. Raises TrainingError for fewer than it has had."""
    project = run_project(folder)
    state = peek(folder)
    phases = project.recipe.phases
    before = sum(phase.epochs for phase in phases[:-1])
    had = max(0, state.epoch - before) if state is not None else 0
    if epochs <= had:
        raise TrainingError(
            f"Run {folder.number} has had {had} epochs in its last phase.",
            where="epochs",
            expected=f"{had + 1} or more",
            found=str(epochs),
            hint="Choose more, or start a new run.",
        )
    last = msgspec.structs.replace(phases[-1], epochs=epochs)
    project.recipe = msgspec.structs.replace(project.recipe, phases=(*phases[:-1], last))
    write_atomically(folder.project_file, to_bytes(project))


def run_project(folder: RunFolder) -> Project:
    """The project as a run has it. Raises ProjectError."""
    try:
        data = folder.project_file.read_bytes()
    except OSError as error:
        raise ProjectError(
            f"The project of run {folder.number} cannot be read: {error.strerror}.",
            where=str(folder.project_file),
            hint="Start a new run.",
        ) from error
    return from_bytes(data, str(folder.project_file))


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with that number of epochs in each phase."""
    return msgspec.structs.replace(
        recipe, phases=tuple(msgspec.structs.replace(phase, epochs=epochs) for phase in recipe.phases)
    )


def start_run_process(
    folder: RunFolder,
    *,
    device: str = "",
    resume: bool = False,
    pictures: bool = True,
    go_on: bool = False,
    spare: "Spare | None" = None,
) -> "subprocess.Popen[bytes]":
    """Start the process of a run, which lives on when its parent ends or is killed.

    `device` overrides the recipe's; `pictures` lets its log tell what charts show beside losses and scores; `go_on`
    resumes also a run that had finished, as it was given more epochs; `spare` may have a process ready for it. Raises
    TrainingError when the run has a process already, or has nothing left to do, UsageError for a memory limit that
    is no amount.
    """
    limit_bytes()  # a limit that is no amount of memory is told here, not by a process that ends at its first line
    if resume:
        require_resumable(folder, go_on=go_on)
    arguments = [str(folder.path)]
    arguments += [f"--device={device}"] if device else []
    arguments += ["--resume"] if resume else []
    arguments += ["--go-on"] if go_on else []
    arguments += [] if pictures else ["--no-pictures"]
    ready = spare.take(folder.path, arguments, folder.path / PROCESS_LOG) if spare is not None else None
    if ready is None:
        with (folder.path / PROCESS_LOG).open("ab") as output:
            ready = detached([sys.executable, "-P", "-m", "engine.training.run", *arguments], folder.path, output)
    begun = BegunProcess(pid=ready.pid, time=time.time())
    with suppress(OSError):  # without it the run is given a minute to say its first word, as if nothing were known
        write_atomically(folder.process_file, msgspec.json.encode(begun) + b"\n")
    return ready


def detached(
    command: Sequence[str], folder: Path, output: Any, *, takes_input: bool = False
) -> "subprocess.Popen[bytes]":
    """Start a process of ours in a folder, which outlives whoever started it.

    `output` takes all it prints; of one that `takes_input` through a pipe only what it prints to stdout.
    """
    root = str(Path(engine.__file__).parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root, "PYTHONUNBUFFERED": "1"}
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":  # pragma: no cover
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL if takes_input else output,
        cwd=folder,
        env=environment,
        **apart,
    )


def require_resumable(folder: RunFolder, *, go_on: bool) -> None:
    """Raise TrainingError when a run cannot be gone on with. `go_on`: it gets more epochs, so it may have finished."""
    found = summary(folder)
    if found.state == "queued":
        raise TrainingError(
            f"Run {folder.number} waits in the queue.", where=str(folder.path), hint="Take it out of the queue first."
        )
    if found.state in ACTIVE and found.pid:
        raise TrainingError(f"Run {folder.number} is still training.", where=str(folder.path), hint="Stop it first.")
    if found.state == "finished" and not go_on:
        raise TrainingError(
            f"Run {folder.number} has finished; there is nothing left to go on with.",
            where=str(folder.path),
            hint="Give it more epochs, or start a new run.",
        )


def find_run(project_dir: Path, which: str = "best") -> RunFolder:
    """The run that "best", "last" or a number names. Raises RunNotFound.

    "best" is the one with the best validation score among those that have a checkpoint: of the main output's metric
    where the newest of them has one, else of the loss; the newest where no number tells. "last" is the newest.
    """
    folders = list(run_folders(project_dir))
    if not folders:
        raise RunNotFound("Nothing has been trained yet.", where=str(project_dir), hint="Train first.")
    if which == "last":
        return folders[-1]
    if which == "best":
        return _best(project_dir, folders)
    number = int(which) if which.isascii() and which.isdecimal() else 0
    found = next((folder for folder in folders if folder.number == number), None)
    if found is None:
        raise RunNotFound(
            f"There is no run '{which[:20]}'.",
            where=str(project_dir),
            expected="best, last or one of " + ", ".join(str(folder.number) for folder in folders[-20:]),
            found=which[:20],
        )
    return found


def _best(project_dir: Path, folders: list[RunFolder]) -> RunFolder:
    scored = [(folder, state) for folder, state in _states(folders) if state.best_key]
    if not scored:
        raise RunNotFound("No run has a checkpoint yet.", where=str(project_dir), hint="Train for at least one epoch.")
    metric = scored[-1][1].main_metric
    alike = [(folder, state) for folder, state in scored if state.main_metric == metric]
    if any(state.latest for _, state in alike):  # no number compares them either
        return max((folder for folder, _ in alike), key=lambda folder: folder.number)
    return max(alike, key=lambda item: (_goodness(item[1], metric), item[1].best_key, item[0].number))[0]


def _states(folders: list[RunFolder]) -> Iterator[tuple[RunFolder, RunState]]:
    for folder in folders:
        if has_checkpoint(folder):
            state = peek(folder, "best") or peek(folder)
            if state is not None:
                yield folder, state


def _goodness(state: RunState, metric: str) -> float:
    value = state.best.get(metric)
    if value is None:
        return float("-inf")
    declared = metric_named(metric.rpartition(".")[2])
    return value if declared is not None and declared.larger_is_better else -value


def summaries(project_dir: Path) -> list[RunSummary]:
    """The state of each run, oldest first. A run whose process is gone without a last word is "lost"."""
    queue = read_queue(project_dir)
    return [summary(folder, queue=queue) for folder in run_folders(project_dir)]


def summary(folder: RunFolder, *, queue: RunQueue | None = None) -> RunSummary:
    """The state of one run. `queue`: that of its project, where it is known already."""
    project_dir = folder.path.parent.parent
    queue = read_queue(project_dir) if queue is None else queue
    found = RunSummary(run=folder.number)
    since = 0.0
    finished = False
    for event in whole_log(folder, brief=True):
        found.feed(event)
        if isinstance(event, RunStarted | RunResumed):
            since = event.time
        finished = isinstance(event, RunFinished)
    found.tell(about(folder))
    queued = folder.number in queue.runs
    alive = found.state in ACTIVE and (found.pid > 0 or not queued) and has_process(folder, found.pid, since)
    if found.pid == 0 and any(item.run == folder.number for item in queue.begun):
        alive |= _is_new(queue_file(project_dir))  # the queue has just let it begin
    if queued and not alive:
        found.state = "queued"
    elif not finished and found.state in ACTIVE and not alive:
        found.state = "lost"
    return found


def has_process(folder: RunFolder, pid: int, since: float) -> bool:
    """Whether the run's process lives, also one that has not said a word yet, however long it takes to.

    Where it is not known which process that is, it is given a minute. `pid` and `since` are those that the log tells.
    """
    begun = begun_process(folder)
    if begun is not None and begun.pid != pid and begun.time > since:
        return _is_alive(begun.pid, begun.time)
    return _is_alive(pid, since) if pid else _is_new(folder.path)


def _is_alive(pid: int, since: float) -> bool:
    try:
        process = psutil.Process(pid)
        # A process that began after ours had logged its start was only given the same number.
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + CLOCK_SLACK_S)
    except psutil.Error:
        return False


def _is_new(path: Path) -> bool:
    """Whether a file or folder was changed so lately that a process it was for may not have said a word yet."""
    try:
        return time.time() - path.stat().st_mtime < FIRST_WORD_WITHIN_S
    except OSError:
        return False
