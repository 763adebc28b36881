"""Saves a run as a ready-made app."""

from pathlib import Path

import msgspec

from engine.deployment.apps.save import save_app
from engine.protocol.messages.apps import AppSaved, SaveApp
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: SaveApp, work: Work) -> AppSaved:
    """Where it is and what is in it. Raises RunNotFound, ExportError; no half app is left behind."""
    project_dir = Path(request.project_dir)
    saved = save_app(
        project_dir,
        find_run(project_dir, request.run),
        request.app,
        Path(request.to).expanduser().absolute(),
        with_data=request.with_data,
        progress=work.progress,
        cancelled=work.cancelled,
    )
    return msgspec.structs.replace(saved, request=request.id)
