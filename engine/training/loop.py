"""The training loop: phases, epochs, steps, reports, checkpoints, and what the user asks meanwhile.

A step holds nothing but the forward pass, the backward pass and the update; gathering, metrics and reports are done
for many steps at once. On the CPU reading the loss of a step costs 0.15 us, less than keeping the tensor, and lets a
loss that is no number stop the run before the step is applied; on a graphics card it would make the card wait, so
there losses stay on the device until the next report.
"""

import copy
import math
import time
from dataclasses import dataclass
from typing import Final

import psutil
import torch
from torch import Tensor

from engine.document.recipe import Phase, Precision
from engine.errors import TrainingError
from engine.protocol.run_events import (
    ContinueRun,
    EpochFinished,
    PauseRun,
    RunContinued,
    RunFinished,
    RunNote,
    RunPaused,
    RunPrepared,
    RunStopped,
    StepsReported,
    StopRun,
)
from engine.training import guard
from engine.training.checkpoint import Checkpoint, snapshot
from engine.training.device import mixed
from engine.training.feed import batch_bounds, epoch_order
from engine.training.metrics import is_better_larger
from engine.training.player import Player
from engine.training.run_log import Inbox, RunLog
from engine.training.run_state import RunState
from engine.training.saver import Saver, Snapshot
from engine.training.task import Task

REPORT_S: Final = 0.1
SAVE_WITHIN_EPOCH_S: Final = 30.0
FLUSH_BATCHES: Final = 64
FLUSH_BYTES: Final = 4 << 20
EVALUATION_BATCH: Final = 512
GIVE_UP_SAVING_S: Final = 20.0


@dataclass(slots=True)
class _PhaseAtWork:
    """What belongs to the phase that is going on."""

    settings: Phase
    bounds: list[int]
    players: list[Player]


class Loop:
    """Trains a task as its recipe says, writing into the run's log and folder.

    `checkpoint`: where to go on. `stop_asked` is set from outside (a signal) and asks for a stop like StopRun.
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
    ) -> None:
        self.task = task
        self.log = log
        self.inbox = inbox
        self.saver = saver
        self.precision = precision
        self.recipe = task.project.recipe
        self.state = checkpoint.state if checkpoint is not None else (state or RunState())
        self.stop_asked = False
        self._scoring_stopped = False  # set when the user stopped while an epoch was scored
        self._checkpoint = checkpoint
        self._phase: _PhaseAtWork | None = None
        self._scores = task.new_scores()
        self._val_scores = task.new_scores()
        self._on_cpu = task.device.type == "cpu"
        self._autocast = precision is Precision.BFLOAT16
        self._process = psutil.Process()
        self._loss_names = ["loss"]
        if len(task.network.loss_ids) > 1:
            self._loss_names += [f"loss.{loss_id}" for loss_id in task.network.loss_ids]
        self._pending: list[tuple[list[Tensor], list[Tensor]]] = [([], []) for _ in task.scored]
        self._values: list[float] | list[Tensor] = []
        self._parts: list[list[float]] | list[list[Tensor]] = []
        self._flush_every = FLUSH_BATCHES
        self._rate = 0.0
        self._norms: dict[str, float] = {}
        self._counted = time.perf_counter()
        self._reported = self._counted
        self._saved = self._counted
        self._epochs = sum(phase.epochs for phase in self.recipe.phases)
        if self.recipe.early_stop is not None:
            self._check_metric(self.recipe.early_stop.metric)

    # -- the run ------------------------------------------------------------------------------------------------------

    def run(self) -> RunFinished | RunStopped:
        """Train to the end, or to where the user stops it. Returns the final event, which the caller logs.

        Raises TrainingError when numbers are no longer finite; nothing broken has been saved then.
        """
        self.task.network.train()
        self._begin()
        reason = ""
        self._counted = self._reported = self._saved = time.perf_counter()
        while self.state.phase < len(self.recipe.phases):
            if self._phase is None:
                self._phase = self._enter(self.recipe.phases[self.state.phase])
            reason = self._early_reason()
            if reason:
                break
            if not self._epoch(self._phase):
                return self._stopped(self._phase)
            if self.state.phase_epoch == 0:
                self._phase = None
        self._wait_until_saved()
        state = self.state
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
        return _PhaseAtWork(settings=phase, bounds=bounds, players=players)

    def _bounds(self, phase: Phase) -> list[int]:
        return batch_bounds(self.task.train.samples, phase.batch_size, join_single=self.task.join_single)

    def _early_reason(self) -> str:
        stop = self.recipe.early_stop
        if stop is None or self.state.waited < stop.patience:
            return ""
        return f"{stop.metric} has not got better for {stop.patience} epochs"

    def _stopped(self, phase: _PhaseAtWork) -> RunStopped:
        """Score what was learned of the epoch that was interrupted, keep it, and say goodbye."""
        state = self.state
        if self._scoring_stopped:
            self._save(wait=False)
        elif state.position > 0:
            self._finish_epoch(phase, partial=True)
        self._wait_until_saved()
        return RunStopped(
            epochs=state.epoch,
            seconds=round(state.seconds, 3),
            samples_per_s=self._speed(),
            best_epoch=state.best_epoch,
            best=state.best,
        )

    # -- an epoch -----------------------------------------------------------------------------------------------------

    def _epoch(self, phase: _PhaseAtWork) -> bool:
        """Train what is left of the epoch and score it. False when the user asked to stop before it was whole."""
        if self.stop_asked or not self._train(phase):
            return False
        return self._finish_epoch(phase)

    def _train(self, phase: _PhaseAtWork) -> bool:
        """The steps of an epoch from where it stands. False when the user asked to stop."""
        task, state, players = self.task, self.state, phase.players
        forward = task.network.training_forward
        network, clip, on_cpu, autocast = task.network, self.recipe.clip_norm, self._on_cpu, self._autocast
        count = len(phase.bounds) - 1
        several_losses = len(task.network.loss_ids) > 1
        inputs_only = task.input_count
        extra = inputs_only < max((place for _, place in task.scored), default=-1) + 1
        pending = [
            (prediction, target, *lists) for (prediction, target), lists in zip(task.scored, self._pending, strict=True)
        ]
        values: list[float | Tensor] = self._values  # type: ignore[assignment]
        parts: list[list[float | Tensor]] = self._parts  # type: ignore[assignment]
        clock = time.perf_counter
        order = epoch_order(task.train.samples, self.recipe.seed, state.epoch)
        due = clock() + REPORT_S
        rate = self._rate
        for batch in task.train.batches(phase.bounds, order, state.position, state.epoch):
            last = state.position + 1 == count
            look = last or clock() >= due
            inputs = batch[:inputs_only] if extra else batch
            step_value: float | Tensor = 0.0
            moved = False
            for player in players:
                if state.phase_step % player.every:
                    continue
                if autocast:
                    with mixed(self.precision, task.device):
                        predictions, losses = forward(*inputs)
                else:
                    predictions, losses = forward(*inputs)
                loss = player.loss(losses)
                if on_cpu:
                    value = loss.item()
                    if value - value != 0.0:  # infinite or undefined
                        self._report(phase)
                        raise guard.not_finite(task.project, network, inputs, state.step + 1)
                    step_value += value
                else:
                    step_value = step_value + loss.detach()
                player.backward(loss)
                if look:
                    self._norms = self._gradient_norms(players, player)
                if clip is not None:
                    torch.nn.utils.clip_grad_norm_(player.tensors, clip, foreach=True)
                rate = player.learning_rate(state.phase_step)
                player.mover.step(rate)
                moved = True
            if not moved:
                predictions, step_value, losses = self._look_on(inputs)
            values.append(step_value)
            if several_losses:
                parts.append([part.item() for part in losses] if on_cpu else [part.detach() for part in losses])
            for prediction, target, kept_predictions, kept_targets in pending:
                kept_predictions.append(predictions[prediction].detach())
                kept_targets.append(batch[target])
            state.step += 1
            state.phase_step += 1
            state.position += 1
            if pending and len(pending[0][2]) >= self._flush_every:
                self._flush()
            if look:
                self._rate = rate
                self._report(phase)
                if not last and self._obey():
                    return False
                due = clock() + REPORT_S
        return True

    @torch.no_grad()
    def _look_on(self, inputs: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], float | Tensor, tuple[Tensor, ...]]:
        """A step in which no player moves: predictions, loss, losses."""
        predictions, losses = self.task.network.training_forward(*inputs)
        total = self._weighed(torch.stack(losses))
        return predictions, total.item() if self._on_cpu else total, losses

    def _gradient_norms(self, players: list[Player], player: Player) -> dict[str, float]:
        """The norms by node, those of other players kept. Raises TrainingError when one is not finite."""
        norms = player.gradient_norms()
        error = guard.bad_gradient(self.task.project, norms, self.state.step + 1)
        if error is not None:
            raise error
        return norms if len(players) == 1 else {**self._norms, **norms}

    def _flush(self) -> None:
        """Take the predictions of the last batches into the metrics."""
        largest = 0
        for scores, (predictions, targets) in zip(self._scores, self._pending, strict=True):
            if predictions:
                largest = max(largest, predictions[0].numel() * predictions[0].element_size())
                scores.add(torch.cat(predictions).float(), torch.cat(targets))
                predictions.clear()
                targets.clear()
        if largest:
            self._flush_every = max(1, min(FLUSH_BATCHES, FLUSH_BYTES // largest))

    def _report(self, phase: _PhaseAtWork) -> None:
        """Read and log the losses since the last report."""
        state = self.state
        values = self._read(self._values)
        parts = [self._read(part) for part in self._parts]
        self._values.clear()
        self._parts.clear()
        now = time.perf_counter()
        elapsed = self._count_time(now, training=True)
        if not values:
            return
        first = state.position - len(values)
        for number, value in enumerate(values):
            if not math.isfinite(value):
                step = state.step - len(values) + number + 1
                raise guard.not_finite(self.task.project, self.task.network, (), step)
            size = phase.bounds[first + number + 1] - phase.bounds[first + number]
            state.loss_samples += size
            self._add_losses([value, *(parts[number] if parts else ())], size)
        samples = phase.bounds[state.position] - phase.bounds[first]
        state.samples += samples
        self.log.append(
            StepsReported(
                first_step=state.step - len(values) + 1,
                loss=[float(f"{value:.6g}") for value in values],
                learning_rate=self._rate,
                samples_per_s=round(samples / max(elapsed, 1e-9), 1),
                epoch=state.epoch + 1,
            )
        )

    def _add_losses(self, losses: list[float], size: int) -> None:
        sums = self.state.loss_sums
        for name, value in zip(self._loss_names, losses, strict=True):
            sums[name] = sums.get(name, 0.0) + value * size

    @staticmethod
    def _read(values: list[float] | list[Tensor]) -> list[float]:
        if values and isinstance(values[0], Tensor):
            stacked: list[float] = torch.stack(values).tolist()
            return stacked
        return list(values)  # type: ignore[arg-type]

    def _count_time(self, now: float, *, training: bool) -> float:
        """Add the time since the last call to the clocks of run and epoch; returns it."""
        elapsed = now - self._counted
        self._counted = now
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
        self._flush()
        if not guard.weights_are_finite(self.task.network):
            raise guard.not_finite(self.task.project, self.task.network, (), state.step)
        samples = max(1, state.loss_samples)
        train = {name: total / samples for name, total in state.loss_sums.items()}
        for scores in self._scores:
            train.update(scores.values())
        training_seconds = state.epoch_seconds
        done_samples = state.loss_samples
        val = self._validate(may_stop=not partial and state.best_epoch > 0)
        if val is None:
            self._scoring_stopped = True
            return False
        self._count_time(time.perf_counter(), training=False)
        told = val or train
        key = self._key(told)
        best = not state.best_key or key > state.best_key
        number = state.epoch + 1
        if best:
            state.best_key, state.best_epoch, state.best_step = key, number, state.step
            state.best = _finite(told)
        event = EpochFinished(
            epoch=number,
            step=state.step,
            train=_finite(train),
            val=_finite(val),
            seconds=round(state.epoch_seconds, 4),
            samples_per_s=round(done_samples / max(training_seconds, 1e-9), 1),
            learning_rate=self._rate,
            best=best,
            gradient_norms=_finite(self._norms),
            memory_bytes=self._memory(),
        )
        if partial:
            self.log.append(RunNote(text=f"Stopped within epoch {number}; scored as it is.", epoch=number))
            snap = self._snapshot()
            self.saver.save(snap, event, best=best)
            return True
        self._watch(told)
        state.epoch, state.position, state.phase_epoch = number, 0, state.phase_epoch + 1
        state.epoch_seconds, state.loss_samples, state.loss_sums = 0.0, 0, {}
        for scores in self._scores:
            scores.clear()
        if state.phase_epoch == phase.settings.epochs:
            state.phase, state.phase_epoch, state.phase_step = state.phase + 1, 0, 0
            phase.players.clear()
        self.saver.save(self._snapshot(), event, best=best)
        self._saved = time.perf_counter()
        self._obey()
        return True

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
        for scores in self._val_scores:
            scores.clear()
        task.network.eval()
        try:
            for number, batch in enumerate(task.val.batches(bounds)):
                predictions, losses = task.network.training_forward(*batch[: task.input_count])
                total = torch.stack([loss.reshape(()) for loss in losses])
                told = self._weighed(total)[None]
                if len(self._loss_names) > 1:
                    told = torch.cat([told, total])
                sums += told.double().cpu() * (bounds[number + 1] - bounds[number])
                for scores, (prediction, target) in zip(self._val_scores, task.scored, strict=True):
                    scores.add(predictions[prediction], batch[target])
                if may_stop and self._obey():
                    return None
        finally:
            task.network.train()
        found = dict(zip(self._loss_names, (sums / task.val.samples).tolist(), strict=True))
        for scores in self._val_scores:
            found.update(scores.values())
        return found

    def _weighed(self, losses: Tensor) -> Tensor:
        """The sum the players of the phase make smaller."""
        assert self._phase is not None
        weights = torch.zeros_like(losses)
        for player in self._phase.players:
            for number, weight in player.weights:
                weights[number] += weight
        return (losses * weights).sum()

    def _key(self, told: dict[str, float]) -> list[float]:
        """Larger is better: the main metric, then the loss."""
        name = self.state.main_metric
        loss = -told.get("loss", math.inf)
        loss = loss if math.isfinite(loss) else -1e300
        if name == "loss" or name not in told:
            return [0.0, loss]
        return [told[name] if is_better_larger(name) else -told[name], loss]

    def _watch(self, told: dict[str, float]) -> None:
        """Count the epochs since the metric of the early stop got better."""
        stop, state = self.recipe.early_stop, self.state
        if stop is None:
            return
        name = self._check_metric(stop.metric)
        value = told.get(name, math.nan)
        value = value if is_better_larger(name) else -value
        if math.isfinite(value) and (state.watched is None or value > state.watched):
            state.watched, state.waited = value, 0
        else:
            state.waited += 1

    def _check_metric(self, name: str) -> str:
        """The full name of a metric of the early stop. Raises TrainingError when no epoch will have it."""
        known = [*self._loss_names, *(f"{scores.prefix}{key}" for scores in self._scores for key in scores.keys)]
        if name in known:
            return name
        for full in known:
            if full.rpartition(".")[2] == name:
                return full
        raise TrainingError(
            f"Early stopping watches '{name[:60]}', which this run does not measure.",
            where="early_stop",
            expected=", ".join(known),
            found=name[:60],
            hint="Choose one of those named, or add it to the metrics.",
        )

    def _memory(self) -> int:
        if self.task.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.task.device))
        return int(self._process.memory_info().rss)

    # -- saving and going on ------------------------------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        tensors: dict[str, Tensor] = {"rng/cpu": torch.get_rng_state()}
        if self.task.device.type == "cuda":
            tensors["rng/cuda"] = torch.cuda.get_rng_state(self.task.device)
        if self._phase is not None:
            for number, player in enumerate(self._phase.players):
                tensors.update({f"player{number}/{name}": value for name, value in player.mover.state().items()})
        for number, scores in enumerate(self._scores):
            tensors.update({f"scores{number}/{name}": value for name, value in scores.state().items()})
        return Snapshot(copy.deepcopy(self.state), snapshot(self.task.network.state_dict()), snapshot(tensors))

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint. The random generators come last, as making players may draw from them."""
        self.task.network.load_state_dict(checkpoint.weights)
        tensors = checkpoint.tensors
        if self._phase is not None:
            for number, player in enumerate(self._phase.players):
                held = _below(tensors, f"player{number}/")
                if held:
                    player.mover.load(held)
        for number, scores in enumerate(self._scores):
            scores.load(_below(tensors, f"scores{number}/"))
        torch.set_rng_state(tensors["rng/cpu"])
        if self.task.device.type == "cuda" and "rng/cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng/cuda"], self.task.device)

    def _save(self, *, wait: bool) -> None:
        """Save where the epoch stands."""
        self._flush()
        if not guard.weights_are_finite(self.task.network):
            raise guard.not_finite(self.task.project, self.task.network, (), self.state.step)
        self.saver.save(self._snapshot())
        self._saved = time.perf_counter()
        if wait:
            self._wait_until_saved()

    def _wait_until_saved(self) -> None:
        """Wait for the disk; while it is full, as long as nobody asks to stop."""
        asked = time.monotonic()
        while not self.saver.wait(0.2):
            if self.saver.problem:
                self._obey_requests()
                if self.stop_asked and time.monotonic() - asked > GIVE_UP_SAVING_S:
                    text = f"The last state could not be saved: {self.saver.problem}."
                    self.log.append(RunNote(text=text, epoch=self.state.epoch, warning=True))
                    return

    # -- what the user asks -------------------------------------------------------------------------------------------

    def _obey(self) -> bool:
        """Look at requests, the disk and the clock between two steps. True when the run is to stop."""
        self._obey_requests()
        if self.saver.problem or self.log.waiting:
            self._wait_for_room()
        if not self.stop_asked and time.perf_counter() - self._saved > SAVE_WITHIN_EPOCH_S:
            self._save(wait=False)
        return self.stop_asked

    def _obey_requests(self) -> None:
        for request in self.inbox.read():
            if isinstance(request, StopRun):
                self.stop_asked = True
            elif isinstance(request, PauseRun) and not self.stop_asked:
                self._pause()

    def _pause(self) -> None:
        """Wait until the user goes on or stops; what was learned is saved first. The time does not count."""
        self._save(wait=True)
        self.log.append(RunPaused(step=self.state.step))
        paused = True
        while paused and not self.stop_asked:
            time.sleep(0.05)
            for request in self.inbox.read():
                self.stop_asked |= isinstance(request, StopRun)
                paused &= not isinstance(request, ContinueRun)
        self._counted = time.perf_counter()
        if not paused:
            self.log.append(RunContinued(step=self.state.step))

    def _wait_for_room(self) -> None:
        """The disk takes nothing more: wait for room, then say so. A stop ends the waiting."""
        began = time.monotonic()
        problem = self.saver.problem or self.log.problem
        while (self.saver.problem or not self.log.retry()) and not self.stop_asked:
            time.sleep(0.2)
            self._obey_requests()
        self._counted = time.perf_counter()
        waited = time.monotonic() - began
        if not self.stop_asked and waited > 1:
            text = f"Training waited {waited:.0f} s, as the run's folder could not be written: {problem}."
            self.log.append(RunNote(text=text, epoch=self.state.epoch, warning=True))


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _finite(values: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in values.items() if math.isfinite(value)}
