"""Runs a program of foreign operators, value by value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.compiler.onnx_operators.dtypes import as_tensor
from engine.compiler.onnx_operators.program import Operator, Program
from engine.compiler.onnx_operators.table import call
from engine.errors import GraphError, NetwrightError


def apply(item: Operator, inputs: Sequence[Any]) -> tuple[Any, ...]:
    """Run one operator. Raises GraphError in words when it cannot be done."""
    try:
        return call(item.domain, item.type, inputs, item.attributes, outputs=len(item.outputs), run=run)
    except NetwrightError:
        raise
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        # A file may ask for anything; what torch refuses is told with the operator's name.
        raise GraphError(
            f"The operator {item.type}{f' ({item.name[:80]})' if item.name else ''} cannot be worked out: "
            f"{str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__}",
            where=item.name[:80],
            found=item.type,
        ) from error


def run(
    program: Program, inputs: Sequence[Any], *, see: Callable[[Operator, tuple[Any, ...]], None] | None = None
) -> tuple[Any, ...]:
    """The outputs of a program, given its inputs and then what it captures. `see` is shown what each operator gives."""
    values: dict[str, Any] = {"": None}
    values.update(zip((*program.inputs, *program.captured), inputs, strict=False))
    constants: Mapping[str, Any] = program.constants
    last: dict[str, int] = {}
    for place, item in enumerate(program.operators):
        for name in item.inputs:
            last[name] = place
    kept = {"", *program.outputs}
    for place, item in enumerate(program.operators):
        given = []
        for name in item.inputs:
            if name not in values:
                if name not in constants:
                    raise GraphError(f"The value '{name[:80]}' is used before anything gives it.", where=item.name[:80])
                values[name] = as_tensor(constants[name])
            given.append(values[name])
        found = apply(item, given)
        if see is not None:
            see(item, found)
        values.update((name, value) for name, value in zip(item.outputs, found, strict=False) if name)
        for name in item.inputs:
            if last[name] == place and name not in kept:
                values.pop(name, None)
    outputs = []
    for name in program.outputs:
        if name not in values:
            if name not in constants:
                raise GraphError(f"Nothing gives the output '{name[:80]}'.", where=name[:80])
            values[name] = as_tensor(constants[name])
        outputs.append(values[name])
    return tuple(outputs)
