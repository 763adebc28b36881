"""Finds a learning rate by training a fresh network for some steps with a rising one."""

from pathlib import Path

from engine.checks.readiness import require_trainable
from engine.document.files import load
from engine.protocol.messages.training import FindLearningRate, LearningRateFound
from engine.server.work import Work
from engine.training.device import choose_device
from engine.training.range_test import find_learning_rate


def handle(request: FindLearningRate, work: Work) -> LearningRateFound:
    """The curve and what follows from it. Raises TrainingError, DataError, Cancelled."""
    project_dir = Path(request.project_dir)
    project = load(project_dir)
    require_trainable(project)
    work.progress(0.0, "Reading the data")
    data = work.datasets.get(project_dir, project.data, progress=work.progress, cancelled=work.cancelled)
    found = find_learning_rate(
        project,
        data,
        phase=request.phase,
        player=request.player,
        device=choose_device(request.device or project.recipe.device),
        progress=work.progress,
        cancelled=work.cancelled,
        project_dir=project_dir,
    )
    return LearningRateFound(
        request=request.id,
        rates=found.rates,
        losses=found.losses,
        smooth=found.smooth,
        suggestion=found.suggestion,
        highest=found.highest,
        present=found.present,
        note=found.note,
    )
