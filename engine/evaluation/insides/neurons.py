"""A small network unit by unit: the value of each for one sample, and every weight between them."""

from typing import Final

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from engine.catalog.layer import Family
from engine.compiler.plan import Call, Value
from engine.evaluation.insides.look import names_of
from engine.evaluation.insides.opened import Opened
from engine.protocol.messages.insides import NeuronLayer, NeuronsRead

MOST_UNITS: Final = 48
"""Of one layer; more could not be told apart."""
MOST_LAYERS: Final = 16


@torch.no_grad()
def neurons_of(opened: Opened, index: int) -> NeuronsRead:
    """The units for sample `index`, or why the network cannot be drawn so. Raises DataError (no such sample)."""
    inputs = opened.inputs(torch.tensor([opened.place(index)]))
    refusal = _refusal(opened, inputs)
    if refusal:
        return NeuronsRead(index=index, refusal=refusal)
    values = {value: tensor[0].float().reshape(-1) for value, tensor in opened.values(inputs)}
    layers: list[NeuronLayer] = []
    places: dict[Value, int] = {}
    for node_id in (*opened.steps.input_ids, *opened.steps.noise_ids):
        value = (node_id, "output")
        places[value] = len(layers)
        layers.append(_layer(opened, node_id, Family.DATA, values[value]))
    for call in opened.steps.prediction_calls:
        source = next(item for item in call.inputs if item is not None)
        if len(values[call.outputs[0]]) == len(values[source]) and call.layer.family is Family.DROPOUT:
            places[call.outputs[0]] = places[source]  # changes nothing while answering
            continue
        places[call.outputs[0]] = len(layers)
        layers.append(_computed(opened, call, values[call.outputs[0]], places[source]))
    return NeuronsRead(index=index, layers=layers)


def _refusal(opened: Opened, inputs: list[Tensor]) -> str:
    """Why a network cannot be drawn unit by unit; empty when it can."""
    steps = opened.steps
    if len(steps.prediction_calls) + len(inputs) > MOST_LAYERS:
        return f"It has more than {MOST_LAYERS} layers. Feature maps shows them one at a time."
    for node_id, tensor in zip((*steps.input_ids, *steps.noise_ids), inputs, strict=True):
        if tensor.dim() > 2 or not tensor.is_floating_point():
            return "It takes pictures, sound or text, not a row of numbers. Feature maps shows its insides."
        if tensor.numel() > MOST_UNITS:
            return f"'{opened.title(node_id)}' has {tensor.numel():,} values; up to {MOST_UNITS} can be told apart."
    for call in steps.prediction_calls:
        taken = [item for item in call.inputs if item is not None]
        if len(taken) != 1 or len(call.outputs) != 1:
            return (
                f"'{opened.title(call.node.id)}' joins or splits tensors; only layers in a row are drawn unit by unit."
            )
        spec = steps.specs.get(call.outputs[0])
        units = spec.shape[-1] if spec is not None and len(spec.shape) == 2 else None
        if units is None:
            return f"'{opened.title(call.node.id)}' does not give a row of numbers."
        if units > MOST_UNITS:
            return f"'{opened.title(call.node.id)}' has {units:,} units; up to {MOST_UNITS} can be told apart."
        before = steps.specs.get(taken[0])
        if before is not None and before.shape[-1] != units and not isinstance(opened.module(call), nn.Linear):
            return f"'{opened.title(call.node.id)}' changes how many units there are in a way that is not drawn."
    return ""


def _layer(opened: Opened, node_id: str, family: Family, values: Tensor) -> NeuronLayer:
    return NeuronLayer(
        node=node_id,
        title=opened.title(node_id),
        type=opened.project.graph.node(node_id).type,
        family=family.value,
        values=values.tolist(),
        names=names_of(opened, node_id, len(values)),
    )


def _computed(opened: Opened, call: Call, values: Tensor, source: int) -> NeuronLayer:
    layer = replace(_layer(opened, call.node.id, call.layer.family, values), source=source)
    module = opened.module(call)
    if not isinstance(module, nn.Linear):
        return layer
    weights = module.weight.detach().float().contiguous()
    biases = module.bias.detach().float().tolist() if module.bias is not None else []
    return replace(layer, weights=weights.numpy().astype("<f4").tobytes(), biases=biases)
