"""A page of single samples of a scored split, with what was answered to them."""

from pathlib import Path

import msgspec

from engine.evaluation.answered import answered
from engine.evaluation.answered_samples import answered_samples
from engine.protocol.messages.answered_samples import AnsweredRead, GetAnswered
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: GetAnswered, work: Work) -> AnsweredRead:
    """The samples that fit, a page of them. Raises RunNotFound, DataError."""
    project_dir = Path(request.project_dir)
    given = answered(
        project_dir,
        find_run(project_dir, request.run),
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
    return msgspec.structs.replace(answered_samples(given, request, cancelled=work.cancelled), request=request.id)
