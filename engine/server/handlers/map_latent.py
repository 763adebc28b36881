"""A map of what a node makes of many samples."""

import msgspec

from engine.evaluation.insides.latent import latent_map
from engine.protocol.messages.insides import LatentMapped, MapLatent
from engine.server.scored_run import opened_for
from engine.server.work import Work


def handle(request: MapLatent, work: Work) -> LatentMapped:
    """The points. Raises RunNotFound, DataError."""
    found = latent_map(opened_for(request, work), request, progress=work.progress, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
