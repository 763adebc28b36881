"""The network inside a file as a model of its own: cut out, made simpler, put back between preparation and answer."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import helper

from engine.deployment.network import ONNX_KEY
from engine.deployment.opsets import needed_opset
from engine.errors import ExportError


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """A value that goes into the network or comes out of it."""

    name: str
    dtype: int
    shape: tuple[int | None, ...]

    def info(self) -> onnx.ValueInfoProto:
        """As an input or output of a graph; free sizes have names of their own."""
        sizes = [f"{self.name} {axis}" if size is None else size for axis, size in enumerate(self.shape)]
        return helper.make_tensor_value_info(self.name, self.dtype, ["N", *sizes[1:]] if sizes else [])


def cut(model: onnx.ModelProto, inputs: Iterable[Border], outputs: Iterable[Border]) -> onnx.ModelProto:
    """The nodes that come from the drawing, with their weights, between these borders."""
    nodes = [node for node in model.graph.node if _drawn(node)]
    made = {name for node in nodes for name in node.output}
    used = set(_used(nodes))
    graph = helper.make_graph(
        nodes,
        "core",
        [item.info() for item in {item.name: item for item in inputs}.values() if item.name in used - made],
        [item.info() for item in {item.name: item for item in outputs}.values() if item.name in made],
        [tensor for tensor in model.graph.initializer if tensor.name in used],
    )
    return helper.make_model(graph, opset_imports=list(model.opset_import), ir_version=model.ir_version)


def put_back(model: onnx.ModelProto, core: onnx.ModelProto) -> None:
    """Let `core` stand in `model` where the nodes of the drawing stood, whose names it tells as far as it can."""
    homes = {node.name: _home(node) for node in model.graph.node if _drawn(node)}
    homes |= {name: _home(node) for node in model.graph.node if _drawn(node) for name in node.output}
    nodes = list(model.graph.node)
    if not any(_drawn(node) for node in nodes):
        return  # an Input that is shown as it is
    first = next(place for place, node in enumerate(nodes) if _drawn(node))
    others = [node for node in nodes[first:] if not _drawn(node)]
    del model.graph.node[:]
    model.graph.node.extend(nodes[:first])
    for node in core.graph.node:
        home = _home(node) or next((homes[name] for name in (node.name, *node.output) if name in homes), "")
        home = home or _by_name(node, homes)
        del node.metadata_props[:]
        if home:
            node.metadata_props.add(key=ONNX_KEY, value=home)
        model.graph.node.append(node)
    model.graph.node.extend(others)
    made = {name for node in model.graph.node for name in node.output}
    used = set(_used(model.graph.node)) - made  # a weight that was stored may be worked out now, under its old name
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    tensors |= {tensor.name: tensor for tensor in core.graph.initializer}
    kept = [tensor for name, tensor in tensors.items() if name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    known = {item.domain for item in model.opset_import}
    domains = {node.domain for node in core.graph.node}
    model.opset_import.extend(item for item in core.opset_import if item.domain not in known and item.domain in domains)


def simplified(core: onnx.ModelProto) -> onnx.ModelProto:
    """The same with constants worked out, BatchNorm drawn into the convolution before it, and nothing left idle.

    onnxruntime's basic optimizations, which give nothing but operators of the standard; where one of them needs a newer
    opset, or another domain, the model stays as it is. Raises ExportError when onnxruntime cannot load it.
    """
    import onnxruntime

    if not core.graph.node:
        return core
    with tempfile.TemporaryDirectory(prefix="netwright-") as folder:
        path = Path(folder) / "simplified.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        options.log_severity_level = 4
        try:
            onnxruntime.InferenceSession(core.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ExportError(
                "onnxruntime cannot load the network to make it simpler.",
                found=str(error)[:300],
                hint="Export it as it is; please report this with your project.",
            ) from error
        found = onnx.load(str(path))
    opset = next(item.version for item in core.opset_import if item.domain in ("", "ai.onnx"))
    domains = {node.domain for node in core.graph.node} | {"", "ai.onnx"}
    if needed_opset(found.graph.node) > opset or any(node.domain not in domains for node in found.graph.node):
        return core
    opsets = [item for item in found.opset_import if item.domain in domains]
    del found.opset_import[:]
    found.opset_import.extend(opsets)
    found.ir_version = core.ir_version
    return found


def _drawn(node: onnx.NodeProto) -> bool:
    return bool(_home(node))


def _home(node: onnx.NodeProto) -> str:
    """The node of the drawing that it comes from."""
    return next((item.value for item in node.metadata_props if item.key == ONNX_KEY), "")


def _by_name(node: onnx.NodeProto, homes: Mapping[str, str]) -> str:
    """What it was made for: new values are named after those they stand for, with something behind."""
    names = [name for name in (*node.output, *node.input) if name]
    known = [home for name in names for value, home in homes.items() if value and name.startswith(value)]
    if known:
        return known[0]
    ids = sorted(set(homes.values()), key=len, reverse=True)
    return next((home for name in names for home in ids if name.startswith((f"{home}/", f"{home}."))), "")


def _used(nodes: Iterable[onnx.NodeProto]) -> Iterator[str]:
    """Names of what nodes take in, those inside their branches and loops too."""
    for node in nodes:
        yield from node.input
        for item in node.attribute:
            if item.HasField("g"):
                yield from _used(item.g.node)
                yield from (output.name for output in item.g.output)
