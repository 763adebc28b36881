"""What a run says of itself, one JSON line each in runs/NNNN/events.jsonl, and what may be asked of it while it runs.

A run's log begins with RunStarted and ends in exactly one of RunFinished, RunStopped, RunFailed; a resumed run appends
RunResumed and goes on. Steps are reported in batches a few times a second.
"""

from typing import Union

import msgspec


class RunEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=True, omit_defaults=True):
    """Base; `time` is seconds since 1970."""

    time: float = 0.0


class RunStarted(RunEvent, frozen=True, kw_only=True):
    """The process is alive and reads data."""

    run: int
    name: str
    pid: int
    epochs: int
    seed: int
    torch: str = ""


class RunPrepared(RunEvent, frozen=True, kw_only=True):
    """Data and network are ready; steps begin."""

    device: str
    precision: str
    samples: int
    val_samples: int
    steps_per_epoch: int
    batch_size: int
    parameters: int
    outputs: list[str] = []


class RunResumed(RunEvent, frozen=True, kw_only=True):
    """A run goes on from a checkpoint, in a new process; log lines after that step are superseded."""

    pid: int
    epoch: int
    step: int


class StepsReported(RunEvent, frozen=True, kw_only=True):
    """Losses of the steps since the last report; `first_step` counts from 1 over the whole run."""

    first_step: int
    loss: list[float]
    learning_rate: float
    samples_per_s: float
    epoch: int


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


class RunNote(RunEvent, frozen=True, kw_only=True):
    """Something worth a line in the run's list of events: a decision, a warning, a pause."""

    text: str
    epoch: int = 0
    warning: bool = False


class RunPaused(RunEvent, frozen=True, kw_only=True):
    """Training waits; RunContinued follows."""

    step: int


class RunContinued(RunEvent, frozen=True, kw_only=True):
    """Training goes on after a pause."""

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
    """The run could not go on; `error` as in the command line."""

    error: dict[str, str]
    details: str = ""


AnyRunEvent = Union[
    RunStarted,
    RunPrepared,
    RunResumed,
    StepsReported,
    EpochFinished,
    WeightsSeen,
    RunNote,
    RunPaused,
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


AnyRunRequest = Union[StopRun, PauseRun, ContinueRun]
