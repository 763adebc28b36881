"""Arithmetic value by value: functions of one tensor, of a tensor and a number, of two tensors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import NO_SUMS, broadcast, mismatch, numbers, volume
from engine.catalog.tensors import TensorSpec

_ANY = (InputPort(dtype=None),)
_TWO = (InputPort(name="a"), InputPort(name="b"))
_BOUNDS = "both are empty in torch, which would bound nothing"
_LINED_UP = "with another number of dimensions, or a batch of 1, samples would be lined up with something else"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Function(Layer):
    """Base: decimal numbers in, as many out."""

    family: ClassVar[Family] = Family.MATH

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape, inputs[0].dtype),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class _NumberFunction(_Function):
    """Base: decimal or whole numbers in, as many of their kind out."""

    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    stricter: ClassVar[str] = NO_SUMS

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        numbers(x)
        return (TensorSpec(x.shape, x.dtype),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair(Layer):
    """Base: value by value, of two tensors of decimal numbers."""

    family: ClassVar[Family] = Family.MATH
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (broadcast(inputs),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(broadcast(inputs).shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Abs(_NumberFunction):
    """Takes the sign away from every value.

    Input and output of one shape. Source: torch.abs.
    """

    target: ClassVar[str] = "torch.abs"
    caption: ClassVar[str] = "Absolute value"
    formula: ClassVar[str] = "y = |x|"
    curve: ClassVar[str] = "abs(x)"
    when: ClassVar[str] = "For sizes of differences, whichever way they go."
    synonyms: ClassVar[tuple[str, ...]] = ("absolute value", "magnitude")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Abs")


@dataclass(frozen=True, kw_only=True, slots=True)
class Negate(_NumberFunction):
    """Turns the sign of every value around.

    Input and output of one shape. Source: torch.neg.
    """

    target: ClassVar[str] = "torch.neg"
    formula: ClassVar[str] = "y = −x"
    when: ClassVar[str] = "To turn a distance into a score, where more is better."
    curve: ClassVar[str] = "-x"
    synonyms: ClassVar[tuple[str, ...]] = ("minus", "negative", "opposite")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Neg")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sign(_NumberFunction):
    """Keeps of every value only whether it is below, at or above 0.

    Input and output of one shape. Source: torch.sign.
    """

    target: ClassVar[str] = "torch.sign"
    formula: ClassVar[str] = "y = −1, 0 or 1"
    curve: ClassVar[str] = "sign(x)"
    when: ClassVar[str] = "Nothing is learned through it: its slope is 0 everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("signum", "direction")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Sign")


@dataclass(frozen=True, kw_only=True, slots=True)
class Square(_NumberFunction):
    """Multiplies every value by itself.

    Input and output of one shape. Source: torch.square.
    """

    target: ClassVar[str] = "torch.square"
    formula: ClassVar[str] = "y = x²"
    when: ClassVar[str] = "For energies, and for sizes whose sign does not count."
    curve: ClassVar[str] = "square(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("power of two", "x squared")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="square")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reciprocal(_Function):
    """Divides 1 by every value.

    Input and output of one shape; a 0 becomes infinite. Source: torch.reciprocal.
    """

    target: ClassVar[str] = "torch.reciprocal"
    formula: ClassVar[str] = "y = 1 / x"
    when: ClassVar[str] = "To turn a time into a rate, or a variance into a weight."
    curve: ClassVar[str] = "1 / x"
    synonyms: ClassVar[tuple[str, ...]] = ("inverse", "one over")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Reciprocal")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exp(_Function):
    """Raises e to every value, which makes all of them positive.

    Input and output of one shape. Source: torch.exp.
    """

    target: ClassVar[str] = "torch.exp"
    caption: ClassVar[str] = "Exponential"
    formula: ClassVar[str] = "y = eˣ"
    when: ClassVar[str] = "To make something positive that a layer gives as a logarithm."
    curve: ClassVar[str] = "exp(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("exponential", "e to the x")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Exp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exp2(_Function):
    """Raises 2 to every value.

    Input and output of one shape. Source: torch.exp2.
    """

    target: ClassVar[str] = "torch.exp2"
    formula: ClassVar[str] = "y = 2ˣ"
    when: ClassVar[str] = "Where steps double, as octaves do."
    synonyms: ClassVar[tuple[str, ...]] = ("power of two", "exponential")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="exp2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Expm1(_Function):
    """Raises e to every value and takes 1 away, exact near 0.

    Input and output of one shape. Source: torch.expm1.
    """

    target: ClassVar[str] = "torch.expm1"
    formula: ClassVar[str] = "y = eˣ − 1"
    when: ClassVar[str] = "To undo Log1p, for counts and prices."
    curve: ClassVar[str] = "exp(x) - 1"
    synonyms: ClassVar[tuple[str, ...]] = ("exponential minus one",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="expm1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Log(_Function):
    """Takes the natural logarithm of every value.

    Input and output of one shape; values must be above 0. Source: torch.log.
    """

    target: ClassVar[str] = "torch.log"
    caption: ClassVar[str] = "Logarithm"
    formula: ClassVar[str] = "y = ln x"
    when: ClassVar[str] = "For what spreads over many sizes and is never 0."
    curve: ClassVar[str] = "log(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("logarithm", "ln")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Log")
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Log1p(_Function):
    """Adds 1 and takes the natural logarithm, exact near 0.

    Input and output of one shape; values must be above -1. Source: torch.log1p.
    """

    target: ClassVar[str] = "torch.log1p"
    formula: ClassVar[str] = "y = ln(1 + x)"
    curve: ClassVar[str] = "log(1 + x)"
    when: ClassVar[str] = "For counts and prices, which spread over many sizes."
    synonyms: ClassVar[tuple[str, ...]] = ("logarithm", "counts")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="log1p")
    domain: ClassVar[tuple[float, float]] = (-1.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Log2(_Function):
    """Takes the logarithm to base 2 of every value.

    Input and output of one shape; values must be above 0. Source: torch.log2.
    """

    target: ClassVar[str] = "torch.log2"
    formula: ClassVar[str] = "y = log₂ x"
    when: ClassVar[str] = "To count in bits or octaves."
    synonyms: ClassVar[tuple[str, ...]] = ("logarithm", "bits")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="log2")
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Log10(_Function):
    """Takes the logarithm to base 10 of every value.

    Input and output of one shape; values must be above 0. Source: torch.log10.
    """

    target: ClassVar[str] = "torch.log10"
    formula: ClassVar[str] = "y = log₁₀ x"
    when: ClassVar[str] = "For what is told in powers of ten."
    synonyms: ClassVar[tuple[str, ...]] = ("logarithm", "decades")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="log10")
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sqrt(_Function):
    """Takes the square root of every value.

    Input and output of one shape; values must not be below 0, and at 0 the slope has no end: a Scale before it can
    add a little. Source: torch.sqrt.
    """

    target: ClassVar[str] = "torch.sqrt"
    caption: ClassVar[str] = "Square root"
    formula: ClassVar[str] = "y = √x"
    when: ClassVar[str] = "To turn an energy or a variance back into a size."
    curve: ClassVar[str] = "sqrt(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("square root", "root")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Sqrt")
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rsqrt(_Function):
    """Divides 1 by the square root of every value.

    Input and output of one shape; values must be above 0. Source: torch.rsqrt.
    """

    target: ClassVar[str] = "torch.rsqrt"
    formula: ClassVar[str] = "y = 1 / √x"
    when: ClassVar[str] = "To bring values to one size by their variance."
    synonyms: ClassVar[tuple[str, ...]] = ("inverse square root",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rsqrt")
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sin(_Function):
    """Takes the sine of every value, in radians.

    Input and output of one shape. Source: torch.sin.
    """

    target: ClassVar[str] = "torch.sin"
    formula: ClassVar[str] = "y = sin x"
    when: ClassVar[str] = "For angles, days and seasons: with Cos it makes a circle of them."
    curve: ClassVar[str] = "sin(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("sine", "wave", "periodic")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Sin")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cos(_Function):
    """Takes the cosine of every value, in radians.

    Input and output of one shape. Source: torch.cos.
    """

    target: ClassVar[str] = "torch.cos"
    formula: ClassVar[str] = "y = cos x"
    when: ClassVar[str] = "For angles, days and seasons: with Sin it makes a circle of them."
    curve: ClassVar[str] = "cos(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("cosine", "wave", "periodic")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Cos")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tan(_Function):
    """Takes the tangent of every value, in radians.

    Input and output of one shape. Source: torch.tan.
    """

    target: ClassVar[str] = "torch.tan"
    formula: ClassVar[str] = "y = tan x"
    when: ClassVar[str] = "For slopes from angles; it leaps at a quarter turn."
    synonyms: ClassVar[tuple[str, ...]] = ("tangent",)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Tan")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asin(_Function):
    """Finds the angle, in radians, whose sine every value is.

    Input and output of one shape; values must lie from -1 to 1. Source: torch.asin.
    """

    target: ClassVar[str] = "torch.asin"
    caption: ClassVar[str] = "Arc sine"
    formula: ClassVar[str] = "y = arcsin x"
    when: ClassVar[str] = "To get back an angle from a height."
    synonyms: ClassVar[tuple[str, ...]] = ("arcsine", "inverse sine")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Asin")
    domain: ClassVar[tuple[float, float]] = (-1.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Acos(_Function):
    """Finds the angle, in radians, whose cosine every value is.

    Input and output of one shape; values must lie from -1 to 1. Source: torch.acos.
    """

    target: ClassVar[str] = "torch.acos"
    caption: ClassVar[str] = "Arc cosine"
    formula: ClassVar[str] = "y = arccos x"
    when: ClassVar[str] = "To turn a cosine similarity into an angle."
    synonyms: ClassVar[tuple[str, ...]] = ("arccosine", "inverse cosine")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Acos")
    domain: ClassVar[tuple[float, float]] = (-1.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Atan(_Function):
    """Finds the angle, in radians, whose tangent every value is.

    Input and output of one shape. Source: torch.atan.
    """

    target: ClassVar[str] = "torch.atan"
    caption: ClassVar[str] = "Arc tangent"
    formula: ClassVar[str] = "y = arctan x"
    when: ClassVar[str] = "To bound values softly between -π/2 and π/2."
    synonyms: ClassVar[tuple[str, ...]] = ("arctangent", "inverse tangent", "squash")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Atan")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sinh(_Function):
    """Takes the hyperbolic sine of every value.

    Input and output of one shape. Source: torch.sinh.
    """

    target: ClassVar[str] = "torch.sinh"
    caption: ClassVar[str] = "Hyperbolic sine"
    formula: ClassVar[str] = "y = (eˣ − e⁻ˣ) / 2"
    when: ClassVar[str] = "To undo Asinh."
    curve: ClassVar[str] = "(exp(x) - exp(-x)) / 2"
    synonyms: ClassVar[tuple[str, ...]] = ("hyperbolic sine",)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Sinh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cosh(_Function):
    """Takes the hyperbolic cosine of every value.

    Input and output of one shape. Source: torch.cosh.
    """

    target: ClassVar[str] = "torch.cosh"
    caption: ClassVar[str] = "Hyperbolic cosine"
    formula: ClassVar[str] = "y = (eˣ + e⁻ˣ) / 2"
    when: ClassVar[str] = "As a smooth penalty that grows like |x|: the logarithm of it is a loss."
    curve: ClassVar[str] = "(exp(x) + exp(-x)) / 2"
    synonyms: ClassVar[tuple[str, ...]] = ("hyperbolic cosine",)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Cosh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asinh(_Function):
    """Squeezes large values of either sign as a logarithm does, and leaves small ones.

    Input and output of one shape. Source: torch.asinh.
    """

    target: ClassVar[str] = "torch.asinh"
    caption: ClassVar[str] = "Inverse hyperbolic sine"
    formula: ClassVar[str] = "y = ln(x + √(x² + 1))"
    when: ClassVar[str] = "For money and other numbers of either sign that spread over many sizes."
    synonyms: ClassVar[tuple[str, ...]] = ("inverse hyperbolic sine", "signed logarithm")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Asinh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Acosh(_Function):
    """Takes the inverse hyperbolic cosine of every value.

    Input and output of one shape; values must not be below 1. Source: torch.acosh.
    """

    target: ClassVar[str] = "torch.acosh"
    caption: ClassVar[str] = "Inverse hyperbolic cosine"
    formula: ClassVar[str] = "y = ln(x + √(x² − 1))"
    when: ClassVar[str] = "For distances in hyperbolic space."
    synonyms: ClassVar[tuple[str, ...]] = ("inverse hyperbolic cosine",)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Acosh")
    domain: ClassVar[tuple[float, float]] = (1.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Atanh(_Function):
    """Takes the inverse hyperbolic tangent of every value.

    Input and output of one shape; values must lie between -1 and 1. Source: torch.atanh.
    """

    target: ClassVar[str] = "torch.atanh"
    caption: ClassVar[str] = "Inverse hyperbolic tangent"
    formula: ClassVar[str] = "y = ½ ln((1 + x) / (1 − x))"
    when: ClassVar[str] = "To undo Tanh, for example on correlations."
    synonyms: ClassVar[tuple[str, ...]] = ("inverse hyperbolic tangent", "fisher")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Atanh")
    domain: ClassVar[tuple[float, float]] = (-1.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sinc(_Function):
    """Takes the sine of πx divided by πx, the shape of a perfect low-pass filter.

    Input and output of one shape. Source: torch.sinc.
    """

    target: ClassVar[str] = "torch.sinc"
    formula: ClassVar[str] = "y = sin(πx) / (πx)"
    when: ClassVar[str] = "To build filters, and in networks for raw sound."
    synonyms: ClassVar[tuple[str, ...]] = ("cardinal sine", "filter")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="sinc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Erf(_Function):
    """Takes the error function of every value, the area under a bell curve.

    Input and output of one shape. Source: torch.erf.
    """

    target: ClassVar[str] = "torch.erf"
    caption: ClassVar[str] = "Error function"
    formula: ClassVar[str] = "y = 2/√π · ∫₀ˣ e^(−t²) dt"
    when: ClassVar[str] = "To build GELU or the chance under a bell curve by hand."
    curve: ClassVar[str] = "erf(x)"
    synonyms: ClassVar[tuple[str, ...]] = ("error function", "gaussian", "normal distribution")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Erf")


@dataclass(frozen=True, kw_only=True, slots=True)
class Round(_Function):
    """Rounds every value to the nearest whole number.

    Input and output of one shape. Source: torch.round.
    """

    target: ClassVar[str] = "torch.round"
    formula: ClassVar[str] = "y = nearest whole number, halves to the even one"
    curve: ClassVar[str] = "round(x)"
    when: ClassVar[str] = "Nothing is learned through it: its slope is 0 everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("nearest", "quantize", "integer")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Round")


@dataclass(frozen=True, kw_only=True, slots=True)
class Floor(_Function):
    """Rounds every value down to a whole number.

    Input and output of one shape. Source: torch.floor.
    """

    target: ClassVar[str] = "torch.floor"
    formula: ClassVar[str] = "y = largest whole number ≤ x"
    curve: ClassVar[str] = "floor(x)"
    when: ClassVar[str] = "Nothing is learned through it: its slope is 0 everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("round down", "integer")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Floor")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceil(_Function):
    """Rounds every value up to a whole number.

    Input and output of one shape. Source: torch.ceil.
    """

    target: ClassVar[str] = "torch.ceil"
    formula: ClassVar[str] = "y = smallest whole number ≥ x"
    curve: ClassVar[str] = "ceil(x)"
    when: ClassVar[str] = "Nothing is learned through it: its slope is 0 everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("round up", "ceiling", "integer")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Ceil")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trunc(_Function):
    """Cuts the decimals off every value.

    Input and output of one shape. Source: torch.trunc.
    """

    target: ClassVar[str] = "torch.trunc"
    formula: ClassVar[str] = "y = x without its decimals"
    when: ClassVar[str] = "Nothing is learned through it: its slope is 0 everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("truncate", "fix", "towards zero")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="trunc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Frac(_Function):
    """Keeps the decimals of every value alone.

    Input and output of one shape. Source: torch.frac.
    """

    target: ClassVar[str] = "torch.frac"
    formula: ClassVar[str] = "y = x − trunc(x)"
    when: ClassVar[str] = "For what repeats with every whole number, such as hours of a day counted in days."
    synonyms: ClassVar[tuple[str, ...]] = ("fraction", "decimals", "modulo one")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="frac")


@dataclass(frozen=True, kw_only=True, slots=True)
class NanToNum(_Function):
    """Puts a number where there is none, and bounds what is infinite.

    Input and output of one shape; infinite values become the largest number there is. Source: torch.nan_to_num.
    """

    target: ClassVar[str] = "torch.nan_to_num"
    caption: ClassVar[str] = "Replace NaN"
    formula: ClassVar[str] = "y = x, or nan where x is not a number"
    when: ClassVar[str] = "Behind a division or logarithm that may fail on some samples."
    synonyms: ClassVar[tuple[str, ...]] = ("missing", "not a number", "replace nan")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="nan_to_num")
    unlike_torch: ClassVar[Mapping[str, str]] = {"nan": "empty in torch, which means 0"}
    nan: float = attribute(0.0, minimum=-1e9, maximum=1e9, label="Value", help="What stands in for a missing number.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Clamp(_Function):
    """Keeps every value between two bounds.

    Input and output of one shape. Source: torch.clamp.
    """

    target: ClassVar[str] = "torch.clamp"
    formula: ClassVar[str] = "y = min(max(x, min), max)"
    when: ClassVar[str] = "To keep answers in a range that is known, such as 0 to 1."
    synonyms: ClassVar[tuple[str, ...]] = ("clip", "limit", "bound", "saturate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="clamp")
    min: float | None = attribute(0.0, minimum=-1e9, maximum=1e9, label="Lower", help="The least value; empty: none.")
    max: float | None = attribute(1.0, minimum=-1e9, maximum=1e9, label="Upper", help="The largest value; empty: none.")
    unlike_torch: ClassVar[Mapping[str, str]] = {"min": _BOUNDS, "max": _BOUNDS}
    stricter: ClassVar[str] = "bounds that are missing or the wrong way round bound nothing"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.min is None and self.max is None:
            mismatch("a lower or an upper bound", "none", "Set one of them.")
        if self.min is not None and self.max is not None and self.min > self.max:
            mismatch("a lower bound below the upper", f"{self.min:g} and {self.max:g}", "Swap them.")
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale(_Function):
    """Multiplies every value by one number and adds another.

    Input and output of one shape.
    """

    target: ClassVar[str] = "engine.compiler.modules.Scale"
    formula: ClassVar[str] = "y = factor · x + shift"
    when: ClassVar[str] = "To bring values to another unit, or to weigh a way by a fixed number."
    synonyms: ClassVar[tuple[str, ...]] = ("times constant", "plus constant", "shift", "offset", "affine")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="scale_shift")
    factor: float = attribute(1.0, minimum=-1e9, maximum=1e9, help="What every value is multiplied by.")
    shift: float = attribute(0.0, minimum=-1e9, maximum=1e9, help="What is added after that.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Power(_Function):
    """Raises every value to a power.

    Input and output of one shape; with a power that is not whole, values must not be below 0.
    """

    target: ClassVar[str] = "engine.compiler.modules.Power"
    formula: ClassVar[str] = "y = xᵖ"
    when: ClassVar[str] = "To make differences larger or smaller, as gamma does with brightness."
    synonyms: ClassVar[tuple[str, ...]] = ("exponent", "pow", "root", "gamma")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="power")
    exponent: float = attribute(2.0, minimum=-64, maximum=64, help="The power: 2 squares, 0.5 takes the root.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pow(_Pair):
    """Raises a to the power b, value by value.

    Inputs of equal shape, or of size 1 where they differ; a must not be below 0 where b is not whole.
    Source: torch.pow.
    """

    target: ClassVar[str] = "torch.pow"
    caption: ClassVar[str] = "Power of two tensors"
    formula: ClassVar[str] = "y = aᵇ"
    when: ClassVar[str] = "Where the power itself is learned or comes from data."
    synonyms: ClassVar[tuple[str, ...]] = ("exponent", "power of tensors")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Pow")
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remainder(_Pair):
    """Keeps what is left of a when it is divided by b, value by value.

    Inputs of equal shape, or of size 1 where they differ; the sign is that of b. Source: torch.remainder.
    """

    target: ClassVar[str] = "torch.remainder"
    formula: ClassVar[str] = "y = a − b · floor(a / b)"
    when: ClassVar[str] = "For angles and hours, which begin again."
    synonyms: ClassVar[tuple[str, ...]] = ("mod", "modulo", "wrap")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="remainder")


@dataclass(frozen=True, kw_only=True, slots=True)
class FloorDivide(_Pair):
    """Divides a by b and rounds down, value by value.

    Inputs of equal shape, or of size 1 where they differ.
    """

    target: ClassVar[str] = "engine.compiler.modules.FloorDivide"
    caption: ClassVar[str] = "Whole division"
    formula: ClassVar[str] = "y = floor(a / b)"
    when: ClassVar[str] = "Nothing is learned through it: its slope is 0 everywhere."
    synonyms: ClassVar[tuple[str, ...]] = ("integer division", "whole division")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="floor_divide")


@dataclass(frozen=True, kw_only=True, slots=True)
class Atan2(_Pair):
    """Finds the angle, in radians, of the points with height a and width b.

    Inputs of equal shape, or of size 1 where they differ; output from -π to π. Source: torch.atan2.
    """

    target: ClassVar[str] = "torch.atan2"
    caption: ClassVar[str] = "Angle of two tensors"
    formula: ClassVar[str] = "y = angle of the point (b, a)"
    when: ClassVar[str] = "To get a direction from two coordinates."
    synonyms: ClassVar[tuple[str, ...]] = ("angle", "direction", "phase")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="atan2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hypot(_Pair):
    """Finds the length of the longest side of a right triangle with sides a and b.

    Inputs of equal shape, or of size 1 where they differ.
    """

    target: ClassVar[str] = "engine.compiler.modules.Hypot"
    caption: ClassVar[str] = "Length of two tensors"
    formula: ClassVar[str] = "y = √(a² + b²)"
    when: ClassVar[str] = "For the length of a vector of two coordinates."
    synonyms: ClassVar[tuple[str, ...]] = ("distance", "hypotenuse", "magnitude")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="hypot")


@dataclass(frozen=True, kw_only=True, slots=True)
class Blend(_Pair):
    """Mixes two tensors value by value: 0 is a, 1 is b.

    Inputs of equal shape, or of size 1 where they differ; weight may be a third tensor, for example from a Sigmoid.
    """

    target: ClassVar[str] = "engine.compiler.modules.Blend"
    formula: ClassVar[str] = "y = a + weight · (b − a)"
    when: ClassVar[str] = "To let a gate choose softly between two ways."
    synonyms: ClassVar[tuple[str, ...]] = ("lerp", "interpolate", "mix", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="blend")
    inputs: ClassVar[tuple[InputPort, ...]] = (*_TWO, InputPort(name="weight", optional=True))
    weight: float = attribute(0.5, minimum=-10, maximum=10, help="The share of b, when nothing is linked to weight.")
