"""Looks up what was measured of a run in every number format."""

from pathlib import Path

import msgspec

from engine.deployment.kept_variants import kept_variants
from engine.protocol.messages.variants import GetVariants, VariantsMeasured
from engine.server.work import Work
from engine.training.runs import find_run


def handle(request: GetVariants, work: Work) -> VariantsMeasured:
    """What is kept for the weights as they are now. Raises RunNotFound."""
    project_dir = Path(request.project_dir)
    run = find_run(project_dir, request.run)
    found = kept_variants(project_dir, run) or VariantsMeasured(run=run.number)
    return msgspec.structs.replace(found, request=request.id)
