"""First weights that are looked up in the data: the rows of a weight are put among what comes into its node."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.catalog import registry
from engine.catalog.initializers import FromData
from engine.compiler.generated import module_names
from engine.compiler.module import hookable_twin
from engine.document.data_spec import Step
from engine.document.graph import Node
from engine.errors import AttributeOutOfRange, TrainingError
from engine.training.feed import batch_bounds, keyed_seed
from engine.training.task import Task

_AT_ONCE: Final = 512
_DISTANCES: Final = 1 << 22
"""Distances that are held in memory at a time."""


def k_means(rows: Tensor, count: int, generator: torch.Generator, *, iterations: int) -> Tensor:
    """(count, F): the middles of groups of rows (N, F). Lloyd 1982, begun as by Arthur and Vassilvitskii 2007."""
    middles = _spread_out(rows, count, generator)
    for _ in range(iterations):
        nearest, apart = _nearest(rows, middles)
        sizes = torch.bincount(nearest, minlength=count).to(rows.dtype)
        sums = torch.zeros_like(middles).index_add_(0, nearest, rows)
        moved = torch.where(sizes[:, None] > 0, sums / sizes.clamp(min=1)[:, None], middles)
        empty = (sizes == 0).nonzero().flatten()
        if len(empty):  # what stands for nothing goes where the fit is worst
            moved[empty] = rows[apart.topk(min(len(empty), len(rows))).indices.repeat(len(empty))[: len(empty)]]
        if torch.equal(moved, middles):
            break
        middles = moved
    return middles


def drawn_samples(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count, F): some of the rows (N, F), each once as long as there are enough."""
    order = torch.cat([torch.randperm(len(rows), generator=generator) for _ in range(-(-count // len(rows)))])
    return rows[order[:count]].clone()


def _spread_out(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Rows far from each other: each is drawn by the square of its distance to those drawn before."""
    first = int(torch.randint(len(rows), (1,), generator=generator))
    chosen = [first]
    apart = (rows - rows[first]).square().sum(1)
    while len(chosen) < count:
        weights = apart if float(apart.sum()) > 0 else torch.ones_like(apart)
        chosen.append(int(torch.multinomial(weights, 1, generator=generator)))
        apart = torch.minimum(apart, (rows - rows[chosen[-1]]).square().sum(1))
    return rows[chosen].clone()


def _nearest(rows: Tensor, middles: Tensor) -> tuple[Tensor, Tensor]:
    """For each row the number of the nearest middle, and the square of its distance."""
    sizes, found = middles.square().sum(1), []
    at_once = max(1, _DISTANCES // len(middles))
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        distances = sizes - 2 * part @ middles.T
        found.append((distances.min(1).indices, distances.amin(1) + part.square().sum(1)))
    return torch.cat([nearest for nearest, _ in found]), torch.cat([apart for _, apart in found])


PLACERS: dict[str, Callable[..., Tensor]] = {
    f"engine.training.placing.{function.__name__}": function for function in (k_means, drawn_samples)
}
"""The function behind each initializer that looks at the data."""


def begin_with_data(task: Task) -> tuple[list[str], list[str]]:
    """Fill the weights whose nodes want them from the data; what was done, and what was not, in words.

    Nodes come in the order in which they compute, so that each sees what the ones before it begin with. Only the train
    split is looked at. Raises TrainingError when an initializer's settings make no sense.
    """
    done: list[str] = []
    warnings: list[str] = []
    for node, initializer in _wanted(task):
        rows = _rows_into(task, node, initializer.samples)
        parameter = _points_of(task, node)
        if rows is None or parameter is None or parameter.shape[1:] != rows.shape[1:]:
            what = "no weight whose rows are like what comes in" if rows is not None else "nothing that comes in"
            warnings.append(f"{node.title or node.id} could not begin with {initializer.label()}: it has {what}.")
            continue
        generator = torch.Generator().manual_seed(keyed_seed(task.project.recipe.seed, "placing", node.id))
        placed = PLACERS[initializer.target](rows, len(parameter), generator, **initializer.settings())
        module = task.network.get_submodule(_module_name(task, node))
        with torch.no_grad():
            parameter.copy_(placed)
            settle = getattr(module, "placed", None)
            if settle is not None:
                settle()
        done.append(f"{node.title or node.id} began with {initializer.label()} ({len(rows):,} rows).")
    return done, warnings


def _wanted(task: Task) -> Iterator[tuple[Node, FromData]]:
    graph = task.project.graph
    for node_id in graph.topological()[0]:
        node = graph.node(node_id)
        if node.weight_init is None or node.shares or node.weights:
            continue
        try:
            found = registry.initializer(Step(type=node.weight_init.type, attributes=node.weight_init.attributes))
        except AttributeOutOfRange as error:
            raise TrainingError(
                error.message, where=node.id, expected=error.expected, found=error.found, hint=error.hint
            ) from None
        if isinstance(found, FromData):
            yield node, found


def _module_name(task: Task, node: Node) -> str:
    return module_names(task.project.graph.nodes)[node.id]


def _points_of(task: Task, node: Node) -> nn.Parameter | None:
    """The parameter whose rows are points among what comes in."""
    module = dict(task.network.named_children()).get(_module_name(task, node))
    name = registry.layer(node).points or "weight"
    found = module._parameters.get(name) if module is not None else None
    return found if found is not None and found.dim() == 2 else None


def _rows_into(task: Task, node: Node, most: int) -> Tensor | None:
    """(N, F) on the CPU: what comes into a node from some samples of the train split, its features last."""
    seen: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        if inputs and isinstance(inputs[0], Tensor):
            seen.append(_by_row(inputs[0].detach().float().cpu(), node))

    network = hookable_twin(task.network, task.project)
    module = network.get_submodule(_module_name(task, node))
    hook = module.register_forward_pre_hook(keep)
    count = min(most, task.train.samples)
    generator = torch.Generator().manual_seed(keyed_seed(task.project.recipe.seed, "looked at"))
    order = torch.randperm(task.train.samples, generator=generator)[:count]
    training = task.network.training
    task.network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng():
            for batch in task.train.batches(batch_bounds(count, _AT_ONCE, join_single=False), order):
                network.training_forward(*batch[: task.input_count])
    finally:
        hook.remove()
        task.network.train(training)
    if not seen or seen[0].dim() != 2:
        return None
    rows = torch.cat(seen)
    return rows[:most] if len(rows) <= most else rows[torch.randperm(len(rows), generator=generator)[:most]]


def _by_row(x: Tensor, node: Node) -> Tensor:
    """The vectors that a node takes, one a row."""
    axis = getattr(registry.layer(node), "dim", -1) if x.dim() > 2 else -1
    return x.movedim(axis, -1).reshape(-1, x.shape[axis]) if x.dim() > 1 else x
