"""Scores a run as its inputs get worse."""

import msgspec

from engine.evaluation.robustness import measure_robustness
from engine.protocol.messages.comparison import MeasureRobustness, RobustnessMeasured
from engine.server.scored_run import answers_for
from engine.server.work import Work


def handle(request: MeasureRobustness, work: Work) -> RobustnessMeasured:
    """Scores under each disturbance. Raises RunNotFound, DataError."""
    given = answers_for(request, work)
    found = measure_robustness(
        given,
        request.output,
        samples=request.samples,
        kinds=tuple(request.kinds),
        progress=work.progress,
        cancelled=work.cancelled,
    )
    return msgspec.structs.replace(found, request=request.id)
