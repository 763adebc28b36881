"""One door through which runs are asked for, from the window and the command line: now, or in the queue."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.checks.readiness import require_trainable
from engine.document.project import Project
from engine.errors import TrainingError
from engine.pretrained.begun import bring_weights
from engine.protocol.run_folder import About, RunFolder, about
from engine.protocol.run_queue import QueuedRun
from engine.training.queue import enqueue, wake
from engine.training.run_state import Kind
from engine.training.runs import create_repeats, create_run, extend_run, find_run, require_resumable, start_run_process

if TYPE_CHECKING:
    from engine.training.spare import Spare

MOST_SEEDS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is wanted of a training. `epochs` is for `resume` alone; a new run's stand in its project."""

    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    device: str = ""
    from_run: str = ""
    which: Kind = "best"
    seeds: int = 1
    queue: bool = False
    pictures: bool = True
    epochs: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """The runs that were made. `process` is that of the run, or of whoever works off the queue; None when somebody
    does so already or the queue is held."""

    folders: tuple[RunFolder, ...]
    queued: bool
    process: "subprocess.Popen[bytes] | None"
    group: str = ""


def start_new(project_dir: Path, project: Project, wanted: Wanted, spare: "Spare | None" = None) -> Started:
    """Start one run on a project, at once where a process is ready for it, or queue one or several.

    Weights that nodes begin with are brought into the project first. Raises NetwrightError when it cannot be trained.
    """
    require_trainable(project)
    if not wanted.from_run:
        bring_weights(project_dir, project)
    if not 1 <= wanted.seeds <= MOST_SEEDS:
        raise TrainingError(
            f"{wanted.seeds} repetitions make no sense.",
            where="seeds",
            expected=f"1 to {MOST_SEEDS}",
            found=str(wanted.seeds),
        )
    source = find_run(project_dir, wanted.from_run) if wanted.from_run else None
    told = About(notes=wanted.notes, tags=list(wanted.tags))
    if wanted.seeds > 1:
        folders = create_repeats(
            project_dir, project, wanted.seeds, wanted.name, told=told, source=source, which=wanted.which
        )
    else:
        folders = [create_run(project_dir, project, wanted.name, told=told, source=source, which=wanted.which)]
    if wanted.queue or len(folders) > 1:
        return _queued(project_dir, folders, wanted)
    process = start_run_process(folders[0], device=wanted.device, pictures=wanted.pictures, spare=spare)
    return Started(folders=tuple(folders), queued=False, process=process)


def go_on_with(project_dir: Path, run: str, wanted: Wanted, spare: "Spare | None" = None) -> Started:
    """Let a run go on, to more epochs where `epochs` says so. Raises RunNotFound, TrainingError."""
    folder = find_run(project_dir, run)
    require_resumable(folder, go_on=bool(wanted.epochs))
    if wanted.epochs:
        extend_run(folder, wanted.epochs)
    if wanted.queue:
        return _queued(project_dir, [folder], wanted, resume=True)
    process = start_run_process(
        folder,
        device=wanted.device,
        resume=True,
        pictures=wanted.pictures,
        go_on=bool(wanted.epochs),
        spare=spare,
    )
    return Started(folders=(folder,), queued=False, process=process)


def _queued(project_dir: Path, folders: Sequence[RunFolder], wanted: Wanted, *, resume: bool = False) -> Started:
    enqueue(
        project_dir,
        [
            QueuedRun(
                run=folder.number,
                device=wanted.device,
                resume=resume,
                go_on=resume and bool(wanted.epochs),
                pictures=wanted.pictures,
            )
            for folder in folders
        ],
    )
    return Started(folders=tuple(folders), queued=True, process=wake(project_dir), group=about(folders[0]).group)
