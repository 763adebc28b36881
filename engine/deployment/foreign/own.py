"""Files that Netwright wrote itself: the project lies in their metadata, and every weight is found again exactly.

Where a weight lies in a file is not written down: the same project is written twice with numbers that name their own
place, and read from where those came to lie. Written a third time with what was found, it has to be the file again.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
import onnx
import torch
from onnx import numpy_helper

from engine.compiler.module import CompiledNetwork, compile_project
from engine.compiler.plan import Plan, plan
from engine.deployment.build import build_file
from engine.deployment.description import DESCRIPTION, PROJECT, Description
from engine.deployment.form import FileForm
from engine.document.files import from_bytes
from engine.document.project import Project
from engine.errors import NetwrightError

_FIRST = 3_000_000
"""The number that stands for the first tensor; few constants of a network are so large and whole."""
_STEP = 17
"""Small constants that are equal are written once, so the places of two tensors may not have the same numbers."""
_MOST = 2**24 - 2 * _FIRST
"""Up to here float32 holds every whole number."""

_Places = dict[tuple[int, int], np.ndarray]
"""Constants by the operator that takes them and the place at which it does."""


@dataclass(slots=True, kw_only=True)
class Own:
    """A project as it was when the file was written, and the network with its weights."""

    project: Project
    network: CompiledNetwork


def own_project(model: onnx.ModelProto, where: str) -> Own | None:
    """What a file of ours holds; None for any other file, and where not every weight can be had exactly."""
    metadata = {item.key: item.value for item in model.metadata_props}
    if PROJECT not in metadata or DESCRIPTION not in metadata:
        return None
    try:
        description = msgspec.json.decode(metadata[DESCRIPTION].encode(), type=Description)
        project = from_bytes(metadata[PROJECT].encode(), where)
        if description.precision != "float32":
            return None
        opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
        form = FileForm(opset=int(opset), contents=description.contents)
        with torch.random.fork_rng(devices=[]):
            network = compile_project(project, training=False).eval()
        writer = _Writer(project, plan(project, training=False), network, form, description)
        return Own(project=project, network=network) if _restored(writer, model) else None
    except (NetwrightError, msgspec.MsgspecError, StopIteration, KeyError, ValueError, RuntimeError):
        return None  # it is read as any other file then, which tells what is wrong with it


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the file anew with the weights that the network has."""

    project: Project
    steps: Plan
    network: CompiledNetwork
    form: FileForm
    description: Description

    def model(self) -> onnx.ModelProto:
        """The file as it would be written now."""
        return build_file(self.project, self.steps, self.network, form=self.form, description=self.description).model

    def places(self) -> _Places:
        """Its constants."""
        return _places(self.model())


def _places(model: onnx.ModelProto) -> _Places:
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return {
        (number, place): held[name]
        for number, node in enumerate(model.graph.node)
        for place, name in enumerate(node.input)
        if name in held
    }


def _operators(model: onnx.ModelProto) -> list[tuple[object, ...]]:
    """What is worked out, constants apart."""
    held = {tensor.name for tensor in model.graph.initializer}
    return [
        (
            node.op_type,
            node.domain,
            [None if name in held else name for name in node.input],
            list(node.output),
            sorted(item.SerializeToString(deterministic=True) for item in node.attribute),
        )
        for node in model.graph.node
    ]


def _restored(writer: _Writer, model: onnx.ModelProto) -> bool:
    """Give the network the weights of the file; whether they are all found, and the file is the same then."""
    wanted = _places(model)
    state = {name: value for name, value in writer.network.state_dict().items() if value.is_floating_point()}
    names = list(state)
    if any(value.numel() + _STEP * len(names) > _MOST for value in state.values()):
        return False
    with torch.no_grad():
        for number, value in enumerate(state.values()):
            value.fill_(_FIRST + number)
        tensors = writer.places()
        for number, value in enumerate(state.values()):
            value.copy_((torch.arange(value.numel()) + _STEP * number).reshape(value.shape))
        numbers = writer.places()
        if not tensors.keys() == numbers.keys() == wanted.keys():
            return False
        found = {name: np.full(value.numel(), np.nan, np.float32) for name, value in state.items()}
        for key, owners in tensors.items():
            if owners.dtype != np.float32 or owners.shape != wanted[key].shape:
                continue
            for owner in np.unique(owners):
                number = int(owner) - _FIRST if owner == np.floor(owner) else -1
                if 0 <= number < len(names):
                    here = owners == owner
                    at = numbers[key][here].astype(np.int64) - _STEP * number
                    values = found[names[number]]
                    if ((at < 0) | (at >= len(values))).any():
                        return False
                    values[at] = wanted[key][here]
        parameters = {name for name, _ in writer.network.named_parameters()}
        for name, value in state.items():
            if np.isnan(found[name]).any():
                if name in parameters:
                    return False
                found[name] = np.zeros(value.numel(), np.float32)
            value.copy_(torch.from_numpy(found[name]).reshape(value.shape))
    made = writer.model()
    again = _places(made)
    if _operators(made) != _operators(model):
        return False
    return again.keys() == wanted.keys() and all(
        np.array_equal(array, wanted[key]) if array.dtype.kind != "f" else _same(array, wanted[key])
        for key, array in again.items()
    )


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
