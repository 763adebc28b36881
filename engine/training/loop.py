"""The training loop: phases, epochs and steps, with a report, a look at the user's wishes and a save now and then.

What a step does stands in `step.py`; gathering, metrics and reports are done for many steps at once. On the CPU reading
the loss of a step costs 0.15 us, less than keeping the tensor, and lets a loss that is no number stop the run before
the step is applied; on a graphics card it would make the card wait, so there losses stay on the device until the next
report.
"""

import copy
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import psutil
import torch
from torch import Tensor

from engine.catalog import registry
from engine.catalog.schedules import Plateau
from engine.catalog.titles import titles_apart
from engine.document.recipe import Phase, Precision
from engine.errors import AttributeOutOfRange, ProjectError, TrainingError
from engine.protocol.run_events import (
    BatchChanged,
    ChangeSettings,
    EpochFinished,
    PhaseAhead,
    RunFinished,
    RunNote,
    RunPrepared,
    RunStopped,
    SettingsChanged,
)
from engine.training import decisions, guard
from engine.training.average import WeightsAverage, replaced
from engine.training.checkpoint import Checkpoint, snapshot
from engine.training.compiled import compiling
from engine.training.control import Control
from engine.training.feed import batch_bounds, keyed_seed, phase_order, phase_samples
from engine.training.history import LossHistory, RunningScores
from engine.training.live import Change, LiveSettings, refusal
from engine.training.looks import Looks
from engine.training.loss_scale import LossScale
from engine.training.machine import device_name
from engine.training.mixing import Mixing
from engine.training.moving import MovingValues
from engine.training.needed import needed
from engine.training.player import Player, competing, players_of, silent
from engine.training.playing.acting import Acting
from engine.training.playing.playing import MEAN_RETURN
from engine.training.playing.returns import mean_return
from engine.training.progress import EarlyStopping, is_best, rounded
from engine.training.run_log import Inbox, RunLog
from engine.training.run_state import RunState
from engine.training.saver import Saver, Snapshot
from engine.training.step import NOTHING, Look, Stepper, weighed
from engine.training.step_reports import StepReports
from engine.training.task import Task

REPORT_S: Final = 0.1
SAVE_WITHIN_EPOCH_S: Final = 30.0
EVALUATION_BATCH: Final = 512
EVALUATION_BYTES: Final = 64 << 20
"""Of large samples fewer are scored at once."""


@dataclass(slots=True)
class _PhaseAtWork:
    """What belongs to the phase that is going on; `bounds` are those of its batches."""

    settings: Phase
    bounds: list[int]
    players: list[Player]
    stepper: Stepper
    loss_names: list[str]
    """How the losses of a step are called that its total is followed by."""
    acting: Acting | None = None


class Loop:
    """Trains a task as its recipe says, writing into the run's log and folder.

    `checkpoint`: where to go on; `go_on` lets also a run go on whose stopping rule had ended it. `pictures`: whether
    the log is told what charts show beside losses and scores. Raises TrainingError when the recipe asks for what the
    network does not have.
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
        go_on: bool = False,
    ) -> None:
        self.task = task
        self.log = log
        self.saver = saver
        self.precision = precision
        self.recipe = task.project.recipe
        self.control = Control(log, inbox, saver, change=self._change)
        self.state = checkpoint.state if checkpoint is not None else (state or RunState())
        self._live = LiveSettings(log.folder, self.state.step)
        self._checkpoint = checkpoint
        self._go_on = go_on
        self._phase: _PhaseAtWork | None = None
        self._scoring_stopped = False  # set when the user stopped while an epoch was scored
        self._on_cpu = task.device.type == "cpu"
        self._process = psutil.Process()
        self._mixing = Mixing(task)
        self._scale = LossScale(*self.state.loss_scale) if precision is Precision.FLOAT16 else None
        self._looks = Looks(task, log.append, self._for_use, enabled=pictures)
        self._losses = LossHistory()
        self._scores = RunningScores(task.new_scores(), task.scored)
        self._val_scores = RunningScores(task.new_scores(), task.scored)
        self._loss_names = ["loss"]
        if len(task.network.loss_ids) > 1:
            self._loss_names += [f"loss.{loss_id}" for loss_id in task.network.loss_ids]
        metrics = [f"{scores.prefix}{key}" for scores in self._scores.scores for key in scores.keys]
        self._average = self._new_average()
        if task.playing is not None:
            metrics.append(MEAN_RETURN)
        self._early = EarlyStopping(self.recipe.early_stop, [*self._loss_names, *metrics])
        self._reports = StepReports(log.append, rest_s=REPORT_S)
        self._evaluation_batch = max(1, min(EVALUATION_BATCH, EVALUATION_BYTES // max(1, task.val.row_bytes)))
        self._moving = MovingValues(
            task, [phase.epochs * (len(self._bounds(phase)) - 1) for phase in self.recipe.phases]
        )
        self._clock_at = 0.0
        self._first_due = time.perf_counter()  # a person has just pressed Train, so the first step is told at once
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
        self._looks.begin(self.state.step, self.state.epoch)
        self._clock_at = self._saved_at = time.perf_counter()
        while not self._is_over():
            if self._phase is None:
                self._phase = self._enter(self.recipe.phases[self.state.phase])
            if not self._epoch(self._phase):
                return self._stopped(self._phase)
            if self.state.phase_epoch == 0:
                self._tell_rest()  # a report is of one phase: the next may compute other losses
                self._phase = None
        self._tell_rest()
        self.control.wait_until_saved()
        state = self.state
        reason = self._early.reason(state)
        self._looks.end(state.step, state.epoch)
        return RunFinished(
            epochs=state.epoch,
            seconds=round(state.seconds, 3),
            samples_per_s=self._speed(),
            best_epoch=state.best_epoch,
            best=state.best,
            reason=reason,
        )

    def _is_over(self) -> bool:
        """Whether the last phase has had its epochs, or a stopping rule ended it."""
        state, last = self.state, len(self.recipe.phases) - 1
        if state.phase < last or not self.recipe.phases:
            return not self.recipe.phases
        return state.phase > last or self._phase_is_over(self.recipe.phases[last])

    def _phase_is_over(self, phase: Phase) -> bool:
        return self.state.phase_epoch >= phase.epochs or bool(self._early.reason(self.state))

    def _begin(self) -> None:
        """Put back what a checkpoint holds, and say what is going to happen."""
        network, state, first = self.task.network, self.state, self.recipe.phases[0]
        state.main_metric = self.task.main_metric
        state.precision, state.device = self.precision.value, str(self.task.device)
        if self._go_on:
            self._reopen()
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
                parameters=sum(p.numel() for name, p in network.named_parameters() if name in self.task.trainable),
                outputs=[network.output_fields[output_id] for output_id in network.output_ids],
                losses=list(network.loss_ids),
                loss_titles=titles_apart(map(self.task.project.graph.node, network.loss_ids)),
                accumulate=first.accumulate,
                device_name=device_name(self.task.device),
                threads=state.threads,
                players=[[player.name for player in phase.players] for phase in self.recipe.phases],
                phases=[self._ahead(phase) for phase in self.recipe.phases],
            )
        )
        if self.task.val.samples == 0:
            note = "There is no validation split, so the best epoch is picked by its training scores."
            self.log.append(RunNote(text=note, warning=True))

    def _ahead(self, phase: Phase) -> PhaseAhead:
        return PhaseAhead(
            name=phase.name,
            epochs=phase.epochs,
            samples=phase_samples(self.task.train.samples, phase.samples),
            batch_size=phase.batch_size,
            accumulate=phase.accumulate,
            steps_per_epoch=len(self._bounds(phase)) - 1,
            plays=phase.play is not None,
        )

    def _reopen(self) -> None:
        """Let a run go on that had come to its end, as it has more epochs now, or whoever asked wants more."""
        state, last = self.state, len(self.recipe.phases) - 1
        state.waited = 0
        if state.phase > last:  # saved when the end of a run forgot what its optimizers remembered
            state.phase = last
            state.phase_epoch = state.epoch - sum(phase.epochs for phase in self.recipe.phases[:last])
            state.phase_step = state.phase_epoch * (len(self._bounds(self.recipe.phases[last])) - 1)

    def _enter(self, phase: Phase) -> _PhaseAtWork:
        bounds, state = self._bounds(phase), self.state
        total = phase.epochs * (len(bounds) - 1)
        players = players_of(phase, self.task.network, total, self.task.trainable)
        for number, player in enumerate(players):
            if str(number) in state.plateaus:
                factor, best, waited, resting = state.plateaus[str(number)]
                best = math.inf if best is None else best
                player.plateau = Plateau(factor=factor, best=best, waited=waited, resting=resting)
        rows = state.rows_at_once or (phase.batch_size if phase.accumulate > 1 else 0)
        wanted = needed(self.task, players)
        stepper = Stepper(
            self.task,
            players,
            precision=self.precision,
            clip_norm=self.recipe.clip_norm,
            scale=self._scale,
            rows_at_once=rows,
            on_smaller=self._on_smaller,
            steps=0 if self._mixing.wanted else total - state.phase_step,
            compiling=compiling(
                self.task,
                total - state.phase_step,
                self.precision,
                self._compiled,
                needed=wanted,
                decided=state.compiled,
            ),
            needed=wanted,
        )
        acting = self.task.acting(phase.play) if phase.play is not None else None
        ids = self.task.network.loss_ids
        entered = _PhaseAtWork(
            settings=phase,
            bounds=bounds,
            players=players,
            stepper=stepper,
            loss_names=[ids[place] for place in wanted.losses] if len(ids) > 1 else [],
            acting=acting,
        )
        for change in self._live.made(state.phase):
            self._apply(entered, change)
        return entered

    def _bounds(self, phase: Phase) -> list[int]:
        size = phase.batch_size * phase.accumulate
        samples = phase_samples(self.task.train.samples, phase.samples)
        if phase.play is not None:
            samples = phase.play.batches * size
        return batch_bounds(samples, size, join_single=self.task.join_single)

    def _order(self, phase: Phase) -> Tensor:
        """The rows of the train split in the order of this epoch."""
        return phase_order(self.task.train.samples, self.recipe.seed, self.state.epoch, phase.samples)

    def _stopped(self, phase: _PhaseAtWork) -> RunStopped:
        """Score what was learned of the epoch that was interrupted, keep it, and say goodbye."""
        state = self.state
        self._tell_rest()
        if self._scoring_stopped:
            self._save()
        elif state.position > 0:
            self._finish_epoch(phase, partial=True)
        self.control.wait_until_saved()
        self._looks.end(state.step, state.epoch)
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
        state, stepper, live = self.state, phase.stepper, self._live
        on_cpu, several_losses, answers = self._on_cpu, bool(phase.loss_names), stepper.needed.answers
        mix = self._mixing.blended if self._mixing.wanted else None
        count = len(phase.bounds) - 1
        if state.phase_step == 0:
            for player in phase.players:
                for slow in player.copies:
                    slow.begin()
        clock = time.perf_counter
        due = self._first_due or clock() + REPORT_S
        self._first_due = 0.0
        for batch in self._batches(phase, state.position):
            last = state.position + 1 == count
            look = last or self.control.single_step or clock() >= due
            if mix is not None:
                batch = mix(batch, state.epoch, state.position)
            if self._moving:
                self._moving.move(state.phase, state.phase_step)
            try:
                outcome = stepper.take(batch, state.step + 1, state.phase_step, self._look(last) if look else NOTHING)
            except guard.NotFiniteError as error:
                self._report(phase)
                self._tell_rest()
                error.place(state.epoch + 1, state.position + 1, self._rows(phase, state.position))
                raise
            if several_losses:
                losses = outcome.losses
                self._losses.keep([outcome.total, *(part.item() if on_cpu else part.detach() for part in losses)])
            else:
                self._losses.keep((outcome.total,))
            self._scores.keep(answers(outcome.predictions), batch)
            if self._average is not None:
                self._average.after_step()
            state.step += 1
            state.phase_step += 1
            state.position += 1
            if state.step >= live.next_step:
                for change in live.due(state.step):
                    self._tell_change(change)
                    self._apply(phase, change)
            if look:
                self._report(phase)
                if not last and self._obey():
                    return False
                due = clock() + REPORT_S
        return True

    def _batches(self, phase: _PhaseAtWork, start: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of this epoch from number `start` on."""
        if phase.acting is not None:
            return phase.acting.batches(phase.bounds, start)
        return self.task.train.batches(phase.bounds, self._order(phase.settings), start, self.state.epoch)

    def _look(self, last: bool) -> Look:
        """`last`: the step ends an epoch."""
        state, phases = self.state, self.recipe.phases
        at_end = last and state.phase == len(phases) - 1 and state.phase_epoch + 1 >= phases[-1].epochs
        return Look(gradients=True, ratios=self._looks.layers_due(at_end=at_end))

    def _rows(self, phase: _PhaseAtWork, position: int) -> list[int]:
        """Which samples of the train split a batch of this epoch holds; none where it was lived through."""
        if phase.acting is not None:
            return []
        order = self._order(phase.settings)
        return [int(row) for row in order[phase.bounds[position] : phase.bounds[position + 1]]]

    def _on_smaller(self, rows: int, batch: int) -> None:
        """Memory ran out, and a step is computed in smaller parts from now on."""
        state = self.state
        state.rows_at_once = rows
        parts = -(-batch // rows)
        text = (
            f"There was not enough memory for {min(batch, 2 * rows)} samples at once. Going on with {rows} at once, "
            f"{parts} times a step; the step itself stays the same."
        )
        self.log.append(RunNote(text=text, warning=True, epoch=state.epoch + 1, step=state.step))
        self.log.append(
            BatchChanged(step=state.step, epoch=state.epoch + 1, batch_size=rows, accumulate=parts, reason=text)
        )

    def _compiled(self, decided: str, words: str) -> None:
        """It was decided whether steps are compiled; `decided` is empty where that is still being found out."""
        state = self.state
        if decided:
            state.compiled = decided
            decisions.keep_compiled(self.log.folder, decided)
        if words:
            self.log.append(RunNote(text=words, epoch=state.epoch + 1, step=state.step))

    # -- live changes -------------------------------------------------------------------------------------------------

    def _change(self, asked: ChangeSettings) -> None:
        """The user wants other settings from the next step on."""
        state = self.state
        phase = self._phase
        if phase is None or state.phase >= len(self.recipe.phases):
            return
        players = [player.name for player in self.recipe.phases[state.phase].players]
        why_not = refusal(asked, players)
        change = Change(
            phase=state.phase,
            step=state.step,
            player=asked.player,
            learning_rate=asked.learning_rate,
            clip_norm=asked.clip_norm,
        )
        if not why_not:
            try:
                self._live.add(change)
            except ProjectError as error:
                why_not = error.message
        if why_not:
            self.log.append(RunNote(text=f"The settings stay as they are: {why_not}.", warning=True, step=state.step))
            return
        self._tell_change(change)
        if phase.players:  # else the next phase takes it up when it begins
            self._apply(phase, change)

    def _tell_change(self, change: Change) -> None:
        self.log.append(
            SettingsChanged(
                step=change.step,
                epoch=self.state.epoch + 1,
                player=change.player,
                learning_rate=change.learning_rate,
                clip_norm=change.clip_norm,
            )
        )

    @staticmethod
    def _apply(phase: _PhaseAtWork, change: Change) -> None:
        if change.learning_rate is not None:
            for player in phase.players:
                if change.player in ("", player.name):
                    player.base = change.learning_rate
        if change.clip_norm is not None:
            phase.stepper.clip_norm = change.clip_norm or None

    # -- reports ------------------------------------------------------------------------------------------------------

    def _report(self, phase: _PhaseAtWork, *, all_of_it: bool = False) -> None:
        """Read the losses since the last report, tell the log of them, and look at what charts show."""
        state = self.state
        steps = self._losses.take()
        elapsed = self._count_time(training=True)
        if steps:
            self._take_in(phase, steps, elapsed)
        self._reports.tell(state.seconds, phase.stepper.rates, state.epoch + 1, all_of_it=all_of_it)
        self._looks.between_steps(state.step, state.epoch + 1, phase.stepper)

    def _tell_rest(self) -> None:
        """Tell what was not told yet, as the run, or a phase of it, ends or rests here."""
        rates = self._phase.stepper.rates if self._phase is not None else []
        self._reports.tell(self.state.seconds, rates, self.state.epoch + 1, all_of_it=True)

    def _take_in(self, phase: _PhaseAtWork, steps: list[list[float]], elapsed: float) -> None:
        state = self.state
        names = ["loss", *(f"loss.{loss_id}" for loss_id in phase.loss_names)]
        before = state.position - len(steps)
        for number, losses in enumerate(steps):
            if not math.isfinite(losses[0]):
                if self._scale is not None:  # left out by the stepper, which also says when it is too much
                    losses[:] = [0.0] * len(losses) if number == 0 else steps[number - 1]
                else:
                    self._not_finite(phase, len(steps) - number)
            size = phase.bounds[before + number + 1] - phase.bounds[before + number]
            state.loss_samples += size
            for name, loss in zip(names, losses, strict=True):
                state.loss_sums[name] = state.loss_sums.get(name, 0.0) + loss * size
        samples = phase.bounds[state.position] - phase.bounds[before]
        state.samples += samples
        self._reports.add(
            state.step - len(steps) + 1,
            [losses[0] for losses in steps],
            {loss_id: [losses[place] for losses in steps] for place, loss_id in enumerate(phase.loss_names, start=1)},
            samples=samples,
            elapsed_s=elapsed,
        )

    def _not_finite(self, phase: _PhaseAtWork, ago: int) -> None:
        """A step was not finite on a device that was not asked at once; find its batch again and say what is known."""
        state = self.state
        position = state.position - ago
        batch = next(self._batches(phase, position))
        if self._mixing.wanted:
            batch = self._mixing.blended(batch, state.epoch, position)
        inputs = batch[: self.task.input_count]
        error = guard.not_finite(self.task.project, self.task.network, inputs, state.step - ago + 1)
        error.place(state.epoch + 1, position + 1, self._rows(phase, position))
        raise error

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
        state, number = self.state, self.state.epoch + 1
        self._check_weights()
        samples, training_seconds = max(1, state.loss_samples), state.epoch_seconds
        confusion = self._looks.confusion_wanted(number)
        if self._average is not None and not partial:
            self._average.after_epoch(state.epoch + 1)
        train = {name: total / samples for name, total in state.loss_sums.items()} | self._scores.values()
        if phase.acting is not None and phase.acting.finished:
            train[MEAN_RETURN] = mean_return(phase.acting.finished)
        val = self._validate(may_stop=not partial and state.best_epoch > 0, confusion=confusion)
        if val is None:
            self._scoring_stopped = True
            return False
        self._count_time(training=False)
        told = val or train
        tells_nothing = competing(phase.players) or silent(phase.players, self.task.network)
        best = is_best(state, told, number, latest=state.main_metric == "loss" and tells_nothing)
        event = EpochFinished(
            epoch=number,
            step=state.step,
            train=rounded(train),
            val=rounded(val),
            seconds=round(state.epoch_seconds, 4),
            samples_per_s=round(state.loss_samples / max(training_seconds, 1e-9), 1),
            learning_rate=phase.stepper.rates[0],
            best=best,
            gradient_norms=rounded(phase.stepper.norms),
            memory_bytes=self._memory(),
        )
        if confusion:
            self._looks.tell_confusion(number, state.step)
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
        if phase.acting is not None:
            phase.acting.finished.clear()
        last = state.phase == len(self.recipe.phases) - 1
        if not last and self._phase_is_over(phase.settings):  # the last one stays open, so that it can be gone on with
            reason = self._early.reason(state)
            if reason:
                text = f"The phase '{phase.settings.name}' ends here: {reason}."
                self.log.append(RunNote(text=text, epoch=state.epoch, step=state.step))
            self._settle(phase)
            state.phase, state.phase_epoch, state.phase_step = state.phase + 1, 0, 0
            state.plateaus, state.watched, state.waited, state.compiled = {}, None, 0, ""
            if state.main_metric == "loss" and self._measures(state.phase) != self._measures(state.phase - 1):
                state.best_key = []  # losses of different kinds cannot be compared
            phase.players.clear()  # the next phase has its own, who remember nothing yet
            phase.stepper.norms.clear()

    def _measures(self, phase: int) -> list[dict[str, float]]:
        """Which losses the players of a phase look at."""
        return [player.losses for player in self.recipe.phases[phase].players]

    @torch.no_grad()
    def _settle(self, phase: _PhaseAtWork) -> None:
        """Players that answer with other weights than they train leave those behind when they go."""
        held = self.task.network.state_dict(keep_vars=True)
        for player in phase.players:
            for name, tensor in player.mover.for_use().items():
                held[name].detach().copy_(tensor)

    @torch.no_grad()
    def _validate(self, *, may_stop: bool, confusion: bool) -> dict[str, float] | None:
        """Losses and metrics on the validation split; {} when there is none, None when the user stopped meanwhile.

        Always in float32, as the exported network computes.
        """
        if self.task.val.samples == 0 and self.task.playing is None:
            return {}
        while True:
            try:
                with ExitStack() as answering:
                    self.task.network.eval()
                    answering.callback(self.task.network.train)
                    answering.enter_context(self._mixing.truth())
                    answering.enter_context(replaced(self.task.network, self._for_use()))
                    return self._scored(may_stop=may_stop, confusion=confusion)
            except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
                if not guard.is_out_of_memory(error) or self._evaluation_batch == 1:
                    raise
            self._evaluation_batch //= 2
            torch.cuda.empty_cache()
            text = f"There was not enough memory for scoring; going on with {self._evaluation_batch} samples at once."
            self.log.append(RunNote(text=text, warning=True, epoch=self.state.epoch + 1, step=self.state.step))

    def _scored(self, *, may_stop: bool, confusion: bool) -> dict[str, float] | None:
        task = self.task
        size = self._evaluation_batch
        if size == EVALUATION_BATCH and not self.state.rows_at_once:
            size = max(self.recipe.phases[0].batch_size, size)
        bounds = batch_bounds(task.val.samples, size, join_single=False)
        # Added up on a card, which would have to be waited for after each batch; MPS has no float64.
        place = task.device if task.device.type == "cuda" else "cpu"
        sums = torch.zeros(len(self._loss_names), dtype=torch.float64, device=place)
        self._val_scores.clear()
        self._looks.confusions.clear()
        for number, batch in enumerate(task.val.batches(bounds)):
            with self._same_noise(number):
                predictions, losses = task.network.training_forward(*batch[: task.input_count])
            parts = torch.stack([loss.reshape(()) for loss in losses])
            told = torch.cat([self._weighed(parts)[None], parts])[: len(sums)]
            sums += told.to(place).double() * (bounds[number + 1] - bounds[number])
            self._val_scores.keep(dict(enumerate(predictions)), batch)
            if confusion:
                self._looks.confusions.add(predictions, batch)
            if may_stop and not self.control.single_step and self._obey():
                return None
        samples = task.val.samples
        found = dict(zip(self._loss_names, (sums / samples).tolist(), strict=True)) if samples else {}
        if task.playing is not None:
            found[MEAN_RETURN] = mean_return(task.playing.score("val"))
        return found | self._val_scores.values()

    @contextmanager
    def _same_noise(self, batch: int) -> Iterator[None]:
        """Let noise be the same in each epoch while a batch is scored, so that scores can be compared.

        Training draws on afterwards as if nothing had been drawn; a checkpoint within the scoring holds that state.
        """
        if not self.task.network.noises:
            yield
            return
        cards = [self.task.device.index or 0] if self.task.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cards):
            torch.manual_seed(keyed_seed(self.recipe.seed, "noise", batch))
            yield

    def _for_use(self) -> dict[str, Tensor]:
        """The tensors of the network to answer with, where they are not those that are trained."""
        if self._average is not None:
            return self._average.for_use()
        players = self._phase.players if self._phase is not None else ()
        return {name: tensor for player in players for name, tensor in player.mover.for_use().items()}

    def _weighed(self, losses: Tensor) -> Tensor:
        """The sum the players of the phase make smaller."""
        assert self._phase is not None
        return weighed(self._phase.players, losses, range(len(losses)))

    def _memory(self) -> int:
        if self.task.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.task.device))
        return int(self._process.memory_info().rss)

    # -- saving and going on ------------------------------------------------------------------------------------------

    def _obey(self) -> bool:
        """Do what the user asks, and save in long epochs. True when the run is to stop."""
        stop = self.control.obey(self.state.step, self._pause)
        if not stop and time.perf_counter() - self._saved_at > SAVE_WITHIN_EPOCH_S:
            self._save()
        return stop

    def _pause(self) -> str:
        """Leave everything as it is for a while: told, and saved; the name of the checkpoint."""
        self._tell_rest()
        self._save()
        return f"last-{self.state.step:06d}"

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
        if self._scale is not None:
            self.state.loss_scale = (self._scale.factor, self._scale.good)
        tensors: dict[str, Tensor] = {"rng/cpu": torch.get_rng_state()}
        if self.task.device.type == "cuda":
            tensors["rng/cuda"] = torch.cuda.get_rng_state(self.task.device)
        if self._phase is not None:
            for number, player in enumerate(self._phase.players):
                tensors.update({f"player{number}/{name}": value for name, value in player.mover.state().items()})
        if self._phase is not None and self._phase.acting is not None:
            tensors.update({f"acting/{name}": value for name, value in self._phase.acting.state().items()})
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
        lived = _below(tensors, "acting/")
        acting = self._phase.acting if self._phase is not None else None
        if lived and acting is not None and not acting.load(lived):
            text = "The environment does not keep to its seed, so some games begin anew and numbers may differ."
            self.log.append(RunNote(text=text, warning=True, epoch=self.state.epoch + 1, step=self.state.step))
        self._scores.load(_below(tensors, "scores/"))
        torch.set_rng_state(tensors["rng/cpu"])
        if self.task.device.type == "cuda" and "rng/cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng/cuda"], self.task.device)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
