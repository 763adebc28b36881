"""Linear layers with gates, experts and products, and activations that ONNX has no operator for."""

import math
from typing import cast as typed

from engine.catalog.tensors import DType
from engine.compiler.modules.gating import FeedForward, MixtureOfExperts
from engine.deployment.rules.arithmetic import number
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.focus import dense, inner
from engine.deployment.rules.indexing import length
from engine.deployment.rules.reduction import axis_of
from engine.deployment.rules.site import Site, Written, rule


def _gelu(site: Site, x: str) -> str:
    """x times the share of a bell curve below x; ONNX has Gelu from opset 20."""
    below = site.add("Erf", site.add("Mul", x, site.scalar(math.sqrt(0.5))))
    return site.add("Mul", site.add("Mul", x, site.scalar(0.5)), site.add("Add", below, site.scalar(1)))


def _activated(site: Site, x: str) -> str:
    kind: str = site.layer.activation  # type: ignore[attr-defined]
    if kind == "gelu":
        return _gelu(site, x)
    if kind == "relu":
        return site.add("Relu", x)
    gate = site.add("Sigmoid", x)
    return gate if kind == "sigmoid" else site.add("Mul", x, gate)


@rule("highway")
def highway(site: Site) -> Written:
    """x + gate (relu(W x) - x)."""
    gate = site.add("Sigmoid", dense(site, site.x, inner(site, "gate"), "gate"))
    new = site.add("Relu", dense(site, site.x, inner(site, "linear"), "linear"))
    return site.add("Add", site.x, site.add("Mul", gate, site.add("Sub", new, site.x)))


@rule("gated_linear")
def gated_linear(site: Site) -> Written:
    """One linear layer times the activation of the other."""
    gate = _activated(site, dense(site, site.x, inner(site, "gate"), "gate"))
    return site.add("Mul", dense(site, site.x, inner(site, "linear"), "linear"), gate)


@rule("feed_forward")
def feed_forward(site: Site) -> Written:
    """Linear, activation, perhaps the gate, linear."""
    module = typed(FeedForward, site.module)
    hidden = _activated(site, dense(site, site.x, module.linear1, "linear1"))
    if module.gate is not None:
        hidden = site.add("Mul", hidden, dense(site, site.x, module.gate, "gate"))
    return dense(site, hidden, module.linear2, "linear2")


@rule("mixture_of_experts")
def mixture_of_experts(site: Site) -> Written:
    """All experts at once on the rows, weighed by the shares of the router."""
    module, rank = typed(MixtureOfExperts, site.module), len(site.shape)
    scores = dense(site, site.x, module.router, "router")
    best, _ = site.writer.add("TopK", [scores, site.ints(module.top_k)], outputs=2, axis=-1)
    least = site.slice(best, rank - 1, -1, 2**62)
    kept = site.add("Where", site.add("Less", scores, least), site.scalar(-1e9), scores)
    shares = site.add("Softmax", kept, axis=-1)
    experts, width, _ = module.weight1.shape
    rows = site.reshape(site.x, -1, 1, 1, width)

    def layer(x: str, weight: str, bias: str) -> str:
        product = site.add("MatMul", x, site.parameter(weight))
        return site.add("Add", product, site.array(getattr(module, bias).unsqueeze(1), bias))

    answers = layer(_gelu(site, layer(rows, "weight1", "bias1")), "weight2", "bias2")
    weighed = site.add("Mul", answers, site.reshape(shares, -1, experts, 1, 1))
    mixed = site.reduce("ReduceSum", weighed, [1, 2], keepdims=False)
    return site.add("Reshape", mixed, site.add("Shape", site.x)), shares


@rule("cross_layer")
def cross_layer(site: Site) -> Written:
    """first times the linear layer, plus x."""
    first, x = site.inputs
    return site.add("Add", site.add("Mul", first, dense(site, x, inner(site, "linear"), "linear")), x)


@rule("factorization_machine")
def factorization_machine(site: Site) -> Written:
    """Half of the square of the sum less the sum of squares."""
    total = site.reduce("ReduceSum", site.x, [1], keepdims=False)
    squares = site.reduce("ReduceSum", site.add("Mul", site.x, site.x), [1], keepdims=False)
    return site.add("Mul", site.add("Sub", site.add("Mul", total, total), squares), site.scalar(0.5))


@rule("radial_basis")
def radial_basis(site: Site) -> Written:
    """Exp of minus the precision times the squared distance."""
    rank = len(site.shape)
    apart = site.add("Sub", site.unsqueeze(site.x, rank - 1), site.parameter("centres"))
    distances = site.reduce("ReduceSum", site.add("Mul", apart, apart), [rank], keepdims=False)
    precision = site.array(-site.module.log_precision.exp(), "precision")  # type: ignore[operator]
    return site.add("Exp", site.add("Mul", distances, precision))


@rule("binary_step")
def binary_step(site: Site) -> Written:
    """Greater or equal to 0."""
    step = cast(site, site.add("GreaterOrEqual", site.x, number(site, 0)), DType.FLOAT)
    if not site.layer.signed:  # type: ignore[attr-defined]
        return step
    return site.add("Sub", site.add("Mul", step, site.scalar(2)), site.scalar(1))


@rule("maxout")
def maxout(site: Site) -> Written:
    """The axis split in two, the second reduced."""
    axis, rank, pieces = axis_of(site), len(site.shape), site.layer.pieces  # type: ignore[attr-defined]
    parts = [length(site, site.x, place) for place in range(axis)]
    parts.append(site.ints((site.shape[axis] or 0) // pieces, pieces))
    parts += [length(site, site.x, place) for place in range(axis + 1, rank)]
    grouped = site.add("Reshape", site.x, site.add("Concat", *parts, axis=0))
    return site.reduce("ReduceMax", grouped, [axis + 1], keepdims=False)


@rule("concat_relu")
def concat_relu(site: Site) -> Written:
    """Relu of the tensor and its opposite."""
    return site.add("Relu", site.add("Concat", site.x, site.add("Neg", site.x), axis=axis_of(site)))


@rule("snake")
def snake(site: Site) -> Written:
    """x + sin² / speed."""
    speed = site.module.log_speed.exp()  # type: ignore[operator]
    shaped = speed.reshape(-1, *[1] * (len(site.shape) - 2))
    wave = site.add("Sin", site.add("Mul", site.x, site.array(shaped, "speed")))
    return site.add("Add", site.x, site.add("Div", site.add("Mul", wave, wave), site.array(shaped, "speed")))


@rule("gumbel_softmax")
def gumbel_softmax(site: Site) -> Written:
    """Softmax, or 1 at its largest place."""
    axis = axis_of(site)
    if not site.layer.hard:  # type: ignore[attr-defined]
        scaled = site.add("Mul", site.x, site.scalar(1 / site.layer.tau))  # type: ignore[attr-defined]
        return site.add("Softmax", scaled, axis=axis)
    best = site.add("ArgMax", site.x, axis=axis, keepdims=1)
    shape = [1] * len(site.shape)
    shape[axis] = -1
    places = site.reshape(steps(site, site.size(site.x, axis)), *shape)
    return cast(site, site.add("Equal", places, best), DType.FLOAT)


@rule("squash")
def squash(site: Site) -> Written:
    """x times its length by one more than its square."""
    squared = site.reduce("ReduceSum", site.add("Mul", site.x, site.x), [axis_of(site)])
    size = site.add("Sqrt", site.add("Add", squared, site.scalar(1e-12)))
    return site.add("Mul", site.x, site.add("Div", size, site.add("Add", squared, site.scalar(1))))
