"""What works value by value: activations, arithmetic, comparisons."""

from typing import Any

import numpy as np
import torch

from engine.deployment.foreign.layers.site import Drawn, Site, drawn_as, float32

_SAME = {
    "Relu": "ReLU",
    "Sigmoid": "Sigmoid",
    "Tanh": "Tanh",
    "Softsign": "Softsign",
    "HardSwish": "Hardswish",
    "Mish": "Mish",
    "Selu": "SELU",
    "Exp": "Exp",
    "Log": "Log",
    "Sqrt": "Sqrt",
    "Erf": "Erf",
    "Abs": "Abs",
    "Neg": "Negate",
    "Sign": "Sign",
    "Reciprocal": "Reciprocal",
    "Sin": "Sin",
    "Cos": "Cos",
    "Tan": "Tan",
    "Asin": "Asin",
    "Acos": "Acos",
    "Atan": "Atan",
    "Sinh": "Sinh",
    "Cosh": "Cosh",
    "Asinh": "Asinh",
    "Acosh": "Acosh",
    "Atanh": "Atanh",
    "Floor": "Floor",
    "Ceil": "Ceil",
    "Round": "Round",
    "Not": "LogicalNot",
    "IsNaN": "IsNan",
}


@drawn_as(*_SAME)
def same(site: Site) -> list[Drawn] | None:
    return site.layer(_SAME[site.item.type])


@drawn_as("Softplus")
def softplus(site: Site) -> list[Drawn] | None:
    return site.layer("Softplus")


@drawn_as("LeakyRelu")
def leaky_relu(site: Site) -> list[Drawn] | None:
    return site.layer("LeakyReLU", negative_slope=float(site.get("alpha", 0.01)))


@drawn_as("Elu")
def elu(site: Site) -> list[Drawn] | None:
    return site.layer("ELU", alpha=float(site.get("alpha", 1.0)))


@drawn_as("Celu")
def celu(site: Site) -> list[Drawn] | None:
    return site.layer("CELU", alpha=float(site.get("alpha", 1.0)))


@drawn_as("Gelu")
def gelu(site: Site) -> list[Drawn] | None:
    return site.layer("GELU", approximate=str(site.get("approximate", "none")))


@drawn_as("Swish")
def swish(site: Site) -> list[Drawn] | None:
    return site.layer("SiLU") if float(site.get("alpha", 1.0)) == 1 else None


@drawn_as("ThresholdedRelu")
def thresholded_relu(site: Site) -> list[Drawn] | None:
    return site.layer("Threshold", threshold=float(site.get("alpha", 1.0)), value=0.0)


@drawn_as("HardSigmoid")
def hard_sigmoid(site: Site) -> list[Drawn] | None:
    alpha, beta = float(site.get("alpha", 0.2)), float(site.get("beta", 0.5))
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return site.layer("Hardsigmoid")
    scaled = f"{site.item.outputs[0]}.scaled"
    first = site.layer("Scale", factor=alpha, shift=beta, outputs=[scaled])
    return first + site.layer("Clamp", scaled, min=0.0, max=1.0)


@drawn_as("PRelu")
def prelu(site: Site) -> list[Drawn] | None:
    slope = site.held(1)
    if slope is None:
        return None
    values = float32(slope.reshape(-1))
    if values.size == 1:
        return site.layer("PReLU", weights={"weight": values}, per_channel=False)
    if site.rank < 2 or site.shape()[1] != values.size:
        return None
    return site.layer("PReLU", weights={"weight": values}, per_channel=True)


@drawn_as("Clip")
def clip(site: Site) -> list[Drawn] | None:
    low, high = site.number(1), site.number(2)
    if (site.has(1) and low is None) or (site.has(2) and high is None) or not site.decimal():
        return None
    low = None if low is not None and low < -1e9 else low
    high = None if high is not None and high > 1e9 else high
    if low == 0 and high == 6:
        return site.layer("ReLU6")
    if low == 0 and high is None:
        return site.layer("ReLU")
    if low is None and high is None:
        return site.layer("Identity")
    return site.layer("Clamp", min=low, max=high)


@drawn_as("Softmax", "LogSoftmax")
def softmax(site: Site) -> list[Drawn] | None:
    axis = int(site.get("axis", -1))
    return site.layer(site.item.type, dim=axis - site.rank if axis >= 0 else axis)


@drawn_as("Cast")
def cast(site: Site) -> list[Drawn] | None:
    made = site.facts.dtypes.get(site.item.outputs[0])
    known = {torch.float32: "ToFloat", torch.int64: "ToInt", torch.bool: "ToBool"}
    return site.layer(known[made]) if made in known else None


def _tensors(site: Site) -> tuple[str, ...]:
    return tuple(name for name in site.inputs if name)


def _lifted(site: Site) -> tuple[list[Drawn], tuple[str, ...]] | None:
    """All inputs with as many axes as the result; numbers that every sample gets alike as a learned tensor."""
    rank = len(site.made)
    first: list[Drawn] = []
    names = []
    linked = next((name for name in site.inputs if site.facts.shape(name) and name not in site.facts.held), "")
    for number, name in enumerate(site.inputs):
        own = site.facts.held.get(name)
        alike = site.facts.per_sample(name)
        if own is not None or alike is not None:
            values = alike
            if own is not None:
                while own.ndim and own.ndim > rank - 1 and own.shape[0] == 1:
                    own = own[0]
                values = own if own.ndim < rank else None
            if values is None or not linked or values.dtype != np.float32 or not site.facts.batch_free:
                return None
            values = float32(values.reshape([1] * (rank - 1 - values.ndim) + list(values.shape)))
            if not values.size or values.size > 10**8:
                return None
            made = f"{site.item.outputs[0]}.learned{number}"
            first.append(
                Drawn(
                    type="LearnedTensor",
                    inputs=(linked,),
                    outputs=(made,),
                    attributes={"shape": list(values.shape)},
                    weights={"values": values},
                )
            )
            names.append(made)
        elif len(site.facts.shape(name) or ()) == rank:
            names.append(name)
        else:
            return None
    return first, tuple(names)


_MANY = {"Add": "Add", "Mul": "Multiply", "Sum": "Add", "Max": "Maximum", "Min": "Minimum", "Mean": "Average"}
_TWO = {"Sub": "Subtract", "Div": "Divide", "Pow": "Pow"}


@drawn_as("Add", "Mul", "Sum", "Max", "Min", "Mean", "Sub", "Div", "Pow")
def arithmetic(site: Site) -> list[Drawn] | None:
    kind = site.item.type
    if not all(site.decimal(place) for place in range(len(site.inputs))) or site.get("axis") is not None:
        return None
    if len(site.inputs) == 1:
        return site.layer("Identity")
    if len(site.inputs) == 2:
        found = _with_number(site)
        if found is not None:
            return found
    lifted = _lifted(site)
    if lifted is None:
        return None
    first, names = lifted
    if kind in _TWO:
        return first + site.layer(_TWO[kind], *names)
    return first + site.layer(_MANY[kind], *names, count=len(names))


def _with_number(site: Site) -> list[Drawn] | None:
    """A tensor and one number, or one number a channel."""
    kind = site.item.type
    place = next((place for place in (0, 1) if site.held(place) is not None), None)
    if place is None:
        return None
    other, number = site.inputs[1 - place], site.number(place)
    if number is None or site.facts.shape(other) != site.made:
        return _with_channels(site, place, other)
    if kind == "Pow" and place == 1:
        if number == 2:
            return site.layer("Square", other)
        return site.layer("Sqrt", other) if number == 0.5 else site.layer("Power", other, exponent=number)
    if kind == "Div" and place == 0:
        inverse = f"{site.item.outputs[0]}.inverse"
        first = site.layer("Reciprocal", other, outputs=[inverse])
        return site.layer("Reciprocal", other) if number == 1 else first + site.layer("Scale", inverse, factor=number)
    if kind == "Div" and number and np.float32(1 / np.float32(number)) * np.float32(number) == 1:
        return site.layer("Scale", other, factor=float(1 / number))
    scaled: dict[str, dict[str, Any]] = {
        "Add": {"shift": number},
        "Sum": {"shift": number},
        "Mul": {"factor": number},
        "Sub": {"shift": -number} if place == 1 else {"factor": -1.0, "shift": number},
    }
    if kind == "Div" and number:
        scaled["Div"] = {"factor": 1 / number}
    if kind in ("Max", "Min"):
        low, high = (number, None) if kind == "Max" else (None, number)
        return site.layer("Clamp", other, min=low, max=high)
    return site.layer("Scale", other, **scaled[kind]) if kind in scaled else None


def _with_channels(site: Site, place: int, other: str) -> list[Drawn] | None:
    """Mul with one number for each entry of an axis."""
    values = site.held(place)
    if site.item.type != "Mul" or values is None or site.facts.shape(other) != site.made:
        return None
    wide = [axis for axis, count in enumerate(values.shape) if count != 1]
    if len(wide) != 1:
        return None
    axis = wide[0] - values.ndim
    if site.made[axis] != values.size:
        return None
    return site.layer("LayerScale", other, weights={"gamma": float32(values.reshape(-1))}, dim=axis)


_COMPARED = {
    "Greater": "Greater",
    "GreaterOrEqual": "GreaterEqual",
    "Less": "Less",
    "LessOrEqual": "LessEqual",
    "Equal": "Equal",
}


@drawn_as(*_COMPARED)
def compare(site: Site) -> list[Drawn] | None:
    kind = _COMPARED[site.item.type]
    number = site.number(1)
    if number is not None:
        return site.layer(kind, site.inputs[0], value=number)
    if any(site.held(place) is not None for place in (0, 1)):
        return None
    return site.layer(kind, *site.inputs)


@drawn_as("And", "Or", "Xor")
def logic(site: Site) -> list[Drawn] | None:
    if any(site.held(place) is not None for place in (0, 1)):
        return None
    return site.layer(f"Logical{site.item.type}", *site.inputs)


@drawn_as("Where")
def where(site: Site) -> list[Drawn] | None:
    if site.held(0) is not None:
        return None
    number = site.number(1)
    if number is not None and site.held(2) is None and site.decimal(2) and site.shape(0) == site.shape(2):
        return site.layer("MaskedFill", site.inputs[2], site.inputs[0], value=number)
    if any(site.held(place) is not None for place in (1, 2)):
        return None
    return site.layer("Where", *site.inputs)
