"""An example trained for a moment on a few of its samples, in this process: does everything connect?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.data.dataset import Dataset, open_dataset
from engine.deployment.export import export_network
from engine.document.project import Project
from engine.evaluation.evaluate import evaluate
from engine.evaluation.network import load_network
from engine.protocol.messages.deployment import ModelExported
from engine.protocol.messages.evaluation import EvaluationFinished
from engine.protocol.run_events import RunFinished
from engine.protocol.run_folder import RunFolder
from engine.training.loop import Loop
from engine.training.run_log import Inbox, RunLog
from engine.training.runs import create_run, with_epochs
from engine.training.saver import Saver
from engine.training.task import prepare_task

TRAIN, HELD_OUT = 96, 24
_POOL = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """What became of it."""

    finished: RunFinished
    evaluated: EvaluationFinished
    exported: ModelExported


def train_for_a_moment(folder: Path, project: Project) -> Moment:
    """One epoch of each phase over a few samples, scored and exported with proof."""
    torch.set_num_threads(1)
    project.recipe = with_epochs(project.recipe, 1)
    few = with_few_samples(open_dataset(folder, project.data), project.recipe.seed)
    run = create_run(folder, project)
    finished = _trained(run, project, few)
    evaluated = evaluate(folder, run, "test", open_data=lambda *_args, **_named: few)
    return Moment(finished, evaluated, _exported(folder, run, project, few))


def with_few_samples(dataset: Dataset, seed: int) -> Dataset:
    """The same data with most of it put aside, whichever samples the seed draws."""
    random = np.random.default_rng(seed)
    for split, most in enumerate((TRAIN, HELD_OUT, HELD_OUT)):
        there = np.flatnonzero(dataset.splits == split)
        dataset.splits[random.permutation(there)[most:]] = _POOL
    return dataset


def _trained(run: RunFolder, project: Project, dataset: Dataset) -> RunFinished:
    log = RunLog(run)
    saver = Saver(run, log)
    task = prepare_task(project, dataset)
    try:
        last = Loop(task, log, Inbox(run, skip=False), saver).run()
        log.append(last)
    finally:
        saver.close()
        task.close()
        log.close()
    assert isinstance(last, RunFinished)
    return last


def _exported(folder: Path, run: RunFolder, project: Project, dataset: Dataset) -> ModelExported:
    return export_network(
        project,
        load_network(run, "best", project=project).eval(),
        dataset,
        folder / "model.onnx",
        samples=HELD_OUT,
    )
