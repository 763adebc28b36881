"""How a network is trained: phases, and in each the players that move."""

from enum import StrEnum
from typing import Annotated

import msgspec

from engine.document.data_spec import Part, Step

Count = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Strength = Annotated[float, msgspec.Meta(ge=0, le=100)]
Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Precision(StrEnum):
    """Number format of the forward and backward pass; `auto` takes the fastest one the device computes safely in.

    float16 is for graphics cards without bfloat16; its small numbers are kept by scaling the loss.
    """

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class Target(Part, frozen=True):
    """`node` is a slow copy of the node `of`: nobody trains it, it follows.

    It begins a phase as an exact copy; after each `every`-th turn of its player its weights go the share `tau` of the
    way to those of `of` (tau 1: they are copied, running statistics with them).
    """

    node: str
    of: str
    tau: Share = 0.005
    every: Count = 1


class Player(Part, frozen=True):
    """Losses, the nodes they train, and how. Empty `losses` means all with weight 1, empty `nodes` means all.

    `wrapper` is put around the optimizer. It has a turn at each `every`-th batch, in which it moves `steps` times, each
    time with a new forward pass (so with new noise) on that batch. A critic that is to see a new batch at each of its
    five moves has `every` 1 and the generator `every` 5. `targets` are nodes that follow what it trains.
    """

    name: str = "model"
    losses: dict[str, float] = {}  # noqa: RUF012 (msgspec makes a new one each time)
    nodes: tuple[str, ...] = ()
    optimizer: Step = Step(type="AdamW")
    wrapper: Step | None = None
    schedule: Step = Step(type="Constant")
    every: Count = 1
    steps: Count = 1
    targets: tuple[Target, ...] = ()


class Play(Part, frozen=True):
    """Act in the data's environment while training, and learn from a memory of what was lived through.

    `output` names the Output whose values choose the action, "" the one that answers it. The best action is taken or,
    by chance, any: the chance falls from `explore_from` to `explore_to` over the first `explore_over` moments.
    `environments` games go on side by side and take a step before each `every`-th batch. An epoch is `batches` batches
    drawn from the last `memory` moments; those of the train split are the first, and learning begins once there are
    `start_after`. After each epoch `episodes` games are played without chance and scored.
    """

    output: str = ""
    environments: Count = 8
    every: Count = 4
    batches: Count = 1000
    memory: Count = 50_000
    start_after: Count = 1000
    explore_from: Chance = 1.0
    explore_to: Chance = 0.05
    explore_over: Count = 10_000
    episodes: Count = 20


class Phase(Part, frozen=True):
    """A stretch of training with the same players.

    The gradients of `accumulate` batches are added up for one step. With `auto_batch` the run measures the largest
    batch that fits before it begins; `batch_size` is then what to try first, and what estimates go by. With `play` the
    batches come from an environment that the network acts in, and not from the train split alone. With `samples` it
    learns from so many samples of the train split alone; the seed decides which, and fewer are among more.
    """

    name: str = "train"
    epochs: Count = 10
    batch_size: Count = 64
    auto_batch: bool = False
    accumulate: Count = 1
    samples: Count | None = None
    players: tuple[Player, ...] = (Player(),)
    play: Play | None = None


class EarlyStop(Part, frozen=True):
    """Stop when `metric` of the validation split has not got better for `patience` epochs."""

    metric: str = "loss"
    patience: Count = 5


class Recipe(Part, frozen=True):
    """Everything about training. The ordinary case is one phase with one player.

    With an `average` of the weights that one answers: in validation, checkpoints and export. `weight_init` and
    `bias_init` say what parameters begin with, where a node does not say it itself.
    """

    phases: tuple[Phase, ...] = (Phase(),)
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 7
    device: str = "auto"
    precision: Precision = Precision.AUTO
    clip_norm: Annotated[float, msgspec.Meta(gt=0)] | None = None
    early_stop: EarlyStop | None = None
    average: Step | None = None
    weight_init: Step | None = None
    bias_init: Step | None = None
    class_weights: bool = False
    label_smoothing: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    mixup: Strength = 0.0
    cutmix: Strength = 0.0
    metrics: tuple[str, ...] = ()
