"""Reads an ONNX file into a program of operators in their newest form, and refuses what cannot be trusted.

No path outside the file's folder is opened; sizes are checked before memory is taken; functions are written out;
programs within programs (If, Loop, Scan) say what they capture.
"""

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from engine.compiler.onnx_operators.program import Operator, Program
from engine.compiler.onnx_operators.table import known
from engine.deployment.foreign.versions import Upgrade, upgraded
from engine.errors import ModelImportError

_LARGEST_FILE = 2**31
_LARGEST_WEIGHTS = 16 * 2**30
_MOST_OPERATORS = 200_000
_MOST_DEPTH = 24
_BROKEN = "The file may be damaged or no ONNX file. Save it again, or download it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignValue:
    """An input or output as the file declares it. `element` is ONNX's number of the type, 0 where there is none (a
    sequence); `shape` None where the rank is free, its entries a size, or a name or None where free."""

    name: str
    element: int
    shape: tuple[int | str | None, ...] | None
    kind: str = "tensor"


@dataclass(slots=True, kw_only=True)
class ForeignModel:
    """A file that was read. `unknown` are operators nobody knows, by name with their count."""

    program: Program
    inputs: tuple[ForeignValue, ...]
    outputs: tuple[ForeignValue, ...]
    opset: int
    producer: str
    name: str
    metadata: dict[str, str] = field(default_factory=dict)
    operators: int = 0
    unknown: dict[str, int] = field(default_factory=dict)


def read_model(path: Path) -> ForeignModel:
    """Read a file. Raises ModelImportError in words."""
    return read_proto(load_proto(path), path.parent, path.name)


def load_proto(path: Path) -> ModelProto:
    """The file as a message, weights beside it not yet read. Raises ModelImportError."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ModelImportError(f"{path.name} is no file.", where=str(path), expected="an .onnx file")
        if size > _LARGEST_FILE:
            raise ModelImportError(
                f"{path.name} is larger than 2 GB, which no ONNX file can be.",
                where=str(path),
                hint="Large weights lie in a file of their own beside it.",
            )
        content = path.read_bytes()
    except OSError as error:
        raise ModelImportError(
            f"{path.name} cannot be opened: {error.strerror or error}.", where=str(path), hint="Check the path."
        ) from error
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:
        # protobuf raises errors of its own; whoever imports the file is told.
        raise ModelImportError(f"{path.name} cannot be read as ONNX.", where=str(path), hint=_BROKEN) from error
    if not model.graph.node and not model.graph.output:
        raise ModelImportError(
            f"{path.name} holds no network.",
            where=str(path),
            expected="an ONNX file",
            found=f"{size} bytes",
            hint=_BROKEN,
        )
    return model


def read_proto(model: ModelProto, folder: Path, name: str = "model.onnx") -> ForeignModel:
    """The program of a message; weights beside it are looked for in `folder`. Raises ModelImportError."""
    reader = _Reader(model, folder, name)
    try:
        return reader.read()
    except ModelImportError as error:
        error.where = error.where or name
        raise
    except (
        ArithmeticError,
        AttributeError,
        IndexError,
        KeyError,
        MemoryError,
        RecursionError,
        TypeError,
        UnicodeDecodeError,
        ValueError,
    ) as error:
        # A damaged file can be wrong anywhere; whoever imports it is told.
        raise ModelImportError(
            f"{name} cannot be understood: {str(error).strip()[:200] or type(error).__name__}.",
            where=name,
            hint=_BROKEN,
        ) from error


def _domain(name: str) -> str:
    return "" if name in ("", "ai.onnx") else name


class _Reader:
    """Turns messages into programs; keeps names apart."""

    def __init__(self, model: ModelProto, folder: Path, name: str) -> None:
        self.model = model
        self.folder = folder
        self.file = name
        self.constants: dict[str, np.ndarray] = {}
        self.names: set[str] = set()
        self.functions = {(_domain(item.domain), item.name): item for item in model.functions}
        self.count = 0
        self.read_bytes = 0
        self.unknown: dict[str, int] = {}

    def read(self) -> ForeignModel:
        graph = self.model.graph
        versions = {_domain(item.domain): int(item.version) for item in self.model.opset_import}
        if "" not in versions and not versions:
            versions[""] = 1
        self._collect(graph)
        program = self._graph(graph, versions, {}, 0)
        constants = dict({**self.constants, **program.constants}.items())
        program = replace(program, constants=constants, operators=tuple(_sorted(program, constants, self.file)))
        own = {item.name for item in graph.initializer}
        inputs = tuple(_value(item) for item in graph.input if item.name not in own)
        return ForeignModel(
            program=program,
            inputs=inputs,
            outputs=tuple(_value(item) for item in graph.output),
            opset=versions.get("", 0),
            producer=" ".join(part for part in (self.model.producer_name, self.model.producer_version) if part)[:80],
            name=graph.name,
            metadata={item.key: item.value for item in self.model.metadata_props},
            operators=self.count,
            unknown=self.unknown,
        )

    def _collect(self, graph: GraphProto) -> None:
        """Every name in use, so that new ones clash with none."""
        for node in graph.node:
            self.names.update(node.output)
            self.names.update(node.input)
            for attribute in node.attribute:
                for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                    self._collect(inner)
        self.names.update(item.name for item in (*graph.input, *graph.initializer))

    def name(self, stem: str) -> str:
        number = len(self.names)
        while (candidate := f"{stem}.{number}") in self.names:
            number += 1
        self.names.add(candidate)
        return candidate

    def _graph(self, graph: GraphProto, versions: Mapping[str, int], renamed: Mapping[str, str], depth: int) -> Program:
        """A graph as a program; constants of graphs within go to those of the whole, under free names."""
        if depth > _MOST_DEPTH:
            raise ModelImportError("Its programs within programs go too deep.", hint=_BROKEN)
        own = dict(renamed)
        for tensor in graph.initializer:
            self._keep(tensor.name, self._array(tensor), own, depth)
        for sparse in graph.sparse_initializer:
            self._keep(sparse.values.name, self._dense(sparse), own, depth)
        held = {item.name for item in graph.initializer}
        inputs = tuple(self._own_name(item.name, own, depth) for item in graph.input if item.name not in held)
        operators: list[Operator] = []
        for node in graph.node:
            self._node(node, versions, own, depth, operators)
        outputs = tuple(own.get(item.name, item.name) for item in graph.output)
        defined = {*inputs, *(name for item in operators for name in item.outputs)}
        wanted = dict.fromkeys(
            name
            for item in (*(name for op in operators for name in op.inputs), *outputs)
            for name in [item]
            if name and name not in defined
        )
        captured = tuple(wanted) if depth else ()
        return Program(inputs=inputs, outputs=outputs, operators=tuple(operators), captured=captured)

    def _own_name(self, name: str, own: dict[str, str], depth: int) -> str:
        """Names within a program of its own must not meet those of the program around it."""
        if depth and name:
            own[name] = self.name(name)
            return own[name]
        return name

    def _keep(self, name: str, array: np.ndarray, own: dict[str, str], depth: int) -> None:
        self.constants[self._own_name(name, own, depth)] = array

    def _node(
        self,
        node: NodeProto,
        versions: Mapping[str, int],
        own: dict[str, str],
        depth: int,
        into: list[Operator],
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self.count += 1
        if self.count > _MOST_OPERATORS:
            raise ModelImportError(f"It holds more than {_MOST_OPERATORS:,} operators.")
        domain = _domain(node.domain)
        inputs = tuple(own.get(name, name) for name in node.input)
        attributes: dict[str, Any] = {}
        captured: list[str] = []
        for attribute in node.attribute:
            if attribute.ref_attr_name:
                if given is not None and attribute.ref_attr_name in given:
                    attributes[attribute.name] = given[attribute.ref_attr_name]
                continue
            value = self._attribute(attribute, versions, own, depth)
            attributes[attribute.name] = value
            for program in value if isinstance(value, list) else [value]:
                if isinstance(program, Program) and domain == "" and node.op_type != "If":
                    captured.extend(program.captured)
        if domain == "" and node.op_type == "If":
            captured = [*attributes["then_branch"].captured, *attributes["else_branch"].captured]
        outputs = tuple(self._own_name(name, own, depth) for name in node.output)
        if domain == "" and node.op_type == "Constant":
            self.constants[outputs[0]] = _constant(attributes)
            return
        function = self.functions.get((domain, node.op_type))
        if function is not None:
            self._function(function, versions, inputs, outputs, attributes, depth, into)
            return
        item = Operator(
            type=node.op_type,
            domain=domain,
            inputs=(*_trimmed(inputs, keep=bool(captured)), *captured),
            outputs=_trimmed(outputs),
            attributes=attributes,
            name=node.name or (node.output[0] if node.output else ""),
        )
        if captured and node.op_type in ("Loop", "Scan", "SequenceMap"):
            item = replace(item, inputs=(*self._filled(node.op_type, item, inputs), *captured))
        version = versions.get(domain, versions.get("", 1))
        for new in upgraded(item, Upgrade(version, self.name, self.constants)):
            if not known(new.domain, new.type) and self._written_out(node, new, versions, depth, into):
                continue
            if not known(new.domain, new.type):
                label = f"{new.domain}.{new.type}" if new.domain else new.type
                self.unknown[label] = self.unknown.get(label, 0) + 1
            into.append(new)

    def _filled(self, kind: str, item: Operator, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """Inputs up to the last that the inner program takes, so that what it captures stands behind them."""
        body = item.attributes["body"]
        wanted = len(body.inputs)
        return (*inputs, *[""] * max(0, wanted - len(inputs)))[: max(wanted, len(inputs))]

    def _function(
        self,
        function: FunctionProto,
        versions: Mapping[str, int],
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        attributes: Mapping[str, Any],
        depth: int,
        into: list[Operator],
    ) -> None:
        """The operators of a function in the place of its call."""
        if depth > _MOST_DEPTH:
            raise ModelImportError("Its functions call each other without end.", hint=_BROKEN)
        inner_versions = {**versions, **{_domain(item.domain): int(item.version) for item in function.opset_import}}
        own: dict[str, str] = dict.fromkeys(function.input, "")
        own.update(zip(function.input, inputs, strict=False))
        values = dict(attributes)
        for attribute in function.attribute_proto:
            if attribute.name not in values:
                values[attribute.name] = self._attribute(attribute, inner_versions, own, depth + 1)
        own.update(zip(function.output, outputs, strict=False))
        shown = dict(zip(function.output, outputs, strict=False))
        passed = [name for name in function.output if name in set(function.input)]
        for node in function.node:
            self._named_node(node, inner_versions, own, shown, depth + 1, into, values)
        for name in passed:
            into.append(
                Operator(
                    type="Identity",
                    inputs=(dict(zip(function.input, inputs, strict=False))[name],),
                    outputs=(shown[name],),
                )
            )

    def _named_node(
        self,
        node: NodeProto,
        versions: Mapping[str, int],
        own: dict[str, str],
        shown: Mapping[str, str],
        depth: int,
        into: list[Operator],
        values: Mapping[str, Any],
    ) -> None:
        """A node of a function: its own values get free names, the function's outputs keep theirs."""
        before = len(into)
        constants = set(self.constants)
        self._node(node, versions, own, depth, into, values)
        back = {own[name]: shown[name] for name in node.output if shown.get(name)}
        if not back:
            return
        for i in range(before, len(into)):
            into[i] = replace(
                into[i],
                outputs=tuple(back.get(name, name) for name in into[i].outputs),
                inputs=tuple(back.get(name, name) for name in into[i].inputs),
            )
        for made, name in back.items():
            if made in self.constants and made not in constants:
                self.constants[name] = self.constants.pop(made)
        own.update({name: shown[name] for name in node.output if shown.get(name)})

    def _written_out(
        self, node: NodeProto, item: Operator, versions: Mapping[str, int], depth: int, into: list[Operator]
    ) -> bool:
        """An operator that the standard itself explains by others is replaced by those."""
        version = versions.get(item.domain, versions.get("", 1))
        try:
            schema = onnx.defs.get_schema(item.type, version, item.domain)
        except onnx.defs.SchemaError:
            return False
        if not schema.has_function:
            return False
        function = schema.function_body
        if not function.opset_import:
            function.opset_import.add(domain="", version=version)
        attributes = dict(item.attributes)
        for name, info in schema.attributes.items():
            if name not in attributes and info.default_value.name:
                attributes[name] = self._attribute(info.default_value, versions, {}, depth + 1)
        self._function(function, versions, item.inputs, item.outputs, attributes, depth + 1, into)
        return True

    def _attribute(
        self, attribute: AttributeProto, versions: Mapping[str, int], own: dict[str, str], depth: int
    ) -> Any:
        kinds = AttributeProto.AttributeType
        match attribute.type:
            case kinds.FLOAT:
                return float(attribute.f)
            case kinds.INT:
                return int(attribute.i)
            case kinds.STRING:
                return attribute.s.decode("utf-8", "replace")
            case kinds.TENSOR:
                return self._array(attribute.t)
            case kinds.SPARSE_TENSOR:
                return self._dense(attribute.sparse_tensor)
            case kinds.GRAPH:
                return self._graph(attribute.g, versions, own, depth + 1)
            case kinds.FLOATS:
                return [float(item) for item in attribute.floats]
            case kinds.INTS:
                return [int(item) for item in attribute.ints]
            case kinds.STRINGS:
                return [item.decode("utf-8", "replace") for item in attribute.strings]
            case kinds.GRAPHS:
                return [self._graph(item, versions, own, depth + 1) for item in attribute.graphs]
            case kinds.TYPE_PROTO:
                return "type"
        if attribute.ints:  # files of the first version say no type
            return [int(item) for item in attribute.ints]
        if attribute.floats:
            return [float(item) for item in attribute.floats]
        if attribute.strings:
            return [item.decode("utf-8", "replace") for item in attribute.strings]
        if attribute.s:
            return attribute.s.decode("utf-8", "replace")
        if attribute.HasField("t"):
            return self._array(attribute.t)
        return float(attribute.f) if attribute.f else int(attribute.i)

    def _array(self, tensor: TensorProto) -> np.ndarray:
        """The numbers of a tensor, those in a file beside included."""
        sizes = [int(size) for size in tensor.dims]
        if any(size < 0 for size in sizes):
            raise ModelImportError(f"The weight '{tensor.name[:80]}' has a size below 0.", hint=_BROKEN)
        self.read_bytes += math.prod(sizes)
        if self.read_bytes > _LARGEST_WEIGHTS:
            raise ModelImportError("Its weights are larger than this program reads (16 GB).")
        if tensor.data_location == TensorProto.EXTERNAL:
            return self._external(tensor, sizes)
        try:
            array: np.ndarray = numpy_helper.to_array(tensor)
        except Exception as error:
            # The library raises what it likes on broken tensors; whoever imports the file is told.
            raise ModelImportError(
                f"The weight '{tensor.name[:80]}' cannot be read: {str(error)[:160]}.", hint=_BROKEN
            ) from error
        if list(array.shape) != sizes:
            raise ModelImportError(f"The weight '{tensor.name[:80]}' holds fewer numbers than it says.", hint=_BROKEN)
        return array

    def _external(self, tensor: TensorProto, sizes: list[int]) -> np.ndarray:
        """Numbers from a file beside; only one that lies in the folder of the model."""
        entries = {item.key: item.value for item in tensor.external_data}
        place = entries.get("location", "")
        folder = self.folder.resolve()
        path = (folder / place).resolve()
        if not place or Path(place).is_absolute() or not path.is_relative_to(folder):
            raise ModelImportError(
                f"It looks for weights at '{place[:120]}', outside of its own folder.",
                expected="a file beside it",
                found=place[:120],
                hint="This program opens no other place. Ask where the file came from.",
            )
        if not path.is_file():
            raise ModelImportError(
                f"Its weights lie in '{place[:120]}', which is missing.",
                expected=f"{place[:120]} beside {self.file}",
                hint="Put that file into the same folder.",
            )
        try:
            dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
            offset = int(entries.get("offset", 0))
        except (KeyError, ValueError, TypeError) as error:
            raise ModelImportError(f"The weight '{tensor.name[:80]}' cannot be read.", hint=_BROKEN) from error
        packed = TensorProto()
        packed.data_type = tensor.data_type
        packed.dims.extend(sizes)
        bits = {22: 4, 21: 4, 23: 4, 25: 2, 26: 2}.get(tensor.data_type, dtype.itemsize * 8)
        count = -(-math.prod(sizes) * bits // 8)
        if tensor.data_type == TensorProto.STRING or offset < 0 or offset + count > path.stat().st_size:
            raise ModelImportError(
                f"'{place[:120]}' is shorter than the weight '{tensor.name[:80]}' says.", hint=_BROKEN
            )
        with path.open("rb") as file:
            file.seek(offset)
            packed.raw_data = file.read(count)
        found: np.ndarray = numpy_helper.to_array(packed)
        return found

    def _dense(self, sparse: onnx.SparseTensorProto) -> np.ndarray:
        values, places = self._array(sparse.values), self._array(sparse.indices)
        sizes = [int(size) for size in sparse.dims]
        if any(size < 0 for size in sizes) or math.prod(sizes) > _LARGEST_FILE:
            raise ModelImportError("A sparse weight is too large.", hint=_BROKEN)
        found = np.zeros(math.prod(sizes), dtype=values.dtype)
        flat = places if places.ndim == 1 else np.ravel_multi_index(tuple(places.T), tuple(sizes))
        found[flat] = values
        return found.reshape(sizes)


def _trimmed(names: tuple[str, ...], keep: bool = False) -> tuple[str, ...]:
    """Without what is left out at the end."""
    if keep:
        return names
    names = tuple(names)
    while names and not names[-1]:
        names = names[:-1]
    return names


def _constant(attributes: Mapping[str, Any]) -> np.ndarray:
    """What a Constant holds, in whichever way it says so."""
    for name, value in attributes.items():
        if name in ("value", "sparse_value"):
            return np.asarray(value)
        if name in ("value_float", "value_floats"):
            return np.asarray(value, np.float32)
        if name in ("value_int", "value_ints"):
            return np.asarray(value, np.int64)
        if name in ("value_string", "value_strings"):
            return np.asarray(value, dtype=object)
    raise ModelImportError("A constant holds nothing.", hint=_BROKEN)


def _value(info: onnx.ValueInfoProto) -> ForeignValue:
    """An input or output as it is declared."""
    kind = info.type.WhichOneof("value") or "tensor_type"
    if kind != "tensor_type":
        return ForeignValue(name=info.name, element=0, shape=None, kind=kind.removesuffix("_type"))
    tensor = info.type.tensor_type
    shape: tuple[int | str | None, ...] | None = None
    if tensor.HasField("shape"):
        shape = tuple(
            int(size.dim_value)
            if size.WhichOneof("value") == "dim_value" and size.dim_value > 0
            else size.dim_param or None
            for size in tensor.shape.dim
        )
    return ForeignValue(name=info.name, element=int(tensor.elem_type), shape=shape)


def _sorted(program: Program, constants: Mapping[str, Any], file: str) -> Iterable[Operator]:
    """Operators with sources first; most files hold them so. Raises ModelImportError where they go in a circle."""
    there = {"", *program.inputs, *constants}
    givers: dict[str, int] = {}
    for place, item in enumerate(program.operators):
        for name in item.outputs:
            if name and (name in givers or name in there):
                raise ModelImportError(f"Two operators give the value '{name[:80]}'.", where=file, hint=_BROKEN)
            if name:
                givers[name] = place
    for name in program.outputs:
        if name not in givers and name not in there:
            raise ModelImportError(f"Nothing gives its output '{name[:80]}'.", where=file, hint=_BROKEN)
    waiting: list[int] = []
    users: dict[int, list[int]] = {}
    for place, item in enumerate(program.operators):
        before = set()
        for name in item.inputs:
            if name in there:
                continue
            if name not in givers:
                raise ModelImportError(
                    f"The operator {item.type} uses '{name[:80]}', which nothing gives.", where=file, hint=_BROKEN
                )
            before.add(givers[name])
        waiting.append(len(before))
        for other in before:
            users.setdefault(other, []).append(place)
    ready = [place for place, count in enumerate(waiting) if not count]
    order = []
    while ready:
        place = heapq.heappop(ready)
        order.append(program.operators[place])
        for other in users.get(place, []):
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, other)
    if len(order) != len(program.operators):
        raise ModelImportError("Its operators feed each other in a circle.", where=file, hint=_BROKEN)
    return order
