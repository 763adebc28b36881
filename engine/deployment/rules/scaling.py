"""Normalization and global pooling that torch lacks."""

from typing import cast as typed

from torch import nn

from engine.catalog.tensors import DType
from engine.compiler.modules.scaling import GeMPool2d, LayerScale
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.focus import dense
from engine.deployment.rules.site import Site, Written, rule


@rule("layer_scale")
def layer_scale(site: Site) -> Written:
    """Mul."""
    module = typed(LayerScale, site.module)
    return site.add("Mul", site.x, site.array(module.gamma.reshape(-1, *[1] * module.axes_behind), "gamma"))


@rule("film")
def film(site: Site) -> Written:
    """Mul and Add as the linear layer says."""
    x, condition = site.inputs
    channels = site.shape[1] or 0
    made = dense(site, condition, typed(nn.Linear, site.module.linear), "linear")
    gamma, beta = site.split(made, 1, [channels, channels])
    behind = range(2, len(site.shape))
    if behind:
        gamma, beta = site.unsqueeze(gamma, *behind), site.unsqueeze(beta, *behind)
    return site.add("Add", site.add("Mul", x, site.add("Add", gamma, site.scalar(1))), beta)


@rule("adain")
def adain(site: Site) -> Written:
    """Mean and spread over places, taken off and put on."""

    def measured(x: str) -> tuple[str, str]:
        centred = site.add("Sub", x, site.reduce("ReduceMean", x, [2, 3]))
        variance = site.reduce("ReduceMean", site.add("Mul", centred, centred), [2, 3])
        return centred, site.add("Sqrt", site.add("Add", variance, site.scalar(site.layer.eps)))  # type: ignore[attr-defined]

    x, style = site.inputs
    centred, spread = measured(x)
    _, wanted = measured(style)
    plain = site.add("Div", centred, spread)
    return site.add("Add", site.add("Mul", wanted, plain), site.reduce("ReduceMean", style, [2, 3]))


def _by_channel(site: Site, name: str) -> str:
    values = getattr(site.module, name)
    return site.array(values.reshape(-1, *[1] * (len(site.shape) - 2)), name)


@rule("global_response_norm")
def global_response_norm(site: Site) -> Written:
    """The length over places, by its mean over channels."""
    places = list(range(2, len(site.shape)))
    squares = site.reduce("ReduceSum", site.add("Mul", site.x, site.x), places)
    strength = site.add("Sqrt", site.add("Add", squares, site.scalar(1e-12)))
    mean = site.add("Add", site.reduce("ReduceMean", strength, [1]), site.scalar(site.layer.eps))  # type: ignore[attr-defined]
    scaled = site.add("Mul", site.add("Mul", site.x, site.add("Div", strength, mean)), _by_channel(site, "gamma"))
    return site.add("Add", site.add("Add", scaled, _by_channel(site, "beta")), site.x)


@rule("channel_norm")
def channel_norm(site: Site) -> Written:
    """Mean and spread over channels."""
    centred = site.add("Sub", site.x, site.reduce("ReduceMean", site.x, [1]))
    variance = site.reduce("ReduceMean", site.add("Mul", centred, centred), [1])
    spread = site.add("Sqrt", site.add("Add", variance, site.scalar(site.layer.eps)))  # type: ignore[attr-defined]
    scaled = site.add("Mul", site.add("Div", centred, spread), _by_channel(site, "weight"))
    return site.add("Add", scaled, _by_channel(site, "bias"))


@rule("pixel_norm")
def pixel_norm(site: Site) -> Written:
    """Divided by the root of the mean square over channels."""
    squares = site.reduce("ReduceMean", site.add("Mul", site.x, site.x), [1])
    size = site.add("Sqrt", site.add("Add", squares, site.scalar(site.layer.eps)))  # type: ignore[attr-defined]
    return site.add("Div", site.x, size)


@rule("gem_pool")
def gem_pool(site: Site) -> Written:
    """Pow, mean, the inverse Pow."""
    power = float(typed(GeMPool2d, site.module).p.detach())
    kept = site.add("Max", site.x, site.scalar(site.layer.eps))  # type: ignore[attr-defined]
    mean = site.reduce("ReduceMean", site.add("Pow", kept, site.scalar(power)), [2, 3], keepdims=False)
    return site.add("Pow", mean, site.scalar(1 / power))


@rule("spatial_pyramid_pool")
def spatial_pyramid_pool(site: Site) -> Written:
    """The largest value of every field, cut out by Slice; fields as torch's adaptive pooling cuts them."""
    height, width = site.shape[2] or 1, site.shape[3] or 1

    def fields(size: int, count: int) -> list[tuple[int, int]]:
        return [(place * size // count, -(-(place + 1) * size // count)) for place in range(count)]

    rows = []
    for level in site.layer.levels:  # type: ignore[attr-defined]
        found = []
        for top, bottom in fields(height, level):
            band = site.slice(site.x, 2, top, bottom)
            for left, right in fields(width, level):
                found.append(site.reduce("ReduceMax", site.slice(band, 3, left, right), [2, 3], keepdims=False))
        joined = site.add("Concat", *(site.unsqueeze(value, 2) for value in found), axis=2)
        rows.append(site.add("Flatten", joined, axis=1))
    return site.add("Concat", *rows, axis=1)


@rule("spatial_softmax")
def spatial_softmax(site: Site) -> Written:
    """Softmax over all places, times where they are."""
    shares = site.add("Softmax", site.reshape(site.x, 0, 0, -1), axis=2)
    shares = site.add("Reshape", shares, site.add("Shape", site.x))

    def mean(axis: int, other: int) -> str:
        size = site.size(site.x, axis)
        middles = site.add("Mul", cast(site, steps(site, size), DType.FLOAT), site.scalar(2))
        places = site.add("Div", site.add("Add", middles, site.scalar(1)), cast(site, size, DType.FLOAT))
        along = site.reduce("ReduceSum", shares, [other], keepdims=False)
        weighed = site.add("Mul", along, site.add("Sub", places, site.scalar(1)))
        return site.reduce("ReduceSum", weighed, [2], keepdims=False)

    return site.add("Concat", mean(3, 2), mean(2, 3), axis=1)


@rule("statistics_pool")
def statistics_pool(site: Site) -> Written:
    """Mean and spread over the steps."""
    mean = site.reduce("ReduceMean", site.x, [1])
    centred = site.add("Sub", site.x, mean)
    variance = site.reduce("ReduceMean", site.add("Mul", centred, centred), [1], keepdims=False)
    spread = site.add("Sqrt", site.add("Add", variance, site.scalar(1e-8)))
    return site.add("Concat", site.squeeze(mean, 1), spread, axis=1)
