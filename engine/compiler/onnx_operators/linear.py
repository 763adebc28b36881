"""Operators of linear algebra."""

import string

import torch
from torch import Tensor

from engine.compiler.onnx_operators.table import operator, widened


@operator("MatMul")
@widened
def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Products of matrices."""
    return torch.matmul(a, b)


@operator("Gemm")
@widened
def gemm(
    a: Tensor,
    b: Tensor,
    c: Tensor | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,  # noqa: N803
    transB: int = 0,  # noqa: N803
    broadcast: int = 1,
) -> Tensor:
    """alpha A B + beta C."""
    found = (a.t() if transA else a) @ (b.t() if transB else b)
    if alpha != 1:
        found = alpha * found if found.is_floating_point() else (alpha * found).to(found.dtype)
    if c is not None:
        found = found + (c if beta == 1 else (beta * c).to(found.dtype))
    return found


@operator("Einsum")
@widened
def einsum(*inputs: Tensor, equation: str) -> Tensor:
    """Products and sums along axes that letters name."""
    equation = equation.replace(" ", "")
    if "..." in equation and "->" not in equation:
        letters = sorted(x for x in set(equation) & set(string.ascii_letters) if equation.count(x) == 1)
        equation = f"{equation}->...{''.join(letters)}"
    return torch.einsum(equation, *inputs)


@operator("Det")
def det(x: Tensor) -> Tensor:
    """Determinants."""
    found: Tensor = torch.linalg.det(x)
    return found


@operator("FusedMatMul", domain="com.microsoft")
def fused_matmul(a: Tensor, b: Tensor, *, alpha: float = 1.0, transA: int = 0, transB: int = 0) -> Tensor:  # noqa: N803
    """alpha A B, each turned first where asked."""
    a = a.transpose(-1, -2) if transA else a
    b = b.transpose(-1, -2) if transB else b
    return alpha * torch.matmul(a, b)
