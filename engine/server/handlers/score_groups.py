"""Scores the parts of a split."""

from pathlib import Path

import msgspec

from engine.evaluation.answered import answered
from engine.evaluation.groups import score_groups
from engine.protocol.messages.comparison import GroupsScored, ScoreGroups
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: ScoreGroups, work: Work) -> GroupsScored:
    """Groups with their scores, worst first. Raises RunNotFound, DataError."""
    project_dir = Path(request.project_dir)
    given = answered(
        project_dir,
        find_run(project_dir, request.run),
        request.split,
        progress=work.progress,
        cancelled=work.cancelled,
        open_data=work.datasets.get,
    )
    found = score_groups(given, request.by, request.output, progress=work.progress, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
