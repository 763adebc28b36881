"""Requests about runs and what they are answered with; how a run goes is read from its log."""

from engine.protocol.messages.base import Event, Request


class StartTraining(Request, frozen=True, kw_only=True):
    """Start a run process on the project as saved, or put runs into the queue. -> TrainingStarted

    `resume` goes on with that run; with `epochs` its last phase has so many from then on, also when it had finished.
    `from_run` begins with the weights of its checkpoint `which` ("best" or "last"), on the project as that run had it
    when `as_it_was`. `settings` are changes for this run alone, PATH=VALUE as in `netwright train --set`. `seeds`
    starts so many runs that differ in their seed alone. `device` may name several ("cuda:0,1"), over which a queue
    spreads. Several runs always go through the queue; `queue` sends a single one there too.
    """

    project_dir: str
    name: str = ""
    device: str = ""
    epochs: int = 0
    resume: int = 0
    pictures: bool = True
    settings: list[str] = []
    from_run: int = 0
    which: str = "best"
    as_it_was: bool = False
    seeds: int = 1
    queue: bool = False
    notes: str = ""
    tags: list[str] = []


class EditRun(Request, frozen=True, kw_only=True):
    """Change what is written beside a run; None leaves it as it is. -> RunEdited"""

    project_dir: str
    run: int
    name: str | None = None
    notes: str | None = None
    tags: list[str] | None = None
    baseline: bool | None = None


class ArrangeQueue(Request, frozen=True, kw_only=True):
    """Change the queue and see that somebody works it off; without changes it only does the latter. -> QueueArranged

    `order`: these runs come first, in this order. `remove`: these are taken out and stay as runs that never started.
    `held` stops (True) starting further runs. `at_once` is how many may train on one device at the same time.
    """

    project_dir: str
    order: list[int] = []
    remove: list[int] = []
    held: bool | None = None
    at_once: int = 0


class FindLearningRate(Request, frozen=True, kw_only=True):
    """Train a fresh network for some steps with a rising learning rate. -> LearningRateFound, Progress before

    `phase` and `player` say whose (by place); the project is taken as saved, and nothing of it is changed.
    """

    project_dir: str
    phase: int = 0
    player: int = 0
    device: str = ""


class FindBatchSize(Request, frozen=True, kw_only=True):
    """Measure the largest batch of a phase that fits. -> BatchSizeFound, Progress before"""

    project_dir: str
    phase: int = 0
    device: str = ""


class TrainingStarted(Event, frozen=True, kw_only=True):
    """A run process is alive; everything else stands in the run folder's log.

    `queued`: it waits in the queue instead. `runs` are all that were made, `group` what they have in common where they
    differ in their seed alone.
    """

    run: int
    run_dir: str
    queued: bool = False
    runs: list[int] = []
    group: str = ""


class RunEdited(Event, frozen=True, kw_only=True):
    """It is written."""

    run: int


class QueueArranged(Event, frozen=True, kw_only=True):
    """The runs that wait, in order. `working`: somebody is there to start them."""

    runs: list[int]
    held: bool
    at_once: int
    working: bool


class LearningRateFound(Event, frozen=True, kw_only=True):
    """The curve of the range test: the loss (debiased running mean) at each learning rate, rising.

    `suggestion` is where the loss falls steepest on a logarithmic axis, `highest` the last rate before it rises again;
    both 0 when the curve says nothing, and `note` says why.
    """

    rates: list[float]
    losses: list[float]
    smooth: list[float]
    suggestion: float
    highest: float
    present: float
    note: str = ""


class BatchSizeFound(Event, frozen=True, kw_only=True):
    """The largest batch that was tried and fits, and what set the limit, in words."""

    batch_size: int
    reason: str
    memory_bytes: int
    free_bytes: int
