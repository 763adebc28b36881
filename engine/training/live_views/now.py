"""A look through one live view without a run: at the network as it is drawn, with the newest weights that fit it."""

from contextlib import nullcontext
from pathlib import Path

from engine.document.project import Project
from engine.errors import NetwrightError
from engine.protocol.run_events import AnyRunEvent, ViewSeen
from engine.protocol.run_folder import run_folders
from engine.training.checkpoint import load_weights
from engine.training.live_views import VIEWS
from engine.training.live_views.watch import LiveViews
from engine.training.task import Data, Task, prepare_task

MOST_RUNS = 5
"""Older runs than the newest of them are not looked at for weights."""


def look_now(project_dir: Path, project: Project, data: Data, key: str) -> tuple[list[ViewSeen], int]:
    """What the view of that key sees, nothing where it does not apply, and the run whose weights answered, 0 for none.

    Raises GraphError, ProjectError, DataError and TrainingError where the network cannot be built or fed.
    """
    kinds = [kind for kind in VIEWS if kind.key == key]
    task = prepare_task(project, data)
    try:
        run = _take_weights(project_dir, task)
        told: list[AnyRunEvent] = []
        LiveViews(task, told.append, nullcontext, kinds).begin(0, 0)
        return [event for event in told if isinstance(event, ViewSeen)], run
    finally:
        task.close()


def _take_weights(project_dir: Path, task: Task) -> int:
    """Put the newest weights that fit into the network; the number of their run."""
    wanted = {name: value.shape for name, value in task.network.state_dict().items()}
    for folder in list(run_folders(project_dir))[: -MOST_RUNS - 1 : -1]:
        try:
            weights = load_weights(folder, "last")
        except (NetwrightError, OSError):
            continue  # it has saved nothing yet, or is damaged: an older one may do
        if {name: value.shape for name, value in weights.items()} == wanted:
            task.network.load_state_dict(weights)
            return folder.number
    return 0
