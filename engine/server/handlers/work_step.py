"""One step of training worked out in numbers."""

from pathlib import Path

import msgspec

from engine.checks.readiness import require_trainable
from engine.document.files import load
from engine.document.own_code import code_of
from engine.evaluation.worked.step import worked_step
from engine.pretrained.begun import bring_weights
from engine.protocol.messages.worked_step import StepWorked, WorkStep
from engine.server.work import Work
from engine.training.checkpoint import load_weights
from engine.training.runs import find_run, run_project


def handle(request: WorkStep, work: Work) -> StepWorked:
    """The step of the project on disk, or of a run's.

    Raises ProjectError, PretrainedError, TrainingError, DataError, RunNotFound.
    """
    project_dir = Path(request.project_dir)
    project, weights, told = load(project_dir), None, ""
    if request.run:
        folder = find_run(project_dir, request.run)
        project, weights, told = run_project(folder), load_weights(folder), f"run {folder.number}"
    require_trainable(project)
    if not request.run:
        bring_weights(project_dir, project)
    work.progress(0.0, "Reading the data")
    data = work.datasets.get(project_dir, project.data, progress=work.progress, cancelled=work.cancelled)
    with code_of(project_dir):
        found = worked_step(
            project,
            data,
            step=request.step,
            rows=request.rows,
            samples=request.samples,
            weights=weights,
            phase=request.phase,
            player=request.player,
            project_dir=project_dir,
            progress=work.progress,
            cancelled=work.cancelled,
        )
    return msgspec.structs.replace(found, request=request.id, weights_from=told)
