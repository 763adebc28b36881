"""Searches, filters and sorts the samples of a project."""

from pathlib import Path

from engine.data.finding import find_samples
from engine.document.files import load
from engine.protocol.messages.data import FindSamples, SamplesFound
from engine.server.work import Work


def handle(request: FindSamples, work: Work) -> SamplesFound:
    """Numbers of the samples. Raises DataError when a field is named that there is not."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    found = find_samples(
        dataset,
        text=request.text,
        split=request.split,
        ranges=request.ranges,
        values=request.values,
        sort=request.sort,
        descending=request.descending,
        cancelled=work.cancelled,
    )
    return SamplesFound(request=request.id, indices=found.astype("<i4").tobytes())
