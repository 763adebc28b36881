"""Scores a run on a split of its data."""

from pathlib import Path

import msgspec

from engine.evaluation.evaluate import evaluate
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: Evaluate, work: Work) -> EvaluationFinished:
    """Metrics, confusion matrix and mistakes of each output. Raises RunNotFound, DataError."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    result = evaluate(
        project_dir,
        run,
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
    return msgspec.structs.replace(result, request=request.id)
