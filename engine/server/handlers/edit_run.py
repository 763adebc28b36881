"""Changes what is written beside a run: its name, notes, tags, and whether others are compared with it."""

from pathlib import Path

from engine.protocol.messages.training import EditRun, RunEdited
from engine.server.work import Work
from engine.training.runs import edit_run, find_run


def handle(request: EditRun, _work: Work) -> RunEdited:
    """Says that it is written. Raises RunNotFound, ProjectError when the disk takes nothing."""
    folder = find_run(Path(request.project_dir), str(request.run))
    edit_run(folder, name=request.name, notes=request.notes, tags=request.tags, baseline=request.baseline)
    return RunEdited(request=request.id, run=folder.number)
