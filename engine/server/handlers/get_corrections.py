"""Tells what was changed in a project since a run began."""

from pathlib import Path

import msgspec

from engine.document.files import load
from engine.evaluation.corrections import corrections
from engine.evaluation.network import project_of
from engine.protocol.messages.answered_samples import CorrectionsFound, GetCorrections
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: GetCorrections, work: Work) -> CorrectionsFound:
    """The project as saved beside the run's own. Raises RunNotFound, ProjectError."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    return msgspec.structs.replace(corrections(run.number, project_of(run), load(project_dir)), request=request.id)
