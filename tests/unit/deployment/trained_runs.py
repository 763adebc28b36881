"""Runs that really learned, in this process, for tests of what comes after."""

from pathlib import Path

import torch

from engine.data.dataset import open_dataset
from engine.document.project import Project
from engine.protocol.run_folder import RunFolder
from engine.training.loop import Loop
from engine.training.run_log import Inbox, RunLog
from engine.training.runs import create_run, with_epochs
from engine.training.saver import Saver
from engine.training.task import prepare_task


def trained_run(project_dir: Path, project: Project, epochs: int) -> RunFolder:
    """A run of so many epochs on the project's data."""
    torch.set_num_threads(1)
    project.recipe = with_epochs(project.recipe, epochs)
    run = create_run(project_dir, project)
    log = RunLog(run)
    saver = Saver(run, log)
    task = prepare_task(project, open_dataset(project_dir, project.data))
    try:
        log.append(Loop(task, log, Inbox(run, skip=False), saver).run())
    finally:
        saver.close()
        task.close()
        log.close()
    return run
