"""Lets a live view look at the network as it is drawn now."""

from pathlib import Path

from engine.checks.readiness import require_trainable
from engine.document.files import load
from engine.document.own_code import code_of
from engine.errors import DataError, GraphError, ProjectError, TrainingError
from engine.protocol.messages.live_look import LookedNow, LookNow
from engine.server.work import Work
from engine.training.live_views.now import look_now


def handle(request: LookNow, work: Work) -> LookedNow:
    """What is seen; what keeps a drawing from answering is no failure but a refusal. Raises Cancelled."""
    project_dir = Path(request.project_dir)
    try:
        project = load(project_dir)
        require_trainable(project)
        data = work.datasets.get(project_dir, project.data, progress=work.progress, cancelled=work.cancelled)
        with code_of(project_dir):
            seen, run = look_now(project_dir, project, data, request.view)
    except (GraphError, ProjectError, DataError, TrainingError) as error:
        return LookedNow(request=request.id, refusal=error.message)
    refusal = "" if seen else "This network has nothing of the kind to show."
    return LookedNow(request=request.id, seen=seen, run=run, refusal=refusal)
