"""A page of single samples of a scored split, with what was answered to them."""

import msgspec

from engine.evaluation.answered_samples import answered_samples
from engine.protocol.messages.answered_samples import AnsweredRead, GetAnswered
from engine.server.scored_run import answers_for
from engine.server.work import Work


def handle(request: GetAnswered, work: Work) -> AnsweredRead:
    """The samples that fit, a page of them. Raises RunNotFound, DataError."""
    given = answers_for(request, work)
    return msgspec.structs.replace(answered_samples(given, request, cancelled=work.cancelled), request=request.id)
