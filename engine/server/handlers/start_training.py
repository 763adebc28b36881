"""Starts a run process on the project as saved, or goes on with an earlier run."""

from pathlib import Path

from engine.checks.readiness import require_trainable
from engine.document.files import load
from engine.protocol.messages import StartTraining, TrainingStarted
from engine.server.work import Work
from engine.training.runs import create_run, find_run, start_run_process, with_epochs


def handle(request: StartTraining, work: Work) -> TrainingStarted:
    """The run's number and folder; what becomes of it stands in its log. Raises TrainingError, RunNotFound."""
    project_dir = Path(request.project_dir)
    if request.resume:
        folder = find_run(project_dir, str(request.resume))
    else:
        project = load(project_dir)
        if request.epochs:
            project.recipe = with_epochs(project.recipe, request.epochs)
        require_trainable(project)
        folder = create_run(project_dir, project, request.name)
    process = start_run_process(folder, device=request.device, resume=bool(request.resume), pictures=request.pictures)
    work.runs.add(process)
    return TrainingStarted(request=request.id, run=folder.number, run_dir=str(folder.path))
