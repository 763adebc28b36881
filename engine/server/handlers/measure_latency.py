"""Measures how long the exported file of a run takes for one sample."""

from pathlib import Path

import msgspec

from engine.deployment.cached import cached_model
from engine.deployment.latency import measure_latency
from engine.evaluation.network import project_of
from engine.protocol.messages.answered_samples import LatencyMeasured, MeasureLatency
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: MeasureLatency, work: Work) -> LatencyMeasured:
    """Of the file that Try it asks, written now where there is none. Raises RunNotFound, DataError, ExportError."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    work.progress(-1, "Preparing the model")
    path = cached_model(project_dir, run, progress=work.progress, cancelled=work.cancelled)
    data = project_of(run).data
    dataset = work.datasets.get(project_dir, data, progress=work.progress, cancelled=work.cancelled)
    found = measure_latency(path, run.number, dataset, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
