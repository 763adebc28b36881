"""Modules without weights that are a plain expression, `a + b`: how it is written, in generated and in readable source.

`torch` is the prefix of torch's functions where the expression stands: "torch." in a file, "" in a flat forward.
"""

from collections.abc import Callable
from typing import Any

from torch import nn

from engine.compiler import modules
from engine.compiler.functions import FUNCTIONS
from engine.compiler.generated import literal
from engine.compiler.modules import arithmetic, comparison, gating, indexing, linear_algebra, merge, reduction, special
from engine.compiler.modules.formula import Formula

Operation = Callable[[Any, list[str], str], str]


def _joined(sign: str) -> Operation:
    return lambda module, x, torch: f" {sign} ".join(x)


def _nested(function: str) -> Operation:
    def written(module: nn.Module, x: list[str], torch: str) -> str:
        result = x[0]
        for other in x[1:]:
            result = f"{torch}{function}({result}, {other})"
        return result

    return written


def _compared(sign: str) -> Operation:
    return lambda module, x, torch: f"{x[0]} {sign} {x[1] if len(x) > 1 else literal(module.value)}"


def _called(method: str) -> Operation:
    return lambda module, x, torch: f"{x[0]}.{method}()"


def _scaled(module: arithmetic.Scale, x: list[str], torch: str) -> str:
    factor = f" * {literal(module.factor)}" if module.factor != 1 else ""
    shift = f" {'+' if module.shift > 0 else '-'} {literal(abs(module.shift))}" if module.shift else ""
    return f"{x[0]}{factor}{shift}"


def _blended(module: arithmetic.Blend, x: list[str], torch: str) -> str:
    share = x[2] if len(x) > 2 else literal(module.weight)
    return f"{x[0]} + {share} * ({x[1]} - {x[0]})"


def _beside(function: str) -> Operation:
    return lambda module, x, torch: f"{torch}{function}(({', '.join(x)}), dim={literal(module.dim)})"


def _axis(method: str) -> Operation:
    return lambda module, x, torch: f"{x[0]}.{method}({literal(module.dim)})"


def _reduced(method: str) -> Operation:
    def written(module: Any, x: list[str], torch: str) -> str:
        keep = ", keepdim=True" if module.keepdim else ""
        return f"{x[0]}.{method}(dim={literal(module.dim)}{keep})"

    return written


def _over(method: str, axes: str) -> Operation:
    return lambda module, x, torch: f"{x[0]}.{method}(dim={axes})"


def _numbers(values: tuple[int, ...]) -> str:
    return ", ".join(literal(value) for value in values)


def _cut(x: str, dim: int, stretch: str) -> str:
    """A stretch of one axis, all of the others."""
    before = ":, " * dim if dim >= 0 else "..., "
    after = "" if dim >= 0 else ", :" * (-dim - 1)
    return f"{x}[{before}{stretch}{after}]"


def _slice(module: modules.Slice, x: list[str], torch: str) -> str:
    start = literal(module.start) if module.start else ""
    end = "" if module.end is None else literal(module.end)
    return _cut(x[0], module.dim, f"{start}:{end}")


def _every_nth(module: indexing.EveryNth, x: list[str], torch: str) -> str:
    start = literal(module.start) if module.start else ""
    return _cut(x[0], module.dim, f"{start}::{literal(module.step)}")


OPERATIONS: dict[type[nn.Module], Operation] = {
    modules.Add: _joined("+"),
    modules.Subtract: _joined("-"),
    modules.Multiply: _joined("*"),
    modules.Divide: _joined("/"),
    modules.MatMul: _joined("@"),
    modules.Maximum: _nested("maximum"),
    merge.Minimum: _nested("minimum"),
    merge.Average: lambda module, x, torch: f"({' + '.join(x)}) / {len(x)}",
    modules.Concatenate: _beside("cat"),
    modules.Stack: _beside("stack"),
    modules.Reshape: lambda module, x, torch: f"{x[0]}.reshape({x[0]}.shape[0], {_numbers(module.shape)})",
    modules.Permute: lambda module, x, torch: f"{x[0]}.permute(0, {_numbers(module.dims)})",
    modules.Squeeze: _axis("squeeze"),
    modules.Unsqueeze: _axis("unsqueeze"),
    modules.Mean: _reduced("mean"),
    modules.Sum: _reduced("sum"),
    modules.Max: _reduced("amax"),
    modules.Select: lambda module, x, torch: f"{x[0]}.select(dim={literal(module.dim)}, index={literal(module.index)})",
    modules.Slice: _slice,
    modules.GlobalAveragePool1d: _over("mean", "2"),
    modules.GlobalAveragePool2d: _over("mean", "(2, 3)"),
    modules.GlobalAveragePool3d: _over("mean", "(2, 3, 4)"),
    modules.GlobalMaxPool1d: _over("amax", "2"),
    modules.GlobalMaxPool2d: _over("amax", "(2, 3)"),
    arithmetic.Scale: _scaled,
    arithmetic.Power: lambda module, x, torch: f"{x[0]} ** {literal(module.exponent)}",
    arithmetic.Blend: _blended,
    arithmetic.FloorDivide: lambda module, x, torch: f"({x[0]} / {x[1]}).floor()",
    comparison.Greater: _compared(">"),
    comparison.GreaterEqual: _compared(">="),
    comparison.Less: _compared("<"),
    comparison.LessEqual: _compared("<="),
    comparison.Equal: _compared("=="),
    comparison.NotEqual: _compared("!="),
    comparison.PaddingMask: lambda module, x, torch: f"{x[0]} != {literal(module.padding_idx)}",
    comparison.ToFloat: _called("float"),
    comparison.ToInt: _called("long"),
    comparison.ToBool: _called("bool"),
    reduction.CumMax: lambda module, x, torch: f"{x[0]}.cummax({literal(module.dim)}).values",
    reduction.CumMin: lambda module, x, torch: f"{x[0]}.cummin({literal(module.dim)}).values",
    indexing.Flip: lambda module, x, torch: f"{x[0]}.flip({literal(module.dim)})",
    indexing.ExpandAs: lambda module, x, torch: f"{x[0]}.expand_as({x[1]})",
    indexing.ReshapeAs: lambda module, x, torch: f"{x[0]}.reshape({x[1]}.shape)",
    indexing.Gather: lambda module, x, torch: f"{x[0]}.gather({literal(module.dim)}, {x[1]})",
    indexing.EveryNth: _every_nth,
    indexing.Frames: lambda module, x, torch: (
        f"{x[0]}.unfold({literal(module.dim)}, {literal(module.size)}, {literal(module.step)})"
    ),
    linear_algebra.Einsum: lambda module, x, torch: f"{torch}einsum({literal(module.expression)}, {', '.join(x)})",
    linear_algebra.Outer: lambda module, x, torch: f"{x[0]}.unsqueeze(2) * {x[1]}.unsqueeze(1)",
    linear_algebra.Dot: lambda module, x, torch: f"({x[0]} * {x[1]}).sum(-1)",
    linear_algebra.CrossProduct: lambda module, x, torch: f"{torch}linalg.cross({x[0]}, {x[1]}, dim=-1)",
    linear_algebra.Diagonal: lambda module, x, torch: f"{x[0]}.diagonal(dim1=-2, dim2=-1)",
    gating.FactorizationMachine: lambda module, x, torch: f"({x[0]}.sum(1).square() - {x[0]}.square().sum(1)) / 2",
    special.StopGradient: _called("detach"),
    special.StraightThrough: lambda module, x, torch: f"{x[0]}.detach() + ({x[1]} - {x[1]}.detach())",
    modules.GlobalMaxPool3d: _over("amax", "(2, 3, 4)"),
}
OPERATIONS[Formula] = lambda module, x, torch: module.written(x, torch)
OPERATIONS.update(
    {made: lambda module, x, torch: module.written(x, torch) for made in FUNCTIONS.values()},
)
