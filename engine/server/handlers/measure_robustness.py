"""Scores a run as its inputs get worse."""

from pathlib import Path

import msgspec

from engine.evaluation.answered import answered
from engine.evaluation.robustness import measure_robustness
from engine.protocol.messages.comparison import MeasureRobustness, RobustnessMeasured
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: MeasureRobustness, work: Work) -> RobustnessMeasured:
    """Scores under each disturbance. Raises RunNotFound, DataError."""
    project_dir = Path(request.project_dir)
    given = answered(
        project_dir,
        find_run(project_dir, request.run),
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
    found = measure_robustness(
        given,
        request.output,
        samples=request.samples,
        kinds=tuple(request.kinds),
        progress=work.progress,
        cancelled=work.cancelled,
    )
    return msgspec.structs.replace(found, request=request.id)
