"""Which learning rate to begin with: a fresh network is trained for some steps with a rising one, then thrown away.

Source: Smith 2015, "Cyclical learning rates for training neural networks"; the suggestion is where the loss falls
steepest, as in fastai.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import torch
from torch import Tensor

from engine.document.data_spec import Step
from engine.document.project import Project
from engine.document.recipe import Precision
from engine.errors import Cancelled, TrainingError
from engine.training import guard
from engine.training.device import choose_precision
from engine.training.feed import batch_bounds, epoch_order
from engine.training.loss_scale import LossScale
from engine.training.mixing import Mixing
from engine.training.player import players_of
from engine.training.start_weights import begin_with_files
from engine.training.step import Stepper
from engine.training.task import Data, Task, prepare_task

STEPS: Final = 120
LOWEST: Final = 1e-7
HIGHEST: Final = 10.0
FORGET: Final = 0.9
GIVE_UP: Final = 4.0
"""The test ends when the loss is so many times its best."""
LEAST_FALL: Final = 0.02
WINDOW: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class RangeTest:
    """The loss at each rate as it came, and its debiased running mean. What is 0 was not found; `note` says why."""

    rates: list[float]
    losses: list[float]
    smooth: list[float]
    suggestion: float
    highest: float
    present: float
    note: str = ""


def find_learning_rate(
    project: Project,
    data: Data,
    *,
    phase: int = 0,
    player: int = 0,
    device: torch.device,
    project_dir: Path | None = None,
    progress: Callable[[float, str], None] = lambda _fraction, _message: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RangeTest:
    """Train with a learning rate from 1e-7 to 10, or until the loss has grown to four times its best.

    All other settings are those of the recipe, but for schedules. Weights that nodes name are read from `project_dir`.
    Raises TrainingError for a phase or player that is
    not there, Cancelled.
    """
    phases = project.recipe.phases
    if not 0 <= phase < len(phases) or not 0 <= player < len(phases[phase].players):
        raise TrainingError(
            "There is no such player in the recipe.",
            where="recipe",
            found=f"phase {phase}, player {player}",
            hint="Choose another in the form.",
        )
    precision, _ = choose_precision(project.recipe.precision, device)
    task = prepare_task(project, data, device=device, precision=precision)
    if project_dir is not None:
        begin_with_files(task.network, task.project, project_dir)
    try:
        return _tested(task, phase, player, precision, progress, cancelled)
    finally:
        task.close()


def _tested(
    task: Task,
    phase: int,
    player: int,
    precision: Precision,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> RangeTest:
    recipe = task.project.recipe
    settings = recipe.phases[phase]
    still = [msgspec.structs.replace(item, schedule=Step(type="Constant")) for item in settings.players]
    settings = msgspec.structs.replace(settings, players=tuple(still))
    task.network.train()
    players = players_of(settings, task.network, STEPS, task.trainable)
    tested = players[player]
    stepper = Stepper(
        task,
        players,
        precision=precision,
        clip_norm=recipe.clip_norm,
        scale=LossScale() if precision is Precision.FLOAT16 else None,
        rows_at_once=settings.batch_size if settings.accumulate > 1 else 0,
    )
    present, places = tested.base, [place for place, _ in tested.weights]
    rates: list[float] = []
    losses: list[float] = []
    smooth: list[float] = []
    mean = best = 0.0
    batches = _batches(task, settings.batch_size * settings.accumulate)
    for number in range(STEPS):
        if cancelled():
            raise Cancelled
        rate = LOWEST * (HIGHEST / LOWEST) ** (number / (STEPS - 1))
        tested.base = rate
        progress(number / STEPS, f"Learning rate {rate:.1e}")
        try:
            outcome = stepper.take(next(batches), number + 1, number)
        except guard.NotFiniteError:
            break
        # Of several players the one whose rate it is tells how it goes.
        losses_told = stepper.needed.by_place(outcome.losses)
        loss = (
            float(outcome.total) if len(players) == 1 else float(sum(losses_told[place].detach() for place in places))
        )
        if not math.isfinite(loss):
            break
        mean = FORGET * mean + (1 - FORGET) * loss
        rates.append(rate)
        losses.append(loss)
        smooth.append(mean / (1 - FORGET ** (number + 1)))
        best = smooth[0] if number == 0 else min(best, smooth[-1])
        if number > STEPS // 10 and smooth[-1] - min(0.0, best) > GIVE_UP * max(best - min(0.0, best), 1e-12):
            break
    suggestion, highest, note = suggested(rates, smooth)
    return RangeTest(
        rates=rates,
        losses=losses,
        smooth=smooth,
        suggestion=suggestion,
        highest=highest,
        present=present,
        note=note,
    )


def _batches(task: Task, size: int) -> Iterator[Sequence[Tensor]]:
    """Batches of as many epochs as are wanted, in the order training has."""
    seed, mixing = task.project.recipe.seed, Mixing(task)
    bounds = batch_bounds(task.train.samples, size, join_single=task.join_single)
    epoch = 0
    while True:
        order = epoch_order(task.train.samples, seed, epoch)
        for position, batch in enumerate(task.train.batches(bounds, order, 0, epoch)):
            yield mixing.blended(batch, epoch, position) if mixing.wanted else batch
        epoch += 1


def suggested(rates: Sequence[float], smooth: Sequence[float]) -> tuple[float, float, str]:
    """Where the loss falls steepest, where it is lowest, and why nothing is suggested.

    The slope is taken over five steps on a logarithmic axis, up to the lowest point.
    """
    if len(rates) < 2 * WINDOW:
        return 0.0, 0.0, "The loss is not a finite number almost at once; look at the data and the network."
    lowest = min(range(len(smooth)), key=lambda place: smooth[place])
    before = max(smooth[: lowest + 1])
    if before - smooth[lowest] < LEAST_FALL * abs(before) or lowest < WINDOW:
        return 0.0, 0.0, "The loss does not fall at any learning rate; look at the data, the losses and what is frozen."
    falls = [(smooth[place + WINDOW] - smooth[place], place) for place in range(max(1, lowest - WINDOW + 1))]
    steepest = min(falls)[1]
    middle = math.sqrt(rates[steepest] * rates[min(steepest + WINDOW, len(rates) - 1)])
    return float(f"{middle:.2g}"), float(f"{rates[lowest]:.2g}"), ""
