"""A layer of one's own: a class of torch in a file of the project."""

import ast
import functools
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import mismatch, volume
from engine.catalog.tensors import TensorSpec

_KINDS = (bool, int, float, str, type(None))


@functools.lru_cache(maxsize=256)
def _settings(text: str) -> dict[str, Any] | str:
    """What is written in brackets behind a class ("features=32, p=0.1"); a sentence when it cannot be read."""
    if len(text) > 1000:
        return "It is longer than 1,000 letters."
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "It cannot be read. Write it like features=32, p=0.1."
    if not isinstance(call, ast.Call) or call.args:
        return "Name each setting: features=32, not 32."
    found: dict[str, Any] = {}
    for keyword in call.keywords:
        try:
            value = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return f"'{keyword.arg}' may be a number, a text, True, False, None or a list of these."
        items = value if isinstance(value, list | tuple) else [value]
        if keyword.arg is None or not all(isinstance(item, _KINDS) for item in items):
            return "A setting may be a number, a text, True, False, None or a list of these."
        found[keyword.arg] = value
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class PyTorch(Layer):
    """Runs a class of your own, written with torch in a file of the project.

    The file lies in the folder layers of the project and runs only after you have said that you trust it. Inputs and
    output are (N, ...), samples first; the output has the shape of the first input, or the one that was measured.
    """

    target: ClassVar[str] = "engine.compiler.own_code"
    caption: ClassVar[str] = "PyTorch code"
    no_formula: ClassVar[str] = "It is what the class says."
    when: ClassVar[str] = "When neither a layer nor a formula does what you want, and you can write it yourself."
    synonyms: ClassVar[tuple[str, ...]] = ("code", "own layer", "custom", "python", "class", "module")
    family: ClassVar[Family] = Family.MATH
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="own_code")
    not_arguments: ClassVar[frozenset[str]] = frozenset(
        {"file", "class_name", "settings", "takes", "output_shape", "parameters"}
    )
    stricter: ClassVar[str] = "what the class takes is known to torch alone"
    file: str = attribute("", help="The file in the project's folder layers, like layers/gate.py.")
    class_name: str = attribute("", label="Class", help="The class in it: a torch.nn.Module.")
    settings: str = attribute("", help="What the class is made with: features=32, p=0.1.")
    takes: int = attribute(1, minimum=1, maximum=8, label="Inputs", help="How many tensors its forward takes.")
    output_shape: tuple[int, ...] = attribute(
        (),
        minimum=0,
        advanced=True,
        help="What comes out for a sample, 0 for a free size; measured by Check. Empty: as the first input.",
    )
    parameters: int = attribute(0, minimum=0, advanced=True, help="How many weights it has; measured by Check.")

    def input_ports(self) -> tuple[InputPort, ...]:
        if self.takes == 1:
            return self.inputs
        return tuple(InputPort(name=name, dtype=None) for name in "abcdefgh"[: self.takes])

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if not self.file or not self.class_name:
            mismatch("a file and a class in it", "none", "Choose them in the inspector.")
        settings = _settings(self.settings)
        if isinstance(settings, str):
            mismatch("settings like features=32, p=0.1", self.settings[:60], settings)
        if not self.output_shape:
            return (TensorSpec(inputs[0].shape),)
        return (TensorSpec((inputs[0].shape[0], *(size or None for size in self.output_shape))),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        settings = _settings(self.settings)
        return {} if isinstance(settings, str) else dict(settings)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.parameters

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return max(self.parameters, volume(inputs[0].shape[1:]))
