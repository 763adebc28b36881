"""A file that is given for a field in Try it: how it looks, and the numbers of a series."""

from pathlib import Path
from typing import cast

import numpy as np

from engine.data.drawing import draw_raw
from engine.data.reading import read_input
from engine.data.samples import Sound
from engine.document.data_spec import FieldKind
from engine.document.files import load
from engine.errors import DataError
from engine.protocol.messages.sample_input import InputRead, ReadInput
from engine.server.handlers.read_sample import numbers_of
from engine.server.work import Work


def handle(request: ReadInput, work: Work) -> InputRead:
    """Raises DataError when the project has no such field, or the file does not hold it."""
    field = load(Path(request.project_dir)).data.field(request.field)
    if field is None:
        raise DataError(f"The data has no field '{request.field[:80]}'.", where=request.field[:80])
    raw = read_input(field, request.path)
    shown = Sound(raw, field.statistics.rate) if field.kind is FieldKind.AUDIO else raw  # type: ignore[arg-type]
    series = numbers_of(np.asarray(raw, np.float32)) if field.kind is FieldKind.SERIES else []
    return InputRead(
        request=request.id,
        field=field.name,
        path=request.path,
        shown=draw_raw(field, shown, min(max(32, request.size), 1024)),
        series=cast("list[list[float | None]]", series),
    )
