"""How a network is trained: phases, and in each the players that move."""

from enum import StrEnum
from typing import Annotated

import msgspec

from engine.document.data_spec import Part, Step

Count = Annotated[int, msgspec.Meta(ge=1)]


class Precision(StrEnum):
    """Number format of the forward and backward pass; `auto` measures a few steps and takes the fastest safe one."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Player(Part, frozen=True):
    """Losses, the nodes they train, and how. Empty `losses` means all with weight 1; empty `nodes` means all.

    `wrapper` is put around the optimizer.
    """

    name: str = "model"
    losses: dict[str, float] = {}  # noqa: RUF012 (msgspec makes a new one each time)
    nodes: tuple[str, ...] = ()
    optimizer: Step = Step(type="AdamW")
    wrapper: Step | None = None
    schedule: Step = Step(type="Constant")
    every: Count = 1


class Phase(Part, frozen=True):
    """A stretch of training with the same players."""

    name: str = "train"
    epochs: Count = 10
    batch_size: Count = 64
    players: tuple[Player, ...] = (Player(),)


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
    metrics: tuple[str, ...] = ()
