"""A part of an ONNX graph as a model of its own: from some of its values to others."""

from collections.abc import Iterator, Mapping

import onnx
from onnx import helper


def subgraph(
    model: onnx.ModelProto,
    inputs: Mapping[str, onnx.ValueInfoProto],
    outputs: Mapping[str, str],
    infos: Mapping[str, onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """What leads to `outputs` (name in the new model -> value here) and lies behind `inputs` (value here -> what it is
    called there), or behind inputs of the model itself. `infos` describe the new outputs by name.
    """
    made_by = {name: node for node in model.graph.node for name in node.output}
    given = {info.name: info for info in model.graph.input}
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    wanted, seen = list(outputs.values()), set[str]()
    nodes: set[str] = set()
    while wanted:
        value = wanted.pop()
        if value in seen or not value:
            continue
        seen.add(value)
        if value in inputs or value not in made_by:
            continue
        node = made_by[value]
        nodes.add(node.output[0])
        wanted += _read_by(node)
    renamed = {value: info.name for value, info in inputs.items()}
    kept = []
    for value, name in renamed.items():
        if value in seen and value != name:
            kept.append(helper.make_node("Identity", [name], [value], name=f"given/{name}"))
    kept += [node for node in model.graph.node if node.output and node.output[0] in nodes]
    kept += [
        helper.make_node("Identity", [value], [name], name=f"taken/{name}")
        for name, value in outputs.items()
        if name != value
    ]
    graph = helper.make_graph(
        kept,
        "part",
        [inputs[value] for value in inputs if value in seen] + [info for name, info in given.items() if name in seen],
        [infos[name] for name in outputs],
        [tensor for name, tensor in constants.items() if name in seen],
    )
    part: onnx.ModelProto = helper.make_model(
        graph, opset_imports=list(model.opset_import), ir_version=model.ir_version
    )
    return part


def _read_by(node: onnx.NodeProto) -> Iterator[str]:
    """The values that a node reads, also from inside its own graphs."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _read_by(inner)
            yield from (info.name for info in graph.output)
