"""Finds samples in the project's data by their names."""

from pathlib import Path

import numpy as np

from engine.data.naming import find_names
from engine.document.files import load
from engine.protocol.messages.answered_samples import FindNamed
from engine.protocol.messages.data import SamplesFound
from engine.server.work import Work


def handle(request: FindNamed, work: Work) -> SamplesFound:
    """Numbers of the samples that are called so, rising. Raises DataError for a run of names that makes no sense."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    (found,) = find_names([request.names], dataset.full_name, dataset.samples, work.progress, work.cancelled)
    return SamplesFound(request=request.id, indices=np.asarray(found).astype("<i4").tobytes())
