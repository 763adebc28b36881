"""A small network unit by unit, for one sample."""

import msgspec

from engine.evaluation.insides.neurons import neurons_of
from engine.protocol.messages.insides import GetNeurons, NeuronsRead
from engine.server.scored_run import opened_for
from engine.server.work import Work


def handle(request: GetNeurons, work: Work) -> NeuronsRead:
    """Units and weights. Raises RunNotFound, DataError."""
    found = neurons_of(opened_for(request, work), request.index)
    return msgspec.structs.replace(found, request=request.id)
