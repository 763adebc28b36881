"""RNN, LSTM and GRU with any number of layers, in one direction or both; the length stays free."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from onnx import TensorProto
from torch import Tensor, nn

from engine.deployment.rules.site import Site, Written, rule

_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where ONNX's gates stand among torch's: LSTM i o f c from i f g o, GRU z r h from r z n."""


def recurrent(
    site: Site, x: str, core: nn.RNNBase, lengths: str = "", hidden: str = "", cell: str = ""
) -> tuple[str, list[str]]:
    """Write all layers of an nn.RNN, nn.LSTM or nn.GRU.

    `x` is (N, L, features), `lengths` (N), `hidden` and `cell` (layers * directions, N, size), "" where there are none.
    Returns the sequence (N, L, directions * hidden) and the states after the last step, (layers * directions, N,
    hidden): hidden, and for an LSTM cell.
    """
    kind = core.mode if core.mode in _GATES else "RNN"
    directions = 2 if core.bidirectional else 1
    settings = _settings(kind, core.mode, core.hidden_size, directions)
    sequence = site.transpose(x, 1, 0, 2)
    steps = ""
    if lengths:
        most = site.size(x, 1)
        within = site.add("Min", site.add("Max", lengths, site.writer.constant(1, np.int64)), most)
        steps = site.add("Cast", within, to=TensorProto.INT32)
    starts = [state for state in (hidden, cell) if state]
    if kind == "LSTM" and len(starts) == 1:  # the other begins with 0
        nothing = site.add("Mul", starts[0], site.scalar(0))
        starts = [hidden or nothing, cell or nothing]
    states: list[list[str]] = []
    for layer in range(core.num_layers):
        ends = [f"_l{layer}", f"_l{layer}_reverse"][:directions]

        def gates(part: str, ends: list[str] = ends) -> np.ndarray:
            return _gates(kind, core.hidden_size, [getattr(core, part + end) for end in ends])

        tensors = [site.array(gates(part), f"{part}_l{layer}") for part in ("weight_ih", "weight_hh")]
        if core.bias:
            biases = np.concatenate([gates("bias_ih"), gates("bias_hh")], axis=1)
            tensors.append(site.array(biases, f"bias_l{layer}"))
        elif steps or starts:
            tensors.append("")
        first = directions * layer
        begin = [site.slice(start, 0, first, first + directions) for start in starts]
        given = [sequence, *tensors, *([steps, *begin] if steps or begin else [])]
        outputs = site.writer.add(kind, given, outputs=3 if kind == "LSTM" else 2, **settings)
        states.append(list(outputs[1:]))
        # (L, directions, N, hidden) -> (L, N, directions * hidden)
        sequence = site.reshape(site.transpose(outputs[0], 0, 2, 1, 3), 0, 0, -1)
    last = [items[0] if len(items) == 1 else site.add("Concat", *items, axis=0) for items in zip(*states, strict=True)]
    return site.transpose(sequence, 1, 0, 2), last


def projected(
    site: Site, x: str, core: nn.RNNBase, lengths: str = "", hidden: str = "", cell: str = ""
) -> tuple[str, list[str]]:
    """As `recurrent`, for an nn.LSTM with proj_size, which ONNX's LSTM lacks: a Scan over the steps.

    Source of the step: torch.nn.LSTM, h = W_hr (o * tanh(c)). Behind a sequence's length states stay, and 0 is given.
    """
    size, width = core.hidden_size, core.proj_size
    directions = 2 if core.bidirectional else 1
    sequence = site.transpose(x, 1, 0, 2)
    batch = site.slice(site.add("Shape", sequence), 0, 1, 2)
    going: list[str] = []
    if lengths:  # (L, N, 1): 1 where the sequence goes on
        zero, one = (site.writer.constant(number, np.int64) for number in (0, 1))
        within = site.unsqueeze(site.add("Max", lengths, one), 1)
        steps = site.add("Range", zero, site.size(x, 1), one)
        inside = site.transpose(site.unsqueeze(site.add("Less", steps, within), 2), 1, 0, 2)
        going = [site.add("Cast", inside, to=TensorProto.FLOAT)]

    def start(states: str, place: int, features: int) -> str:
        if states:
            return site.squeeze(site.slice(states, 0, place, place + 1), 0)
        return site.add("Expand", site.scalar(0), site.add("Concat", batch, site.ints(features), axis=0))

    ends: tuple[list[str], list[str]] = ([], [])
    for layer in range(core.num_layers):
        read = []
        for direction in range(directions):
            end = f"_l{layer}{'_reverse' * direction}"
            inner = _projected_step(site, core, end)
            weight = site.array(getattr(core, f"weight_ih{end}").detach().T, f"weight_ih{end}")
            gates = site.add("MatMul", sequence, weight)
            if core.bias:
                bias = getattr(core, f"bias_ih{end}").detach() + getattr(core, f"bias_hh{end}").detach()
                gates = site.add("Add", gates, site.array(bias, f"bias{end}"))
            place = layer * directions + direction
            begin = [start(hidden, place, width), start(cell, place, size)]
            *last, steps_out = site.writer.scan(inner, begin, [gates, *going], backwards=bool(direction))
            for found, state in zip(ends, last, strict=True):
                found.append(site.unsqueeze(state, 0))
            read.append(steps_out)
        sequence = read[0] if len(read) == 1 else site.add("Concat", *read, axis=2)
    states = [found[0] if len(found) == 1 else site.add("Concat", *found, axis=0) for found in ends]
    return site.transpose(sequence, 1, 0, 2), states


def _projected_step(site: Site, core: nn.RNNBase, end: str) -> Callable[..., tuple[list[str], list[str]]]:
    """One step of an LSTM with a projection: the next hidden and cell, and what is given."""
    size = core.hidden_size
    recurrence = site.array(getattr(core, f"weight_hh{end}").detach().T, f"weight_hh{end}")
    projection = site.array(getattr(core, f"weight_hr{end}").detach().T, f"weight_hr{end}")

    def step(hidden: str, cell: str, gates: str, going: str = "") -> tuple[list[str], list[str]]:
        total = site.add("Add", gates, site.add("MatMul", hidden, recurrence))
        enter, forget, new, show = site.split(total, 1, [size] * 4)
        kept = site.add("Mul", site.add("Sigmoid", forget), cell)
        added = site.add("Mul", site.add("Sigmoid", enter), site.add("Tanh", new))
        memory = site.add("Add", kept, added)
        shown = site.add("MatMul", site.add("Mul", site.add("Sigmoid", show), site.add("Tanh", memory)), projection)
        if not going:
            return [shown, memory], [site.add("Identity", shown)]
        on = site.add("Greater", going, site.scalar(0))
        states = [site.add("Where", on, now, before) for now, before in ((shown, hidden), (memory, cell))]
        return states, [site.add("Mul", shown, going)]

    return step


def _settings(kind: str, mode: str, size: int, directions: int) -> dict[str, Any]:
    """The attributes of ONNX's RNN, LSTM or GRU."""
    settings: dict[str, Any] = {
        "hidden_size": size,
        "direction": "bidirectional" if directions == 2 else "forward",
    }
    if kind == "GRU":
        settings["linear_before_reset"] = 1
    if kind == "RNN":
        settings["activations"] = ["Relu" if mode in ("RNN_RELU", "relu") else "Tanh"] * directions
    return settings


def _gates(kind: str, size: int, tensors: Sequence[Tensor]) -> np.ndarray:
    """One tensor a direction, its gates in ONNX's order, stacked by direction."""
    stacked = []
    for tensor in tensors:
        array = tensor.detach().cpu().float().numpy()
        gates = [array[gate * size : (gate + 1) * size] for gate in _GATES[kind]]
        stacked.append(np.concatenate(gates, axis=0))
    return np.stack(stacked)


@rule("rnn", "lstm", "gru")
def recurrent_layer(site: Site) -> Written:
    """The whole sequence, or the state of the last layer after its last step, directions joined; and the states."""
    core = cast(nn.RNNBase, site.module)
    lengths, *starts = (*site.inputs[1:], "", "", "")[:3]
    hidden, cell = (start and site.transpose(start, 1, 0, 2) for start in starts)
    written = projected if core.proj_size else recurrent
    sequence, states = written(site, site.x, core, lengths, hidden, cell)
    answer = sequence if core.result == "sequence" else _after_the_last_step(site, core, states[0])
    return (answer, *(site.transpose(state, 1, 0, 2) for state in states)) if core.states else answer


def _after_the_last_step(site: Site, core: nn.RNNBase, hidden: str) -> str:
    if not core.bidirectional:
        return site.squeeze(site.slice(hidden, 0, -1, 2**62), 0)
    both = site.transpose(site.slice(hidden, 0, -2, 2**62), 1, 0, 2)
    return site.add("Flatten", both, axis=1)


@rule("recurrent_cell")
def recurrent_cell(site: Site) -> Written:
    """A sequence of one step."""
    cell = cast(nn.RNNCellBase, site.module)
    kind = site.layer.type_name().removesuffix("Cell")

    def gates(part: str) -> np.ndarray:
        return _gates(kind, cell.hidden_size, [getattr(cell, part)])

    tensors = [site.array(gates(part), part) for part in ("weight_ih", "weight_hh")]
    biases = np.concatenate([gates("bias_ih"), gates("bias_hh")], axis=1) if cell.bias else None
    tensors.append("" if biases is None else site.array(biases, "bias"))
    starts = [value and site.unsqueeze(value, 0) for value in site.inputs[1:]]
    if kind == "LSTM" and any(starts):  # a free one begins with 0
        nothing = site.add("Mul", next(filter(None, starts)), site.scalar(0))
        starts = [start or nothing for start in (*starts, "")[:2]]
    outputs = site.writer.add(
        kind,
        [site.unsqueeze(site.x, 0), *tensors, "", *starts],
        outputs=3 if kind == "LSTM" else 2,
        **_settings(kind, str(getattr(cell, "nonlinearity", "tanh")), cell.hidden_size, 1),
    )
    found = tuple(site.squeeze(value, 0) for value in outputs[1:])
    return found if len(found) > 1 else found[0]
