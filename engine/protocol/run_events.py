"""What a run says of itself, one JSON line each in runs/NNNN/events.jsonl, and what may be asked of it while it runs.

A run's log begins with RunStarted and ends in exactly one of RunFinished, RunStopped, RunFailed; a resumed run appends
RunResumed and goes on. Steps are reported in batches a few times a second, and the longer a run lasts the more of them
share a number and the rarer the pictures come, so that the log of ten million steps stays some ten megabytes small.
"""

from typing import Literal, Union

import msgspec


class RunEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=True, omit_defaults=True):
    """Base; `time` is seconds since 1970."""

    time: float = 0.0


class Machine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run was trained on. `cores` are those of the processor, `memory_bytes` is the machine's."""

    system: str = ""
    processor: str = ""
    cores: int = 0
    memory_bytes: int = 0


class RunStarted(RunEvent, frozen=True, kw_only=True):
    """The process is alive and reads data. `versions` are those of netwright, python and torch."""

    run: int
    name: str
    pid: int
    epochs: int
    seed: int
    torch: str = ""
    versions: dict[str, str] = {}
    machine: Machine = Machine()


class PhaseAhead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A phase of a run: of how many `samples` of the train split it learns, and in what steps.

    One that `plays` learns from what it lives through instead.
    """

    name: str = ""
    epochs: int
    samples: int
    batch_size: int
    accumulate: int = 1
    steps_per_epoch: int
    plays: bool = False

    @property
    def samples_per_step(self) -> int:
        """What a step looks at."""
        return self.batch_size * self.accumulate

    def of_epochs(self, epochs: int) -> "PhaseAhead":
        """The phase with so many epochs."""
        return msgspec.structs.replace(self, epochs=epochs)


class RunPrepared(RunEvent, frozen=True, kw_only=True):
    """Data and network are ready; steps begin.

    A step looks at `batch_size` times `accumulate` samples; these and `steps_per_epoch` are those of the first of the
    `phases`. `samples` are all of the train split. `device_name` is the graphics card's. `losses` are the ids of the
    losses, in order, and `loss_titles` what they were called. `threads` are the compute threads of the processor.
    `players` are the names of the players of each phase, in order.
    """

    device: str
    precision: str
    samples: int
    val_samples: int
    steps_per_epoch: int
    batch_size: int
    parameters: int
    outputs: list[str] = []
    losses: list[str] = []
    accumulate: int = 1
    device_name: str = ""
    threads: int = 0
    players: list[list[str]] = []
    phases: list[PhaseAhead] = []
    loss_titles: list[str] = []

    def titles_of_losses(self) -> dict[str, str]:
        """What the losses are called, by id: the id where the log does not tell it."""
        return dict(zip(self.losses, self.loss_titles or self.losses, strict=False))


class RunResumed(RunEvent, frozen=True, kw_only=True):
    """A run goes on from a checkpoint, in a new process; log lines after that step are superseded.

    `epochs` is how many it is to have now, 0 when that has not changed.
    """

    pid: int
    epoch: int
    step: int
    epochs: int = 0


class StepsReported(RunEvent, frozen=True, kw_only=True):
    """Losses of the steps since the last report; `first_step` counts from 1 over the whole run.

    Each number of `loss` is the mean of `stride` steps (the last one of a run perhaps of fewer), `low` and `high` then
    are the smallest and largest among them. `learning_rate` is that of the first player, `rates` those of all by
    number where there are several. `parts` are the means of the network's losses since the last report, by id, where
    there are several.
    """

    first_step: int
    loss: list[float]
    learning_rate: float
    samples_per_s: float
    epoch: int
    stride: int = 1
    low: list[float] = []
    high: list[float] = []
    rates: list[float] = []
    parts: dict[str, float] = {}


class EpochFinished(RunEvent, frozen=True, kw_only=True):
    """An epoch is done, scored on the validation split and saved. `train` and `val` hold loss and metrics by name.

    Metric names of a network with several outputs are prefixed "field.". `gradient_norms` by node id.
    """

    epoch: int
    step: int
    train: dict[str, float]
    val: dict[str, float]
    seconds: float
    samples_per_s: float
    learning_rate: float
    best: bool = False
    gradient_norms: dict[str, float] = {}
    memory_bytes: int = 0


class WeightHistogram(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How the weights of a node are spread: `bars` are heights from 0 to 99 between `low` and `high`.

    `count` is how many weights there are; the rest is told of an even sample of them.
    """

    low: float
    high: float
    mean: float
    deviation: float
    count: int
    bars: list[int]


class WeightsSeen(RunEvent, frozen=True, kw_only=True):
    """The weights of the nodes that have some, by node id (as in the flat form), every few seconds."""

    step: int
    epoch: int
    nodes: dict[str, WeightHistogram]


class ActivationsSeen(RunEvent, frozen=True, kw_only=True):
    """What comes out of each node for the pinned validation samples, by node id, every so often."""

    step: int
    epoch: int
    nodes: dict[str, WeightHistogram]


class LayersSeen(RunEvent, frozen=True, kw_only=True):
    """How a step moved each node that was trained, by node id, every so often.

    `gradient_norms` are those before clipping; `update_ratios` the size of the step divided by that of the weights.
    """

    step: int
    epoch: int
    gradient_norms: dict[str, float]
    update_ratios: dict[str, float]


class SamplesPinned(RunEvent, frozen=True, kw_only=True):
    """The validation samples whose answers are told while training, as sample numbers of the data set.

    `truth` holds by output the class number or the number (in its own unit) that is right for each.
    """

    samples: list[int]
    truth: dict[str, list[float]] = {}


class PinnedAnswers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an output says of each pinned sample: its likeliest `classes`, best first, with their `scores`, or `values`
    in the field's own unit."""

    classes: list[list[int]] = []
    scores: list[list[float]] = []
    values: list[float] = []


class AnswersSeen(RunEvent, frozen=True, kw_only=True):
    """The present answers for the pinned samples, in their order, by output field."""

    step: int
    epoch: int
    outputs: dict[str, PinnedAnswers]


class ConfusionSeen(RunEvent, frozen=True, kw_only=True):
    """Which classes were taken for which on the validation split, for one output, at the end of an epoch.

    `cells` are triples, flat: true class, answered class, count; what is not named is 0.
    """

    epoch: int
    step: int
    field: str
    classes: int
    cells: list[int]

    def matrix(self) -> list[list[int]]:
        """`matrix[true][answered]`."""
        rows = [[0] * self.classes for _ in range(self.classes)]
        for place in range(0, len(self.cells) - 2, 3):
            true, answered, count = self.cells[place : place + 3]
            rows[true][answered] = count
        return rows


class ViewArray(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a live view: `data` are those of `shape` in C order, little endian, packed by zlib."""

    dtype: Literal["uint8", "int32", "float16", "float32"]
    shape: tuple[int, ...]
    data: bytes


class ViewSeen(RunEvent, frozen=True, kw_only=True):
    """What a live view saw: a few small arrays and facts, whose meaning is the view's own.

    `view` is its key, `node` the node it speaks of, where it speaks of one. What is `fixed` was told before the first
    step and holds for the whole run; all else of one step belongs together.
    """

    view: str
    step: int
    epoch: int
    fixed: bool = False
    node: str = ""
    arrays: dict[str, ViewArray] = {}
    facts: dict[str, float | str] = {}


class MachineSeen(RunEvent, frozen=True, kw_only=True):
    """Load and memory, every so often. `cpu_percent` is the whole machine's, `run_percent` that of the run's process in
    hundredths of a core; `memory_bytes` is the run's, `free_bytes` what the machine has left.

    Those of the graphics card are None where there is none; its percentage also where its driver does not tell.
    """

    step: int
    cpu_percent: float
    run_percent: float
    memory_bytes: int
    free_bytes: int
    gpu_percent: float | None = None
    gpu_memory_bytes: int | None = None
    gpu_free_bytes: int | None = None


class RunNote(RunEvent, frozen=True, kw_only=True):
    """Something worth a line in the run's list of events: a decision, a warning, a pause."""

    text: str
    epoch: int = 0
    warning: bool = False
    step: int = 0


class SettingsChanged(RunEvent, frozen=True, kw_only=True):
    """A setting has another value from the step after `step` on; a mark in the charts.

    `player` is empty for all players. `learning_rate` is what the schedule is multiplied to. `clip_norm` 0 is off.
    A resumed run tells it again when it comes by that step.
    """

    step: int
    epoch: int
    player: str = ""
    learning_rate: float | None = None
    clip_norm: float | None = None


class BatchChanged(RunEvent, frozen=True, kw_only=True):
    """From the step after `step` on, a step adds up the gradients of more, smaller batches, as memory ran out.

    `batch_size` is what is computed at once now; the samples of a step and what is learned stay the same, but for
    layers that look at the whole batch.
    """

    step: int
    epoch: int
    batch_size: int
    accumulate: int
    reason: str = ""


class RunPaused(RunEvent, frozen=True, kw_only=True):
    """Training waits; RunContinued follows. `checkpoint` holds the weights as they are, for trying them meanwhile."""

    step: int
    checkpoint: str = ""


class RunWaiting(RunEvent, frozen=True, kw_only=True):
    """The run's folder takes nothing more (`reason`); RunContinued follows by itself once there is room."""

    step: int
    reason: str


class RunContinued(RunEvent, frozen=True, kw_only=True):
    """Training goes on after a pause or a wait."""

    step: int


class RunFinished(RunEvent, frozen=True, kw_only=True):
    """All phases are done, or a stopping rule ended them (`reason`)."""

    epochs: int
    seconds: float
    samples_per_s: float
    best_epoch: int
    best: dict[str, float]
    reason: str = ""


class RunStopped(RunEvent, frozen=True, kw_only=True):
    """The user stopped the run; the last and best state are kept."""

    epochs: int
    seconds: float
    samples_per_s: float
    best_epoch: int
    best: dict[str, float]


class RunFailed(RunEvent, frozen=True, kw_only=True):
    """The run could not go on; `error` as in the command line.

    Where numbers were no longer finite: the node with the first of them, the step, the epoch and the batch within it
    (from 1), and the samples of that batch (rows of the train split, the first 64 at most). `checkpoint` is the last
    good state, from `checkpoint_epoch` epochs and `checkpoint_step` steps; it can be forked from.
    """

    error: dict[str, str]
    details: str = ""
    node: str = ""
    step: int = 0
    epoch: int = 0
    batch: int = 0
    samples: list[int] = []
    checkpoint: str = ""
    checkpoint_epoch: int = 0
    checkpoint_step: int = 0


AnyRunEvent = Union[
    RunStarted,
    RunPrepared,
    RunResumed,
    StepsReported,
    EpochFinished,
    WeightsSeen,
    ActivationsSeen,
    LayersSeen,
    SamplesPinned,
    AnswersSeen,
    ConfusionSeen,
    ViewSeen,
    MachineSeen,
    RunNote,
    SettingsChanged,
    BatchChanged,
    RunPaused,
    RunWaiting,
    RunContinued,
    RunFinished,
    RunStopped,
    RunFailed,
]

FINAL_EVENTS = (RunFinished, RunStopped, RunFailed)


class RunRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="request", tag=True):
    """Base of what the window asks of a run: one JSON line each in runs/NNNN/requests.jsonl, which the run polls."""


class StopRun(RunRequest, frozen=True, kw_only=True):
    """Stop after the current step and keep what was learned."""


class PauseRun(RunRequest, frozen=True, kw_only=True):
    """Wait after the current step."""


class ContinueRun(RunRequest, frozen=True, kw_only=True):
    """Go on after a pause."""


class StepOnce(RunRequest, frozen=True, kw_only=True):
    """Train one batch, then wait: a running run pauses first and takes its one step from there."""


class ChangeSettings(RunRequest, frozen=True, kw_only=True):
    """Go on with other settings from the next step on; None leaves one as it is.

    `player` names one of the present phase, empty means all. `learning_rate` is what the player's schedule is
    multiplied to. `clip_norm` 0 turns clipping off; it is the same for all players.
    """

    player: str = ""
    learning_rate: float | None = None
    clip_norm: float | None = None


AnyRunRequest = Union[StopRun, PauseRun, ContinueRun, StepOnce, ChangeSettings]
