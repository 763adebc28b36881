"""Whole numbers that stand for decimal ones: quantization, and arithmetic on quantized tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.compiler.onnx_operators import dtypes
from engine.compiler.onnx_operators.convolution import conv
from engine.compiler.onnx_operators.shaping import cast_to, kind_of
from engine.compiler.onnx_operators.table import operator

_BOUNDS = {
    dtypes.UINT8: (0, 255),
    dtypes.INT8: (-128, 127),
    dtypes.UINT16: (0, 65535),
    dtypes.INT16: (-32768, 32767),
    dtypes.UINT4: (0, 15),
    dtypes.INT4: (-8, 7),
    dtypes.UINT2: (0, 3),
    dtypes.INT2: (-2, 1),
}


def _wide(x: Any) -> Tensor:
    """float32 of any type of number."""
    if isinstance(x, Tensor):
        return x.float()
    return torch.from_numpy(np.asarray(x).astype(np.float32))


def _laid(values: Tensor, x: Any, axis: int, block_size: int) -> Tensor:
    """Scales or zero points as they stand beside a tensor: one for all, one a channel, or one a block."""
    rank = len(x.shape)
    if values.dim() == 0 or (values.numel() == 1 and not block_size):
        return values.reshape(())
    axis %= rank
    if block_size:
        return values.repeat_interleave(block_size, axis).narrow(axis, 0, x.shape[axis])
    return values.reshape([-1 if i == axis else 1 for i in range(rank)])


@operator("QuantizeLinear")
def quantize_linear(
    x: Tensor,
    scale: Tensor,
    zero: Any = None,
    *,
    axis: int = 1,
    saturate: int = 1,
    block_size: int = 0,
    output_dtype: int = 0,
    precision: int = 0,
) -> Any:
    """Decimal numbers as whole ones: round(x / scale) + zero."""
    kind = kind_of(zero) if zero is not None else output_dtype or dtypes.UINT8
    scales = _laid(_wide(scale), x, axis, block_size)
    found = _wide(x) / scales
    if kind not in _BOUNDS:
        if zero is not None:
            found = found + _laid(_wide(zero), x, axis, block_size)
        return cast_to(found, kind, saturate=bool(saturate))
    low, high = _BOUNDS[kind]
    found = torch.round(found)
    if zero is not None:
        found = found + _laid(_wide(zero), x, axis, block_size)
    return cast_to(found.clamp(low, high), kind)


@operator("DequantizeLinear")
def dequantize_linear(
    x: Any, scale: Tensor, zero: Any = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0
) -> Tensor:
    """Whole numbers as the decimal ones they stand for: (x - zero) scale."""
    numbers = _wide(x) if not (isinstance(x, Tensor) and x.dtype is torch.int32) else x.double()
    if zero is not None:
        numbers = numbers - _laid(_wide(zero).to(numbers.dtype), x, axis, block_size)
    found = numbers * _laid(_wide(scale).to(numbers.dtype), x, axis, block_size)
    kind = dtypes.TORCH[output_dtype] if output_dtype else scale.dtype
    return found.to(kind if kind.is_floating_point and kind not in dtypes.EIGHT else torch.float32)


@operator("DynamicQuantizeLinear")
def dynamic_quantize_linear(x: Tensor) -> tuple[Tensor, ...]:
    """Decimal numbers as whole ones, with the scale and zero point that suit them."""
    low, high = x.min().clamp(max=0), x.max().clamp(min=0)
    scale = (high - low) / 255
    zero = torch.where(scale > 0, torch.round(-low / scale), torch.zeros_like(scale)).clamp(0, 255)
    found = (torch.round(x / scale) + zero).clamp(0, 255) if bool(scale > 0) else torch.zeros_like(x)
    return found.to(torch.uint8), scale, zero.to(torch.uint8)


def _less(x: Tensor, zero: Tensor | None, axis: int) -> Tensor:
    """Whole numbers less their zero point, wide enough for sums of products."""
    numbers = x.to(torch.int32)
    if zero is None:
        return numbers
    point = zero.to(torch.int32)
    if point.numel() > 1 and point.dim() == 1:
        point = point.reshape([-1 if i == axis % x.dim() else 1 for i in range(x.dim())])
    return numbers - (point.reshape(()) if point.numel() == 1 else point)


@operator("MatMulInteger")
def matmul_integer(a: Tensor, b: Tensor, a_zero: Tensor | None = None, b_zero: Tensor | None = None) -> Tensor:
    """Products of matrices of whole numbers."""
    return torch.matmul(_less(a, a_zero, -2), _less(b, b_zero, -1))


@operator("ConvInteger")
def conv_integer(
    x: Tensor,
    w: Tensor,
    x_zero: Tensor | None = None,
    w_zero: Tensor | None = None,
    *,
    kernel_shape: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    group: int = 1,
    auto_pad: str = "NOTSET",
) -> Tensor:
    """A convolution of whole numbers."""
    found = conv(
        _less(x, x_zero, 1).double(), _less(w, w_zero, 0).double(), strides=strides, pads=pads, dilations=dilations,
        group=group, auto_pad=auto_pad,
    )  # fmt: skip
    return found.round().to(torch.int32)


def _again(found: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """Decimal numbers, in a scale of their own, as whole ones."""
    low, high = _BOUNDS.get(kind_of(zero), (None, None))
    numbers = torch.round(found / scale.to(found.dtype)) + zero.to(found.dtype)
    return numbers.clamp(low, high).to(zero.dtype)


@operator("QLinearMatMul")
def qlinear_matmul(
    a: Tensor,
    a_scale: Tensor,
    a_zero: Tensor,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor,
    scale: Tensor,
    zero: Tensor,
) -> Tensor:
    """Products of quantized matrices."""
    found = torch.matmul(_less(a, a_zero, -2), _less(b, b_zero, -1)).double()
    rows = a_scale.double()
    if rows.numel() > 1 and rows.dim() == 1:
        rows = rows.unsqueeze(-1)
    return _again(found * rows * b_scale.double(), scale, zero)


@operator("QLinearConv")
def qlinear_conv(
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor,
    w: Tensor,
    w_scale: Tensor,
    w_zero: Tensor,
    scale: Tensor,
    zero: Tensor,
    bias: Tensor | None = None,
    *,
    kernel_shape: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    group: int = 1,
    auto_pad: str = "NOTSET",
) -> Tensor:
    """A convolution of quantized tensors."""
    found = conv(
        _less(x, x_zero, 1).double(), _less(w, w_zero, 0).double(), None if bias is None else bias.double(),
        strides=strides, pads=pads, dilations=dilations, group=group, auto_pad=auto_pad,
    )  # fmt: skip
    columns = (x_scale.double() * w_scale.double()).reshape(1, -1, *[1] * (x.dim() - 2))
    return _again(found * columns, scale, zero)


def _two(function: Any) -> Any:
    def worked(
        a: Tensor, a_scale: Tensor, a_zero: Tensor | None, b: Tensor, b_scale: Tensor, b_zero: Tensor | None,
        scale: Tensor, zero: Tensor,
    ) -> Tensor:  # fmt: skip
        left = _less(a, a_zero, 1).double() * a_scale.double()
        return _again(function(left, _less(b, b_zero, 1).double() * b_scale.double()), scale, zero)

    return worked


operator("QLinearAdd", domain="com.microsoft")(_two(torch.add))
operator("QLinearMul", domain="com.microsoft")(_two(torch.mul))
