"""A layer of one's own: a formula over its inputs."""

import functools
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog import formulas
from engine.catalog.entry import attribute
from engine.catalog.formulas import FormulaError
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import mismatch, volume
from engine.catalog.tensors import TensorSpec


@functools.lru_cache(maxsize=512)
def _parsed(text: str) -> formulas.Term | FormulaError:
    try:
        return formulas.parse(text)
    except FormulaError as error:
        return error


@dataclass(frozen=True, kw_only=True, slots=True)
class Formula(Layer):
    """Works out a formula of your own, value by value: a * sigmoid(b) + 1.

    Each name in it is an input. Inputs (N, ...) are lined up as torch broadcasts, samples stay apart. mean, sum,
    highest and lowest take the last axis together. Nothing in it is run as code.
    """

    target: ClassVar[str] = "engine.compiler.modules.Formula"
    formula: ClassVar[str] = "y = f(a, b, …)"
    when: ClassVar[str] = "When no layer does what you want, and one line says it."
    synonyms: ClassVar[tuple[str, ...]] = ("expression", "equation", "own layer", "custom", "lambda", "math")
    family: ClassVar[Family] = Family.MATH
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="a"), InputPort(name="b"))
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="formula")
    stricter: ClassVar[str] = "with another number of dimensions samples would be lined up with something else"
    expression: str = attribute(
        "a * sigmoid(b)",
        label="Formula",
        help="Inputs by name, numbers, + - * / ^ < >, and functions: " + ", ".join(formulas.TYPED) + ".",
    )

    def input_ports(self) -> tuple[InputPort, ...]:
        term = _parsed(self.expression)
        if isinstance(term, FormulaError):
            return self.inputs
        return tuple(InputPort(name=name) for name in formulas.ordered(term))

    def term(self) -> formulas.Term:
        """The formula. Raises ShapeMismatch where it cannot be read."""
        term = _parsed(self.expression)
        if isinstance(term, FormulaError):
            mismatch("a formula like a * sigmoid(b) + 1", self.expression[:60] or "nothing", str(term))
        return term

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        term = self.term()
        given = dict(zip(formulas.ordered(term), inputs, strict=True))
        return (formulas.shape(term, given),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return formulas.work(self.term()) * volume(self.output_specs(*inputs)[0].shape[1:])
