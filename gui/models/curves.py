"""What the charts draw of one run, grown event by event."""

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from engine.protocol.run_events import (
    ActivationsSeen,
    AnswersSeen,
    AnyRunEvent,
    BatchChanged,
    ConfusionSeen,
    EpochFinished,
    LayersSeen,
    MachineSeen,
    PhaseAhead,
    RunContinued,
    RunFailed,
    RunFinished,
    RunNote,
    RunPaused,
    RunPrepared,
    RunResumed,
    RunStarted,
    RunStopped,
    RunWaiting,
    SamplesPinned,
    SettingsChanged,
    StepsReported,
    ViewSeen,
    WeightsSeen,
)
from engine.protocol.run_plan import phase_at, phases_ahead, samples_left, steps_planned
from gui.models.run_marks import RunMark, batch_mark, note_mark, settings_mark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gui.charts.growing import Growing
    from gui.charts.x_scale import XScale

XAxis = Literal["step", "epoch", "time"]
"""What the x axis of a chart counts; time is minutes of training, without pauses."""

_KNOTS: Final = 2000
_BYTES: Final = 1e6


class Column(NamedTuple):
    """Points of one curve: steps and values, growing together."""

    x: "Growing"
    y: "Growing"


class RunCurves:
    """`train`, `val` and `gradient_norms` hold one entry an epoch of `epochs` (NaN where a name was not told).

    Columns by name, values over steps: `loss` (each step, or the mean of some), `edges` (the smallest and largest where
    it is a mean), `rate` and `rate.N` (of the N-th player), `speed` (samples a second), `part.ID` (of one loss),
    `train.NAME` and `val.NAME` (each epoch), `epoch_memory`, `cpu`, `run_cpu`, `memory`, `free` (MB), `gpu`,
    `gpu_memory`, `gpu_free`.
    """

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}
        self._scales: dict[str, tuple[int, XScale]] = {}
        self._elapsed_s = 0.0
        self._cores = 1  # of the machine it runs on
        self._last_time = 0.0  # of the event before; 0 while the run stands still, so that pauses do not count
        self.epochs: list[int] = []
        self.epoch_steps: list[int] = []
        self.train: dict[str, list[float]] = {}
        self.val: dict[str, list[float]] = {}
        self.gradient_norms: dict[str, list[float]] = {}
        self.memory_bytes: list[int] = []
        self.best_epochs: list[int] = []
        self.notes: list[RunNote] = []
        self.marks: list[RunMark] = []
        self.weights: WeightsSeen | None = None
        """How weights were spread when that was told last."""
        self.weights_seen: list[WeightsSeen] = []
        self.activations_seen: list[ActivationsSeen] = []
        self.layers: list[LayersSeen] = []
        self.pinned: SamplesPinned | None = None
        self.answers: list[AnswersSeen] = []
        self.confusions: dict[str, list[ConfusionSeen]] = {}
        """By output field, one an epoch."""
        self.views: dict[str, list[ViewSeen]] = {}
        """By the key of the live view."""
        self.settings: dict[str, float] = {}
        """Live settings as they were changed last: `learning_rate` (of all players), `PLAYER.learning_rate`,
        `clip_norm`."""
        self.failure: RunFailed | None = None
        self.waiting = ""
        """Why the run waits for room on the disk; empty while it does not."""
        self.samples_per_s = 0.0
        self.epochs_planned = 0
        self.steps_per_epoch = 0
        self.started: RunStarted | None = None
        self.prepared: RunPrepared | None = None
        self.version = 0
        """Rises with every event taken in, so that a chart knows whether it is up to date."""

    def column(self, name: str) -> Column:
        """A curve's points; empty ones to be filled where nothing was told yet."""
        found = self._columns.get(name)
        if found is None:
            from gui.charts.growing import Growing  # numpy comes with the first run, not before the window shows

            found = self._columns[name] = Column(Growing(), Growing())
        return found

    def told(self, name: str) -> bool:
        """Whether a column has points."""
        found = self._columns.get(name)
        return found is not None and len(found.y) > 0

    def names(self, prefix: str) -> list[str]:
        """Columns with points whose names begin so, in the order in which they were told first."""
        return [name for name, column in self._columns.items() if name.startswith(prefix) and len(column.y)]

    @property
    def steps(self) -> "NDArray[np.float64]":
        """Numbers of the steps whose loss is known, from 1; for reading only."""
        return self.column("loss").x.view()

    @property
    def step_loss(self) -> "NDArray[np.float64]":
        """Loss of each of `steps`."""
        return self.column("loss").y.view()

    @property
    def learning_rate(self) -> "NDArray[np.float64]":
        """Learning rate at the end of each report."""
        return self.column("rate").y.view()

    @property
    def elapsed_s(self) -> float:
        """Seconds of training so far, without pauses."""
        return self._elapsed_s

    @property
    def step(self) -> int:
        """The last step that is known."""
        column = self._columns.get("rate")
        last = int(column.x.view()[-1]) if column is not None and len(column.x) else 0
        return max(last, self.epoch_steps[-1] if self.epoch_steps else 0)

    @property
    def steps_planned(self) -> int:
        """All steps of the run, 0 while unknown."""
        return steps_planned(self._phases) if self.epochs_planned else 0

    @property
    def _phases(self) -> list[PhaseAhead]:
        return phases_ahead(self.prepared, self.epochs_planned) if self.prepared is not None else []

    def fraction_done(self) -> float:
        """0 to 1."""
        return min(1.0, self.step / self.steps_planned) if self.steps_planned else 0.0

    def left_s(self) -> float | None:
        """Seconds left at the present speed; None while unknown."""
        if not self.samples_per_s or self.prepared is None or not self.steps_planned:
            return None
        return samples_left(self._phases, self.step) / self.samples_per_s

    def player_name(self, number: int) -> str:
        """What the N-th player is called, from 1; all of its names where phases call it differently."""
        phases = self.prepared.players if self.prepared is not None else []
        names = dict.fromkeys(players[number - 1] for players in phases if len(players) >= number)
        return ", ".join(name for name in names if name) or f"player {number}"

    def loss_titles(self) -> dict[str, str]:
        """What the losses of the network are called, by id; those that are not told are missing."""
        return self.prepared.titles_of_losses() if self.prepared is not None else {}

    @property
    def samples_per_step(self) -> int:
        """What a step of the present phase looks at; 0 while unknown."""
        phases = self._phases
        return phase_at(phases, self.step).samples_per_step if phases else 0

    def scale(self, axis: XAxis) -> "XScale | None":
        """What translates steps into the axis; None for steps themselves. The object stays the same as it grows."""
        if axis == "step":
            return None
        from gui.charts.x_scale import XScale

        version, scale = self._scales.get(axis, (-1, None))
        if scale is None:
            scale = XScale()
        if version != self.version:
            if axis == "epoch":
                slope = 1 / self.steps_per_epoch if self.steps_per_epoch else 1.0
                scale.set_knots([0, *self.epoch_steps], [0, *self.epochs], slope)
            else:
                self._set_time(scale)
            self._scales[axis] = (self.version, scale)
        return scale

    def end(self, axis: XAxis) -> float | None:
        """Where the planned end of the run lies on an axis; None while unknown."""
        if not self.epochs_planned:
            return None
        if axis == "epoch":
            return float(self.epochs_planned)
        return float(self.steps_planned) if axis == "step" and self.steps_planned else None

    def _set_time(self, scale: "XScale") -> None:
        at = self.column("time")
        every = max(1, len(at.x) // _KNOTS)
        steps, minutes = at.x.view(), at.y.view() / 60
        if not len(steps):
            scale.set_knots([0], [0], 1.0)
            return
        slope = minutes[-1] / steps[-1] if steps[-1] > 0 and minutes[-1] > 0 else 1.0
        scale.set_knots(
            [0, *steps[:-1:every].tolist(), steps[-1]], [0, *minutes[:-1:every].tolist(), minutes[-1]], slope
        )

    # Growing.

    def feed(self, event: AnyRunEvent) -> None:
        """Take in one event."""
        self.version += 1
        self._pass_time(event)
        match event:
            case StepsReported():
                self._feed_steps(event)
            case EpochFinished():
                self._feed_epoch(event)
            case RunStarted():
                self._cores = event.machine.cores or 1
                self.started, self.epochs_planned = event, event.epochs
            case RunPrepared():
                self.prepared, self.steps_per_epoch = event, event.steps_per_epoch
            case RunResumed():
                self._cut(event.epoch, event.step)
                self.epochs_planned = event.epochs or self.epochs_planned
                self.failure = None
                if event.step:
                    self.marks.append(RunMark(step=event.step, text="resumed"))
            case WeightsSeen():
                self.weights = event
                self.weights_seen.append(event)
            case ActivationsSeen():
                self.activations_seen.append(event)
            case LayersSeen():
                self.layers.append(event)
                self._feed_ratios(event)
            case SamplesPinned():
                self.pinned = event
            case AnswersSeen():
                self.answers.append(event)
            case ConfusionSeen():
                self.confusions.setdefault(event.field, []).append(event)
            case ViewSeen():
                self.views.setdefault(event.view, []).append(event)
            case MachineSeen():
                self._feed_machine(event)
            case RunNote():
                self.notes.append(event)
                if event.warning:
                    self.marks.append(note_mark(event, self._step_of(event)))
            case SettingsChanged():
                self._feed_settings(event)
            case RunWaiting():
                self.waiting = event.reason
            case RunContinued():
                self.waiting = ""
            case BatchChanged():
                self.marks.append(batch_mark(event))
            case RunFinished() | RunStopped():
                self.samples_per_s, self.waiting = event.samples_per_s, ""
            case RunFailed():
                self.failure = event
                if event.step:
                    self.marks.append(RunMark(step=event.step, text="failed", warns=True))

    def _pass_time(self, event: AnyRunEvent) -> None:
        stands = isinstance(event, RunPaused | RunWaiting | RunFinished | RunStopped | RunFailed)
        begins = isinstance(event, RunStarted | RunResumed | RunContinued | RunPrepared)
        if self._last_time and event.time and not begins:
            self._elapsed_s += max(0.0, event.time - self._last_time)
        if event.time:
            self._last_time = 0.0 if stands else event.time

    def _feed_steps(self, event: StepsReported) -> None:
        import numpy as np

        count = len(event.loss)
        if not count:
            return
        stride = max(1, event.stride)
        last = event.first_step + count * stride - 1
        loss = self.column("loss")
        loss.x.extend(np.arange(event.first_step, event.first_step + count * stride, stride, dtype=np.float64))
        loss.y.extend(event.loss)
        if event.low and len(event.low) == len(event.high) == count:
            edges = self.column("edges")
            edges.x.extend(event.first_step + np.arange(2 * count) * (stride / 2))
            edges.y.extend(np.array([event.low, event.high]).T.ravel())
        self.samples_per_s = event.samples_per_s
        if not event.time and event.samples_per_s > 0:  # a log that does not tell the time
            self._elapsed_s += count * stride * self.samples_per_step / event.samples_per_s
        self._add("rate", last, event.learning_rate)
        for number, rate in enumerate(event.rates[1:], start=2):
            self._add(f"rate.{number}", last, rate)
        for loss_id, value in event.parts.items():
            self._add(f"part.{loss_id}", last, value)
        for name in self.names("part.") if event.parts else ():
            if name.removeprefix("part.") not in event.parts and np.isfinite(self.column(name).y.view()[-1]):
                self._add(name, last, float("nan"))  # a phase that does not compute it leaves a gap
        self._add("speed", last, event.samples_per_s)
        self._add("time", last, self._elapsed_s)

    def _feed_epoch(self, event: EpochFinished) -> None:
        before = len(self.epochs)
        self.epochs.append(event.epoch)
        self.epoch_steps.append(event.step)
        self.memory_bytes.append(event.memory_bytes)
        self.samples_per_s = event.samples_per_s
        if event.memory_bytes:
            self._add("epoch_memory", event.step, event.memory_bytes / _BYTES)
        if event.best:
            self.best_epochs.append(event.epoch)
        for table, told, prefix in (
            (self.train, event.train, "train."),
            (self.val, event.val, "val."),
            (self.gradient_norms, event.gradient_norms, ""),
        ):
            for name, value in told.items():
                table.setdefault(name, [float("nan")] * before).append(value)
            for name, values in table.items():
                if len(values) == before:
                    values.append(float("nan"))
                if prefix:
                    self._add(f"{prefix}{name}", event.step, values[-1])

    def _feed_machine(self, event: MachineSeen) -> None:
        for name, value in (
            ("cpu", event.cpu_percent),
            ("run_cpu", event.run_percent / self._cores),
            ("memory", event.memory_bytes / _BYTES),
            ("free", event.free_bytes / _BYTES),
            ("gpu", event.gpu_percent),
            ("gpu_memory", event.gpu_memory_bytes / _BYTES if event.gpu_memory_bytes is not None else None),
            ("gpu_free", event.gpu_free_bytes / _BYTES if event.gpu_free_bytes is not None else None),
        ):
            if value is not None:
                self._add(name, event.step, value)

    def _feed_settings(self, event: SettingsChanged) -> None:
        self.marks.append(settings_mark(event))
        if event.learning_rate is not None:
            self.settings[f"{event.player}.learning_rate" if event.player else "learning_rate"] = event.learning_rate
        if event.clip_norm is not None:
            self.settings["clip_norm"] = event.clip_norm

    def _feed_ratios(self, event: LayersSeen) -> None:
        ratios = sorted(event.update_ratios.values())
        if ratios:
            middle = len(ratios) // 2
            median = ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2
            for name, value in (("median", median), ("low", ratios[0]), ("high", ratios[-1])):
                self._add(f"ratio.{name}", event.step, value)

    def _add(self, name: str, step: float, value: float) -> None:
        column = self.column(name)
        column.x.extend([step])
        column.y.extend([value])

    def _step_of(self, note: RunNote) -> int:
        if note.step:
            return note.step
        return next(
            (step for number, step in zip(self.epochs, self.epoch_steps, strict=True) if number == note.epoch), 0
        )

    def _cut(self, epoch: int, step: int) -> None:
        """Forget what came after a checkpoint: a resumed run does it again."""
        for column in self._columns.values():
            size = int(column.x.view().searchsorted(step, side="right"))
            column.x.cut(size)
            column.y.cut(size)
        kept = sum(number <= epoch for number in self.epochs)
        for epochs in (self.epochs, self.epoch_steps, self.memory_bytes):
            del epochs[kept:]
        for table in (self.train, self.val, self.gradient_norms):
            for values in table.values():
                del values[kept:]
        self.best_epochs = [number for number in self.best_epochs if number <= epoch]
        self.marks = [mark for mark in self.marks if mark.step <= step]
        self.weights_seen = [seen for seen in self.weights_seen if seen.step <= step]
        self.activations_seen = [seen for seen in self.activations_seen if seen.step <= step]
        self.layers = [seen for seen in self.layers if seen.step <= step]
        self.answers = [seen for seen in self.answers if seen.step <= step]
        for seen_confusions in self.confusions.values():
            seen_confusions[:] = [seen for seen in seen_confusions if seen.step <= step]
        for seen_views in self.views.values():
            seen_views[:] = [seen for seen in seen_views if seen.step <= step and (seen.step < step or seen.fixed)]
        times = self._columns.get("time")
        self._elapsed_s = float(times.y.view()[-1]) if times is not None and len(times.y) else 0.0
