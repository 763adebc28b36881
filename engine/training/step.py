"""One step: each player whose turn it is computes its gradients for a batch and moves its parameters.

Nothing here knows of epochs, logs or files, so that quicker ways to do the same can take its place.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Final, NamedTuple

import torch
from torch import Tensor

from engine.document.recipe import Precision
from engine.errors import TrainingError
from engine.training import guard
from engine.training.compiled import Compiling
from engine.training.device import mixed
from engine.training.feed import batch_bounds
from engine.training.loss_scale import LossScale
from engine.training.needed import Needed
from engine.training.needed import needed as needed_by
from engine.training.player import Player, norms_by_node
from engine.training.recorded import Recorder, Recording
from engine.training.task import Task

SKIPS_IN_A_ROW: Final = 30
"""Steps without a finite gradient in float16 after which it is no matter of scale."""


class Outcome(NamedTuple):
    """What a step leaves behind: predictions and losses of its last forward pass, and the sum of what was made smaller.

    They are those that the phase needs (`Stepper.needed`). Tensors keep their history; `total` is a number on the CPU,
    a tensor of one number elsewhere.
    """

    predictions: tuple[Tensor, ...]
    losses: tuple[Tensor, ...]
    total: float | Tensor


class Look(NamedTuple):
    """What a step is to be looked at for: sizes of gradients, and how far weights move."""

    gradients: bool = False
    ratios: bool = False


NOTHING: Final = Look()


class Stepper:
    """Takes the steps of one phase.

    `rows_at_once` is how many samples of a batch are computed together, 0 for all; gradients of the parts are added
    up. It is halved when memory runs out, and `on_smaller` is told. `clip_norm` may be changed between steps. `steps`
    is how many there are to come: where that is worth it they are recorded. `compiling` decides whether they are
    compiled. `needed` is what they compute, as found for these players where it is not given.
    """

    def __init__(
        self,
        task: Task,
        players: list[Player],
        *,
        precision: Precision,
        clip_norm: float | None,
        scale: LossScale | None = None,
        rows_at_once: int = 0,
        on_smaller: Callable[[int, int], None] = lambda rows, batch: None,
        steps: int = 0,
        compiling: Compiling | None = None,
        needed: Needed | None = None,
    ) -> None:
        self.players = players
        self.needed = needed or needed_by(task, players)
        self.clip_norm = clip_norm
        self.rows_at_once = rows_at_once
        self.norms: dict[str, float] = {}
        """Size of the gradient by node, as of the last look."""
        self.ratios: dict[str, float] = {}
        """Size of the last step looked at, divided by that of the weights, by node."""
        self.rates = [0.0] * len(players)
        """The learning rate of each player's last step."""
        self.looked_s = 0.0
        """Time it took to look at steps, these steps included."""
        self._task = task
        self._forward = self.needed.forward
        self._inputs = task.input_count
        self._on_cpu = task.device.type == "cpu"
        self._autocast = precision in (Precision.BFLOAT16, Precision.FLOAT16)
        self._precision = precision
        self._scale = scale
        self._skipped = 0
        self._on_smaller = on_smaller
        self._recorder = Recorder(task, self.needed, 0 if self._autocast else steps)
        self._compiling = compiling
        if scale is not None and any(player.mover.asks_again for player in players):
            raise TrainingError(
                "SAM and L-BFGS compute a step several times, which does not go with float16.",
                where="precision",
                hint="Choose float32, or another optimizer.",
            )

    def take(self, batch: Sequence[Tensor], step: int, phase_step: int, look: Look = NOTHING) -> Outcome:
        """Let everyone move whose turn it is. `step` counts from 1 over the run, `phase_step` from 0 over the phase.

        Raises guard.NotFiniteError before a step with numbers that are no numbers is applied, on the CPU always, else
        when gradients are looked at; what is told of the same step on a device can be seen in `total`.
        """
        inputs = batch[: self._inputs]
        outcome: Outcome | None = None
        began = time.perf_counter() if self._recorder.watching else 0.0
        total: float | Tensor = 0.0
        several = len(self.players) > 1
        for number, player in enumerate(self.players):
            if phase_step % player.every:
                continue
            rate = self.rates[number] = player.learning_rate(phase_step)
            for _ in range(player.steps):
                outcome = self._move(number, player, inputs, step, look, rate)
            assert outcome is not None
            if several:
                total = total + outcome.total
            if player.copies:
                player.follow(phase_step)
        if began:
            self._recorder.took(time.perf_counter() - began, self.players, inputs)
        elif look.gradients:
            self._recorder.check()
        if self._compiling is not None and self._compiling.watching and outcome is not None and not self.rows_at_once:
            self._compiling.took(self.players, inputs)
        if outcome is None:
            return self._look_on(inputs)
        return Outcome(outcome.predictions, outcome.losses, total) if several else outcome

    def _move(
        self, number: int, player: Player, inputs: Sequence[Tensor], step: int, look: Look, rate: float
    ) -> Outcome:
        recording = self._recorder.ready(number, inputs)
        if recording is None or self.rows_at_once:
            outcome = self._gradients(player, inputs, step)
        else:
            outcome = self._played(recording, player, inputs, step)
        if self._scale is not None:
            if not self._scale.unscale(player.tensors):
                return self._skip(player, inputs, step, outcome)
            self._skipped = 0
        if look.gradients:
            self._look_at_gradients(player, step)
        if self.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(player.tensors, self.clip_norm, foreach=True)
        began = time.perf_counter() if look.ratios else 0.0
        before = [parameter.detach().clone() for parameter in player.tensors] if look.ratios else None
        if player.mover.asks_again:
            player.mover.step(rate, partial(self._again, player, inputs, step))
        else:
            player.mover.step(rate)
        if before is not None:
            self._look_at_step(player, before)
            self.looked_s += time.perf_counter() - began
        return outcome

    # -- gradients ----------------------------------------------------------------------------------------------------

    def _gradients(self, player: Player, inputs: Sequence[Tensor], step: int) -> Outcome:
        """Gradients of a player for a batch, in smaller parts from then on when memory runs out."""
        while True:
            rows = self.rows_at_once
            try:
                if not rows or rows >= len(inputs[0]):
                    return self._whole(player, inputs, step)
                return self._in_parts(player, inputs, step, rows)
            except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
                if not guard.is_out_of_memory(error):
                    raise
                rows = min(rows or len(inputs[0]), len(inputs[0])) // 2
                if rows < (2 if self._task.join_single else 1):
                    raise
            # Beyond the except clause, whose error holds on to the tensors that were in the way.
            player.drop_gradients()
            if not self._on_cpu:
                torch.cuda.empty_cache()
            self.rows_at_once = rows
            self._on_smaller(rows, len(inputs[0]))

    def _whole(self, player: Player, inputs: Sequence[Tensor], step: int) -> Outcome:
        forward = self._forward if self._compiling is None else self._compiling.forward(inputs)
        if self._autocast:
            with mixed(self._precision, self._task.device):
                predictions, losses = forward(*inputs)
        else:
            predictions, losses = forward(*inputs)
        loss = player.loss(self.needed.by_place(losses))
        told: float | Tensor
        if self._on_cpu:
            told = loss.item()
            if told - told != 0.0 and self._scale is None:  # infinite or undefined
                raise guard.not_finite(self._task.project, self._task.network, inputs, step)
        else:
            told = loss.detach()
        player.backward(loss if self._scale is None else loss * self._scale.factor)
        return Outcome(predictions, losses, told)

    def _played(self, recording: Recording, player: Player, inputs: Sequence[Tensor], step: int) -> Outcome:
        """The same from a recording."""
        played = recording.play(inputs)
        told = played.total.item()
        if told - told != 0.0:
            raise guard.not_finite(self._task.project, self._task.network, inputs, step)
        for parameter, gradient in zip(player.tensors, played.gradients, strict=True):
            parameter.grad = gradient
        return Outcome(played.predictions, played.losses, told)

    def _in_parts(self, player: Player, inputs: Sequence[Tensor], step: int, rows: int) -> Outcome:
        """Losses and gradients are means over the samples of the whole batch, as if it had been computed at once."""
        count = len(inputs[0])
        bounds = batch_bounds(count, rows, join_single=self._task.join_single)
        said: list[tuple[Tensor, ...]] = []
        sums: list[Tensor] = []
        total: float | Tensor = 0.0
        for begin, end in pairwise(bounds):
            part = [tensor[begin:end] for tensor in inputs]
            with mixed(self._precision, self._task.device) if self._autocast else nullcontext():
                predictions, losses = self._forward(*part)
            share = (end - begin) / count
            loss = player.loss(self.needed.by_place(losses)) * share
            if self._on_cpu:
                told = loss.item()
                if told - told != 0.0 and self._scale is None:
                    raise guard.not_finite(self._task.project, self._task.network, part, step)
                total = total + told
            else:
                total = total + loss.detach()
            player.backward(loss if self._scale is None else loss * self._scale.factor)
            said.append(tuple(tensor.detach() for tensor in predictions))
            parts = [loss.detach() * share for loss in losses]
            sums = [a + b for a, b in zip(sums, parts, strict=True)] if sums else parts
        return Outcome(tuple(torch.cat(parts) for parts in zip(*said, strict=True)), tuple(sums), total)

    def _again(self, player: Player, inputs: Sequence[Tensor], step: int) -> Tensor:
        """Loss and gradients of a player for the same batch, with the weights as they are now."""
        player.drop_gradients()
        with torch.enable_grad():
            outcome = self._gradients(player, inputs, step)
        if self.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(player.tensors, self.clip_norm, foreach=True)
        return torch.as_tensor(outcome.total)

    def _skip(self, player: Player, inputs: Sequence[Tensor], step: int, outcome: Outcome) -> Outcome:
        """In float16 a gradient that is too large for it is left out, and the scale of the loss was lowered."""
        player.drop_gradients()
        self._skipped += 1
        if self._skipped >= SKIPS_IN_A_ROW:
            raise guard.not_finite(self._task.project, self._task.network, inputs, step)
        return outcome

    @torch.no_grad()
    def _look_on(self, inputs: Sequence[Tensor]) -> Outcome:
        """A step in which no player moves; in parts where a step would be."""
        count, rows = len(inputs[0]), self.rows_at_once or len(inputs[0])
        said: list[tuple[Tensor, ...]] = []
        sums: Tensor | None = None
        for begin in range(0, count, rows):
            part = [tensor[begin : begin + rows] for tensor in inputs]
            predictions, losses = self._forward(*part)
            said.append(predictions)
            share = torch.stack([loss.reshape(()) for loss in losses]) * (len(part[0]) / count)
            sums = share if sums is None else sums + share
        assert sums is not None
        total = weighed(self.players, sums, self.needed.losses)
        found = said[0] if len(said) == 1 else tuple(torch.cat(parts) for parts in zip(*said, strict=True))
        return Outcome(found, tuple(sums), total.item() if self._on_cpu else total)

    # -- looks --------------------------------------------------------------------------------------------------------

    def _look_at_gradients(self, player: Player, step: int) -> None:
        """Note the norms by node. Raises NotFiniteError when one is not finite, before the step is applied."""
        norms = player.gradient_norms()
        error = guard.bad_gradient(self._task.project, norms, step)
        if error is not None:
            raise error
        self.norms.update(norms)

    @torch.no_grad()
    def _look_at_step(self, player: Player, before: list[Tensor]) -> None:
        names = [name for name, _ in player.parameters]
        weights = norms_by_node(list(zip(names, before, strict=True)))
        torch._foreach_sub_(before, [parameter.detach() for parameter in player.tensors])
        moved = norms_by_node(list(zip(names, before, strict=True)))
        self.ratios.update({node: moved[node] / weights[node] for node in moved if weights[node] > 0})


def weighed(players: Sequence[Player], losses: Tensor, places: Sequence[int]) -> Tensor:
    """The sum that these players make smaller, of losses (L,) that have these places in the network."""
    weights = torch.zeros_like(losses)
    for player in players:
        for place, weight in player.weights:
            weights[places.index(place)] += weight
    return (losses * weights).sum()
