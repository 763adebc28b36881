"""Programs within programs: If, Loop and Scan."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engine.compiler.onnx_operators.program import Program
from engine.compiler.onnx_operators.table import Function, operator

_MOST_ROUNDS = 100_000


@operator("If")
def if_(
    condition: Tensor,
    *captured: Any,
    then_branch: Program,
    else_branch: Program,
    run: Function | None = None,
) -> tuple[Any, ...]:
    """One program where the condition holds, the other elsewhere; both capture values of the program around."""
    assert run is not None
    count = len(then_branch.captured)
    found: tuple[Any, ...]
    if bool(condition):
        found = run(then_branch, captured[:count])
    else:
        found = run(else_branch, captured[count:])
    return found


@operator("Loop")
def loop(
    rounds: Tensor | None,
    condition: Tensor | None,
    *given: Any,
    body: Program,
    run: Function | None = None,
) -> tuple[Any, ...]:
    """A program round by round, each given what the one before left."""
    assert run is not None
    carried = len(body.inputs) - 2
    states, captured = list(given[:carried]), given[carried:]
    shown: list[list[Any]] = [[] for _ in range(len(body.outputs) - 1 - carried)]
    most = int(rounds) if rounds is not None else _MOST_ROUNDS + 1
    go_on = True if condition is None else bool(condition)
    number = 0
    while go_on and number < most:
        if number >= _MOST_ROUNDS:
            raise ValueError(f"it goes on for more than {_MOST_ROUNDS:,} rounds")
        first, *found = run(body, [torch.tensor(number), torch.tensor(go_on), *states, *captured])
        go_on = bool(first)
        states = found[:carried]
        for kept, item in zip(shown, found[carried:], strict=True):
            kept.append(item)
        number += 1
    return (*states, *(torch.stack(items) if items else torch.zeros(0) for items in shown))


@operator("Scan")
def scan(
    *given: Any,
    body: Program,
    num_scan_inputs: int,
    scan_input_axes: Sequence[int] | None = None,
    scan_input_directions: Sequence[int] | None = None,
    scan_output_axes: Sequence[int] | None = None,
    scan_output_directions: Sequence[int] | None = None,
    run: Function | None = None,
) -> tuple[Any, ...]:
    """A program for each step of sequences, each given what the one before left."""
    assert run is not None
    carried = len(body.inputs) - num_scan_inputs
    states = list(given[:carried])
    sequences = given[carried : carried + num_scan_inputs]
    captured = given[carried + num_scan_inputs :]
    axes = list(scan_input_axes or [0] * num_scan_inputs)
    ways = list(scan_input_directions or [0] * num_scan_inputs)
    steps = sequences[0].shape[axes[0]]
    shown: list[list[Any]] = [[] for _ in range(len(body.outputs) - carried)]
    for t in range(steps):
        entries = [
            x.select(axis, steps - 1 - t if back else t) for x, axis, back in zip(sequences, axes, ways, strict=True)
        ]
        found = run(body, [*states, *entries, *captured])
        states = list(found[:carried])
        for kept, item in zip(shown, found[carried:], strict=True):
            kept.append(item)
    out_axes = list(scan_output_axes or [0] * len(shown))
    backwards = list(scan_output_directions or [0] * len(shown))
    stacked = [
        torch.stack(items[::-1] if back else items, axis)
        for items, axis, back in zip(shown, out_axes, backwards, strict=True)
    ]
    return (*states, *stacked)


@operator("BatchedScan", domain="netwright")
def batched_scan(
    lengths: Tensor | None,
    *given: Any,
    body: Program,
    num_scan_inputs: int,
    directions: Sequence[int] | None = None,
    run: Function | None = None,
) -> tuple[Any, ...]:
    """Scan as ONNX 8 had it: sample by sample, the first axis of everything being the batch."""
    count = len(body.inputs)
    own, captured = given[:count], given[count:]
    rows = [
        scan(
            *(item[n] for item in own), *captured, body=body, num_scan_inputs=num_scan_inputs,
            scan_input_directions=directions, run=run,
        )
        for n in range(own[0].shape[0])
    ]  # fmt: skip
    return tuple(torch.stack([row[k] for row in rows]) for k in range(len(rows[0])))
