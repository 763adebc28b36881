"""Looks a layer of the user's own over: shape, gradient, weights, repeatability, export; each finding in a sentence."""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.catalog.layers.own_code import PyTorch
from engine.catalog.tensors import TensorSpec
from engine.checks.inference import ShapeChecker
from engine.compiler.own_code import examples, own_class, said
from engine.errors import GraphError, NetwrightError
from engine.protocol.messages.code import CodeChecked, CodeFinding

OPSET = 20


def check_code(node_id: str, layer: PyTorch, *specs: TensorSpec) -> CodeChecked:
    """Look a layer over with tensors as they arrive at it. Whatever its code does ends as a finding."""
    torch.manual_seed(0)
    findings: list[CodeFinding] = []
    shape: tuple[int, ...] = ()
    parameters = 0

    def report() -> CodeChecked:
        return CodeChecked(node=node_id, findings=findings, output_shape=list(shape), parameters=parameters)

    def look(subject: str, how: Callable[[], tuple[str, bool]]) -> bool:
        try:
            failed, warns = how()
        except _Wrong as wrong:
            failed, warns = str(wrong), False
        except NetwrightError as error:
            failed, warns = f"{error.message} {error.hint}".strip(), False
        except Exception as error:  # noqa: BLE001, the user's own code: whatever it raises is what was found
            failed, warns = said(error), False
        findings.append(CodeFinding(subject=subject, failed=failed, warns=warns))
        return not failed

    made: list[nn.Module] = []

    def load() -> tuple[str, bool]:
        made.append(own_class(layer.file, layer.class_name)(**layer.arguments(*specs)))
        return "", False

    if not look("Loads", load):
        return report()
    (module,) = made
    parameters = sum(item.numel() for item in module.parameters())

    def measure() -> tuple[str, bool]:
        nonlocal shape
        shape = _shape(module, specs)
        return "", False

    if look("Shape", measure):
        look("Gradient", lambda: _gradient(module, specs))
        look("Repeats", lambda: _repeats(module, specs))
        look("Samples", lambda: _samples(module, specs))
        look("Export", lambda: _export(module, specs))
    return report()


class _Wrong(Exception):
    """What is wrong, in a sentence."""


def _answer(module: nn.Module, tensors: list[Tensor]) -> Tensor:
    answer = module(*tensors)
    if not isinstance(answer, Tensor):
        raise _Wrong(f"It gives {type(answer).__name__}, not one tensor.")
    return answer


def _shape(module: nn.Module, specs: tuple[TensorSpec, ...]) -> tuple[int, ...]:
    """The sizes behind the batch, 0 where they follow a free size of the input."""
    found: list[tuple[int, ...]] = []
    module.eval()
    with torch.no_grad():
        for count, length in ((2, 7), (3, 7), (2, 9)):
            answer = _answer(module, examples(specs, count, length=length))
            if answer.dim() == 0 or answer.shape[0] != count:
                raise _Wrong(f"For {count} samples it gives the shape {tuple(answer.shape)}; samples must come first.")
            found.append(tuple(answer.shape[1:]))
    if found[0] != found[1]:
        raise _Wrong(f"The shape depends on the number of samples: {found[0]} and {found[1]}.")
    if len(found[0]) != len(found[2]):
        raise _Wrong("The number of axes depends on the length.")
    return tuple(a if a == b else 0 for a, b in zip(found[0], found[2], strict=True))


def _gradient(module: nn.Module, specs: tuple[TensorSpec, ...]) -> tuple[str, bool]:
    module.train()
    tensors = examples(specs, 3)
    for tensor in tensors:
        if tensor.is_floating_point():
            tensor.requires_grad_(True)
    answer = _answer(module, tensors)
    if not answer.is_floating_point():
        return "It gives whole numbers, through which nothing can be learned.", True
    if not answer.requires_grad:
        return "No gradient goes through it, so nothing before it can learn.", True
    answer.square().sum().backward()  # type: ignore[no-untyped-call]
    idle = [name for name, item in module.named_parameters() if item.requires_grad and item.grad is None]
    if idle:
        return f"The weight '{idle[0]}' gets no gradient.", True
    grown = [item.grad for item in (*module.parameters(), *tensors) if item.grad is not None]
    if not all(bool(item.isfinite().all()) for item in grown):
        return "A gradient is not a number.", False
    module.zero_grad(set_to_none=True)
    return "", False


def _repeats(module: nn.Module, specs: tuple[TensorSpec, ...]) -> tuple[str, bool]:
    """Asked again, with weights that went out and came back, it must say the same."""
    module.eval()
    tensors = examples(specs, 2)
    with torch.no_grad():
        before = _answer(module, tensors)
        state = {name: item.clone() for name, item in module.state_dict().items()}
        module.load_state_dict(state)
        after = _answer(module, tensors)
    if not torch.equal(before, after):
        return "Asked twice it does not give the same answer, so it cannot be proved after export.", True
    return "", False


def _samples(module: nn.Module, specs: tuple[TensorSpec, ...]) -> tuple[str, bool]:
    module.eval()
    tensors = examples(specs, 3)
    with torch.no_grad():
        together = _answer(module, tensors)
        alone = _answer(module, [tensor[1:2] for tensor in tensors])
    if not torch.allclose(together[1:2], alone, atol=1e-4, rtol=1e-4):
        return "The answer for a sample depends on the others in its batch.", True
    return "", False


def _export(module: nn.Module, specs: tuple[TensorSpec, ...]) -> tuple[str, bool]:
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(exported(module, specs, OPSET), providers=["CPUExecutionProvider"])
        tensors = examples(specs, 3)
        names = [item.name for item in session.get_inputs()]
        found = session.run(None, {name: tensor.numpy() for name, tensor in zip(names, tensors, strict=False)})[0]
    except Exception as error:  # noqa: BLE001, exporter and runtime raise errors of many kinds; told as what was found
        return f"It cannot be exported: {said(error)}", True
    with torch.no_grad():
        expected = _answer(module.eval(), tensors).numpy()
    if found.shape != expected.shape or not np.allclose(found, expected, atol=1e-4):
        return "Exported it gives other answers.", True
    return "", False


def exported(module: nn.Module, specs: tuple[TensorSpec, ...], opset: int) -> bytes:
    """The module as an ONNX file of its own, inputs x0, x1, ..., output y, free sizes free; written by torch."""
    names = [f"x{number}" for number in range(len(specs))]
    free = {
        name: {0: "n"} | {axis: f"free{axis}" for axis, size in enumerate(spec.shape) if axis and size is None}
        for name, spec in zip(names, specs, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's notes on its older exporter, the one that needs no further package
        path = Path(folder) / "layer.onnx"
        torch.onnx.export(
            module.eval(),
            tuple(examples(specs, 2)),
            str(path),
            dynamo=False,
            opset_version=min(opset, 20),
            input_names=names,
            output_names=["y"],
            dynamic_axes={**free, "y": {0: "n"}},
        )
        return path.read_bytes()


def checked_node(checker: ShapeChecker, node_id: str) -> CodeChecked:
    """What is found at a node. Raises GraphError when it is none with code, or its inputs are not known."""
    layer = checker.layers.get(node_id)
    if not isinstance(layer, PyTorch):
        raise GraphError(f"'{node_id[:80]}' is no node with code of its own.", where=node_id[:80])
    specs = checker.given_specs(node_id)
    if len(specs) < layer.takes or not all(spec.linked for spec in specs):
        raise GraphError(
            f"What arrives at '{node_id}' is not known yet, so its code cannot be tried.",
            where=node_id,
            expected="a link at every input",
            hint="Link its inputs first.",
        )
    return check_code(node_id, layer, *specs)
