"""How common layers are written in a flat forward: one function call on parameters instead of a module call.

A form is given the built module and the names of its inputs, and answers an expression, or None when the module has a
setting the function does not cover; then the module itself is called. `p` and `b` are its parameters and buffers, `m`
the dictionary of all modules. The functions are those torch's own modules end in, so the numbers are the same.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from engine.catalog.formulas import TORCH_NAMES
from engine.compiler.functions import NAMES
from engine.compiler.generated import literal
from engine.compiler.modules import Add, Subtract
from engine.compiler.modules.losses.generative import sloped
from engine.compiler.modules.noise import draw_noise
from engine.compiler.modules.shifting import shift_right
from engine.compiler.operations import OPERATIONS

Form = Callable[[Any, str, list[str]], str | None]

NAMESPACE: dict[str, object] = {
    **NAMES,
    **{name: getattr(torch, name) for name in TORCH_NAMES},
    "adaptive_avg_pool1d": torch.adaptive_avg_pool1d,
    "adaptive_avg_pool2d": F.adaptive_avg_pool2d,
    "avg_pool1d": torch.avg_pool1d,
    "avg_pool2d": F.avg_pool2d,
    "avg_pool3d": F.avg_pool3d,
    "batch_norm": F.batch_norm,
    "shift_right": shift_right,
    "draw_noise": draw_noise,
    "sloped": sloped,
    "bilinear": F.bilinear,
    "cat": torch.cat,
    "celu": torch.celu,
    "conv1d": torch.conv1d,
    "conv2d": torch.conv2d,
    "conv3d": torch.conv3d,
    "conv_transpose1d": torch.conv_transpose1d,
    "conv_transpose2d": torch.conv_transpose2d,
    "dropout": torch.dropout,
    "einsum": torch.einsum,
    "elu": F.elu,
    "embedding": torch.embedding,
    "gelu": F.gelu,
    "group_norm": torch.group_norm,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "hardtanh": F.hardtanh,
    "layer_norm": F.layer_norm,
    "leaky_relu": F.leaky_relu,
    "linear": F.linear,
    "log_softmax": torch.log_softmax,
    "logsigmoid": F.logsigmoid,
    "max_pool1d": torch.max_pool1d,
    "max_pool2d": torch.max_pool2d,
    "max_pool3d": torch.max_pool3d,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mish": F.mish,
    "prelu": torch.prelu,
    "relu": torch.relu,
    "relu6": F.relu6,
    "relu_": torch.relu_,
    "selu": torch.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softmax": torch.softmax,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "stack": torch.stack,
    "tanh": torch.tanh,
}
"""Every function a generated forward may call; several are the C functions below the checks of torch.nn.functional."""

FORMS: dict[type[nn.Module], Form] = {}

FRESH = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.BatchNorm3d,
    Add,
    Subtract,
)
"""Modules whose output is new memory that their backward does not read: a ReLU after one may overwrite it."""


def _form(*classes: type[nn.Module]) -> Callable[[Form], Form]:
    def register(form: Form) -> Form:
        FORMS.update(dict.fromkeys(classes, form))
        return form

    return register


def expression(module: nn.Module, node_id: str, inputs: list[str], *, overwrite: bool = False) -> str | None:
    """The expression for a call, None when the module has to be called. `overwrite`: the input may be written over."""
    if type(module) is nn.ReLU:
        return f"{'relu_' if overwrite else 'relu'}({inputs[0]})"
    operation = OPERATIONS.get(type(module))
    if operation is not None:
        return operation(module, inputs, "")
    form = FORMS.get(type(module))
    return form(module, node_id, inputs) if form is not None else None


@_form(nn.Linear)
def _linear(module: nn.Linear, _: str, x: list[str]) -> str:
    return f"linear({x[0]}, p['weight'], p['bias'])"


@_form(nn.Bilinear)
def _bilinear(module: nn.Bilinear, _: str, x: list[str]) -> str:
    # Autocast leaves it alone, and it takes its inputs in the type of its weights alone.
    alike = ", ".join(f"{item}.to(p['weight'].dtype)" for item in x)
    return f"bilinear({alike}, p['weight'], p['bias'])"


@_form(nn.Conv1d, nn.Conv2d, nn.Conv3d)
def _convolution(module: nn.Conv2d, _: str, x: list[str]) -> str | None:
    if module.padding_mode != "zeros":
        return None
    settings = (module.stride, module.padding, module.dilation, module.groups)
    rank = module.weight.dim() - 2
    return f"conv{rank}d({x[0]}, p['weight'], p['bias'], {', '.join(literal(item) for item in settings)})"


@_form(nn.ConvTranspose1d, nn.ConvTranspose2d)
def _transposed_convolution(module: nn.ConvTranspose2d, _: str, x: list[str]) -> str:
    settings = (module.stride, module.padding, module.output_padding, module.groups, module.dilation)
    rank = module.weight.dim() - 2
    return f"conv_transpose{rank}d({x[0]}, p['weight'], p['bias'], {', '.join(literal(item) for item in settings)})"


@_form(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
def _batch_norm(module: nn.BatchNorm2d, node_id: str, x: list[str]) -> str | None:
    if not module.track_running_stats or module.momentum is None:
        return None
    settings = f"m['{node_id}'].training, {literal(module.momentum)}, {literal(module.eps)}"
    return f"batch_norm({x[0]}, b['running_mean'], b['running_var'], p['weight'], p['bias'], {settings})"


@_form(nn.LayerNorm)
def _layer_norm(module: nn.LayerNorm, _: str, x: list[str]) -> str:
    settings = f"{literal(tuple(module.normalized_shape))}, p['weight'], p['bias'], {literal(module.eps)}"
    return f"layer_norm({x[0]}, {settings})"


@_form(nn.GroupNorm)
def _group_norm(module: nn.GroupNorm, _: str, x: list[str]) -> str:
    return f"group_norm({x[0]}, {literal(module.num_groups)}, p['weight'], p['bias'], {literal(module.eps)})"


@_form(nn.Embedding)
def _embedding(module: nn.Embedding, _: str, x: list[str]) -> str | None:
    if module.max_norm is not None or module.scale_grad_by_freq or module.sparse:
        return None
    padding = -1 if module.padding_idx is None else module.padding_idx
    return f"embedding(p['weight'], {x[0]}, {literal(padding)})"


@_form(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
def _max_pool(module: nn.MaxPool2d, _: str, x: list[str]) -> str | None:
    if module.return_indices:
        return None
    rank = type(module).__name__[-2]
    settings = (module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)
    return f"max_pool{rank}d({x[0]}, {', '.join(literal(item) for item in settings)})"


@_form(nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
def _avg_pool(module: nn.AvgPool2d, _: str, x: list[str]) -> str | None:
    if getattr(module, "divisor_override", None) is not None:
        return None
    rank = type(module).__name__[-2]
    settings = (module.kernel_size, module.stride, module.padding, module.ceil_mode, module.count_include_pad)
    return f"avg_pool{rank}d({x[0]}, {', '.join(literal(item) for item in settings)})"


@_form(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)
def _adaptive_avg_pool(module: nn.AdaptiveAvgPool2d, _: str, x: list[str]) -> str:
    rank = type(module).__name__[-2]
    return f"adaptive_avg_pool{rank}d({x[0]}, {literal(module.output_size)})"


@_form(nn.Dropout)
def _dropout(module: nn.Dropout, node_id: str, x: list[str]) -> str | None:
    if module.inplace:
        return None
    return f"dropout({x[0]}, {literal(module.p)}, m['{node_id}'].training)"


@_form(nn.Flatten)
def _flatten(module: nn.Flatten, _: str, x: list[str]) -> str:
    return f"{x[0]}.flatten({literal(module.start_dim)}, {literal(module.end_dim)})"


@_form(nn.Identity)
def _identity(module: nn.Identity, _: str, x: list[str]) -> str:
    return x[0]


@_form(nn.PReLU)
def _prelu(module: nn.PReLU, _: str, x: list[str]) -> str:
    return f"prelu({x[0]}, p['weight'])"


def _plain(function: str, *attributes: str) -> Form:
    def form(module: nn.Module, _: str, x: list[str]) -> str | None:
        if getattr(module, "inplace", False):
            return None
        settings = "".join(f", {literal(getattr(module, name))}" for name in attributes)
        return f"{function}({x[0]}{settings})"

    return form


FORMS.update(
    {
        nn.Sigmoid: _plain("sigmoid"),
        nn.Tanh: _plain("tanh"),
        nn.ELU: _plain("elu", "alpha"),
        nn.SELU: _plain("selu"),
        nn.CELU: _plain("celu", "alpha"),
        nn.LeakyReLU: _plain("leaky_relu", "negative_slope"),
        nn.ReLU6: _plain("relu6"),
        nn.SiLU: _plain("silu"),
        nn.Mish: _plain("mish"),
        nn.Hardswish: _plain("hardswish"),
        nn.Hardsigmoid: _plain("hardsigmoid"),
        nn.Hardtanh: _plain("hardtanh", "min_val", "max_val"),
        nn.LogSigmoid: _plain("logsigmoid"),
        nn.Softsign: _plain("softsign"),
        nn.Softplus: _plain("softplus", "beta", "threshold"),
    }
)


@_form(nn.GELU)
def _gelu(module: nn.GELU, _: str, x: list[str]) -> str:
    return f"gelu({x[0]}, approximate={literal(module.approximate)})"


@_form(nn.Softmax, nn.LogSoftmax)
def _softmax(module: nn.Softmax, _: str, x: list[str]) -> str | None:
    if module.dim is None:
        return None
    function = "softmax" if isinstance(module, nn.Softmax) else "log_softmax"
    return f"{function}({x[0]}, {literal(module.dim)})"
