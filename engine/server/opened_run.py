"""A scored run opened for a look at its insides, for the handlers that give such looks."""

from pathlib import Path

from engine.evaluation.insides.opened import Opened, open_run
from engine.protocol.messages.insides import GetAttention, GetInsides, GetNeurons, MapLatent
from engine.server.work import Work
from engine.training.runs import find_run


def opened_for(request: GetInsides | GetAttention | GetNeurons | MapLatent, work: Work) -> Opened:
    """The run that is asked about. Raises RunNotFound, DataError, ProjectError, Cancelled."""
    project_dir = Path(request.project_dir)
    return open_run(
        project_dir,
        find_run(project_dir, request.run),
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
