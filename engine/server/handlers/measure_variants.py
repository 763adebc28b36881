"""Writes a run in every number format and measures each."""

from pathlib import Path

import msgspec

from engine.deployment.variants import measure_variants
from engine.protocol.messages.variants import MeasureVariants, VariantsMeasured
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: MeasureVariants, work: Work) -> VariantsMeasured:
    """Size, score and time of float32, float16 and int8. Raises RunNotFound, ExportError, DataError."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    found = measure_variants(project_dir, run, fresh=request.fresh, progress=work.progress, cancelled=work.cancelled)
    return msgspec.structs.replace(found, request=request.id)
