"""RNN, GRU and LSTM as ONNX defines them: any activations, both directions, lengths of their own, peepholes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.table import operator

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def _activation(name: str, alpha: float | None, beta: float | None) -> Callable[[Tensor], Tensor]:
    a: Any = alpha
    b: Any = beta
    found: dict[str, Callable[[Tensor], Tensor]] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softsign": F.softsign,
        "softplus": F.softplus,
        "hardsigmoid": lambda x: ((0.2 if a is None else a) * x + (0.5 if b is None else b)).clamp(0, 1),
        "leakyrelu": lambda x: F.leaky_relu(x, 0.01 if a is None else a),
        "thresholdedrelu": lambda x: torch.where(x > (1.0 if a is None else a), x, torch.zeros_like(x)),
        "elu": lambda x: F.elu(x, 1.0 if a is None else a),
        "affine": lambda x: (1.0 if a is None else a) * x + (0.0 if b is None else b),
        "scaledtanh": lambda x: (1.0 if a is None else a) * torch.tanh((1.0 if b is None else b) * x),
    }
    return found[name.lower()]


def _step(
    kind: str,
    gates: Tensor,
    h: Tensor,
    c: Tensor | None,
    r: Tensor,
    rb: Tensor,
    acts: Sequence[Callable[[Tensor], Tensor]],
    clip: Callable[[Tensor], Tensor],
    peep: Tensor | None,
    input_forget: int,
    linear_before_reset: int,
) -> tuple[Tensor, Tensor | None]:
    """One step; `gates` is what the input says to every gate, recurrent biases `rb` not yet added."""
    if kind == "RNN":
        return acts[0](clip(gates + h @ r.t() + rb)), None
    if kind == "GRU":
        z_in, r_in, n_in = gates.chunk(3, -1)
        rz, rr, rn = r.chunk(3, 0)
        bz, br, bn = rb.chunk(3, -1)
        z = acts[0](clip(z_in + h @ rz.t() + bz))
        reset = acts[0](clip(r_in + h @ rr.t() + br))
        if linear_before_reset:
            new = acts[1](clip(n_in + reset * (h @ rn.t() + bn)))
        else:
            new = acts[1](clip(n_in + (reset * h) @ rn.t() + bn))
        return (1 - z) * new + z * h, None
    assert c is not None
    i_in, o_in, f_in, c_in = (gates + h @ r.t() + rb).chunk(4, -1)
    pi, po, pf = peep.chunk(3, -1) if peep is not None else (0.0, 0.0, 0.0)
    i = acts[0](clip(i_in + pi * c))
    f = 1 - i if input_forget else acts[0](clip(f_in + pf * c))
    c = f * c + i * acts[1](clip(c_in))
    o = acts[0](clip(o_in + po * c))
    return o * acts[2](c), c


def _recur(
    kind: str,
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None,
    lengths: Tensor | None,
    first_h: Tensor | None,
    first_c: Tensor | None,
    peep: Tensor | None,
    *,
    hidden_size: int | None,
    direction: str,
    activations: Sequence[str] | None,
    activation_alpha: Sequence[float] | None,
    activation_beta: Sequence[float] | None,
    clip: float | None,
    layout: int,
    input_forget: int = 0,
    linear_before_reset: int = 0,
) -> tuple[Tensor, Tensor, Tensor | None]:
    if layout:
        x = x.transpose(0, 1)
        first_h = first_h.transpose(0, 1) if first_h is not None else None
        first_c = first_c.transpose(0, 1) if first_c is not None else None
    steps, batch, _ = x.shape
    ways, size, gate_count = w.shape[0], r.shape[-1], _GATES[kind]
    usual = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}[kind]
    names = list(activations) if activations else usual * ways
    alphas, betas = list(activation_alpha or []), list(activation_beta or [])
    acts = [
        _activation(name, alphas[i] if i < len(alphas) else None, betas[i] if i < len(betas) else None)
        for i, name in enumerate(names)
    ]
    bound: Callable[[Tensor], Tensor] = (lambda v: v.clamp(-clip, clip)) if clip else (lambda v: v)
    per_way = len(usual)
    shown, last_h, last_c = [], [], []
    for way in range(ways):
        backwards = direction == "reverse" or way == 1
        wb = b[way, : gate_count * size] if b is not None else x.new_zeros(gate_count * size)
        rb = b[way, gate_count * size :] if b is not None else x.new_zeros(gate_count * size)
        said = x @ w[way].t() + wb
        h = first_h[way] if first_h is not None else x.new_zeros(batch, size)
        c = (first_c[way] if first_c is not None else x.new_zeros(batch, size)) if kind == "LSTM" else None
        found: list[Tensor] = [h] * steps
        for t in reversed(range(steps)) if backwards else range(steps):
            new_h, new_c = _step(
                kind, said[t], h, c, r[way], rb, acts[way * per_way : (way + 1) * per_way] or acts[:per_way],
                bound, peep[way] if peep is not None else None, input_forget, linear_before_reset,
            )  # fmt: skip
            if lengths is not None:
                there = (t < lengths.to(x.device))[:, None]
                found[t] = torch.where(there, new_h, torch.zeros_like(new_h))
                h = torch.where(there, new_h, h)
                c = torch.where(there, new_c, c) if c is not None and new_c is not None else None
            else:
                h, c = new_h, new_c
                found[t] = h
        shown.append(torch.stack(found) if found else x.new_zeros(0, batch, size))
        last_h.append(h)
        if c is not None:
            last_c.append(c)
    y, y_h = torch.stack(shown, 1), torch.stack(last_h)
    y_c = torch.stack(last_c) if last_c else None
    if layout:
        y = y.permute(2, 0, 1, 3)
        y_h, y_c = y_h.transpose(0, 1), y_c.transpose(0, 1) if y_c is not None else None
    return y, y_h, y_c


@operator("RNN")
def rnn(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    lengths: Tensor | None = None,
    first_h: Tensor | None = None,
    *,
    hidden_size: int | None = None,
    direction: str = "forward",
    activations: Sequence[str] | None = None,
    activation_alpha: Sequence[float] | None = None,
    activation_beta: Sequence[float] | None = None,
    clip: float | None = None,
    layout: int = 0,
    output_sequence: int = 0,
    outputs: int = 1,
) -> tuple[Any, ...]:
    """A plain recurrent layer."""
    y, y_h, _ = _recur(
        "RNN", x, w, r, b, lengths, first_h, None, None, hidden_size=hidden_size, direction=direction,
        activations=activations, activation_alpha=activation_alpha, activation_beta=activation_beta, clip=clip,
        layout=layout,
    )  # fmt: skip
    return (y, y_h)[:outputs]


@operator("GRU")
def gru(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    lengths: Tensor | None = None,
    first_h: Tensor | None = None,
    *,
    hidden_size: int | None = None,
    direction: str = "forward",
    activations: Sequence[str] | None = None,
    activation_alpha: Sequence[float] | None = None,
    activation_beta: Sequence[float] | None = None,
    clip: float | None = None,
    layout: int = 0,
    linear_before_reset: int = 0,
    output_sequence: int = 0,
    outputs: int = 1,
) -> tuple[Any, ...]:
    """A gated recurrent layer."""
    y, y_h, _ = _recur(
        "GRU", x, w, r, b, lengths, first_h, None, None, hidden_size=hidden_size, direction=direction,
        activations=activations, activation_alpha=activation_alpha, activation_beta=activation_beta, clip=clip,
        layout=layout, linear_before_reset=linear_before_reset,
    )  # fmt: skip
    return (y, y_h)[:outputs]


@operator("LSTM")
def lstm(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    lengths: Tensor | None = None,
    first_h: Tensor | None = None,
    first_c: Tensor | None = None,
    peepholes: Tensor | None = None,
    *,
    hidden_size: int | None = None,
    direction: str = "forward",
    activations: Sequence[str] | None = None,
    activation_alpha: Sequence[float] | None = None,
    activation_beta: Sequence[float] | None = None,
    clip: float | None = None,
    layout: int = 0,
    input_forget: int = 0,
    output_sequence: int = 0,
    outputs: int = 1,
) -> tuple[Any, ...]:
    """A recurrent layer with a cell that remembers."""
    y, y_h, y_c = _recur(
        "LSTM", x, w, r, b, lengths, first_h, first_c, peepholes, hidden_size=hidden_size, direction=direction,
        activations=activations, activation_alpha=activation_alpha, activation_beta=activation_beta, clip=clip,
        layout=layout, input_forget=input_forget,
    )  # fmt: skip
    return (y, y_h, y_c)[:outputs]


@operator("DynamicQuantizeLSTM", domain="com.microsoft")
def dynamic_quantize_lstm(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    lengths: Tensor | None = None,
    first_h: Tensor | None = None,
    first_c: Tensor | None = None,
    peepholes: Tensor | None = None,
    w_scale: Tensor | None = None,
    w_zero: Tensor | None = None,
    r_scale: Tensor | None = None,
    r_zero: Tensor | None = None,
    *,
    hidden_size: int | None = None,
    direction: str = "forward",
    activations: Sequence[str] | None = None,
    activation_alpha: Sequence[float] | None = None,
    activation_beta: Sequence[float] | None = None,
    clip: float | None = None,
    input_forget: int = 0,
    outputs: int = 1,
) -> tuple[Any, ...]:
    """An LSTM whose weights are whole numbers; its inputs stay decimal here, which differs by their rounding alone."""
    w, r = (_plain(*item) for item in ((w, w_scale, w_zero), (r, r_scale, r_zero)))
    return lstm(
        x, w.transpose(1, 2), r.transpose(1, 2), b, lengths, first_h, first_c, peepholes, hidden_size=hidden_size,
        direction=direction, activations=activations, activation_alpha=activation_alpha,
        activation_beta=activation_beta, clip=clip, input_forget=input_forget, outputs=outputs,
    )  # fmt: skip


def _plain(w: Tensor, scale: Tensor | None, zero: Tensor | None) -> Tensor:
    """Whole numbers (directions, in, out) as the decimals they stand for; a scale a direction, or a column."""
    assert scale is not None
    wide = w.float()
    shape = (scale.shape[0], 1, -1) if scale.dim() == 2 else (-1, 1, 1)
    if zero is not None:
        wide = wide - zero.float().reshape(shape)
    return wide * scale.reshape(shape)
