"""Starts a run process on the project as saved or as another run had it, goes on with a run, or queues either."""

from pathlib import Path

from engine.checks.settings import apply_settings
from engine.document.files import load
from engine.document.project import Project
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.server.work import Work
from engine.training.runs import find_run, run_project, with_epochs
from engine.training.starting import Wanted, go_on_with, start_new


def handle(request: StartTraining, work: Work) -> TrainingStarted:
    """The run's number and folder; what becomes of it stands in its log.

    Raises TrainingError, RunNotFound, UsageError for a setting that makes no sense.
    """
    project_dir = Path(request.project_dir)
    wanted = Wanted(
        name=request.name,
        notes=request.notes,
        tags=tuple(request.tags),
        device=request.device,
        from_run=str(request.from_run) if request.from_run else "",
        which="last" if request.which == "last" else "best",
        seeds=request.seeds,
        queue=request.queue,
        pictures=request.pictures,
        epochs=request.epochs,
    )
    if request.resume:
        started = go_on_with(project_dir, str(request.resume), wanted, work.runs.spare)
    else:
        started = start_new(project_dir, _project(project_dir, request), wanted, work.runs.spare)
    if started.process is not None:
        work.runs.add(started.process)
    first = started.folders[0]
    return TrainingStarted(
        request=request.id,
        run=first.number,
        run_dir=str(first.path),
        queued=started.queued,
        runs=[folder.number for folder in started.folders],
        group=started.group,
    )


def _project(project_dir: Path, request: StartTraining) -> Project:
    if request.as_it_was and request.from_run:
        project = run_project(find_run(project_dir, str(request.from_run)))
    else:
        project = load(project_dir)
    apply_settings(project, request.settings)
    if request.epochs:
        project.recipe = with_epochs(project.recipe, request.epochs)
    return project
