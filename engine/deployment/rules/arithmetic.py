"""Arithmetic value by value that ONNX has no single operator for."""

import math

import numpy as np

from engine.catalog.tensors import DType
from engine.deployment.rules.site import Site, Written, rule


def number(site: Site, value: float, like: DType | None = None) -> str:
    """A constant of the input's kind."""
    dtype = {DType.FLOAT: np.float32, DType.INT: np.int64, DType.BOOL: np.bool_}[like or site.specs[0].dtype]
    return site.writer.constant(dtype(value))


@rule("square")
def square(site: Site) -> Written:
    """x times x."""
    return site.add("Mul", site.x, site.x)


@rule("exp2")
def exp2(site: Site) -> Written:
    """2 to the power x."""
    return site.add("Pow", site.scalar(2), site.x)


@rule("expm1")
def expm1(site: Site) -> Written:
    """sinh and tanh are exact near 0: e^x - 1 = 2 t / (1 - t) with t = tanh(x / 2); plain Exp away from it."""
    half = site.add("Tanh", site.add("Mul", site.x, site.scalar(0.5)))
    near = site.add("Div", site.add("Mul", half, site.scalar(2)), site.add("Sub", site.scalar(1), half))
    far = site.add("Sub", site.add("Exp", site.x), site.scalar(1))
    return site.add("Where", site.add("Less", site.add("Abs", site.x), site.scalar(0.5)), near, far)


@rule("log1p")
def log1p(site: Site) -> Written:
    """ln(1 + x)."""
    return site.add("Log", site.add("Add", site.x, site.scalar(1)))


@rule("log2")
def log2(site: Site) -> Written:
    """ln x / ln 2."""
    return site.add("Mul", site.add("Log", site.x), site.scalar(1 / math.log(2)))


@rule("log10")
def log10(site: Site) -> Written:
    """ln x / ln 10."""
    return site.add("Mul", site.add("Log", site.x), site.scalar(1 / math.log(10)))


@rule("rsqrt")
def rsqrt(site: Site) -> Written:
    """1 / sqrt(x)."""
    return site.add("Reciprocal", site.add("Sqrt", site.x))


@rule("sinc")
def sinc(site: Site) -> Written:
    """sin(pi x) / (pi x), 1 at 0."""
    angle = site.add("Mul", site.x, site.scalar(math.pi))
    at_zero = site.add("Equal", site.x, site.scalar(0))
    safe = site.add("Where", at_zero, site.scalar(1), angle)
    return site.add("Where", at_zero, site.scalar(1), site.add("Div", site.add("Sin", angle), safe))


def _trunc(site: Site) -> str:
    return site.add("Mul", site.add("Sign", site.x), site.add("Floor", site.add("Abs", site.x)))


@rule("trunc")
def trunc(site: Site) -> Written:
    """The floor of the size, with the sign."""
    return _trunc(site)


@rule("frac")
def frac(site: Site) -> Written:
    """x without its whole part."""
    return site.add("Sub", site.x, _trunc(site))


@rule("nan_to_num")
def nan_to_num(site: Site) -> Written:
    """Where IsNaN, and Clip for what is infinite."""
    largest = float(np.finfo(np.float32).max)
    known = site.add("Where", site.add("IsNaN", site.x), site.scalar(site.layer.nan), site.x)  # type: ignore[attr-defined]
    return site.add("Clip", known, site.scalar(-largest), site.scalar(largest))


@rule("clamp")
def clamp(site: Site) -> Written:
    """Clip; a missing bound stays away."""
    low, high = site.layer.min, site.layer.max  # type: ignore[attr-defined]
    bounds = ["" if low is None else site.scalar(low), "" if high is None else site.scalar(high)]
    return site.add("Clip", site.x, *bounds[: 2 if high is not None else 1])


@rule("scale_shift")
def scale_shift(site: Site) -> Written:
    """Mul and Add with a number."""
    layer = site.layer
    scaled = site.add("Mul", site.x, site.scalar(layer.factor))  # type: ignore[attr-defined]
    return site.add("Add", scaled, site.scalar(layer.shift))  # type: ignore[attr-defined]


@rule("power")
def power(site: Site) -> Written:
    """Pow with a number."""
    return site.add("Pow", site.x, site.scalar(site.layer.exponent))  # type: ignore[attr-defined]


@rule("remainder")
def remainder(site: Site) -> Written:
    """a - b floor(a / b): ONNX's Mod of decimal numbers takes the sign of a, as fmod does."""
    a, b = site.inputs
    return site.add("Sub", a, site.add("Mul", b, site.add("Floor", site.add("Div", a, b))))


@rule("floor_divide")
def floor_divide(site: Site) -> Written:
    """Div and Floor."""
    return site.add("Floor", site.add("Div", *site.inputs))


@rule("atan2")
def atan2(site: Site) -> Written:
    """Atan of the quotient, turned by half a circle where b is below 0; a quarter where b is 0."""
    a, b = site.inputs
    zero, turn = site.scalar(0), site.scalar(math.pi)
    flat = site.add("Equal", b, zero)
    angle = site.add("Atan", site.add("Div", a, site.add("Where", flat, site.scalar(1), b)))
    turned = site.add("Where", site.add("Less", a, zero), site.add("Neg", turn), turn)
    behind = site.add("Where", site.add("Less", b, zero), site.add("Add", angle, turned), angle)
    upright = site.add("Mul", site.add("Sign", a), site.scalar(math.pi / 2))
    return site.add("Where", flat, upright, behind)


@rule("hypot")
def hypot(site: Site) -> Written:
    """The root of the sum of squares."""
    a, b = site.inputs
    return site.add("Sqrt", site.add("Add", site.add("Mul", a, a), site.add("Mul", b, b)))


@rule("blend")
def blend(site: Site) -> Written:
    """a + weight (b - a)."""
    a, b = site.inputs[:2]
    weight = site.inputs[2] if len(site.inputs) > 2 else site.scalar(site.layer.weight)  # type: ignore[attr-defined]
    return site.add("Add", a, site.add("Mul", weight, site.add("Sub", b, a)))
