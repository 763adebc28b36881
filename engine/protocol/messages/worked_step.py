"""The request that works one step of training out in numbers, and what it is answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class WorkStep(Request, frozen=True, kw_only=True):
    """Work out one step of training, with every number that it takes; nothing is changed on disk. -> StepWorked

    The network begins as training would, or with the weights of `run` ("3", "best", "last"; "" none). `step` counts
    from 1: those before it are taken as training takes them. Each takes `rows` samples, in the order of training; or
    those of `samples`, numbers in the data, all of the train split. `phase` and `player` are places in the recipe.
    """

    project_dir: str
    step: int = 1
    rows: int = 1
    samples: list[int] = []
    run: str = ""
    phase: int = 0
    player: int = 0


class UnitWorked(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a node: how it is made of what comes in, and how its gradient is made of those behind it.

    `name` is a class, a column, or a place such as "[3]"; `forward` and `backward` are sums written out in numbers,
    empty where there is nothing to write.
    """

    name: str
    value: float
    gradient: float | None = None
    forward: str = ""
    backward: str = ""


class WeightWorked(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a parameter before and after the optimizer's step; `from_units` is its gradient written out."""

    name: str
    before: float
    gradient: float
    after: float
    from_units: str = ""
    step: str = ""


class NodeWorked(msgspec.Struct, frozen=True, kw_only=True):
    """One tensor of the drawing, of the first of the samples.

    `node` is an id in the flat form, `port` the output it stands at ("" for a loss, whose value it is). `shape` is
    without the batch. `values` and `gradients` are the first of `count`; `gradients` are empty where none flows back.
    `sources` are places of the nodes that it is made of. `formula` is the layer's own, in letters. Of many units and
    weights those are given that learn most. `weights` are empty where nothing is learned, or by another player;
    `weight_count` tells of all there are.
    """

    node: str
    port: str
    title: str
    type: str
    family: str
    shape: list[int]
    count: int
    values: list[float]
    gradients: list[float] = []
    sources: list[int] = []
    formula: str = ""
    units: list[UnitWorked] = []
    weights: list[WeightWorked] = []
    weight_count: int = 0
    note: str = ""


class StepWorked(Event, frozen=True, kw_only=True):
    """`nodes` in the order in which they are computed, losses last; the way back is the other way round.

    `loss` is what the player makes smaller, `loss_after` the same for the same samples after the step. `samples` are
    numbers in the data. `refusal` says in a sentence why nothing could be worked out; then there are no nodes.
    """

    step: int
    epoch: int = 1
    samples: list[int] = []
    nodes: list[NodeWorked] = []
    loss: float = 0.0
    loss_after: float = 0.0
    optimizer: str = ""
    optimizer_formula: str = ""
    learning_rate: float = 0.0
    players: list[str] = []
    weights_from: str = ""
    notes: list[str] = []
    refusal: str = ""
