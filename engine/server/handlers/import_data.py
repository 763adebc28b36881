"""Reads a folder, table or archive, finds out what it holds and proposes a network and recipe for it."""

from pathlib import Path

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.files import as_document
from engine.protocol.messages.data import DataImported, ImportData, LayoutChoice
from engine.server.work import Work


def handle(request: ImportData, work: Work) -> DataImported:
    """The proposed project and what was found; nothing is written. Raises DataError."""
    folder = Path(request.project_dir) if request.project_dir else None
    found = inspect(
        request.path,
        request.target,
        request.task,
        layout=request.layout,
        options=request.options,
        project_dir=folder,
        progress=work.progress,
        cancelled=work.cancelled,
    )
    if folder is not None and found.dataset is not None:
        work.datasets.keep(folder, found.data, found.dataset)
    name = folder.name if folder is not None else Path(request.path).stem
    project = propose(name, found.data, found.samples)
    taken = found.data.sources[0].kind
    return DataImported(
        request=request.id,
        project=as_document(project),
        found=found.description,
        samples=found.samples,
        left_out=list(found.left_out),
        left_out_count=found.left_out_count,
        layout=taken,
        layouts=[
            LayoutChoice(
                kind=reading.kind, caption=reading.caption, preview=found.description if reading.kind is taken else ""
            )
            for reading in found.layouts
        ],
    )
