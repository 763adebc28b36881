"""Reads a folder, table or archive, finds out what it holds and proposes a network and recipe for it."""

from pathlib import Path

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.files import as_document
from engine.protocol.messages import DataImported, ImportData
from engine.server.work import Work


def handle(request: ImportData, work: Work) -> DataImported:
    """The proposed project and what was found; nothing is written. Raises DataError."""
    path = Path(request.path).expanduser().absolute()
    found = inspect(path, request.target, request.task, progress=work.progress, cancelled=work.cancelled)
    name = Path(request.project_dir).name if request.project_dir else path.stem
    project = propose(name, found.data)
    return DataImported(
        request=request.id,
        project=as_document(project),
        found=found.description,
        samples=found.samples,
        left_out=list(found.left_out),
        left_out_count=found.left_out_count,
    )
