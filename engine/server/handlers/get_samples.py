"""Small pictures or cards of samples for the grid of the Data tab."""

from pathlib import Path

from engine.document.files import load
from engine.errors import Cancelled
from engine.protocol.messages.data import GetSamples, SamplesRead
from engine.server.work import Work

MAX_SAMPLES = 1000
MAX_SIZE = 512


def handle(request: GetSamples, work: Work) -> SamplesRead:
    """The cards in the asked order; a sample that is not there or cannot be read has a `problem`. Raises DataError."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    size = min(max(16, request.size), MAX_SIZE)
    cards = []
    for index in request.indices[:MAX_SAMPLES]:
        if work.cancelled():
            raise Cancelled
        cards.append(dataset.card(index, size))
    return SamplesRead(request=request.id, cards=cards)
