"""A map of what a node makes of many samples: where the network thinks that they are alike."""

import math
from typing import Any, Final

import msgspec
import torch
from torch import Tensor

from engine.checks.walking import sources_of
from engine.compiler.modules.special import Reparameterize
from engine.compiler.plan import Value
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_spec import FieldKind
from engine.errors import Cancelled, DataError
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.answers import probabilities
from engine.evaluation.insides.flattening import pca, tsne, umap
from engine.evaluation.insides.opened import Opened
from engine.evaluation.predicting import batch_for
from engine.protocol.messages.insides import LatentMapped, MapLatent

METHODS: Final = ("pca", "tsne", "umap", "values")
_MOST: Final = {"pca": 10_000, "tsne": 1_500, "umap": 3_000, "values": 10_000}
_MOST_NUMBERS: Final = 4_096
"""Numbers a sample: of larger tensors the places are averaged, channel by channel."""
_BATCH: Final = 128


@torch.no_grad()
def latent_map(
    opened: Opened, request: MapLatent, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> LatentMapped:
    """The map that `request` asks for. Raises DataError (no such node or method, too few samples), Cancelled."""
    if request.method not in METHODS:
        raise DataError(
            f"There is no way '{request.method[:40]}' to draw a map.",
            where="method",
            expected=", ".join(METHODS),
            found=request.method[:40],
        )
    given = opened.given
    output = given.output(request.output)
    wanted = _value(opened, request.node, output)
    most = max(3, min(request.most, _MOST[request.method]))
    places = torch.linspace(0, given.count - 1, min(given.count, most)).round().long()
    if len(places) < 3:
        raise DataError("A map needs at least three samples.", where=given.split, hint="Choose another split.")
    told = 0.5 if request.method in ("tsne", "umap") else 0.95
    points, note = _collected(opened, wanted, places, lambda done, text: progress(told * done, text), cancelled)
    if not bool(torch.isfinite(points).all()):
        raise DataError("The node gives values that are infinite or undefined for some samples.", where=wanted[0])
    shares: list[float] = []
    placed: Tensor
    if request.method == "values":
        if points.shape[1] != 2:
            raise DataError(
                "Only two numbers can be drawn as they are.",
                where=wanted[0],
                expected="a node that gives 2 numbers a sample",
                found=f"{points.shape[1]:,} numbers",
                hint="Choose PCA, or another node.",
            )
        placed = points
    elif request.method == "pca":
        placed, shares = pca(points)
    else:

        def tell(done: float, text: str = "") -> None:
            progress(told + (1 - told) * done, text)

        if request.method == "tsne":
            placed = tsne(points, progress=tell, cancelled=cancelled)
        else:
            placed = umap(points, seed=request.seed, progress=tell, cancelled=cancelled)
    notes = [note] if note else []
    if len(places) < given.count:
        notes.append(f"{len(places):,} of {given.count:,} samples, evenly chosen.")
    found = LatentMapped(
        node=wanted[0],
        method=request.method,
        indices=_int32(given.indices[places]),
        points=placed.float().contiguous().numpy().astype("<f4").tobytes(),
        nodes=_nodes(opened, wanted),
        shares=shares,
        note=" ".join(notes),
    )
    return _coloured(found, given, output, places)


def _value(opened: Opened, node: str, output: AnsweredOutput) -> Value:
    """The tensor asked for, else the one before the last layer with weights that leads to the output."""
    steps = opened.steps
    known = {value for call in steps.prediction_calls for value in call.outputs}
    known |= {(node_id, "output") for node_id in (*steps.input_ids, *steps.noise_ids)}
    if node:
        name, _, port = node.partition(".")
        if (name, port or "output") in known:
            return name, port or "output"
        raise DataError(
            f"The network has no node '{node[:80]}' whose values could be drawn as a map.",
            where=node[:80],
            hint="Choose another node.",
        )
    end = steps.predictions[output.output_id]
    if output.places is not None:
        return end
    hidden = _drawn_values(opened, output) or _narrowest(opened, output)
    if hidden is not None:
        return hidden
    makers = {value: call for call in steps.prediction_calls for value in call.outputs}
    value: Value | None = end
    while value is not None and value in makers:
        call = makers[value]
        source = next((item for item in call.inputs if item is not None), None)
        weighted = any(True for _ in opened.module(call).parameters())
        if weighted:
            return source if source is not None and source in known else end
        value = source
    return end


def _drawn_values(opened: Opened, output: AnsweredOutput) -> Value | None:
    """Where a variational autoencoder draws the hidden values that lead to an output; None for other networks."""
    before = sources_of(opened.project.graph, [output.output_id])
    calls = [call for call in opened.steps.prediction_calls if call.node.id in before]
    return next((call.outputs[0] for call in calls if isinstance(opened.module(call), Reparameterize)), None)


def _narrowest(opened: Opened, output: AnsweredOutput) -> Value | None:
    """The place of fewest numbers on the way to an output that makes its input again; None for other networks."""
    network, before = opened.network, sources_of(opened.project.graph, [output.output_id])
    field = (network.output_fields[output.output_id],)
    if not any(node_id in before and network.input_fields[node_id] == field for node_id in network.input_ids):
        return None
    found: dict[Value, int] = {}
    for call in opened.steps.prediction_calls:
        spec = opened.steps.specs.get(call.outputs[0])
        if call.node.id in before and spec is not None and len(spec.shape) == 2 and (spec.shape[1] or 0) > 1:
            found[call.outputs[0]] = spec.shape[1] or 0
    return min(found, key=found.__getitem__) if found else None


def _collected(
    opened: Opened, wanted: Value, places: Tensor, progress: Progress, cancelled: IsCancelled
) -> tuple[Tensor, str]:
    """(N, D) of what stands at a place of the drawing, and what was averaged to get there."""
    columns = [
        opened.dataset.columns(opened.network.input_fields[node_id], opened.given.split)
        for node_id in opened.network.input_ids
    ]
    batch = max(1, min(_BATCH, batch_for(columns)))
    parts, note = [], ""
    for start in range(0, len(places), batch):
        if cancelled():
            raise Cancelled
        inputs = opened.inputs(places[start : start + batch])
        for value, tensor in opened.values(inputs):
            if value == wanted:
                flat, note = _flat(tensor.float())
                parts.append(flat)
                break
        progress(min(1.0, (start + batch) / len(places)), "Answering")
    return torch.cat(parts), note


def _flat(tensor: Tensor) -> tuple[Tensor, str]:
    if tensor[0].numel() <= _MOST_NUMBERS or tensor.dim() < 3:
        return tensor.flatten(1)[:, : 16 * _MOST_NUMBERS], ""
    if tensor.dim() == 3:  # (N, L, F) of a sequence, or (N, C, L): what is left is the shorter of the two
        dim = 1 if tensor.shape[1] >= tensor.shape[2] else 2
        return tensor.mean(dim), "Averaged over the places of each sample."
    return tensor.flatten(2).mean(2), "Averaged over the places of each channel."


def _nodes(opened: Opened, wanted: Value) -> list[tuple[str, str, int]]:
    """What can be drawn: all that is computed, and what goes in where that is drawn."""
    values = [call.outputs[0] for call in opened.steps.prediction_calls]
    ids = [wanted[0]] if wanted[0] in (*opened.steps.input_ids, *opened.steps.noise_ids) else []
    found = []
    for node_id, port in [*((node_id, "output") for node_id in ids), *values]:
        spec = opened.steps.specs.get((node_id, port))
        sizes = spec.shape[1:] if spec is not None else ()
        found.append((node_id, opened.title(node_id), math.prod(size or 1 for size in sizes)))
    return found


def _coloured(found: LatentMapped, given: Answered, output: AnsweredOutput, places: Tensor) -> LatentMapped:
    """With the class or the number of each sample, and what was answered."""
    field, target = output.field, output.target
    more: dict[str, Any] = {}
    if field is None or target is None or not output.is_whole:
        pass
    elif field.kind is FieldKind.CATEGORY and target.dim() == 1 and output.raw.dim() == 2:
        classes = list(field.statistics.classes)
        answers = probabilities(output.raw[places], output.answer, len(classes)).argmax(1)
        # What was done while it learned to act was chance and no truth: what it would do now colours the points.
        acts = any(phase.play is not None for phase in given.project.recipe.phases)
        truth = answers if acts else target[places].long()
        more = {"classes": classes, "groups": _int16(truth), "answers": _int16(answers)}
    elif field.kind is FieldKind.NUMBER and target[places].numel() == len(places):
        from engine.data.preparation import Preparation

        numbers = Preparation(field).invert(target[places]).reshape(-1)
        more = {"numbers": numbers.float().contiguous().numpy().astype("<f4").tobytes(), "number_name": field.name}
    return msgspec.structs.replace(found, **(more or _by_class(given, places)))


def _by_class(given: Answered, places: Tensor) -> dict[str, Any]:
    """The classes of the samples by a field that is not answered, as far as the data have one."""
    for field in (*given.dataset.data.targets(), *given.dataset.data.inputs()):
        if field.kind is FieldKind.CATEGORY and len(field.statistics.classes) > 1:
            groups = _int16(given.dataset.labels(field.name)[given.indices[places]])
            return {"classes": list(field.statistics.classes), "groups": groups, "answers": groups}
    return {}


def _int32(tensor: Tensor) -> bytes:
    return tensor.contiguous().numpy().astype("<i4").tobytes()


def _int16(tensor: Tensor) -> bytes:
    return tensor.contiguous().numpy().astype("<i2").tobytes()
