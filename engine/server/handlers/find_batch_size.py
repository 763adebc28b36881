"""Finds the largest batch that fits by taking steps with a network that is thrown away."""

from pathlib import Path

from engine.checks.readiness import require_trainable
from engine.document.files import load
from engine.errors import TrainingError
from engine.protocol.messages.training import BatchSizeFound, FindBatchSize
from engine.server.work import Work
from engine.training.batch_size import find_batch_size
from engine.training.device import choose_device, choose_precision


def handle(request: FindBatchSize, work: Work) -> BatchSizeFound:
    """The batch size and what set its limit. Raises TrainingError, DataError, Cancelled."""
    project_dir = Path(request.project_dir)
    project = load(project_dir)
    require_trainable(project)
    if not 0 <= request.phase < len(project.recipe.phases):
        raise TrainingError("There is no such phase in the recipe.", where="recipe", found=f"phase {request.phase}")
    work.progress(0.0, "Reading the data")
    data = work.datasets.get(project_dir, project.data, progress=work.progress, cancelled=work.cancelled)
    device = choose_device(request.device or project.recipe.device)
    found = find_batch_size(
        project,
        data,
        phase=request.phase,
        device=device,
        precision=choose_precision(project.recipe.precision, device)[0],
        progress=work.progress,
        cancelled=work.cancelled,
    )
    return BatchSizeFound(
        request=request.id,
        batch_size=found.batch_size,
        reason=found.reason,
        memory_bytes=found.memory_bytes,
        free_bytes=found.free_bytes,
    )
