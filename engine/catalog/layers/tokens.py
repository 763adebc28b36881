"""Learned vectors put into a sequence."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, known
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassToken(Layer):
    """Puts learned vectors before a sequence, in which attention gathers what is asked about the whole.

    Input (N, time, features); output (N, time + count, features). Source: Dosovitskiy et al. 2020, section 3.1.
    """

    target: ClassVar[str] = "engine.compiler.modules.ClassToken"
    caption: ClassVar[str] = "Class token"
    formula: ClassVar[str] = "y = [t₁, …, tₖ, x₁, …, x_T]"
    when: ClassVar[str] = "Before a transformer whose answer is about the whole sequence; read it with Select at 0."
    synonyms: ClassVar[tuple[str, ...]] = ("cls", "register", "vit", "learned query", "prompt")
    family: ClassVar[Family] = Family.EMBEDDING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SEQUENCE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="class_token")
    count: int = attribute(1, minimum=1, maximum=1000, help="How many vectors are put before the sequence.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 2, "features")
        return (TensorSpec((x.shape[0], None if x.shape[1] is None else x.shape[1] + self.count, x.shape[2])),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[2]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.count * (inputs[0].shape[2] or 0)
