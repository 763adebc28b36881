"""Names of samples, by which labels given by hand are kept in the project."""

from pathlib import Path

import numpy as np

from engine.document.files import load
from engine.errors import Cancelled, DataError
from engine.protocol.messages import GetNames, NamesRead
from engine.server.work import Work

MAX_NAMES = 100_000


def handle(request: GetNames, work: Work) -> NamesRead:
    """The names in the order asked for. Raises DataError for a sample that there is not."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    indices = np.frombuffer(request.indices[: MAX_NAMES * 4], "<i4")
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= dataset.samples):
        raise DataError("There is no such sample any more.", hint="The data has changed; look again.")
    names = []
    for count, index in enumerate(indices.tolist()):
        if count % 10_000 == 0 and work.cancelled():
            raise Cancelled
        names.append(dataset.name(index))
    return NamesRead(request=request.id, names=names)
