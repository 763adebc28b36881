"""Measures the statistics of the project's data anew: after its preparation, labels, split or files were changed."""

from pathlib import Path

import msgspec

from engine.data.importing import remeasured
from engine.document.files import load
from engine.protocol.messages.data import DataRefreshed, RefreshData
from engine.server.work import Work


def handle(request: RefreshData, work: Work) -> DataRefreshed:
    """The edit that takes in what has changed, if anything. Raises DataError."""
    folder = Path(request.project_dir)
    data = load(folder).data
    dataset = work.datasets.get(folder, data, progress=work.progress, cancelled=work.cancelled)
    work.progress(-1, "Measuring")
    edit = remeasured(folder, dataset, progress=work.progress, cancelled=work.cancelled)
    return DataRefreshed(request=request.id, edits=[] if edit is None else [msgspec.to_builtins(edit)])
