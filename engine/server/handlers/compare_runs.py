"""Compares two runs sample by sample."""

from pathlib import Path

import msgspec

from engine.evaluation.answered import answered
from engine.evaluation.comparison import compare_runs
from engine.protocol.messages.comparison import CompareRuns, RunsCompared
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: CompareRuns, work: Work) -> RunsCompared:
    """What changed between two runs. Raises RunNotFound, DataError."""
    project_dir = Path(request.project_dir)
    first, second = (
        answered(
            project_dir,
            find_run(project_dir, run),
            request.split,
            progress=work.progress,
            cancelled=work.cancelled,
            open_data=work.datasets.get,
        )
        for run in (request.other, request.run)
    )
    return msgspec.structs.replace(compare_runs(first, second, request.output), request=request.id)
