"""Names of samples, by which labels given by hand are kept in the project."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.document.files import load
from engine.document.sample_names import as_runs
from engine.errors import Cancelled, DataError
from engine.protocol.messages.data import GetNames, NamesRead
from engine.server.work import Work


def handle(request: GetNames, work: Work) -> NamesRead:
    """The names in the order asked for. Raises DataError for a sample that there is not."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    indices = np.frombuffer(request.indices, "<i4")
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= dataset.samples):
        raise DataError("There is no such sample any more.", hint="The data has changed; look again.")

    def names() -> Iterator[str]:
        for count, index in enumerate(indices.tolist()):
            if count % 10_000 == 0 and work.cancelled():
                raise Cancelled
            yield dataset.full_name(index)

    return NamesRead(request=request.id, names=list(as_runs(names())))
