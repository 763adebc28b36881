"""Layers that work along one axis; its length may be free."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.catalog.tensors import DType
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.site import Site, Written, rule


def axis_of(site: Site) -> int:
    """The layer's `dim`, counted from the front."""
    dim: int = site.layer.dim  # type: ignore[attr-defined]
    return dim + len(site.shape) if dim < 0 else dim


def _keepdim(site: Site) -> bool:
    return bool(site.layer.keepdim)  # type: ignore[attr-defined]


def _reduced(op: str) -> Any:
    def written(site: Site) -> Written:
        return site.reduce(op, site.x, [axis_of(site)], keepdims=_keepdim(site))

    return written


rule("min")(_reduced("ReduceMin"))
rule("prod")(_reduced("ReduceProd"))
rule("logsumexp")(_reduced("ReduceLogSumExp"))


def _variance(site: Site) -> str:
    axis, keep = axis_of(site), _keepdim(site)
    mean = site.reduce("ReduceMean", site.x, [axis])
    centred = site.add("Sub", site.x, mean)
    squares = site.reduce("ReduceSum", site.add("Mul", centred, centred), [axis], keepdims=keep)
    count = cast(site, site.size(site.x, axis), DType.FLOAT)
    return site.add("Div", squares, site.add("Sub", count, site.scalar(site.layer.correction)))  # type: ignore[attr-defined]


@rule("var")
def var(site: Site) -> Written:
    """The mean of squared distances from the mean, corrected."""
    return _variance(site)


@rule("std")
def std(site: Site) -> Written:
    """The root of the variance."""
    return site.add("Sqrt", _variance(site))


def power_norm(site: Site, x: str, power: float, axis: int, *, keepdims: bool) -> str:
    """The p-norm along an axis."""
    if power in (1.0, 2.0):
        return site.reduce(f"ReduceL{power:.0f}", x, [axis], keepdims=keepdims)
    raised = site.add("Pow", site.add("Abs", x), site.scalar(power))
    total = site.reduce("ReduceSum", raised, [axis], keepdims=keepdims)
    return site.add("Pow", total, site.scalar(1 / power))


@rule("norm")
def norm(site: Site) -> Written:
    """ReduceL1, ReduceL2, or the powers written out."""
    return power_norm(site, site.x, site.layer.ord, axis_of(site), keepdims=_keepdim(site))  # type: ignore[attr-defined]


@rule("normalize")
def normalize(site: Site) -> Written:
    """Divided by the norm, which is at least epsilon."""
    length = power_norm(site, site.x, site.layer.p, axis_of(site), keepdims=True)  # type: ignore[attr-defined]
    return site.add("Div", site.x, site.add("Max", length, site.scalar(site.layer.eps)))  # type: ignore[attr-defined]


@rule("standardize_axis")
def standardize_axis(site: Site) -> Written:
    """Less the mean, divided by the spread."""
    axis = axis_of(site)
    centred = site.add("Sub", site.x, site.reduce("ReduceMean", site.x, [axis]))
    variance = site.reduce("ReduceMean", site.add("Mul", centred, centred), [axis])
    spread = site.add("Sqrt", site.add("Add", variance, site.scalar(site.layer.eps)))  # type: ignore[attr-defined]
    return site.add("Div", centred, spread)


def ordered(site: Site, x: str, count: str, axis: int, *, largest: bool) -> tuple[str, str]:
    """TopK of as many values as `count`, a tensor of one number, says."""
    values: tuple[str, str] = site.writer.add("TopK", [x, count], outputs=2, axis=axis, largest=int(largest))
    return values


def _length(site: Site, x: str, axis: int) -> str:
    """The size of an axis as a tensor of one number."""
    return site.slice(site.add("Shape", x), 0, axis, axis + 1)


@rule("median")
def median(site: Site) -> Written:
    """The last of the smaller half in order."""
    axis = axis_of(site)
    half = site.add("Div", site.add("Add", _length(site, site.x, axis), site.ints(1)), site.ints(2))
    values, _ = ordered(site, site.x, half, axis, largest=False)
    last = site.slice(values, axis, -1, 2**62)
    return last if _keepdim(site) else site.squeeze(last, axis)


def _place(op: str) -> Any:
    def written(site: Site) -> Written:
        return site.add(op, site.x, axis=axis_of(site), keepdims=int(_keepdim(site)))

    return written


rule("argmax")(_place("ArgMax"))
rule("argmin")(_place("ArgMin"))


def _counted(site: Site, op: str) -> str:
    """ReduceMax or ReduceMin of 1 for yes and 0 for no; not every opset takes yes or no there."""
    return site.reduce(op, cast(site, site.x, DType.INT), [axis_of(site)], keepdims=_keepdim(site))


@rule("any")
def any_(site: Site) -> Written:
    """The largest of 0 and 1."""
    return cast(site, _counted(site, "ReduceMax"), DType.BOOL)


@rule("all")
def all_(site: Site) -> Written:
    """The smallest of 0 and 1."""
    return cast(site, _counted(site, "ReduceMin"), DType.BOOL)


@rule("count_nonzero")
def count_nonzero(site: Site) -> Written:
    """The sum of 1 for each that is not 0."""
    ones = cast(site, cast(site, site.x, DType.BOOL), DType.INT)
    return site.reduce("ReduceSum", ones, [axis_of(site)], keepdims=False)


@rule("cumsum")
def cumsum(site: Site) -> Written:
    """CumSum."""
    return site.add("CumSum", site.x, site.writer.constant(np.int64(axis_of(site))))


def _running(op: str, neutral: float) -> Callable[[Site], Written]:
    """ONNX runs along an axis with sums alone: here every step reduces all steps up to it, the later ones masked."""

    def written(site: Site) -> Written:
        rank, axis = len(site.shape), axis_of(site)
        order = [*(place for place in range(rank) if place != axis), axis]
        last = site.transpose(site.x, *order)
        places = steps(site, site.size(last, rank - 1))
        earlier = site.add("LessOrEqual", site.unsqueeze(places, 0), site.unsqueeze(places, 1))
        masked = site.add("Where", earlier, site.unsqueeze(last, rank - 1), site.scalar(neutral))
        reduced = site.reduce(op, masked, [rank], keepdims=False)
        return site.transpose(reduced, *np.argsort(order).tolist())

    return written


_LARGEST = float(np.finfo(np.float32).max)
rule("cumprod")(_running("ReduceProd", 1.0))
rule("cummax")(_running("ReduceMax", -_LARGEST))
rule("cummin")(_running("ReduceMin", _LARGEST))
rule("logcumsumexp")(_running("ReduceLogSumExp", -_LARGEST))


@rule("diff")
def diff(site: Site) -> Written:
    """All but the first less all but the last."""
    axis = axis_of(site)
    return site.add("Sub", site.slice(site.x, axis, 1, 2**62), site.slice(site.x, axis, 0, -1))


@rule("sort")
def sort(site: Site) -> Written:
    """TopK of all."""
    axis = axis_of(site)
    return ordered(site, site.x, _length(site, site.x, axis), axis, largest=site.layer.descending)  # type: ignore[attr-defined]


@rule("topk")
def topk(site: Site) -> Written:
    """TopK."""
    layer = site.layer
    return ordered(site, site.x, site.ints(layer.k), axis_of(site), largest=layer.largest)  # type: ignore[attr-defined]


@rule("masked_mean")
def masked_mean(site: Site) -> Written:
    """The sum of what counts, divided by how many do."""
    x, mask = site.inputs
    weights = site.unsqueeze(cast(site, mask, DType.FLOAT), 2)
    total = site.reduce("ReduceSum", site.add("Mul", x, weights), [1], keepdims=False)
    count = site.add("Max", site.reduce("ReduceSum", weights, [1], keepdims=False), site.scalar(1))
    return site.add("Div", total, count)


@rule("masked_max")
def masked_max(site: Site) -> Written:
    """The largest of what counts; what does not is the least number there is."""
    x, mask = site.inputs
    asked = site.unsqueeze(mask, 2)
    least = site.scalar(float(np.finfo(np.float32).min))
    largest = site.reduce("ReduceMax", site.add("Where", asked, x, least), [1], keepdims=False)
    counted = site.reduce("ReduceMax", cast(site, mask, DType.FLOAT), [1], keepdims=True)
    return site.add("Where", cast(site, counted, DType.BOOL), largest, site.scalar(0))
