"""Modules without weights that are a plain expression, `a + b`: how it is written, in generated and in readable source.

`torch` is the prefix of torch's functions where the expression stands: "torch." in a file, "" in a flat forward.
"""

from collections.abc import Callable
from typing import Any

from torch import nn

from engine.compiler import modules
from engine.compiler.functions import FUNCTIONS
from engine.compiler.generated import literal
from engine.compiler.modules.formula import Formula

Operation = Callable[[Any, list[str], str], str]


def _joined(sign: str) -> Operation:
    return lambda module, x, torch: f" {sign} ".join(x)


def _maximum(module: nn.Module, x: list[str], torch: str) -> str:
    written = x[0]
    for other in x[1:]:
        written = f"{torch}maximum({written}, {other})"
    return written


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


def _slice(module: modules.Slice, x: list[str], torch: str) -> str:
    start = literal(module.start) if module.start else ""
    end = "" if module.end is None else literal(module.end)
    before = ":, " * module.dim if module.dim >= 0 else "..., "
    after = "" if module.dim >= 0 else ", :" * (-module.dim - 1)
    return f"{x[0]}[{before}{start}:{end}{after}]"


OPERATIONS: dict[type[nn.Module], Operation] = {
    modules.Add: _joined("+"),
    modules.Subtract: _joined("-"),
    modules.Multiply: _joined("*"),
    modules.Divide: _joined("/"),
    modules.MatMul: _joined("@"),
    modules.Maximum: _maximum,
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
    modules.GlobalMaxPool3d: _over("amax", "(2, 3, 4)"),
}
OPERATIONS[Formula] = lambda module, x, torch: module.written(x, torch)
OPERATIONS.update(
    {made: lambda module, x, torch: module.written(x, torch) for made in FUNCTIONS.values()},
)
