"""Where attention looks, for one sample."""

import msgspec

from engine.evaluation.insides.attending import attention_of
from engine.protocol.messages.insides import AttentionRead, GetAttention
from engine.server.scored_run import opened_for
from engine.server.work import Work


def handle(request: GetAttention, work: Work) -> AttentionRead:
    """The weights of every attention. Raises RunNotFound, DataError."""
    found = attention_of(opened_for(request, work), request.index, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
