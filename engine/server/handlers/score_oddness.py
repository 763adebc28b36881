"""Tells how odd the samples of a split look, and how well that tells one kind of them."""

import msgspec

from engine.evaluation.odd_samples import score_oddness
from engine.protocol.messages.oddness import OddnessScored, ScoreOddness
from engine.server.scored_run import answers_for
from engine.server.work import Work


def handle(request: ScoreOddness, work: Work) -> OddnessScored:
    """Raises RunNotFound, DataError."""
    given = answers_for(request, work)
    values = (request.value,) if request.value else ()
    found = score_oddness(given, request.field, values, request.output)
    return msgspec.structs.replace(found, request=request.id)
