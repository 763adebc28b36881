"""Operators that work value by value: arithmetic, comparison, logic, bits and functions of one number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.dtypes import WIDE
from engine.compiler.onnx_operators.table import operator, widened


def _aligned(a: Tensor, b: Tensor, axis: int | None) -> Tensor:
    """`b` with axes of size 1 behind it, so that it begins at an axis of `a`: how ONNX broadcast before version 7."""
    if axis is None or not b.dim():
        return b
    behind = a.dim() - (axis % a.dim()) - b.dim()
    return b.reshape(*b.shape, *[1] * max(behind, 0))


def _binary(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    @widened
    def worked(a: Any, b: Any, *, axis: int | None = None, broadcast: int = 1) -> Any:
        return function(a, _aligned(a, b, axis))

    return worked


def _divide(a: Any, b: Any) -> Any:
    if isinstance(a, Tensor) and not a.is_floating_point() and not a.is_complex():
        return torch.div(a, b, rounding_mode="trunc")
    return a / b


operator("Add")(_binary(lambda a, b: a + b if a.dtype is not torch.bool else a | b))
operator("Sub")(_binary(lambda a, b: a - b))
operator("Mul")(_binary(lambda a, b: a * b))
operator("Div")(_binary(_divide))
operator("Greater")(_binary(torch.gt))
operator("GreaterOrEqual")(_binary(torch.ge))
operator("Less")(_binary(torch.lt))
operator("LessOrEqual")(_binary(torch.le))
operator("And")(_binary(torch.logical_and))
operator("Or")(_binary(torch.logical_or))
operator("Xor")(_binary(torch.logical_xor))
operator("BitwiseAnd")(_binary(torch.bitwise_and))
operator("BitwiseOr")(_binary(torch.bitwise_or))
operator("BitwiseXor")(_binary(torch.bitwise_xor))


@operator("Equal")
@widened
def equal(a: Any, b: Any, *, axis: int | None = None, broadcast: int = 1) -> Any:
    """Whether values are the same; texts too."""
    if isinstance(a, Tensor):
        return torch.eq(a, _aligned(a, b, axis))
    return torch.from_numpy(np.asarray(a == b, bool))


@operator("Pow")
def power(a: Tensor, b: Tensor, *, axis: int | None = None, broadcast: int = 1) -> Tensor:
    """a to the power b, in the type of a."""
    b = _aligned(a, b, axis)
    if a.dtype in WIDE or b.dtype in WIDE:
        exponent = b.long() if b.dtype in WIDE else b
        return torch.pow((a.long() if a.dtype in WIDE else a), exponent).to(a.dtype)
    if not a.is_floating_point() and not b.is_floating_point() and bool((b < 0).any()):
        return torch.pow(a.double(), b.double()).to(a.dtype)
    return torch.pow(a, b).to(a.dtype)


@operator("Mod")
@widened
def modulo(a: Tensor, b: Tensor, *, fmod: int = 0) -> Tensor:
    """The rest of a division: with the sign of the divisor, or with `fmod` with that of the dividend."""
    return torch.fmod(a, b) if fmod else torch.remainder(a, b)


@operator("BitShift")
def bit_shift(a: Tensor, b: Tensor, *, direction: str) -> Tensor:
    """Moves bits left or right; what leaves the type is lost."""
    kind = a.dtype
    x, y = (item.long() if item.dtype in WIDE else item.to(torch.int64) for item in (a, b))
    if direction == "LEFT":
        return (x << y).to(kind)
    moved = x >> y
    if kind is torch.uint64:  # int64 copies its sign into the places that become free
        moved = torch.where(y > 0, moved & ~(torch.full_like(x, -1) << (64 - y).clamp(max=63)), x)
    return moved.to(kind)


@operator("BitwiseNot")
@widened
def bitwise_not(x: Tensor) -> Tensor:
    """Every bit turned around."""
    return torch.bitwise_not(x)


@operator("BitCast")
def bit_cast(x: Any, *, to: int) -> Any:
    """The same bits read as another type."""
    from engine.compiler.onnx_operators.dtypes import TORCH

    return x.view(TORCH[to])


@operator("Not")
def negation(x: Tensor) -> Tensor:
    """No for yes."""
    return torch.logical_not(x)


@operator("Where")
def where(condition: Tensor, a: Any, b: Any) -> Any:
    """a where the condition holds, b elsewhere."""
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return np.where(condition.numpy() if isinstance(condition, Tensor) else condition, a, b)
    if a.dtype in WIDE:
        return torch.where(condition, a.long(), b.long()).to(a.dtype)
    return torch.where(condition, a, b)


def _folded(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    @widened
    def worked(*inputs: Any) -> Any:
        found = inputs[0]
        for item in inputs[1:]:
            found = function(found, item)
        return found

    return worked


operator("Sum")(_folded(lambda a, b: a + b))
operator("Max")(_folded(torch.maximum))
operator("Min")(_folded(torch.minimum))


@operator("Mean")
def mean(*inputs: Tensor) -> Tensor:
    """The mean of several tensors."""
    found = inputs[0]
    for item in inputs[1:]:
        found = found + item
    return found / len(inputs)


def _unary(name: str, function: Callable[[Tensor], Tensor], *, domain: str = "") -> None:
    @widened
    def worked(x: Tensor) -> Tensor:
        return function(x)

    operator(name, domain=domain)(worked)


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "Neg": torch.neg,
    "Ceil": torch.ceil,
    "Floor": torch.floor,
    "Round": torch.round,
    "Sqrt": torch.sqrt,
    "Exp": torch.exp,
    "Log": torch.log,
    "Reciprocal": torch.reciprocal,
    "Erf": torch.erf,
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Tan": torch.tan,
    "Asin": torch.asin,
    "Acos": torch.acos,
    "Atan": torch.atan,
    "Sinh": torch.sinh,
    "Cosh": torch.cosh,
    "Tanh": torch.tanh,
    "Asinh": torch.asinh,
    "Acosh": torch.acosh,
    "Atanh": torch.atanh,
    "Sigmoid": torch.sigmoid,
    "Relu": torch.relu,
    "Softplus": lambda x: F.softplus(x, threshold=40.0),
    "Softsign": F.softsign,
    "HardSwish": F.hardswish,
    "Mish": F.mish,
    "Sign": torch.sign,
    "Abs": torch.abs,
}
for _name, _function in _FUNCTIONS.items():
    _unary(_name, _function)


@operator("Identity")
def identity(x: Any, *, consumed_inputs: Any = None) -> Any:
    """What comes in."""
    return x


@operator("LeakyRelu")
def leaky_relu(x: Tensor, *, alpha: float = 0.01) -> Tensor:
    """Negative values times alpha."""
    return F.leaky_relu(x, alpha)


@operator("PRelu")
def prelu(x: Tensor, slope: Tensor) -> Tensor:
    """Negative values times a slope of their own."""
    if slope.dim() == 1 and x.dim() > 2 and slope.numel() == x.shape[1] != x.shape[-1]:
        slope = slope.reshape(-1, *[1] * (x.dim() - 2))
    return torch.where(x > 0, x, x * slope)


@operator("Elu")
def elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """Negative values bent towards -alpha."""
    return F.elu(x, alpha)


@operator("Celu")
def celu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """An ELU without a kink."""
    return F.celu(x, alpha)


@operator("Selu")
def selu(x: Tensor, *, alpha: float = 1.67326319217681884765625, gamma: float = 1.05070102214813232421875) -> Tensor:
    """A scaled ELU."""
    return gamma * torch.where(x > 0, x, alpha * torch.expm1(x))


@operator("ThresholdedRelu")
def thresholded_relu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """Values above alpha, and 0 for the others."""
    return torch.where(x > alpha, x, torch.zeros_like(x))


@operator("HardSigmoid")
def hard_sigmoid(x: Tensor, *, alpha: float = 0.2, beta: float = 0.5) -> Tensor:
    """A sigmoid of straight lines."""
    return (alpha * x + beta).clamp(0, 1)


@operator("Shrink")
def shrink(x: Tensor, *, bias: float = 0.0, lambd: float = 0.5) -> Tensor:
    """Values moved towards 0, the small ones to 0."""
    zero = torch.zeros_like(x)
    return torch.where(x < -lambd, x + bias, torch.where(x > lambd, x - bias, zero)).to(x.dtype)


@operator("Gelu")
def gelu(x: Tensor, *, approximate: str = "none") -> Tensor:
    """Each value times how likely it is to be large."""
    return F.gelu(x, approximate=approximate)


@operator("Swish")
def swish(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """Each value times its sigmoid."""
    return x * torch.sigmoid(alpha * x)


@operator("SwiGLU")
def swiglu(gate: Tensor, x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """Values times the swish of their gates."""
    return gate * torch.sigmoid(alpha * gate) * x


@operator("Clip")
@widened
def clip(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """Values kept between two bounds."""
    if low is not None:
        x = torch.maximum(x, low.to(x.dtype) if isinstance(low, Tensor) else torch.tensor(low, dtype=x.dtype))
    if high is not None:
        x = torch.minimum(x, high.to(x.dtype) if isinstance(high, Tensor) else torch.tensor(high, dtype=x.dtype))
    return x


@operator("IsNaN")
def is_nan(x: Tensor) -> Tensor:
    """Whether a value is not a number."""
    return torch.isnan(x.float() if x.element_size() == 1 else x)


@operator("IsInf")
def is_inf(x: Tensor, *, detect_negative: int = 1, detect_positive: int = 1) -> Tensor:
    """Whether a value is beyond all numbers."""
    x = x.float() if x.element_size() == 1 else x
    return (torch.isposinf(x) & bool(detect_positive)) | (torch.isneginf(x) & bool(detect_negative))


@operator("Gelu", "FastGelu", "QuickGelu", "BiasGelu", domain="com.microsoft")
def foreign_gelu(x: Tensor, bias: Tensor | None = None, *, alpha: float | None = None) -> Tensor:
    """GELU as onnxruntime's optimizer writes it."""
    x = x if bias is None else x + bias
    return x * torch.sigmoid(alpha * x) if alpha is not None else F.gelu(x)


@operator("Affine")
def affine(x: Tensor, *, alpha: float = 1.0, beta: float = 0.0) -> Tensor:
    """alpha x + beta."""
    return alpha * x + beta


@operator("ScaledTanh")
def scaled_tanh(x: Tensor, *, alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """alpha tanh(beta x)."""
    return alpha * torch.tanh(beta * x)


@operator("Dropout")
def dropout(
    x: Tensor, ratio: Any = None, training: Any = None, *, seed: int = 0, outputs: int = 1
) -> tuple[Tensor, ...]:
    """What comes in, and a mask that says yes everywhere; a share set to 0 when the file asks for training."""
    share = float(ratio) if ratio is not None else 0.5
    mask = torch.ones_like(x, dtype=torch.bool)
    if training is not None and bool(training) and share:
        mask = torch.rand(x.shape, device=x.device) >= share
        x = torch.where(mask, x / (1 - share), torch.zeros_like(x)) if share < 1 else torch.zeros_like(x)
    return (x, mask)[:outputs]
