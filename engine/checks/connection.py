"""Decides whether a link may be drawn, and which layers fit at the end of one."""

from collections.abc import Iterator

from engine.catalog import registry
from engine.catalog.layer import Family, Layer
from engine.catalog.layers.block import BlockInput
from engine.catalog.layers.data import Input
from engine.catalog.losses import Loss
from engine.catalog.tensors import TensorSpec
from engine.checks.knowledge import Shapes
from engine.checks.offers import could_learn
from engine.checks.shapes import DTYPE_WORDS
from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT
from engine.document.graph import Edge, Graph
from engine.document.project import Project
from engine.errors import NetwrightError


def refusal(project: Project, checker: Shapes, edge: Edge, *, circle: bool | None = None) -> str | None:
    """Why a link cannot be made, in a sentence; None when it can.

    Sizes that do not fit are no reason: the link is drawn and the problem is shown at the node, with repairs. A link
    that is there already at that input would be replaced. Cheap enough to ask while the mouse moves; `circle` says
    whether the target leads to the source, for callers who ask about many links of one node: see `beyond`.
    """
    graph = project.graph
    source, target = graph.nodes.get(edge.source), graph.nodes.get(edge.target)
    if source is None or target is None:
        return f"There is no node '{edge.source if source is None else edge.target}'."
    if edge.source == edge.target:
        return f"{edge.source} cannot feed itself."
    if target.type == BLOCK_INPUT:
        return f"{edge.target} is filled from outside the block."
    if source.type == BLOCK_OUTPUT:
        return f"{edge.source} leads out of the block; link what comes before it."
    giving, taking = checker.layers.get(edge.source), checker.layers.get(edge.target)
    if giving is None or taking is None:
        broken = edge.source if giving is None else edge.target
        return f"{broken} has a problem of its own; mend that first."
    if edge.output not in giving.output_ports():
        if not giving.output_ports():
            return f"{giving.label()} gives nothing on: it is an end of the network."
        return f"{edge.source} has no output '{edge.output}'."
    port = next((item for item in taking.input_ports() if item.name == edge.input), None)
    if port is None:
        if not taking.input_ports():
            return f"{taking.label()} takes no link: data begins there."
        return f"{edge.target} has no input '{edge.input}'."
    if reaches(checker, edge.target, edge.source) if circle is None else circle:
        return f"{edge.target} leads to {edge.source} already; this would make a circle."
    spec = checker.specs.get((edge.source, edge.output))
    if spec is not None and port.dtype is not None and spec.dtype is not port.dtype:
        hint = ""
        if spec.dtype == "int" and port.dtype == "float":
            hint = " Put an Embedding between them, or prepare the field with One-hot in the tab Data."
        return f"{taking.label()} takes {DTYPE_WORDS[port.dtype]}, {edge.source} gives {DTYPE_WORDS[spec.dtype]}.{hint}"
    return None


def reaches(checker: Shapes, start: str, goal: str) -> bool:
    """Whether links lead from one node to another. The order decides at once in most cases."""
    graph = checker.project.graph
    last = checker.position(goal)
    first = checker.position(start)
    if last is not None and first is not None and first > last:
        return False
    seen = {start}
    stack = [start]
    while stack:
        for edge in graph.consumers_of(stack.pop()):
            if edge.target == goal:
                return True
            place = checker.position(edge.target)
            if edge.target not in seen and (last is None or place is None or place < last):
                seen.add(edge.target)
                stack.append(edge.target)
    return start == goal


def beyond(graph: Graph, node_id: str, *, forward: bool) -> set[str]:
    """The node itself and all it leads to; without `forward` all that leads to it."""
    seen = {node_id}
    stack = [node_id]
    while stack:
        at = stack.pop()
        near = graph.consumers_of(at) if forward else graph.inputs_of(at).values()
        for edge in near:
            other = edge.target if forward else edge.source
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen


_AFTER: dict[str, tuple[str, ...]] = {
    "picture": ("Conv2d", "MaxPool2d", "BatchNorm2d", "Flatten", "GlobalAveragePool2d"),
    "volume": ("Conv3d", "MaxPool3d", "BatchNorm3d", "GlobalAveragePool3d", "Flatten"),
    "convolution": ("BatchNorm2d", "BatchNorm1d", "ReLU", "Conv2d", "Conv1d", "MaxPool2d", "MaxPool1d"),
    "activation": ("Conv2d", "Linear", "MaxPool2d", "Dropout", "Conv1d", "BatchNorm1d"),
    "normalization": ("ReLU", "GELU", "Linear", "Conv2d", "Conv1d"),
    "pooling": ("Conv2d", "Linear", "Flatten", "Conv1d", "Dropout2d", "GlobalAveragePool2d"),
    "linear": ("ReLU", "Dropout", "BatchNorm1d", "GELU", "Output", "CrossEntropyLoss", "MSELoss", "Linear"),
    "recurrent": ("Linear", "Dropout", "LSTM", "GRU", "LayerNorm"),
    "embedding": ("LSTM", "GRU", "PositionalEncoding", "Flatten", "TransformerEncoderLayer", "Mean"),
    "attention": ("Add", "LayerNorm", "TransformerEncoderLayer", "Mean", "Linear"),
    "dropout": ("Linear", "Conv2d", "ReLU", "LSTM"),
    "shape": ("Linear", "Conv2d", "LSTM"),
    "merge": ("ReLU", "Linear", "Conv2d", "LayerNorm"),
    "vector": ("Linear", "BatchNorm1d", "Dropout"),
    "sequence": ("LSTM", "GRU", "Conv1d", "TransformerEncoderLayer", "Linear"),
    "numbers": ("Embedding", "CrossEntropyLoss"),
}
"""What people usually put behind a family of layers or a kind of data, best first."""


def compatible_types(project: Project, checker: Shapes, node_id: str, port: str) -> list[type[Layer]]:
    """Layers that can stand behind an output of a node, or before an input of it, the likeliest first.

    Behind an output: those whose first input takes its tensor, with their settings as they come. Before an input: those
    whose result, where it is known, could go in there. All layers when the tensor is unknown.
    """
    layer = checker.layers.get(node_id)
    if layer is None:
        return list(registry.layers())
    if port in layer.output_ports():
        spec = checker.specs.get((node_id, port))
        fitting = [item for item in registry.layers() if _takes(item, spec) and _is_of_use(project, item)]
        return _ranked(fitting, _usual(layer, spec))
    taking = next((item for item in layer.input_ports() if item.name == port), None)
    if taking is None:
        return []
    found = [item for item in registry.layers() if item.outputs]
    if taking.name == "target" or taking.dtype == "int":
        return _ranked(found, ("Input", "Identity"))
    if len(taking.axes) == 4:
        return _ranked(found, ("Input", "Conv2d", "ReLU", "MaxPool2d", "BatchNorm2d"))
    if len(taking.axes) == 3:
        return _ranked(found, ("Input", "Embedding", "LSTM", "Conv1d"))
    return _ranked(found, ("Linear", "ReLU", "Flatten", "Input", "Dropout"))


def _is_of_use(project: Project, item: type[Layer]) -> bool:
    """Losses for other kinds of field than those to be learned are left to the search."""
    return not issubclass(item, Loss) or could_learn(project, item)


def _takes(item: type[Layer], spec: TensorSpec | None) -> bool:
    ports = item().input_ports()
    if not ports or issubclass(item, BlockInput):
        return False
    if spec is None:
        return True
    first = ports[0]
    if first.dtype is not None and first.dtype is not spec.dtype and item.family is not Family.LOSS:
        return False
    if first.axes and len(first.axes) != spec.rank:
        return False
    if item.family is Family.LOSS:
        return any(port.dtype is None or port.dtype is spec.dtype for port in ports)
    if item is Input:
        return False
    needed = [port for port in ports if not port.optional]
    if any((port.axes and len(port.axes) != spec.rank) or port.dtype not in (None, spec.dtype) for port in needed[1:]):
        return True  # what its other inputs get is not known here, and is not of this kind
    try:
        item().output_specs(*([spec] * len(needed)))
    except NetwrightError:
        # What a change of its settings mends is still worth offering, but behind the rest; the rank has been checked.
        return first.axes != () and item.family in (Family.CONVOLUTION, Family.POOLING)
    return True


def _usual(layer: Layer, spec: TensorSpec | None) -> Iterator[str]:
    if layer.family is not Family.DATA:
        yield from _AFTER.get(layer.family.value, ())
    if spec is not None:
        kind = {1: "numbers", 2: "vector", 3: "sequence", 4: "picture", 5: "volume"}.get(spec.rank, "")
        if spec.dtype == "int":
            kind = "numbers"
        yield from _AFTER.get(kind, ())


def _ranked(found: list[type[Layer]], usual: Iterator[str] | tuple[str, ...]) -> list[type[Layer]]:
    rank: dict[str, int] = {}
    for name in usual:
        rank.setdefault(name, len(rank))
    return sorted(found, key=lambda item: rank.get(item.__name__, len(rank)))
