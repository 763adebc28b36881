"""A sample large, with what its preparation and augmentation make of it."""

from pathlib import Path

import msgspec

from engine.data.detail import detail_of
from engine.document.files import load
from engine.protocol.messages.data import GetDetail, SampleDetail
from engine.server.work import Work

MAX_VARIANTS = 16
MAX_SIZE = 1024


def handle(request: GetDetail, work: Work) -> SampleDetail:
    """Every field before and after each step; steps that fail say why in their place. Raises DataError."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    detail = detail_of(
        dataset,
        request.index,
        request.fields,
        variants=min(request.variants, MAX_VARIANTS),
        seed=request.seed,
        size=min(max(32, request.size), MAX_SIZE),
    )
    return msgspec.structs.replace(detail, request=request.id)
