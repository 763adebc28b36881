"""Says which ready-made apps a run can be saved as."""

from pathlib import Path

import msgspec

from engine.deployment.apps.save import list_apps
from engine.protocol.messages.apps import AppsListed, ListApps
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: ListApps, work: Work) -> AppsListed:
    """All of them, with why not where one does not suit. Raises RunNotFound."""
    project_dir = Path(request.project_dir)
    return msgspec.structs.replace(list_apps(project_dir, find_run(project_dir, request.run)), request=request.id)
