"""A layer of the user's own in ONNX: written by torch's exporter, its nodes put in its place."""

import onnx
from onnx import compose

from engine.compiler.code_check import exported
from engine.compiler.own_code import said
from engine.deployment.rules.site import Site, Written, rule
from engine.errors import ExportError


@rule("own_code")
def own_code(site: Site) -> Written:
    """The exported graph under names that begin with the node's id."""
    try:
        model = onnx.load_from_string(exported(site.module, site.specs, site.opset))
    except Exception as error:  # torch's exporter raises errors of many kinds; told as why the export failed
        raise ExportError(
            f"The code of '{site.node_id}' cannot be written in ONNX.", where=site.node_id, found=said(error)
        ) from error
    prefix = site.writer.name(f"{site.node_id}/code") + "/"
    graph = compose.add_prefix(model, prefix).graph
    given = {f"{prefix}x{number}": value for number, value in enumerate(site.inputs)}
    site.writer.initializers.extend(graph.initializer)
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name in given:
                node.input[place] = given[name]
        site.writer.nodes.append(node)
    return f"{prefix}y"
