"""Scores the parts of a split."""

import msgspec

from engine.evaluation.groups import score_groups
from engine.protocol.messages.comparison import GroupsScored, ScoreGroups
from engine.server.scored_run import answers_for
from engine.server.work import Work


def handle(request: ScoreGroups, work: Work) -> GroupsScored:
    """Groups with their scores, worst first. Raises RunNotFound, DataError."""
    given = answers_for(request, work)
    found = score_groups(given, request.by, request.output, progress=work.progress, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
