"""The training loop: phases, epochs and steps, with a report, a look at the user's wishes and a save now and then.

A step holds nothing but the forward pass, the backward pass and the update; gathering, metrics and reports are done for
many steps at once. On the CPU reading the loss of a step costs 0.15 us, less than keeping the tensor, and lets a loss
that is no number stop the run before the step is applied; on a graphics card it would make the card wait, so there
losses stay on the device until the next report.
"""

import copy
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

import psutil
import torch
from torch import Tensor

from engine.catalog import registry
from engine.catalog.schedules import Plateau
from engine.document.recipe import Phase, Precision
from engine.errors import AttributeOutOfRange, TrainingError
from engine.protocol.run_events import EpochFinished, RunFinished, RunNote, RunPrepared, RunStopped, StepsReported
from engine.training import guard
from engine.training.average import WeightsAverage, replaced
from engine.training.checkpoint import Checkpoint, snapshot
from engine.training.control import Control
from engine.training.device import mixed
from engine.training.feed import batch_bounds, epoch_order
from engine.training.history import LossHistory, RunningScores
from engine.training.pictures import WeightPictures
from engine.training.player import Player
from engine.training.progress import EarlyStopping, is_best, rounded
from engine.training.run_log import Inbox, RunLog
from engine.training.run_state import RunState
from engine.training.saver import Saver, Snapshot
from engine.training.task import Task

REPORT_S: Final = 0.1
SAVE_WITHIN_EPOCH_S: Final = 30.0
EVALUATION_BATCH: Final = 512


@dataclass(slots=True)
class _PhaseAtWork:
    """What belongs to the phase that is going on; `bounds` are those of its batches."""

    settings: Phase
    bounds: list[int]
    players: list[Player]


class Loop:
    """Trains a task as its recipe says, writing into the run's log and folder.

    `checkpoint`: where to go on. `pictures`: whether the log is told how weights are spread. Raises TrainingError when
    the recipe asks for what the network does not have.
    """

    def __init__(
        self,
        task: Task,
        log: RunLog,
        inbox: Inbox,
        saver: Saver,
        *,
        precision: Precision = Precision.FLOAT32,
        checkpoint: Checkpoint | None = None,
        state: RunState | None = None,
        pictures: bool = True,
    ) -> None:
        self.task = task
        self.log = log
        self.saver = saver
        self.precision = precision
        self.recipe = task.project.recipe
        self.control = Control(log, inbox, saver)
        self.state = checkpoint.state if checkpoint is not None else (state or RunState())
        self._checkpoint = checkpoint
        self._phase: _PhaseAtWork | None = None
        self._scoring_stopped = False  # set when the user stopped while an epoch was scored
        self._on_cpu = task.device.type == "cpu"
        self._process = psutil.Process()
        self._pictures = WeightPictures(task.network, log.append)
        self._pictures.enabled &= pictures
        self._losses = LossHistory()
        self._scores = RunningScores(task.new_scores(), task.scored)
        self._val_scores = RunningScores(task.new_scores(), task.scored)
        self._loss_names = ["loss"]
        if len(task.network.loss_ids) > 1:
            self._loss_names += [f"loss.{loss_id}" for loss_id in task.network.loss_ids]
        metrics = [f"{scores.prefix}{key}" for scores in self._scores.scores for key in scores.keys]
        self._average = self._new_average()
        self._early = EarlyStopping(self.recipe.early_stop, [*self._loss_names, *metrics])
        self._rate = 0.0
        self._norms: dict[str, float] = {}
        self._clock_at = 0.0
        self._waited_s = 0.0
        self._saved_at = 0.0

    def _new_average(self) -> WeightsAverage | None:
        if self.recipe.average is None:
            return None
        try:
            rule = registry.average(self.recipe.average)
        except AttributeOutOfRange as error:
            raise TrainingError(
                error.message, where="recipe", expected=error.expected, found=error.found, hint=error.hint
            ) from None
        return WeightsAverage(rule, self.task.network, sum(phase.epochs for phase in self.recipe.phases))

    # -- the run ------------------------------------------------------------------------------------------------------

    def run(self) -> RunFinished | RunStopped:
        """Train to the end, or to where the user stops it. Returns the final event, which the caller logs.

        Raises TrainingError when numbers are no longer finite; nothing broken has been saved then.
        """
        self.task.network.train()
        self._begin()
        reason = ""
        self._pictures.look(self.state.step, self.state.epoch)
        self._clock_at = self._saved_at = time.perf_counter()
        while self.state.phase < len(self.recipe.phases):
            if self._phase is None:
                self._phase = self._enter(self.recipe.phases[self.state.phase])
            reason = self._early.reason(self.state)
            if reason:
                break
            if not self._epoch(self._phase):
                return self._stopped(self._phase)
            if self.state.phase_epoch == 0:
                self._phase = None
        self.control.wait_until_saved()
        state = self.state
        self._pictures.look(state.step, state.epoch, last=True)
        return RunFinished(
            epochs=state.epoch,
            seconds=round(state.seconds, 3),
            samples_per_s=self._speed(),
            best_epoch=state.best_epoch,
            best=state.best,
            reason=reason,
        )

    def _begin(self) -> None:
        """Put back what a checkpoint holds, and say what is going to happen."""
        network, state, first = self.task.network, self.state, self.recipe.phases[0]
        state.main_metric = self.task.main_metric
        state.precision, state.device = self.precision.value, str(self.task.device)
        if state.phase < len(self.recipe.phases):
            self._phase = self._enter(self.recipe.phases[state.phase])
        if self._checkpoint is not None:
            self._restore(self._checkpoint)
        self.log.append(
            RunPrepared(
                device=str(self.task.device),
                precision=self.precision.value,
                samples=self.task.train.samples,
                val_samples=self.task.val.samples,
                steps_per_epoch=len(self._bounds(first)) - 1,
                batch_size=first.batch_size,
                parameters=sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad),
                outputs=[network.output_fields[output_id] for output_id in network.output_ids],
            )
        )
        if self.task.val.samples == 0:
            note = "There is no validation split, so the best epoch is picked by its training scores."
            self.log.append(RunNote(text=note, warning=True))

    def _enter(self, phase: Phase) -> _PhaseAtWork:
        bounds = self._bounds(phase)
        total = phase.epochs * (len(bounds) - 1)
        players = [Player(settings, self.task.network, total) for settings in phase.players]
        for number, player in enumerate(players):
            if str(number) in self.state.plateaus:
                factor, best, waited, resting = self.state.plateaus[str(number)]
                best = math.inf if best is None else best
                player.plateau = Plateau(factor=factor, best=best, waited=waited, resting=resting)
        return _PhaseAtWork(settings=phase, bounds=bounds, players=players)

    def _bounds(self, phase: Phase) -> list[int]:
        return batch_bounds(self.task.train.samples, phase.batch_size, join_single=self.task.join_single)

    def _stopped(self, phase: _PhaseAtWork) -> RunStopped:
        """Score what was learned of the epoch that was interrupted, keep it, and say goodbye."""
        state = self.state
        if self._scoring_stopped:
            self._save()
        elif state.position > 0:
            self._finish_epoch(phase, partial=True)
        self.control.wait_until_saved()
        self._pictures.look(state.step, state.epoch, last=True)
        return RunStopped(
            epochs=state.epoch,
            seconds=round(state.seconds, 3),
            samples_per_s=self._speed(),
            best_epoch=state.best_epoch,
            best=state.best,
        )

    # -- steps --------------------------------------------------------------------------------------------------------

    def _epoch(self, phase: _PhaseAtWork) -> bool:
        """Train what is left of the epoch and score it. False when the user asked to stop before it was whole."""
        if self.control.stop_asked or not self._train(phase):
            return False
        return self._finish_epoch(phase)

    def _train(self, phase: _PhaseAtWork) -> bool:
        """The steps of an epoch from where it stands. False when the user asked to stop."""
        task, state, players = self.task, self.state, phase.players
        forward, clip, on_cpu = task.network.training_forward, self.recipe.clip_norm, self._on_cpu
        autocast = self.precision is Precision.BFLOAT16
        several_losses = len(task.network.loss_ids) > 1
        count, inputs = len(phase.bounds) - 1, task.input_count
        order = epoch_order(task.train.samples, self.recipe.seed, state.epoch)
        clock = time.perf_counter
        due = clock() + REPORT_S
        for batch in task.train.batches(phase.bounds, order, state.position, state.epoch):
            last = state.position + 1 == count
            look = last or clock() >= due
            total: float | Tensor = 0.0
            moved = False
            for player in players:
                if state.phase_step % player.every:
                    continue
                if autocast:
                    with mixed(self.precision, task.device):
                        predictions, losses = forward(*batch[:inputs])
                else:
                    predictions, losses = forward(*batch[:inputs])
                loss = player.loss(losses)
                if on_cpu:
                    value = loss.item()
                    if value - value != 0.0:  # infinite or undefined
                        self._report(phase)
                        raise guard.not_finite(task.project, task.network, batch[:inputs], state.step + 1)
                    total += value
                else:
                    total = total + loss.detach()
                player.backward(loss)
                if look:
                    self._look_at_gradients(player)
                if clip is not None:
                    torch.nn.utils.clip_grad_norm_(player.tensors, clip, foreach=True)
                self._rate = player.learning_rate(state.phase_step)
                if player.mover.asks_again:
                    player.mover.step(self._rate, partial(self._again, player, batch[:inputs]))
                else:
                    player.mover.step(self._rate)
                moved = True
            if not moved:
                predictions, losses, total = self._look_on(batch[:inputs])
            if several_losses:
                self._losses.keep([total, *(part.item() if on_cpu else part.detach() for part in losses)])
            else:
                self._losses.keep((total,))
            self._scores.keep(predictions, batch)
            if self._average is not None:
                self._average.after_step()
            state.step += 1
            state.phase_step += 1
            state.position += 1
            if look:
                self._report(phase)
                if not last and self._obey():
                    return False
                due = clock() + REPORT_S
        return True

    def _again(self, player: Player, inputs: Sequence[Tensor]) -> Tensor:
        """Loss and gradients of a player for the same batch, with the weights as they are now."""
        for parameter in player.tensors:
            parameter.grad = None
        with torch.enable_grad():
            if self.precision is Precision.BFLOAT16:
                with mixed(self.precision, self.task.device):
                    _, losses = self.task.network.training_forward(*inputs)
            else:
                _, losses = self.task.network.training_forward(*inputs)
            loss = player.loss(losses)
            player.backward(loss)
        if self.recipe.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(player.tensors, self.recipe.clip_norm, foreach=True)
        return loss.detach()

    @torch.no_grad()
    def _look_on(self, inputs: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], float | Tensor]:
        """A step in which no player moves: predictions, losses and their sum."""
        predictions, losses = self.task.network.training_forward(*inputs)
        total = self._weighed(torch.stack(losses))
        return predictions, losses, total.item() if self._on_cpu else total

    def _look_at_gradients(self, player: Player) -> None:
        """Note the norms by node. Raises TrainingError when one is not finite, before the step is applied."""
        norms = player.gradient_norms()
        error = guard.bad_gradient(self.task.project, norms, self.state.step + 1)
        if error is not None:
            raise error
        self._norms.update(norms)

    def _report(self, phase: _PhaseAtWork) -> None:
        """Read and log the losses since the last report."""
        state = self.state
        steps = self._losses.take()
        elapsed = self._count_time(training=True)
        if not steps:
            return
        before = state.position - len(steps)
        for number, losses in enumerate(steps):
            if not math.isfinite(losses[0]):
                step = state.step - len(steps) + number + 1
                raise guard.not_finite(self.task.project, self.task.network, (), step)
            size = phase.bounds[before + number + 1] - phase.bounds[before + number]
            state.loss_samples += size
            for name, loss in zip(self._loss_names, losses, strict=True):
                state.loss_sums[name] = state.loss_sums.get(name, 0.0) + loss * size
        samples = phase.bounds[state.position] - phase.bounds[before]
        state.samples += samples
        self.log.append(
            StepsReported(
                first_step=state.step - len(steps) + 1,
                loss=[float(f"{losses[0]:.6g}") for losses in steps],
                learning_rate=self._rate,
                samples_per_s=round(samples / max(elapsed, 1e-9), 1),
                epoch=state.epoch + 1,
            )
        )
        self._pictures.look(state.step, state.epoch + 1)

    def _count_time(self, *, training: bool) -> float:
        """Add the time since the last call, but for pauses, to the clocks of run and epoch; returns it."""
        now, waited = time.perf_counter(), self.control.waited_s
        elapsed = max(0.0, now - self._clock_at - (waited - self._waited_s))
        self._clock_at, self._waited_s = now, waited
        self.state.seconds += elapsed
        self.state.epoch_seconds += elapsed
        if training:
            self.state.training_seconds += elapsed
        return elapsed

    def _speed(self) -> float:
        return round(self.state.samples / max(self.state.training_seconds, 1e-9), 1)

    # -- the end of an epoch ------------------------------------------------------------------------------------------

    def _finish_epoch(self, phase: _PhaseAtWork, *, partial: bool = False) -> bool:
        """Score, log and save an epoch. `partial`: it was interrupted and will be gone on with on resuming.

        False when the user stopped while it was scored; the epoch then counts as interrupted.
        """
        state = self.state
        self._check_weights()
        samples, training_seconds = max(1, state.loss_samples), state.epoch_seconds
        if self._average is not None and not partial:
            self._average.after_epoch(state.epoch + 1)
        train = {name: total / samples for name, total in state.loss_sums.items()} | self._scores.values()
        val = self._validate(may_stop=not partial and state.best_epoch > 0)
        if val is None:
            self._scoring_stopped = True
            return False
        self._count_time(training=False)
        told, number = val or train, state.epoch + 1
        best = is_best(state, told, number)
        event = EpochFinished(
            epoch=number,
            step=state.step,
            train=rounded(train),
            val=rounded(val),
            seconds=round(state.epoch_seconds, 4),
            samples_per_s=round(state.loss_samples / max(training_seconds, 1e-9), 1),
            learning_rate=self._rate,
            best=best,
            gradient_norms=rounded(self._norms),
            memory_bytes=self._memory(),
        )
        if partial:
            self.log.append(RunNote(text=f"Stopped within epoch {number}; scored as it is.", epoch=number))
        else:
            self._early.watch(state, told)
            for player in phase.players:
                player.watch(told.get("loss", math.inf))
            self._turn_page(phase)
        self.saver.save(self._snapshot(), event, best=best)
        self._saved_at = time.perf_counter()
        self._obey()
        return True

    def _turn_page(self, phase: _PhaseAtWork) -> None:
        """The state at the beginning of the next epoch."""
        state = self.state
        state.epoch, state.position, state.phase_epoch = state.epoch + 1, 0, state.phase_epoch + 1
        state.epoch_seconds, state.loss_samples, state.loss_sums = 0.0, 0, {}
        self._scores.clear()
        if state.phase_epoch == phase.settings.epochs:
            self._settle(phase)
            state.phase, state.phase_epoch, state.phase_step = state.phase + 1, 0, 0
            state.plateaus = {}
            phase.players.clear()  # the next phase has its own, who remember nothing yet
            self._norms.clear()

    @torch.no_grad()
    def _settle(self, phase: _PhaseAtWork) -> None:
        """Players that answer with other weights than they train leave those behind when they go."""
        held = self.task.network.state_dict(keep_vars=True)
        for player in phase.players:
            for name, tensor in player.mover.for_use().items():
                held[name].detach().copy_(tensor)

    @torch.no_grad()
    def _validate(self, *, may_stop: bool) -> dict[str, float] | None:
        """Losses and metrics on the validation split; {} when there is none, None when the user stopped meanwhile.

        Always in float32, as the exported network computes.
        """
        task = self.task
        if task.val.samples == 0:
            return {}
        size = max(self.recipe.phases[0].batch_size, EVALUATION_BATCH)
        bounds = batch_bounds(task.val.samples, size, join_single=False)
        sums = torch.zeros(len(self._loss_names), dtype=torch.float64)
        self._val_scores.clear()
        task.network.eval()
        answering = ExitStack()
        try:
            answering.enter_context(replaced(task.network, self._for_use()))
            for number, batch in enumerate(task.val.batches(bounds)):
                predictions, losses = task.network.training_forward(*batch[: task.input_count])
                parts = torch.stack([loss.reshape(()) for loss in losses])
                told = torch.cat([self._weighed(parts)[None], parts])[: len(sums)]
                sums += told.double().cpu() * (bounds[number + 1] - bounds[number])
                self._val_scores.keep(predictions, batch)
                if may_stop and self._obey():
                    return None
        finally:
            answering.close()
            task.network.train()
        losses_by_name = dict(zip(self._loss_names, (sums / task.val.samples).tolist(), strict=True))
        return losses_by_name | self._val_scores.values()

    def _for_use(self) -> dict[str, Tensor]:
        """The tensors of the network to answer with, where they are not those that are trained."""
        if self._average is not None:
            return self._average.for_use()
        players = self._phase.players if self._phase is not None else ()
        return {name: tensor for player in players for name, tensor in player.mover.for_use().items()}

    def _weighed(self, losses: Tensor) -> Tensor:
        """The sum the players of the phase make smaller."""
        assert self._phase is not None
        weights = torch.zeros_like(losses)
        for player in self._phase.players:
            for number, weight in player.weights:
                weights[number] += weight
        return (losses * weights).sum()

    def _memory(self) -> int:
        if self.task.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.task.device))
        return int(self._process.memory_info().rss)

    # -- saving and going on ------------------------------------------------------------------------------------------

    def _obey(self) -> bool:
        """Do what the user asks, and save in long epochs. True when the run is to stop."""
        stop = self.control.obey(self.state.step, self._save)
        if not stop and time.perf_counter() - self._saved_at > SAVE_WITHIN_EPOCH_S:
            self._save()
        return stop

    def _save(self) -> None:
        """Hand where the epoch stands to the saver."""
        self._check_weights()
        self.saver.save(self._snapshot())
        self._saved_at = time.perf_counter()

    def _check_weights(self) -> None:
        """Raise TrainingError rather than keep weights that are not finite."""
        if not guard.weights_are_finite(self.task.network):
            raise guard.not_finite(self.task.project, self.task.network, (), self.state.step)

    def _snapshot(self) -> Snapshot:
        if self._phase is not None:
            self.state.plateaus = {
                str(number): (held.factor, held.best if math.isfinite(held.best) else None, held.waited, held.resting)
                for number, player in enumerate(self._phase.players)
                if (held := player.plateau) != Plateau()
            }
        tensors: dict[str, Tensor] = {"rng/cpu": torch.get_rng_state()}
        if self.task.device.type == "cuda":
            tensors["rng/cuda"] = torch.cuda.get_rng_state(self.task.device)
        if self._phase is not None:
            for number, player in enumerate(self._phase.players):
                tensors.update({f"player{number}/{name}": value for name, value in player.mover.state().items()})
        tensors.update({f"scores/{name}": value for name, value in self._scores.state().items()})
        weights, for_use = self.task.network.state_dict(), self._for_use()
        tensors.update({f"live/{name}": weights[name] for name in for_use})
        if self._average is not None:
            tensors.update(self._average.state())
        return Snapshot(copy.deepcopy(self.state), snapshot({**weights, **for_use}), snapshot(tensors))

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint. The random generators come last, as making players may draw from them."""
        tensors = checkpoint.tensors
        self.task.network.load_state_dict({**checkpoint.weights, **_below(tensors, "live/")})
        if self._average is not None:
            self._average.load(tensors, checkpoint.weights)
        if self._phase is not None:
            for number, player in enumerate(self._phase.players):
                held = _below(tensors, f"player{number}/")
                if held:
                    player.mover.load(held)
        self._scores.load(_below(tensors, "scores/"))
        torch.set_rng_state(tensors["rng/cpu"])
        if self.task.device.type == "cuda" and "rng/cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng/cuda"], self.task.device)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
