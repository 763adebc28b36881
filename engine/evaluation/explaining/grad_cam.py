"""Grad-CAM: the maps of a convolution, each weighted by how much the score rises with it. Axes: C channels."""

import torch
from torch import Tensor

from engine.compiler.plan import Value
from engine.document.data_spec import FieldKind
from engine.errors import DataError
from engine.evaluation.explaining.question import Question, Relevance

_PLACED = (FieldKind.IMAGE, FieldKind.MASK, FieldKind.AUDIO, FieldKind.SERIES, FieldKind.TEXT, FieldKind.ARRAY)


def relevance(question: Question) -> Relevance:
    """The map over each Input that has places and that the layer depends on; nothing for the others.

    Raises DataError where there is no such layer, or no gradient reaches it.
    """
    taps, target = question.taps, question.target
    calls = taps.convolutions(target.output_id)
    names = tuple(call.node.id for call in calls)
    wanted = question.settings.layer
    chosen: dict[str, tuple[str, Value]] = {}
    for input_id, slots in question.sample.slots.items():
        if not any(slot.field.kind in _PLACED for slot in slots):
            continue
        behind = taps.depends_on(input_id)
        if wanted:
            call = taps.call_of(wanted)
            if call is None or taps.places(call.outputs[0]) < 2:
                raise DataError(
                    f"'{wanted[:60]}' has no map that could be laid over the sample.",
                    where=wanted[:60],
                    expected=", ".join(names) or "a convolution",
                    found=wanted[:60],
                )
            if call.outputs[0] in behind:
                chosen[input_id] = (wanted, call.outputs[0])
            continue
        fitting = [call for call in calls if call.outputs[0] in behind]
        if fitting:
            usual = _usual(question, [call.outputs[0] for call in fitting])
            chosen[input_id] = (fitting[usual].node.id, taps.finished(fitting[usual].outputs[0]))
    if not chosen:
        raise DataError(
            "There is no convolution with a map between this input and the answer.",
            where=target.output_id,
            hint="Choose integrated gradients, SHAP, LIME or occlusion.",
        )
    question.report(0.2)
    layers = tuple(dict.fromkeys(value for _, value in chosen.values()))
    with torch.no_grad():
        found = taps.run(question.sample.inputs, wanted=layers, output=target.output_id)
        score = float(target.score(found[taps.steps.predictions[target.output_id]])[0])
    maps = {value: _map(question, value, found[value].detach()) for value in layers}
    question.report(1.0)
    by_input = {
        input_id: _over(maps[chosen[input_id][1]], own[0]) if input_id in chosen else torch.zeros(own.shape[1:])
        for input_id, own in question.sample.inputs.items()
    }
    layer = next(iter(chosen.values()))[0]
    return Relevance(by_input=by_input, score=score, smooth=True, layer=layer, layers=names)


def _usual(question: Question, values: list[Value]) -> int:
    """The last one; of a network that answers for each point, the one with the smallest map, which sees the most."""
    if question.target.where is None or question.target.field.kind is not FieldKind.MASK:
        return len(values) - 1
    sizes = [question.taps.places(value) for value in values]
    return max(place for place, size in enumerate(sizes) if size == min(sizes))


def _map(question: Question, value: Value, activations: Tensor) -> Tensor:
    """(...) places of the layer."""
    leaf = activations.clone().requires_grad_()
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        score = question.score_of(question.sample.inputs, {value: leaf * 1})
        if not score.requires_grad:
            raise DataError(
                "No gradient flows from the answer back to this layer.",
                where=value[0],
                hint="Choose SHAP, LIME or occlusion, which need none.",
            )
        (gradient,) = torch.autograd.grad(score.sum(), leaf)
    axes = tuple(range(2, gradient.dim()))
    weights = gradient.mean(axes, keepdim=True)
    return (weights * activations).sum(1)[0].clamp(min=0)


def _over(places: Tensor, own: Tensor) -> Tensor:
    """A map laid over a prepared value (C, H, W), (C, T), (T, C) or (T,), and dealt out to its channels."""
    while places.dim() > 2:  # of slices one behind the other, all are seen at once
        places = places.mean(0)
    if places.dim() == 2:
        if own.dim() < 2:
            places = places.mean(0)
        else:
            size = own.shape[-2:]
            grown = torch.nn.functional.interpolate(places[None, None], size=size, mode="bilinear", align_corners=False)
            return (grown[0, 0] / _channels(own, 2)).expand(own.shape).clone().cpu()
    along = _time_axis(own)
    length = own.shape[along]
    grown = torch.nn.functional.interpolate(places[None, None], size=length, mode="linear", align_corners=False)[0, 0]
    shape = [1] * own.dim()
    shape[along] = length
    return (grown.reshape(shape) * length / own.numel()).expand(own.shape).clone().cpu()


def _channels(own: Tensor, last: int) -> int:
    count = 1
    for size in own.shape[:-last]:
        count *= size
    return count


def _time_axis(own: Tensor) -> int:
    """Time goes first in a series (T, C), last in sound (C, T)."""
    return own.dim() - 1 if own.dim() != 2 or own.shape[0] == 1 else 0
