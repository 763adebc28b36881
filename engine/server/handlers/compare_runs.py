"""Compares two runs sample by sample."""

import msgspec

from engine.evaluation.comparison import compare_runs
from engine.protocol.messages.comparison import CompareRuns, RunsCompared
from engine.server.scored_run import answers_for
from engine.server.work import Work


def handle(request: CompareRuns, work: Work) -> RunsCompared:
    """What changed between two runs. Raises RunNotFound, DataError."""
    first, second = (answers_for(request, work, run) for run in (request.other, request.run))
    return msgspec.structs.replace(compare_runs(first, second, request.output), request=request.id)
