"""A pass forwards and backwards recorded once as kernels and played again without modules and without autograd.

For a small network most of a step is overhead: calling modules, writing down what backward will need, walking it. A
recording leaves the kernels, in the same order on the same tensors, so losses, gradients and random numbers are equal
to the last bit; that is tried on the first batch, and a recording that differs is not used. Recording costs some tenths
of a second and more for large networks, so it is made when a run is long enough to gain from it.
"""

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import torch
import torch.fx
from torch import Tensor, nn
from torch._ops import OpOverload

from engine.catalog.layers.own_code import PyTorch
from engine.compiler.generated import functions
from engine.compiler.module import TrainingPass
from engine.training.needed import Needed
from engine.training.player import Player
from engine.training.task import Task

_WATCH_S: Final = 1.0
_WATCH_STEPS: Final = 2000
"""The first steps, by which it is decided."""

_LONGEST_STEP_S: Final = 0.02
_SHORT_STEP_S: Final = 0.001
_GAIN, _SHORT_GAIN = 0.2, 0.6
"""What part of a step is saved at least: of an MLP or a small CNN 0.2, where a step is short and most of it overhead
0.7."""

_TRACER: Final = "torch.fx.experimental.proxy_tensor"
_IMPORT_S: Final = 1.5
_MODULE_S: Final = 0.03
"""What recording costs at most."""

MOST_KERNELS: Final = 600
"""Beyond, Python's part of a step is small beside that of the kernels, and recording takes long."""

_VIEWS: Final = frozenset(("t", "transpose", "permute", "view", "expand", "unsqueeze", "squeeze", "alias", "detach"))
_SAME: Final = frozenset(("detach", "alias"))
_LIKE: Final = frozenset(("ones_like", "zeros_like"))
_OF_SHAPE: Final = frozenset(("ones", "zeros", "full", "scalar_tensor", "arange"))


class Played(NamedTuple):
    """What a pass leaves behind: answers and losses by place, what was made smaller, and a gradient (or None) for each
    parameter of the player."""

    predictions: tuple[Tensor, ...]
    losses: tuple[Tensor, ...]
    total: Tensor
    gradients: tuple[Tensor | None, ...]


class Recording:
    """A pass for batches of one shape. `seconds` is what making it took."""

    def __init__(
        self,
        play: Callable[..., tuple[Any, ...]],
        counts: tuple[int, int],
        shapes: tuple[tuple[torch.Size, torch.dtype], ...],
        watched: Sequence[Tensor],
        seconds: float,
    ) -> None:
        self._play = play
        self._predictions, self._losses = counts
        self.shapes = shapes
        self._watched = list(watched)
        self._places = [tensor.data_ptr() for tensor in self._watched]
        self.seconds = seconds

    def fits(self, inputs: Sequence[Tensor]) -> bool:
        """Whether a batch has the shape that was recorded."""
        return all(
            tensor.shape == shape and tensor.dtype is dtype
            for tensor, (shape, dtype) in zip(inputs, self.shapes, strict=True)
        )

    def holds(self) -> bool:
        """Whether weights still lie where they lay: views of them are part of the recording."""
        return [tensor.data_ptr() for tensor in self._watched] == self._places

    def play(self, inputs: Sequence[Tensor]) -> Played:
        """The pass for a batch that fits."""
        with torch.no_grad():
            found = self._play(*inputs)
        first, second = self._predictions, self._predictions + self._losses
        return Played(found[:first], found[first:second], found[second], found[second + 1 :])


class Recorder:
    """Decides when a recording of a phase's steps is worth making, and has it ready.

    `steps` are those that the phase still has; 0 never records. Until then, and for batches of another shape, steps
    are taken as they were. On the processor and in float32 alone: elsewhere other things cost more.
    """

    def __init__(self, task: Task, needed: Needed, steps: int) -> None:
        self._task = task
        self._needed = needed
        self._left = steps if _allowed(task) else 0
        self._seconds = 0.0
        self._taken = 0
        self._found: dict[int, Recording | None] = {}
        self._watching = self._left > 0

    def ready(self, number: int, inputs: Sequence[Tensor]) -> Recording | None:
        """The recording of the pass of player `number` for a batch, where there is one that fits."""
        found = self._found.get(number)
        return found if found is not None and found.fits(inputs) else None

    @property
    def watching(self) -> bool:
        """Whether steps are timed, to find out whether recording is worth it."""
        return self._watching

    def took(self, seconds: float, players: Sequence[Player], inputs: Sequence[Tensor]) -> None:
        """A step took so long. After some of them the decision is made, once for the phase."""
        self._taken += 1
        self._left -= 1
        self._seconds += seconds
        if self._seconds < _WATCH_S and self._taken < _WATCH_STEPS:
            return
        self._watching = False
        step_s = self._seconds / self._taken
        modules = sum(1 for _ in self._task.network.modules())
        imported = _TRACER in sys.modules
        cost_s = (0.0 if imported else _IMPORT_S) + len(players) * modules * _MODULE_S
        saved_s = self._left * step_s * (_SHORT_GAIN if step_s < _SHORT_STEP_S else _GAIN)
        if step_s > _LONGEST_STEP_S or saved_s < cost_s:
            return
        for number, player in enumerate(players):
            needed = self._needed
            self._found[number] = record(needed.forward, self._task.network, player, inputs, needed.by_place)

    def check(self) -> None:
        """Let go of recordings whose weights lie elsewhere by now; to be called now and then."""
        if any(found is not None and not found.holds() for found in self._found.values()):
            self._found.clear()


def _allowed(task: Task) -> bool:
    """Code of the user's own may do anything; what else is drawn does the same each time."""
    own = any(node.type == PyTorch.type_name() for node in task.project.graph.nodes.values())
    return task.device.type == "cpu" and not own


def record(
    forward: TrainingPass,
    network: nn.Module,
    player: Player,
    inputs: Sequence[Tensor],
    by_place: Callable[[Sequence[Tensor]], Sequence[Tensor] | Mapping[int, Tensor]] = tuple,
) -> Recording | None:
    """Record a pass of `forward` for a batch, or None where it cannot be or would not be the same.

    `by_place` gives the losses of the pass by their place in the network, which the player knows them by. The network,
    its buffers and the random numbers are afterwards as before.
    """
    from torch.fx.experimental.proxy_tensor import make_fx  # imports half of torch's compiler: seldom needed

    began = time.perf_counter()
    counts: list[int] = []

    def one_pass(*batch: Tensor) -> tuple[Tensor | None, ...]:
        predictions, losses = forward(*batch)
        total = player.loss(by_place(losses))
        gradients = torch.autograd.grad(total, player.tensors, allow_unused=True)
        counts[:] = [len(predictions), len(losses)]
        return (*(p.detach() for p in predictions), *(part.detach() for part in losses), total.detach(), *gradients)

    kept = _Kept(network)
    try:
        # Beyond what is expected there are refusals of every kind: shapes that depend on values, calls into Python.
        graph = make_fx(one_pass)(*inputs)
    except Exception:  # noqa: BLE001 - nobody needs to be told: the step is taken as it was
        return None
    finally:
        kept.put_back()
    kernels = sum(node.op == "call_function" for node in graph.graph.nodes)
    if kernels > MOST_KERNELS:
        return None
    play = _written(graph, len(inputs), sum(counts) + 1)
    if play is None:
        return None
    watched = [*player.tensors, *(tensor for tensor in network.buffers())]
    shapes = tuple((tensor.shape, tensor.dtype) for tensor in inputs)
    found = Recording(play, (counts[0], counts[1]), shapes, watched, 0.0)
    if not _is_same(found, one_pass, kept, inputs):
        return None
    found.seconds = time.perf_counter() - began
    return found


class _Kept:
    """Buffers and random numbers as they are, to be put back."""

    def __init__(self, network: nn.Module) -> None:
        self._buffers = [(buffer, buffer.detach().clone()) for buffer in network.buffers()]
        self._random = torch.get_rng_state()

    @torch.no_grad()
    def put_back(self) -> None:
        for buffer, value in self._buffers:
            buffer.copy_(value)
        torch.set_rng_state(self._random)

    def changed(self) -> list[Tensor]:
        """Buffers and random numbers as they are now."""
        return [*(buffer.detach().clone() for buffer, _ in self._buffers), torch.get_rng_state()]


def _is_same(
    recording: Recording, one_pass: Callable[..., tuple[Tensor | None, ...]], kept: _Kept, inputs: Sequence[Tensor]
) -> bool:
    """Whether playing gives the very numbers of the pass itself, and changes buffers and random numbers alike."""
    try:
        truth = one_pass(*inputs)
        after = kept.changed()
        kept.put_back()
        with torch.no_grad():
            played = recording._play(*inputs)
        left = kept.changed()
    except RuntimeError:
        return False
    finally:
        kept.put_back()
    if len(truth) != len(played):
        return False
    pairs = [*zip(truth, played, strict=True), *zip(after, left, strict=True)]
    return all((a is None and b is None) or (a is not None and b is not None and _equal(a, b)) for a, b in pairs)


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))


def _written(graph: torch.fx.GraphModule, inputs: int, told_first: int) -> Callable[..., tuple[Any, ...]] | None:
    """The kernels of a graph as one flat function of Python: names made here, kernels and constants bound to it.

    `told_first` of its results are no gradients.
    """
    _shorten(graph.graph)
    changed = _changed(graph.graph)
    names: dict[torch.fx.Node, str] = {}
    bound: dict[str, Any] = {}
    weights: dict[torch.fx.Node, Tensor] = {}
    fixed: dict[torch.fx.Node, Tensor] = {}
    lines: list[str] = []

    def bind(value: Any) -> str:
        name = f"k{len(bound)}"
        bound[name] = value
        return name

    def told(value: Any) -> str:
        """An argument as source."""
        if isinstance(value, torch.fx.Node):
            if value not in names:
                names[value] = bind(weights[value] if value in weights else fixed[value])
            return names[value]
        if isinstance(value, list | tuple):
            inner = ", ".join(told(item) for item in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if value else "()"
        if value is None or type(value) in (bool, int) or (type(value) is float and math.isfinite(value)):
            return repr(value)
        return bind(value)

    taken = 0
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            names[node] = f"x{taken}"
            taken += 1
        elif node.op == "get_attr":
            weights[node] = getattr(graph, cast(str, node.target)).detach()
        elif node.op == "output":
            given = [told(item) for item in node.args[0]]
            for place in range(told_first, len(given)):
                name = given[place]
                if name != "None" and (not name.startswith("v") or name in given[told_first:place]):
                    # Whoever clips gradients changes them; what is the same each time, or the same twice, must stay.
                    given[place] = f"v{len(lines)}"
                    lines.append(f"{given[place]} = {name}.clone()")
            lines.append(f"return ({', '.join(given)},)")
        elif node.op != "call_function":
            return None
        elif _kind(node) in _VIEWS and node.args[0] in weights and node not in changed:
            weights[node] = node.target(weights[node.args[0]], *node.args[1:], **node.kwargs)
        elif node not in changed and (value := _fixed(node, fixed)) is not None:
            fixed[node] = value
        else:
            arguments = [told(argument) for argument in node.args]
            arguments += [f"{key}={told(value)}" for key, value in node.kwargs.items()]
            call = bind(node.target._op if isinstance(node.target, OpOverload) else node.target)
            names[node] = f"v{len(lines)}"
            lines.append(f"{names[node]} = {call}({', '.join(arguments)})")
    if taken != inputs:
        return None
    places = ", ".join(f"x{number}" for number in range(inputs))
    body = "\n".join(f"    {line}" for line in lines)
    header = ", ".join(f"{name}={name}" for name in bound)  # as defaults they are locals, which are found fastest
    play = functions(f"def play({places}, {header}):\n{body}\n", bound)["play"]
    return cast("Callable[..., tuple[Any, ...]]", play)


def _kind(node: torch.fx.Node) -> str:
    """The kernel's name without its variant; empty for what is none of torch's kernels."""
    return node.target.overloadpacket.__name__ if isinstance(node.target, OpOverload) else ""


def _shorten(graph: torch.fx.Graph) -> None:
    """Leave out what only passes a tensor on: detach, and turning a matrix twice."""
    for node in list(graph.nodes):
        if node.op != "call_function":
            continue
        first = node.args[0] if node.args else None
        if not isinstance(first, torch.fx.Node):
            continue
        if _kind(node) in _SAME:
            node.replace_all_uses_with(first)
        elif _kind(node) == "t" and _kind(first) == "t" and isinstance(first.args[0], torch.fx.Node):
            node.replace_all_uses_with(first.args[0])
    graph.eliminate_dead_code()


def _changed(graph: torch.fx.Graph) -> set[torch.fx.Node]:
    """Tensors that are written to in place, and those they are views of."""
    found: set[torch.fx.Node] = set()
    for node in reversed(list(graph.nodes)):
        writes = isinstance(node.target, OpOverload) and node.target._schema.is_mutable
        if writes or (node in found and _kind(node) in _VIEWS):
            found.update(node.all_input_nodes)
        if writes:
            found.add(node)
    return found


def _fixed(node: torch.fx.Node, fixed: dict[torch.fx.Node, Tensor]) -> Tensor | None:
    """The value of a node that is the same each time: it follows from shapes, or from such values alone."""
    if not isinstance(node.target, OpOverload) or torch.Tag.nondeterministic_seeded in node.target.tags:
        return None
    if _kind(node) in _LIKE:
        meta = node.meta.get("tensor_meta")
        if meta is None:
            return None
        value = torch.empty_strided(meta.shape, meta.stride, dtype=meta.dtype)
        return value.fill_(1.0 if _kind(node) == "ones_like" else 0.0)
    needed = node.all_input_nodes
    if not (needed and all(item in fixed for item in needed)) and not (not needed and _kind(node) in _OF_SHAPE):
        return None
    arguments = torch.fx.node.map_arg(node.args, lambda item: fixed[item])
    named = torch.fx.node.map_arg(node.kwargs, lambda item: fixed[item])
    value = node.target(*cast("tuple[Any, ...]", arguments), **cast("dict[str, Any]", named))
    return value if isinstance(value, Tensor) else None
