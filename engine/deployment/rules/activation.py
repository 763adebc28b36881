"""Activations that need attributes, or an operator newer than the oldest opset."""

import math
from typing import Any, cast

from torch import nn

from engine.deployment.rules.site import Site, Written, rule


def _with(op: str, **names: str) -> Any:
    """A rule for an operator whose attributes are the module's under other names."""

    def written(site: Site) -> Written:
        return site.add(op, site.x, **{onnx: float(getattr(site.module, torch)) for onnx, torch in names.items()})

    return written


rule("leaky_relu")(_with("LeakyRelu", alpha="negative_slope"))
rule("elu")(_with("Elu", alpha="alpha"))
rule("celu")(_with("Celu", alpha="alpha"))


@rule("selu")
def selu(site: Site) -> Written:
    """Selu with torch's two constants."""
    return site.add("Selu", site.x, alpha=1.6732632423543772, gamma=1.0507009873554805)


@rule("gelu")
def gelu(site: Site) -> Written:
    """Gelu from opset 20, its formula before."""
    return gelu_of(site, site.x, cast(nn.GELU, site.module).approximate)


def gelu_of(site: Site, x: str, approximate: str = "none") -> str:
    """x * Φ(x), Φ exact by Erf or approximated by Tanh."""
    if site.opset >= 20:
        return site.add("Gelu", x, approximate=approximate)
    half = site.add("Mul", x, site.scalar(0.5))
    if approximate == "tanh":
        cube = site.add("Mul", site.add("Mul", x, x), x)
        inner = site.add("Add", x, site.add("Mul", cube, site.scalar(0.044715)))
        curve = site.add("Tanh", site.add("Mul", inner, site.scalar(math.sqrt(2 / math.pi))))
    else:
        curve = site.add("Erf", site.add("Mul", x, site.scalar(math.sqrt(0.5))))
    return site.add("Mul", half, site.add("Add", curve, site.scalar(1.0)))


@rule("silu")
def silu(site: Site) -> Written:
    """x * sigmoid(x)."""
    return site.add("Mul", site.x, site.add("Sigmoid", site.x))


@rule("mish")
def mish(site: Site) -> Written:
    """x * tanh(softplus(x)); an operator since opset 18."""
    if site.opset >= 18:
        return site.add("Mish", site.x)
    return site.add("Mul", site.x, site.add("Tanh", site.add("Softplus", site.x)))


@rule("hardsigmoid")
def hard_sigmoid(site: Site) -> Written:
    """clip(x / 6 + 1 / 2, 0, 1)."""
    return site.add("HardSigmoid", site.x, alpha=1 / 6, beta=0.5)


@rule("hardswish")
def hard_swish(site: Site) -> Written:
    """x * clip(x / 6 + 1 / 2, 0, 1); an operator since opset 14."""
    return site.add("Mul", site.x, site.add("HardSigmoid", site.x, alpha=1 / 6, beta=0.5))


@rule("hardtanh", "relu6")
def clip(site: Site) -> Written:
    """Hardtanh and ReLU6."""
    module = cast(nn.Hardtanh, site.module)
    return site.add("Clip", site.x, site.scalar(module.min_val), site.scalar(module.max_val))


@rule("softplus")
def softplus(site: Site) -> Written:
    """log(1 + exp(beta x)) / beta, x itself where beta x is above the threshold."""
    module = cast(nn.Softplus, site.module)
    scaled = site.add("Mul", site.x, site.scalar(module.beta))
    curve = site.add("Div", site.add("Softplus", scaled), site.scalar(module.beta))
    return site.add("Where", site.add("Greater", scaled, site.scalar(module.threshold)), site.x, curve)


@rule("log_sigmoid")
def log_sigmoid(site: Site) -> Written:
    """-softplus(-x)."""
    return site.add("Neg", site.add("Softplus", site.add("Neg", site.x)))


@rule("tanhshrink")
def tanhshrink(site: Site) -> Written:
    """x - tanh(x)."""
    return site.add("Sub", site.x, site.add("Tanh", site.x))


@rule("softshrink", "hardshrink")
def shrink(site: Site) -> Written:
    """Softshrink moves values towards zero by lambda, Hardshrink leaves those beyond it."""
    border = float(site.module.lambd)  # type: ignore[arg-type]
    bias = border if isinstance(site.module, nn.Softshrink) else 0.0
    return site.add("Shrink", site.x, lambd=border, bias=bias)


@rule("prelu")
def prelu(site: Site) -> Written:
    """A slope a channel, or one for all."""
    module = cast(nn.PReLU, site.module)
    weight = module.weight.detach().cpu()
    rank = len(site.shape)
    if weight.numel() > 1 and rank > 2:
        weight = weight.reshape(-1, *[1] * (rank - 2))
    return site.add("PRelu", site.x, site.array(weight, "weight"))


@rule("softmax", "softmin", "log_softmax")
def softmax(site: Site) -> Written:
    """Softmax, LogSoftmax; Softmin is the softmax of -x."""
    module = cast(nn.Softmax, site.module)
    if isinstance(module, nn.Softmin):
        return site.add("Softmax", site.add("Neg", site.x), axis=module.dim)
    return site.add("LogSoftmax" if isinstance(module, nn.LogSoftmax) else "Softmax", site.x, axis=module.dim)


@rule("glu")
def glu(site: Site) -> Written:
    """The first half times the sigmoid of the second."""
    axis = int(cast(nn.GLU, site.module).dim)
    size = site.shape[axis]
    if size is None:
        raise ValueError("the halved axis has a free length")
    first, second = site.split(site.x, axis, [size // 2, size // 2])
    return site.add("Mul", first, site.add("Sigmoid", second))


@rule("rrelu")
def rrelu(site: Site) -> Written:
    """LeakyRelu with the mean slope, as after training."""
    module = cast(nn.RReLU, site.module)
    return site.add("LeakyRelu", site.x, alpha=(module.lower + module.upper) / 2)


@rule("threshold")
def threshold(site: Site) -> Written:
    """x above the threshold, else the value."""
    module = cast(nn.Threshold, site.module)
    above = site.add("Greater", site.x, site.scalar(module.threshold))
    return site.add("Where", above, site.x, site.scalar(module.value))


@rule("softmax_2d")
def softmax_2d(site: Site) -> Written:
    """Softmax over the channels."""
    return site.add("Softmax", site.x, axis=1)
