"""The network in whole numbers of 8 bits: a quarter of the size, and faster where the processor has the instructions.

Static: scales of weights and of what flows between layers are fixed, the latter measured on samples (QDQ, a scale for
each channel of a weight): for convolutions. Dynamic: weights are stored as int8, and what flows through a matrix
product is scaled while the file runs: for Linear layers, attention and recurrent layers, whose values spread too far
for fixed scales. Preparation and answer stay float.

What is proved here must hold elsewhere: processors with AVX2 but without VNNI add products of uint8 and int8 in 16
bits, which overflow. So static weights use 7 of their 8 bits, and dynamic ones are uint8, whose products are exact
(https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html, "When and why do I need to try U8U8").
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx

from engine.deployment.core import simplified
from engine.deployment.session import open_session
from engine.errors import ExportError

Arrays = dict[str, npt.NDArray[Any]]

_CONVOLUTIONS: Final = frozenset({"Conv", "ConvTranspose"})
_PRODUCTS: Final = frozenset({"MatMul", "Gemm"})
_RECURRENT: Final = frozenset({"LSTM", "GRU", "RNN"})
_STATIC: Final = (
    "Conv",
    "ConvTranspose",
    "Gemm",
    "MatMul",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "Relu",
    "Add",
)
_DYNAMIC: Final = ("MatMul", "Gemm", "Gather")
_WORTH: Final = 0.25
"""Share of the weights that dynamic int8 must reach where there are convolutions, which it leaves as they are."""
_SMALLEST: Final = 1024
"""Numbers in a table of weights that are worth storing in 8 bits."""


def kinds_for(core: onnx.ModelProto) -> tuple[str, ...]:
    """The kinds that make sense, the one that suits best first: static where there are convolutions, else dynamic.

    Empty where the network has no weights to store in 8 bits.
    """
    sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in core.graph.initializer}
    convolved, other = 0, 0
    for node in core.graph.node:
        weights = sum(sizes.get(name, 0) for name in node.input)
        convolved += weights if node.op_type in _CONVOLUTIONS else 0
        other += weights if node.op_type in (_PRODUCTS | _RECURRENT | {"Gather"}) else 0
    if convolved:
        return ("static", "dynamic") if other >= _WORTH * (convolved + other) else ("static",)
    return ("dynamic",) if other else ()


def in_doubt(core: onnx.ModelProto) -> bool:
    """Whether a network has convolutions and also what suffers from fixed scales: attention or recurrent layers."""
    stored = {tensor.name for tensor in core.graph.initializer}
    operators = {node.op_type for node in core.graph.node}
    attends = any(node.op_type == "MatMul" and not stored & set(node.input) for node in core.graph.node)
    return bool(operators & _CONVOLUTIONS) and (attends or bool(operators & _RECURRENT))


def quantised(core: onnx.ModelProto, kind: str, samples: Sequence[Arrays]) -> onnx.ModelProto:
    """The network with int8 weights. `samples` are its inputs for "static", a batch an entry.

    Raises ExportError when onnxruntime's quantizer cannot do it.
    """
    core = simplified(core)
    with tempfile.TemporaryDirectory(prefix="netwright-") as name, _quiet():
        source, target = Path(name) / "float.onnx", Path(name) / "int8.onnx"
        inferred = onnx.shape_inference.infer_shapes(core)
        # Says that shapes are known and the graph is simple: the quantizer would tell the user to see to it.
        inferred.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        onnx.save(inferred, str(source))
        try:
            if kind == "static":
                _static(source, target, samples)
            else:
                _dynamic(source, target)
            found = onnx.load(str(target))
        except Exception as error:
            raise ExportError(
                f"onnxruntime cannot write this network as {kind} int8.",
                where="precision",
                found=f"{type(error).__name__}: {str(error)[:300]}",
                hint="Use float16, which halves the file.",
            ) from error
    if kind == "dynamic":
        _store_recurrent(found)
    del found.graph.value_info[:]
    return found


def _static(source: Path, target: Path, samples: Sequence[Arrays]) -> None:
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
        def __init__(self) -> None:
            self._rest = iter(samples)

        def get_next(self) -> Arrays | None:
            return next(self._rest, None)

    quantization.quantize_static(
        str(source),
        str(target),
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=list(_STATIC),
        per_channel=True,
        activation_type=quantization.QuantType.QInt8,
        weight_type=quantization.QuantType.QInt8,
        reduce_range=True,
    )


def _dynamic(source: Path, target: Path) -> None:
    from onnxruntime import quantization

    model = onnx.load(str(source))
    small = {tensor.name for tensor in model.graph.initializer if np.prod(tensor.dims) < _SMALLEST}
    kept = {tensor.name for tensor in model.graph.initializer} - small
    left_out = [
        node.name for node in model.graph.node if node.op_type in _DYNAMIC and not kept & set(node.input)
    ]  # a product of two values that flow, or by a table too small to gain anything
    quantization.quantize_dynamic(
        str(source),
        str(target),
        op_types_to_quantize=list(_DYNAMIC),
        nodes_to_exclude=left_out,
        per_channel=True,
        weight_type=quantization.QuantType.QUInt8,
        extra_options={"MatMulConstBOnly": True},
    )


def _store_recurrent(model: onnx.ModelProto) -> None:
    """Store the weights of recurrent layers as int8, a scale for each row; a DequantizeLinear gives floats back.

    The standard has no recurrent layer in whole numbers, and onnxruntime's own would run nowhere else.
    """
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    done: set[str] = set()
    for node in model.graph.node:
        for name in node.input[1:3] if node.op_type in _RECURRENT else ():
            if name in stored and name not in done:
                done.add(name)
                nodes += _rows_as_int8(model, stored[name], node.name)
    if nodes:
        rest = list(model.graph.node)
        del model.graph.node[:]
        model.graph.node.extend([*nodes, *rest])


def _rows_as_int8(model: onnx.ModelProto, tensor: onnx.TensorProto, home: str) -> list[onnx.NodeProto]:
    """(directions, rows, columns) as (directions * rows, columns) of int8 and a scale a row, put together again."""
    name = tensor.name
    table = onnx.numpy_helper.to_array(tensor)
    rows = table.reshape(-1, table.shape[-1])
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-12).astype(np.float32) / 127
    whole = np.clip(np.rint(rows / scales[:, None]), -127, 127).astype(np.int8)
    model.graph.initializer.remove(tensor)
    parts = {
        f"{name}_quantized": whole,
        f"{name}_scale": scales,
        f"{name}_zero_point": np.zeros(len(scales), np.int8),
        f"{name}_shape": np.array(table.shape, np.int64),
    }
    model.graph.initializer.extend(onnx.numpy_helper.from_array(array, part) for part, array in parts.items())
    flat = f"{name}_DequantizeLinear"
    inputs = [f"{name}_quantized", f"{name}_scale", f"{name}_zero_point"]
    return [
        onnx.helper.make_node("DequantizeLinear", inputs, [flat], name=f"{home}/{flat}", axis=0),
        onnx.helper.make_node("Reshape", [flat, f"{name}_shape"], [name], name=f"{home}/{name}_Reshape"),
    ]


def distance(core: onnx.ModelProto, other: onnx.ModelProto, samples: Sequence[Arrays]) -> float:
    """How far the second network's outputs are from the first's, relative to their spread."""
    one, two = (open_session(model.SerializeToString()) for model in (core, other))
    off, spread = 0.0, 0.0
    for batch in samples:
        for wanted, found in zip(one.run(None, batch), two.run(None, batch), strict=True):
            if np.asarray(wanted).dtype.kind == "f":
                off += float(np.square(found - wanted, dtype=np.float64).sum())
                spread += float(np.square(wanted - wanted.mean(axis=0, keepdims=True), dtype=np.float64).sum())
    return off / max(spread, 1e-12)


def as_batches(inputs: Mapping[str, npt.NDArray[Any]], most: int) -> Iterator[Arrays]:
    """Samples in batches of at most so many."""
    count = len(next(iter(inputs.values()))) if inputs else 0
    for start in range(0, count, most):
        yield {name: array[start : start + most] for name, array in inputs.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantizer writes hints for programmers into the log of the whole program."""
    logger = logging.getLogger()
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
