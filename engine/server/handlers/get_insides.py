"""What every node of a network gives for one sample."""

import msgspec

from engine.evaluation.insides.look import look_inside
from engine.protocol.messages.insides import GetInsides, InsidesRead
from engine.server.scored_run import opened_for
from engine.server.work import Work


def handle(request: GetInsides, work: Work) -> InsidesRead:
    """The nodes in short and one in full. Raises RunNotFound, DataError."""
    opened = opened_for(request, work)
    found = look_inside(opened, request.index, request.node, request.first, request.limit, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
