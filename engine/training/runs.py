"""The runs of a project: creating, starting, finding and listing them. Nothing here imports torch."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

import engine
from engine.catalog.registry import metric_named
from engine.document.atomic import write_atomically
from engine.document.files import to_bytes
from engine.document.own_code import copy_code, require_trusted
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import ProjectError, RunNotFound, TrainingError
from engine.protocol.run_events import RunFinished, RunResumed, RunStarted
from engine.protocol.run_folder import ABOUT, About, RunFolder, RunSummary, about, run_folders
from engine.training.run_log import whole_log
from engine.training.run_state import RunState, has_checkpoint, peek

PROCESS_LOG: Final = "process.log"
FIRST_WORD_WITHIN_S: Final = 60.0
CLOCK_SLACK_S: Final = 5.0
ACTIVE: Final = ("starting", "running", "paused")


def create_run(project_dir: Path, project: Project, name: str = "") -> RunFolder:
    """Make the folder of a new run, with the project as it is now. Numbers rise and are never given twice.

    Raises ProjectError when the folder cannot be written, or code of the project is not trusted.
    """
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
    told = About(name=name.strip()[:200], created=round(time.time(), 3))
    write_atomically(path / ABOUT, msgspec.json.encode(told) + b"\n")
    write_atomically(folder.project_file, data)
    copy_code(project, project_dir, path)
    return folder


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe with that number of epochs in each phase."""
    return msgspec.structs.replace(
        recipe, phases=tuple(msgspec.structs.replace(phase, epochs=epochs) for phase in recipe.phases)
    )


def start_run_process(
    folder: RunFolder, *, device: str = "", resume: bool = False, pictures: bool = True
) -> "subprocess.Popen[bytes]":
    """Start the process of a run, which lives on when its parent ends or is killed.

    `device` overrides the recipe's; `pictures` lets its log tell how weights are spread. Raises TrainingError when
    the run has a process already, or has nothing left to do.
    """
    if resume:
        _check_resumable(folder)
    command = [sys.executable, "-P", "-m", "engine.training.run", str(folder.path)]
    command += [f"--device={device}"] if device else []
    command += ["--resume"] if resume else []
    command += [] if pictures else ["--no-pictures"]
    root = str(Path(engine.__file__).parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root, "PYTHONUNBUFFERED": "1"}
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":  # pragma: no cover
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        detached = {"creationflags": flags}
    with (folder.path / PROCESS_LOG).open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder.path,
            env=environment,
            **detached,
        )


def _check_resumable(folder: RunFolder) -> None:
    found = summary(folder)
    if found.state in ACTIVE and found.pid:
        raise TrainingError(f"Run {folder.number} is still training.", where=str(folder.path), hint="Stop it first.")
    if found.state == "finished":
        raise TrainingError(
            f"Run {folder.number} has finished; there is nothing left to go on with.",
            where=str(folder.path),
            hint="Start a new run, with more epochs if you like.",
        )


def find_run(project_dir: Path, which: str = "best") -> RunFolder:
    """The run that "best", "last" or a number names. Raises RunNotFound.

    "best" is the one with the best validation score among those that have a checkpoint: of the main output's metric
    where the newest of them has one, else of the loss. "last" is the newest.
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
    return [summary(folder) for folder in run_folders(project_dir)]


def summary(folder: RunFolder) -> RunSummary:
    """The state of one run."""
    found = RunSummary(run=folder.number)
    since = 0.0
    finished = False
    for event in whole_log(folder):
        found.feed(event)
        if isinstance(event, RunStarted | RunResumed):
            since = event.time
        finished = isinstance(event, RunFinished)
    found.tell(about(folder))
    if finished:
        return found
    if found.state in ACTIVE and not _has_process(folder, found.pid, since):
        found.state = "lost"
    return found


def _has_process(folder: RunFolder, pid: int, since: float) -> bool:
    """Whether the run's process lives. One that has not said a word yet is given a minute to do so."""
    if pid == 0:
        try:
            return time.time() - folder.path.stat().st_mtime < FIRST_WORD_WITHIN_S
        except OSError:
            return False
    try:
        process = psutil.Process(pid)
        # A process that began after ours had logged its start was only given the same number.
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + CLOCK_SLACK_S)
    except psutil.Error:
        return False
