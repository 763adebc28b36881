"""The largest batch that fits: measured by taking real steps with a network that is thrown away afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import psutil
import torch
from torch import Tensor, nn

from engine.document.project import Project
from engine.document.recipe import Phase, Precision
from engine.errors import Cancelled, TrainingError
from engine.training import guard
from engine.training.loss_scale import LossScale
from engine.training.mixing import Mixing
from engine.training.player import Player, players_of
from engine.training.step import Stepper
from engine.training.task import Data, Task, prepare_task

LEAST_STEPS: Final = 50
"""An epoch of fewer steps learns too little: a batch grows no larger than leaves so many."""
LARGEST: Final = 4096
PART_OF_MEMORY: Final = {"cuda": 0.85, "cpu": 0.5}
"""What a step may take of the memory that is free: graphics memory falls into pieces, and others use the machine's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FittingBatch:
    """What was found; `reason` says what set the limit. The memory is that of a step, and what was free before it."""

    batch_size: int
    reason: str
    memory_bytes: int
    free_bytes: int


class _TooLargeError(Exception):
    """A batch that did not fit."""


def find_batch_size(
    project: Project,
    data: Data,
    *,
    phase: int = 0,
    device: torch.device,
    precision: Precision = Precision.FLOAT32,
    progress: Callable[[float, str], None] = lambda _fraction, _message: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> FittingBatch:
    """The largest power of two that fits into memory and leaves 50 steps an epoch.

    Raises TrainingError when not even one sample fits, Cancelled.
    """
    task = prepare_task(project, data, device=device, precision=precision)
    try:
        return _Search(task, task.project.recipe.phases[phase], precision, progress, cancelled).found()
    finally:
        task.close()


class _Search:
    def __init__(
        self,
        task: Task,
        phase: Phase,
        precision: Precision,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._task = task
        self._phase = phase
        self._progress = progress
        self._cancelled = cancelled
        self._mixing = Mixing(task)
        task.network.train()
        self._players: list[Player] = players_of(phase, task.network, 1000, task.trainable)
        self._precision = precision
        self._card = task.device.type == "cuda"
        self._free = self._free_now()
        # The data and the network lie on the card already, and are in what it says of its memory.
        self._before = int(torch.cuda.memory_allocated(task.device)) if self._card else 0
        self._allowed = int(PART_OF_MEMORY["cuda" if self._card else "cpu"] * self._free)
        self._taken: dict[int, int] = {}

    def found(self) -> FittingBatch:
        """Double the batch as long as the next one is expected to fit, then see that it really does."""
        samples = self._task.train.samples
        least = 2 if self._task.join_single else 1
        most = max(least, min(LARGEST, samples // (LEAST_STEPS * self._phase.accumulate)))
        most = 1 << (most.bit_length() - 1)
        size, reason = min(8, most), ""
        if not self._fits(size):
            size = self._smaller(size, least)
            reason = "the largest that fits into memory."
        while not reason and 2 * size <= most:
            self._progress(size / most, f"Trying {2 * size} samples at once")
            if self._expected(2 * size) > self._allowed or not self._fits(2 * size):
                reason = "the largest that fits into memory."
            else:
                size *= 2
        if not reason:
            reason = (
                f"the largest that leaves {LEAST_STEPS} steps an epoch; it fits into memory."
                if size < LARGEST
                else "larger ones are seldom quicker; it fits into memory."
            )
        return FittingBatch(
            batch_size=size, reason=reason, memory_bytes=self._taken.get(size, 0), free_bytes=self._free
        )

    def _smaller(self, size: int, least: int) -> int:
        while size > least:
            size //= 2
            if self._fits(size):
                return size
        raise TrainingError(
            "There is not enough memory for a single sample.",
            where="batch_size",
            hint="Make the network or its pictures smaller, or choose another device.",
        )

    def _expected(self, size: int) -> int:
        """The memory of a step of this size, on the straight line through the last two that were measured."""
        (a, taken_a), (b, taken_b) = ([(0, 0), *sorted(self._taken.items())])[-2:]
        return int(taken_b + (size - b) * max(0, taken_b - taken_a) / (b - a))

    def _fits(self, size: int) -> bool:
        """Take two steps of this size, the first of which makes what the optimizer remembers, and note the memory."""
        if self._cancelled():
            raise Cancelled
        rows = torch.arange(size) % self._task.train.samples
        batch = next(self._task.train.batches([0, size], rows))
        if self._mixing.wanted:
            batch = self._mixing.blended(batch, 0, 0)
        stepper = Stepper(
            self._task,
            self._players,
            precision=self._precision,
            clip_norm=None,
            scale=LossScale() if self._precision is Precision.FLOAT16 else None,
            on_smaller=_refuse,
        )
        if self._card:
            torch.cuda.reset_peak_memory_stats(self._task.device)
        try:
            with _SavedBytes(self._task.network) as saved:
                stepper.take(batch, 1, 0)
            stepper.take(batch, 2, 0)
        except _TooLargeError:
            return False
        except guard.NotFiniteError:
            pass  # a matter of the learning rate, not of memory; the run will tell
        except (RuntimeError, MemoryError) as error:
            if not guard.is_out_of_memory(error):
                raise
            return False
        finally:
            for player in self._players:
                player.drop_gradients()
        if self._card:
            taken = int(torch.cuda.max_memory_allocated(self._task.device)) - self._before
        else:
            weights = sum(p.numel() * p.element_size() for p in self._task.network.parameters())
            # What is kept for the way back is met there by gradients of the same size.
            taken = 4 * weights + 2 * saved.bytes
        self._taken[size] = taken
        return taken <= self._allowed

    def _free_now(self) -> int:
        if self._card:
            torch.cuda.empty_cache()
            return int(torch.cuda.mem_get_info(self._task.device)[0])
        return int(psutil.virtual_memory().available)


def _refuse(_rows: int, _batch: int) -> None:
    raise _TooLargeError


class _SavedBytes:
    """Counts the memory that is kept for the way back while it is entered; weights are not counted."""

    def __init__(self, network: nn.Module) -> None:
        self.bytes = 0
        self._seen = {tensor.data_ptr() for tensor in network.state_dict().values()}
        self._hooks: Any = torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor)

    def _keep(self, tensor: Tensor) -> Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in self._seen:
            self._seen.add(place)
            self.bytes += tensor.untyped_storage().nbytes()
        return tensor

    def __enter__(self) -> "_SavedBytes":
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.__exit__(*error)


def with_batch_size(project: Project, phase: int, batch_size: int) -> Project:
    """The project with a measured batch in one of its phases, which is not measured again."""
    phases = list(project.recipe.phases)
    phases[phase] = msgspec.structs.replace(phases[phase], batch_size=batch_size, auto_batch=False)
    found = project.copy()
    found.recipe = msgspec.structs.replace(project.recipe, phases=tuple(phases))
    return found
