"""Puts a whole file together: preparation of raw inputs, the trained network, answers, description."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.catalog.layers.data import Noise
from engine.catalog.tensors import DType, Shape, TensorSpec
from engine.checks.answers import answer_of
from engine.checks.field_specs import prepared_spec
from engine.checks.file_ports import needed_opset, prepared_input
from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork
from engine.compiler.plan import Plan, Value
from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule, ScaleRule
from engine.deployment.answers import Answer, describe_answers
from engine.deployment.core import Border, cut, put_back, simplified
from engine.deployment.description import (
    NOISE,
    PREPARED,
    Description,
    InputDescription,
    OutputDescription,
    meaning,
    noise_meaning,
    prepared_meaning,
    write_metadata,
)
from engine.deployment.form import FileForm
from engine.deployment.network import write_network
from engine.deployment.opsets import OPSETS
from engine.deployment.shifting import write_shift
from engine.document.data_spec import Field, FieldKind
from engine.document.flat import flattened
from engine.document.project import Project
from engine.errors import ExportError
from engine.onnx_writer import OnnxWriter

__all__ = ["OPSETS", "Built", "build_file", "finish_file", "store_as_half"]

IR_VERSIONS = {13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9}
"""The version of the file's form that came with an opset, so that programs of its time can read it; later ones: 10."""
IR_VERSION = 10
_ONNX_TYPES = {DType.FLOAT: TensorProto.FLOAT, DType.INT: TensorProto.INT64, DType.BOOL: TensorProto.BOOL}
_LARGEST_BYTES = 2**31 - 1
_SMALLEST_HALVED = 64
_LARGEST_HALF = 65504.0
_SO_FAR = "Text as far as it is written, empty at first; put what comes next behind it and ask again."


@dataclass(slots=True, kw_only=True)
class Built:
    """A file in memory. `values` are the ONNX values of the drawing's tensors, `fields` the raw inputs by name."""

    model: onnx.ModelProto
    values: dict[Value, str]
    fields: dict[str, Field]
    answers: list[Answer]
    description: Description = field(repr=False)
    noises: dict[str, str] = field(default_factory=dict)
    """The name of the input that brings the random numbers of each Noise node."""
    form: FileForm = field(default_factory=FileForm)
    borders: tuple[list[Border], list[Border]] = field(default_factory=lambda: ([], []), repr=False)
    """What goes into the network inside the file, and what comes out of it."""

    def core(self) -> onnx.ModelProto:
        """The network inside the file, as a model of its own."""
        return cut(self.model, *self.borders)


def build_file(
    project: Project,
    steps: Plan,
    network: CompiledNetwork,
    *,
    form: FileForm,
    description: Description,
) -> Built:
    """Write everything in float32; `finish_file` brings it to its precision.

    `description` says name, version, run and metrics, its inputs and outputs are filled in here. Raises ExportError
    when a layer cannot be written.
    """
    writer = OnnxWriter(form.opset)
    fields = {name: _field(project, name) for node_id in steps.input_ids for name in steps.input_fields[node_id]}
    alone = form.contents == "network"
    described: list[InputDescription] = []
    prepared: dict[str, str] = {}
    inputs: dict[str, str] = {}
    if alone:
        for node_id in steps.input_ids:
            spec = steps.specs[(node_id, "output")]
            among = [fields[name] for name in steps.input_fields[node_id]]
            inputs[node_id] = _prepared_input(writer, described, node_id, spec, among)
    else:
        for name, item in fields.items():
            if form.opset < needed_opset(item):
                prepared[name] = _prepared_input(writer, described, name, prepared_spec(item), [item])
            else:
                prepared[name] = Preparation(item).write_input(writer)
                described.append(_raw_input(writer, item))
        for node_id in steps.input_ids:
            inputs[node_id] = _joined(writer, [prepared[name] for name in steps.input_fields[node_id]])
    for node_id in steps.input_ids:
        if node_id in steps.input_shifts:
            inputs[node_id] = write_shift(writer, inputs[node_id], *steps.input_shifts[node_id])
    noises = {node_id: _noise_input(writer, node_id, steps.noises[node_id], fields) for node_id in steps.noise_ids}
    described += [_noise_described(noises[node_id], steps.noises[node_id]) for node_id in steps.noise_ids]
    inputs |= noises
    names = module_names(dict.fromkeys(call.owner for call in (*steps.calls, *steps.losses)))
    modules = {call.node.id: network.get_submodule(names[call.owner]) for call in (*steps.calls, *steps.losses)}
    values = write_network(writer, steps, modules, inputs)
    graph = flattened(project).graph
    outputs = [
        (node_id, _field(project, name), answer_of(graph, node_id), _shape(steps, steps.predictions[node_id]))
        for node_id, name in steps.output_fields.items()
    ]
    if not outputs:
        raise ExportError("The network has no Output, so a file could not answer anything.", hint="Add an Output.")
    moved = {
        name for node_id in steps.input_ids if node_id in steps.input_shifts for name in steps.input_fields[node_id]
    }
    taken = {*fields, *noises.values(), *(item.name for item in described)}
    answers = describe_answers(outputs, taken, moved, raw=alone)
    for answer in answers:
        answer.write(writer, values[steps.predictions[answer.node_id]], prepared.get(answer.so_far, ""))
    model = writer.model(ir_version=IR_VERSIONS.get(form.opset, IR_VERSION))
    titles = [graph.node(node_id).title for node_id, *_ in outputs]
    told = msgspec.structs.replace(
        description,
        inputs=_with_so_far(described, answers),
        outputs=_told_apart([_output_described(answer) for answer in answers], titles),
        precision=form.precision,
        contents=form.contents,
    )
    _finish(model, told, project)
    borders = (
        [_border(steps, (node_id, "output"), value) for node_id, value in inputs.items()],
        [_border(steps, value, values[value]) for value in steps.predictions.values()],
    )
    return Built(
        model=model,
        values=values,
        fields=fields,
        answers=answers,
        description=told,
        noises=noises,
        form=form,
        borders=borders,
    )


def finish_file(built: Built) -> None:
    """Make it simpler if that is asked for, and store the weights as the precision says; int8 is not done here.

    Raises ExportError when the file would be too large.
    """
    if built.form.optimised:
        put_back(built.model, simplified(built.core()))
    if built.form.precision == "float16":
        store_as_half(built.model, {tensor.name for tensor in built.core().graph.initializer})
    if built.model.ByteSize() > _LARGEST_BYTES:
        raise ExportError(
            "The network is larger than 2 GB, which one ONNX file cannot hold.", hint="Export it as float16."
        )


def _border(steps: Plan, value: Value, name: str) -> Border:
    spec = steps.specs.get(value)
    dtype = _ONNX_TYPES[spec.dtype] if spec is not None else TensorProto.FLOAT
    return Border(name=name, dtype=dtype, shape=spec.shape if spec is not None else (None,))


def _prepared_input(
    writer: OnnxWriter, described: list[InputDescription], name: str, spec: TensorSpec, fields: list[Field]
) -> str:
    """An input for prepared numbers, and its description."""
    port = prepared_input(name, spec)
    value = writer.input(name, _ONNX_TYPES[spec.dtype], port.shape)
    described.append(
        InputDescription(
            name=value,
            field=name,
            kind=PREPARED,
            dtype=port.dtype,
            shape=list(port.shape),
            meaning=prepared_meaning(fields),
        )
    )
    return value


def _raw_input(writer: OnnxWriter, item: Field) -> InputDescription:
    """The description of the input that was written last."""
    info = writer.inputs[-1]
    return InputDescription(
        name=info.name,
        field=item.name,
        kind=item.kind.value,
        dtype=TensorProto.DataType.Name(info.type.tensor_type.elem_type).lower(),
        shape=[size.dim_param or size.dim_value for size in info.type.tensor_type.shape.dim],
        meaning=meaning(item),
    )


def _noise_described(name: str, layer: Noise) -> InputDescription:
    return InputDescription(
        name=name,
        field=name,
        kind=NOISE,
        dtype="float",
        shape=["N", *layer.size],
        meaning=noise_meaning(layer),
        distribution=layer.distribution,
        std=layer.std,
    )


def _with_so_far(described: list[InputDescription], answers: list[Answer]) -> list[InputDescription]:
    """Texts that are written say so."""
    written = {answer.so_far for answer in answers if answer.so_far}
    return [
        msgspec.structs.replace(item, meaning=_SO_FAR) if item.field in written and item.kind != PREPARED else item
        for item in described
    ]


def _noise_input(writer: OnnxWriter, node_id: str, layer: Noise, fields: Collection[str]) -> str:
    """An input for random numbers, named after the node; what a field is called stays the field's."""
    name, number = node_id, 2
    while name in fields:
        name, number = f"{node_id}_{number}", number + 1
    return writer.input(name, TensorProto.FLOAT, ["N", *layer.size])


def _field(project: Project, name: str) -> Field:
    found = project.data.field(name)
    if found is None:
        raise ExportError(f"The data has no field '{name[:80]}'.", where=name[:80])
    return found


def _shape(steps: Plan, value: Value) -> Shape:
    spec = steps.specs.get(value)
    return spec.shape if spec is not None else (None,)


def _joined(writer: OnnxWriter, values: list[str]) -> str:
    if len(values) == 1:
        return values[0]
    value: str = writer.add("Concat", values, axis=-1)
    return value


def _output_described(answer: Answer) -> OutputDescription:
    alone = bool(answer.raw)
    levels = _levels(answer)
    return OutputDescription(
        field=answer.field.name,
        kind=answer.field.kind.value,
        label="" if alone else answer.label,
        scores="" if alone else answer.scores,
        value="" if alone else answer.value,
        logits=answer.raw,
        classes=list(answer.field.statistics.classes if answer.is_mask else answer.classes),
        function=answer.function,
        so_far="" if alone else answer.so_far,
        mean=levels[0],
        std=levels[1],
    )


def _told_apart(outputs: list[OutputDescription], titles: Sequence[str]) -> list[OutputDescription]:
    """Answers for one field with names of their own: the titles of their nodes, or what the file calls them."""
    fields = [item.field for item in outputs]
    used, found = set(fields), []
    for item, title in zip(outputs, titles, strict=True):
        name = ""
        if fields.count(item.field) > 1:
            own = next(filter(None, (item.label, item.value, item.logits)), item.field)
            name = title if title and title not in used else own
            used.add(name)
        found.append(msgspec.structs.replace(item, title=name))
    return found


def _levels(answer: Answer) -> tuple[list[float], list[float]]:
    """Mean and std by which the answer for a picture becomes grey levels again: what its preparation did, the other way
    round. Empty for other answers."""
    if answer.field.kind is not FieldKind.IMAGE or len(answer.shape) != 4 or answer.shape[1] not in (1, 3):
        return [], []
    rules = Preparation(answer.field).tensor_rules
    if not any(isinstance(rule, ScaleRule) for rule in rules):
        return [], []
    mean, std = np.zeros(answer.shape[1], np.float32), np.ones(answer.shape[1], np.float32)
    for rule in rules:
        if isinstance(rule, NormalizeRule):
            mean, std = mean + std * rule.mean.reshape(-1), std * rule.std.reshape(-1)
    return mean.tolist(), std.tolist()


def _finish(model: onnx.ModelProto, description: Description, project: Project) -> None:
    """Names, versions, documentation and metadata."""
    model.graph.name = "netwright"
    model.producer_version = description.version
    model.domain = "netwright"
    model.model_version = max(1, description.run)
    helper.set_model_props(model, write_metadata(description, project))
    model.doc_string = "\n".join(
        [
            f"{description.name}, made with Netwright {description.version}.",
            *(f"Input {item.name} {item.dtype} {item.shape}: {item.meaning}" for item in description.inputs),
            *(
                f"Output {item.logits} ({item.field}, as the network gives it)"
                if item.logits
                else f"Output {item.label} (the next token), {item.scores} (a score for each token)"
                if item.so_far
                else f"Output {item.label} (text), {item.scores} (one score a class)"
                if item.label
                else f"Output {item.value}"
                + (f" (class numbers of {', '.join(item.classes[:20])}), {item.scores}" if item.scores else "")
                for item in description.outputs
            ),
        ]
    )
    for info, item in zip(model.graph.input, description.inputs, strict=True):
        info.doc_string = item.meaning
        if item.kind == FieldKind.IMAGE.value:
            info.type.denotation = "IMAGE"
            for size, name in zip(
                info.type.tensor_type.shape.dim,
                ("DATA_BATCH", "DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL"),
                strict=True,
            ):
                size.denotation = name


def store_as_half(model: onnx.ModelProto, names: set[str]) -> None:
    """Store these weights as float16; a Cast behind each gives float32 back, so operators compute as before.

    Small tensors, vectors and values that float16 cannot hold stay. onnxruntime folds the casts when it loads the file.
    Computing in float16 gains nothing on processors (0.192 ms for a sample of garments either way, 0.111 for a text)
    and loses digits.
    """
    casts = []
    for tensor in model.graph.initializer:
        if tensor.name not in names or tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        array = numpy_helper.to_array(tensor)
        if array.size < _SMALLEST_HALVED or not np.all(np.abs(array) <= _LARGEST_HALF):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(array.astype(np.float16), f"{name}.float16"))
        casts.append(helper.make_node("Cast", [f"{name}.float16"], [name], name=f"{name}/Cast", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
