"""RNN, LSTM and GRU with any number of layers, in one direction or both; the length stays free."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from engine.deployment.rules.site import Site, Written, rule

_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where ONNX's gates stand among torch's: LSTM i o f c from i f g o, GRU z r h from r z n."""


def recurrent(site: Site, x: str, core: nn.RNNBase) -> tuple[str, str]:
    """Write all layers of an nn.RNN, nn.LSTM or nn.GRU.

    `x` is (N, L, features). Returns the sequence (N, L, directions * hidden) and the states after the last step,
    (layers * directions, N, hidden).
    """
    kind = core.mode if core.mode in _GATES else "RNN"
    directions = 2 if core.bidirectional else 1
    settings: dict[str, Any] = {
        "hidden_size": core.hidden_size,
        "direction": "bidirectional" if core.bidirectional else "forward",
    }
    if kind == "GRU":
        settings["linear_before_reset"] = 1
    if kind == "RNN":
        settings["activations"] = ["Relu" if core.mode == "RNN_RELU" else "Tanh"] * directions
    sequence = site.transpose(x, 1, 0, 2)
    states: list[str] = []
    for layer in range(core.num_layers):
        ends = [f"_l{layer}", f"_l{layer}_reverse"][:directions]

        def gates(part: str, ends: list[str] = ends) -> np.ndarray:
            return _gates(kind, core.hidden_size, [getattr(core, part + end) for end in ends])

        tensors = [site.array(gates(part), f"{part}_l{layer}") for part in ("weight_ih", "weight_hh")]
        if core.bias:
            biases = np.concatenate([gates("bias_ih"), gates("bias_hh")], axis=1)
            tensors.append(site.array(biases, f"bias_l{layer}"))
        outputs = site.writer.add(kind, [sequence, *tensors], outputs=2, **settings)
        states.append(outputs[1])
        # (L, directions, N, hidden) -> (L, N, directions * hidden)
        sequence = site.reshape(site.transpose(outputs[0], 0, 2, 1, 3), 0, 0, -1)
    last = states[0] if len(states) == 1 else site.add("Concat", *states, axis=0)
    return site.transpose(sequence, 1, 0, 2), last


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
    """The whole sequence, or the state of the last layer after its last step, both directions joined."""
    core = cast(nn.RNNBase, site.module)
    sequence, hidden = recurrent(site, site.x, core)
    if core.result == "sequence":
        return sequence
    if not core.bidirectional:
        return site.squeeze(site.slice(hidden, 0, -1, 2**62), 0)
    both = site.transpose(site.slice(hidden, 0, -2, 2**62), 1, 0, 2)
    return site.add("Flatten", both, axis=1)
