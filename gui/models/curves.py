"""What a chart draws of one run, grown event by event."""

from typing import TYPE_CHECKING, Any, Final

from engine.protocol.run_events import (
    AnyRunEvent,
    EpochFinished,
    RunFinished,
    RunNote,
    RunPrepared,
    RunResumed,
    RunStarted,
    StepsReported,
    WeightsSeen,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIRST_ROOM: Final = 1024


class _Growing:
    """An array that grows at its end; views given out before stay valid."""

    def __init__(self, dtype: str) -> None:
        import numpy as np  # with the first run, not before the window shows

        self._empty = np.empty
        self._room: NDArray[Any] = np.empty(_FIRST_ROOM, dtype)
        self._size = 0

    def extend(self, values: Any) -> None:
        count = len(values)
        if self._size + count > len(self._room):
            room = self._empty(max(2 * len(self._room), self._size + count), self._room.dtype)
            room[: self._size] = self._room[: self._size]
            self._room = room
        self._room[self._size : self._size + count] = values
        self._size += count

    def cut(self, size: int) -> None:
        if size < self._size:
            self._room = self._room.copy()  # what was given out keeps its values
            self._size = size

    def view(self) -> "NDArray[Any]":
        seen = self._room[: self._size]
        seen.flags.writeable = False
        return seen


class RunCurves:
    """`train`, `val` and `gradient_norms` hold one entry an epoch of `epochs` (NaN where a name was not told)."""

    def __init__(self) -> None:
        self._steps = _Growing("int64")
        self._step_loss = _Growing("float64")
        self._learning_rate = _Growing("float64")
        self.epochs: list[int] = []
        self.epoch_steps: list[int] = []
        self.train: dict[str, list[float]] = {}
        self.val: dict[str, list[float]] = {}
        self.gradient_norms: dict[str, list[float]] = {}
        self.memory_bytes: list[int] = []
        self.best_epochs: list[int] = []
        self.notes: list[RunNote] = []
        self.weights: WeightsSeen | None = None
        """How weights were spread when that was told last."""
        self.samples_per_s = 0.0
        self.epochs_planned = 0
        self.steps_per_epoch = 0
        self.prepared: RunPrepared | None = None
        self.version = 0
        """Rises with every event taken in, so that a chart knows whether it is up to date."""

    @property
    def steps(self) -> "NDArray[np.int64]":
        """Numbers of the steps whose loss is known, from 1; for reading only."""
        return self._steps.view()

    @property
    def step_loss(self) -> "NDArray[np.float64]":
        """Loss of each of `steps`."""
        return self._step_loss.view()

    @property
    def learning_rate(self) -> "NDArray[np.float64]":
        """Learning rate at each of `steps`: as told once a report, and on the straight line between two reports."""
        return self._learning_rate.view()

    @property
    def step(self) -> int:
        """The last step that is known."""
        steps = self._steps.view()
        last = int(steps[-1]) if len(steps) else 0
        return max(last, self.epoch_steps[-1] if self.epoch_steps else 0)

    @property
    def steps_planned(self) -> int:
        """All steps of the run, 0 while unknown."""
        return self.steps_per_epoch * self.epochs_planned

    def fraction_done(self) -> float:
        """0 to 1."""
        return min(1.0, self.step / self.steps_planned) if self.steps_planned else 0.0

    def left_s(self) -> float | None:
        """Seconds left at the present speed; None while unknown."""
        if not self.samples_per_s or self.prepared is None or not self.steps_planned:
            return None
        return max(0, self.steps_planned - self.step) * self.prepared.batch_size / self.samples_per_s

    def feed(self, event: AnyRunEvent) -> None:
        """Take in one event."""
        self.version += 1
        match event:
            case StepsReported():
                count = len(event.loss)
                self._steps.extend(range(event.first_step, event.first_step + count))
                self._step_loss.extend(event.loss)
                self._learning_rate.extend(self._rates(event.learning_rate, count))
                self.samples_per_s = event.samples_per_s
            case EpochFinished():
                self._feed_epoch(event)
            case RunStarted():
                self.epochs_planned = event.epochs
            case RunPrepared():
                self.prepared, self.steps_per_epoch = event, event.steps_per_epoch
            case RunResumed():
                self._cut(event.epoch, event.step)
            case WeightsSeen():
                self.weights = event
            case RunNote():
                self.notes.append(event)
            case RunFinished():
                self.samples_per_s = event.samples_per_s

    def _rates(self, told: float, count: int) -> list[float]:
        before = self._learning_rate.view()
        last = float(before[-1]) if len(before) else told
        return [last + (told - last) * (number + 1) / count for number in range(count)]

    def _feed_epoch(self, event: EpochFinished) -> None:
        before = len(self.epochs)
        self.epochs.append(event.epoch)
        self.epoch_steps.append(event.step)
        self.memory_bytes.append(event.memory_bytes)
        self.samples_per_s = event.samples_per_s
        if event.best:
            self.best_epochs.append(event.epoch)
        for table, told in (
            (self.train, event.train),
            (self.val, event.val),
            (self.gradient_norms, event.gradient_norms),
        ):
            for name, value in told.items():
                table.setdefault(name, [float("nan")] * before).append(value)
            for column in table.values():
                if len(column) == before:
                    column.append(float("nan"))

    def _cut(self, epoch: int, step: int) -> None:
        """Forget what came after a checkpoint: a resumed run does it again."""
        size = int(self._steps.view().searchsorted(step, side="right"))
        for growing in (self._steps, self._step_loss, self._learning_rate):
            growing.cut(size)
        kept = sum(number <= epoch for number in self.epochs)
        for column in (self.epochs, self.epoch_steps, self.memory_bytes):
            del column[kept:]
        for table in (self.train, self.val, self.gradient_norms):
            for values in table.values():
                del values[kept:]
        self.best_epochs = [number for number in self.best_epochs if number <= epoch]
