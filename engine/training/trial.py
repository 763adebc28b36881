"""Whether a network learns faster in bfloat16 on this processor, found out by a few steps of a copy of it.

On processors with units for it a CNN, an LSTM or a transformer takes a third to four fifths of the time, a small net
1.6 times as long. A trial takes no more than a fiftieth of the run; short runs and small networks have none. The run's
weights, buffers, optimizers and random numbers stay as they are: the steps are those of copies.
"""

import copy
import math
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

import torch
from torch import Tensor

from engine.catalog.layers.own_code import PyTorch
from engine.document.recipe import Precision
from engine.errors import NetwrightError, TrainingError
from engine.protocol.run_folder import RunFolder
from engine.training import decisions
from engine.training.device import choose_precision
from engine.training.feed import batch_bounds, phase_order, phase_samples
from engine.training.hardware import processor_name
from engine.training.mixing import Mixing
from engine.training.player import players_of
from engine.training.run_state import RunState
from engine.training.step import Stepper
from engine.training.task import Task

LEAST_GAIN: Final = 1.25
LEAST_STEP_S: Final = 0.005
LEAST_WORK: Final = 20_000_000
"""Multiply-adds of a batch's forward pass below which a step takes less than that anywhere."""

PART_OF_RUN: Final = 0.02
_STEPS_OF_TRIAL: Final = 8
"""What a short trial comes to: two steps as they are, one to make the kernels of bfloat16, two rounds, two looks."""
ROUNDS: Final = 3
MOST_S: Final = 5.0

TOLERANCE: Final = 0.05
"""How far losses may lie apart, as a share; what is dropped by chance may differ between the two."""

_UNITS: Final = ("amx_bf16", "avx512_bf16", "bf16")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a trial found: seconds of a step in either format (0: none was done), and why bfloat16 is not safe."""

    float32_s: float
    bfloat16_s: float
    why_not: str = ""

    @property
    def precision(self) -> Precision:
        """The format to take."""
        faster = 0 < self.bfloat16_s * LEAST_GAIN <= self.float32_s
        return Precision.BFLOAT16 if faster and not self.why_not else Precision.FLOAT32

    @property
    def note(self) -> str:
        """The decision in words, with both figures."""
        slow, fast = (f"{seconds * 1000:.3g}" for seconds in (self.float32_s, self.bfloat16_s))
        if self.precision is Precision.BFLOAT16:
            gain = f"{self.float32_s / self.bfloat16_s:.2g} times as fast"
            return f"Computing in bfloat16, {gain} here: {fast} ms a step instead of {slow}. Weights stay float32."
        if self.why_not:
            return f"Computing in float32: bfloat16 was tried, and {self.why_not}."
        return f"Computing in float32: bfloat16 was tried, and takes {fast} ms a step here instead of {slow}."


def has_units() -> bool:
    """Whether this processor computes in bfloat16 itself; others only act as if, which is slow."""
    try:
        able = torch.cpu.get_capabilities()
    except (AttributeError, RuntimeError):  # another version of torch, another kind of processor
        return False
    return any(bool(able.get(unit)) for unit in _UNITS)


def kept_precision(state: RunState, device: torch.device) -> Precision | None:
    """The format a run has computed in so far, where it goes on on a device of the same kind that is able to."""
    if not state.precision or torch.device(state.device or "cpu").type != device.type:
        return None
    try:
        return choose_precision(Precision(state.precision), device)[0]
    except (ValueError, TrainingError):
        return None


def subject(task: Task) -> str:
    """What decisions hold for: the network, its batches, and what it computes on."""
    phases = [(phase.batch_size, phase.accumulate, len(phase.players)) for phase in task.project.recipe.phases]
    card = task.device.type == "cuda"
    machine = torch.cuda.get_device_name(task.device) if card else processor_name() or platform.machine()
    shapes = [(name, tuple(tensor.shape)) for name, tensor in task.network.state_dict().items()]
    return decisions.subject(
        task.network.source, shapes, phases, task.train.row_bytes, machine, torch.get_num_threads(), torch.__version__
    )


def measured_precision(
    task: Task,
    folder: RunFolder,
    multiply_adds: int,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Precision, str]:
    """The format for a run on the processor that may choose, and a note for the log; float32 and "" without a trial.

    `multiply_adds` are those of one sample. What was decided is written into the run's folder, before it counts.
    """
    if not is_possible(task, multiply_adds):
        return Precision.FLOAT32, ""
    about = subject(task)
    known = decisions.decided(folder, about)
    if known.precision in (Precision.FLOAT32.value, Precision.BFLOAT16.value):
        decisions.keep(folder, known)
        found = Precision(known.precision)
        note = f"Computing in {known.precision}, as was measured for this network before."
        return found, note if found is Precision.BFLOAT16 else ""
    if not is_worth_trying(task):
        return Precision.FLOAT32, ""
    trial = tried(task, cancelled=cancelled, clock=clock)
    if trial is None:
        return Precision.FLOAT32, ""
    decisions.keep(folder, decisions.Decisions(about=about, precision=trial.precision.value))
    return trial.precision, trial.note


def is_possible(task: Task, multiply_adds: int) -> bool:
    """Whether bfloat16 may be quicker: on this processor, for so much work, and with nothing that acts beyond the
    network, as code of the user's own may."""
    phases = task.project.recipe.phases
    work = multiply_adds * min(task.train.samples, max(phase.batch_size * phase.accumulate for phase in phases))
    own = any(node.type == PyTorch.type_name() for node in task.project.graph.nodes.values())
    return task.device.type == "cpu" and work >= LEAST_WORK and not own and has_units()


def is_worth_trying(task: Task) -> bool:
    """Whether the run is so long that a trial takes a small part of it."""
    phases = task.project.recipe.phases
    samples = [phase_samples(task.train.samples, phase.samples) for phase in phases]
    steps = sum(p.epochs * (count // (p.batch_size * p.accumulate)) for p, count in zip(phases, samples, strict=True))
    return steps * PART_OF_RUN >= _STEPS_OF_TRIAL


def tried(
    task: Task, *, cancelled: Callable[[], bool] = lambda: False, clock: Callable[[], float] = time.perf_counter
) -> Trial | None:
    """Take some steps of copies in either format. None when steps are short, time or memory runs out, or a step fails
    as it is: the run itself will say that."""
    began = clock()
    phase = task.project.recipe.phases[0]
    samples = phase_samples(task.train.samples, phase.samples)
    bounds = batch_bounds(samples, phase.batch_size * phase.accumulate, join_single=task.join_single)
    steps = phase.epochs * (len(bounds) - 1)
    with _chance_kept():
        try:
            order = phase_order(task.train.samples, task.project.recipe.seed, 0, phase.samples)
            batches = list(islice(task.train.batches(bounds, order), 2))
            plain = _Side(task, Precision.FLOAT32, batches, clock)
            plain.take()
            plain.take()
        except (RuntimeError, MemoryError, ValueError, NetwrightError):
            return None
        if plain.seconds < LEAST_STEP_S or plain.asks_again:
            return None
        allowed_s = min(MOST_S, PART_OF_RUN * steps * plain.seconds)
        try:
            mixed = _Side(task, Precision.BFLOAT16, batches, clock)
            mixed.take()
            mixed.take()
            for _ in range(ROUNDS - 1):
                slow = mixed.seconds * LEAST_GAIN > 1.5 * plain.seconds
                if cancelled() or slow or clock() - began > allowed_s:
                    break
                plain.take()
                mixed.take()
            if cancelled():
                return None
            why_not = _differ(plain, mixed)
        except MemoryError:
            return None
        except (RuntimeError, ValueError, TypeError, NetwrightError) as error:
            why_not = f"does not work for this network ({type(error).__name__})"
            return Trial(float32_s=plain.seconds, bfloat16_s=0.0, why_not=why_not)
    return Trial(float32_s=plain.seconds, bfloat16_s=mixed.seconds, why_not=why_not)


def _differ(plain: "_Side", mixed: "_Side") -> str:
    """Why what was learned in bfloat16 is not the same; empty when it is."""
    count = min(len(plain.losses), len(mixed.losses))
    pairs = [
        (math.fsum(plain.losses[:count]) / count, math.fsum(mixed.losses[:count]) / count),
        (plain.look(), mixed.look()),
    ]
    for right, found in pairs:
        if not abs(right - found) <= TOLERANCE * abs(right) + 1e-6:  # also where one is no number
            return f"its losses differ too much ({found:.4g} instead of {right:.4g})"
    return ""


class _Side:
    """A copy of a task that takes steps in one format. `seconds` is its shortest step but for the first."""

    def __init__(
        self, task: Task, precision: Precision, batches: list[tuple[Tensor, ...]], clock: Callable[[], float]
    ) -> None:
        self._task = copy.copy(task)
        self._task.network = copy.deepcopy(task.network).train()
        mixing = Mixing(self._task)
        self._batches = [mixing.blended(b, 0, number) if mixing.wanted else b for number, b in enumerate(batches)]
        recipe = task.project.recipe
        phase = recipe.phases[0]
        self._players = players_of(phase, self._task.network, 1000, task.trainable)
        self.asks_again = any(player.mover.asks_again for player in self._players)
        self._stepper = Stepper(
            self._task,
            self._players,
            precision=precision,
            clip_norm=recipe.clip_norm,
            rows_at_once=phase.batch_size if phase.accumulate > 1 else 0,
            on_smaller=_refuse,
        )
        self._clock = clock
        self.losses: list[float] = []
        self.seconds = math.inf

    def take(self) -> None:
        """A step, with the random numbers of the other side's step of the same number."""
        number = len(self.losses)
        torch.manual_seed(number)
        began = self._clock()
        outcome = self._stepper.take(self._batches[number % len(self._batches)], number + 1, number)
        taken = self._clock() - began
        self.losses.append(float(outcome.total))
        if number:
            self.seconds = min(self.seconds, taken)

    @torch.no_grad()
    def look(self) -> float:
        """The losses of a batch in float32, as the network would be used after these steps."""
        network = self._task.network.eval()
        _, losses = network.training_forward(*self._batches[0][: self._task.input_count])
        return math.fsum(float(loss) for loss in losses)


def _refuse(_rows: int, _batch: int) -> None:
    raise MemoryError


@contextmanager
def _chance_kept() -> Iterator[None]:
    """Random numbers go on afterwards as if nothing had been drawn."""
    before = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(before)
