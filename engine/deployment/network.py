"""The trained network as ONNX nodes: walks the plan and lets each layer's rule write."""

from torch import nn

from engine.compiler.plan import Plan, Value
from engine.deployment.form import USUAL_OPSET
from engine.deployment.opsets import needed_opset
from engine.deployment.rules import write
from engine.deployment.rules.site import Site
from engine.errors import ExportError
from engine.onnx_writer import OnnxWriter

ONNX_KEY = "netwright.node"
"""Key in the metadata of an ONNX node that holds the id of the drawn node it comes from."""


def write_network(
    writer: OnnxWriter, steps: Plan, modules: dict[str, nn.Module], inputs: dict[str, str]
) -> dict[Value, str]:
    """Write all that the outputs need; `inputs` are the ONNX values of the Input nodes.

    Returns the ONNX value of every tensor of the drawing. Raises ExportError naming the layer that cannot be written.
    """
    values: dict[Value, str] = {(node_id, "output"): value for node_id, value in inputs.items()}
    for call in steps.prediction_calls:
        first = len(writer.nodes)
        writer.scope = call.node.id
        site = Site(
            writer=writer,
            node_id=call.node.id,
            layer=call.layer,
            module=modules[call.node.id],
            inputs=tuple(values[value] if value is not None else "" for value in call.inputs),
            specs=call.specs,
        )
        try:
            written = write(site)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # A setting that its rule does not know: told to the user as a layer that cannot be exported.
            raise ExportError(
                f"{call.layer.label()} '{call.node.id}' cannot be exported with these settings.",
                where=call.node.id,
                found=str(error)[:200],
                hint="Set its settings back to the usual ones, or replace the layer.",
            ) from error
        values.update(zip(call.outputs, written, strict=True))
        needed = needed_opset(writer.nodes[first:])
        if needed > writer.opset:
            raise ExportError(
                f"{call.layer.label()} '{call.node.id}' cannot be written in opset {writer.opset}.",
                where=call.node.id,
                expected=f"opset {needed} or later",
                found=f"opset {writer.opset}",
                hint=f"Choose opset {max(needed, USUAL_OPSET)}, or replace the layer.",
            )
        for node in writer.nodes[first:]:
            node.metadata_props.add(key=ONNX_KEY, value=call.node.id)
    writer.scope = ""
    return values
