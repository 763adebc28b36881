"""Convolutions, poolings, borders and sizes of pictures."""

from collections.abc import Sequence
from typing import Any

from engine.compiler.onnx_operators.convolution import borders
from engine.deployment.foreign.layers.site import Drawn, Site, drawn_as, float32, size
from engine.document.graph import Value


def _around(
    site: Site, kernel: Sequence[int], strides: Sequence[int], wide: Sequence[int]
) -> tuple[list[int], list[int]] | None:
    """Borders before and after each axis; None where they depend on a size that is free."""
    sizes = site.shape()[2:]
    auto = str(site.get("auto_pad", "NOTSET"))
    if auto.startswith("SAME") and None in sizes and any(step != 1 for step in strides):
        return None
    known = [size or 1 for size in sizes]
    return borders(known, kernel, strides, wide, site.get("pads"), auto)


def _padded(site: Site, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> tuple[list[Drawn], str]:
    """A layer that puts a border around what comes in."""
    count = len(before)
    name = f"{site.item.outputs[0]}.bordered"
    sides: Value = [side for pair in reversed(list(zip(before, after, strict=True))) for side in pair]
    attributes: dict[str, Any] = {"padding": sides}
    if value:
        attributes["value"] = value
    kind = f"ConstantPad{count}d" if value else f"ZeroPad{count}d"
    return [Drawn(type=kind, inputs=(site.inputs[0],), outputs=(name,), attributes=attributes)], name


@drawn_as("Conv")
def conv(site: Site) -> list[Drawn] | None:
    weight, bias = site.held(1), site.held(2)
    if weight is None or (site.has(2) and bias is None) or not 3 <= weight.ndim <= 5:
        return None
    count = weight.ndim - 2
    strides, wide = site.get("strides") or [1] * count, site.get("dilations") or [1] * count
    around = _around(site, weight.shape[2:], strides, wide)
    if around is None:
        return None
    before, after = around
    first: list[Drawn] = []
    source = site.inputs[0]
    if before != after:
        first, source = _padded(site, before, after)
        before = [0] * count
    weights = {"weight": float32(weight)} | ({"bias": float32(bias)} if bias is not None else {})
    return first + site.layer(
        f"Conv{count}d",
        source,
        weights=weights,
        out_channels=int(weight.shape[0]),
        kernel_size=size(weight.shape[2:]),
        stride=size(strides),
        padding=size(before),
        dilation=size(wide),
        groups=int(site.get("group", 1)),
        bias=bias is not None,
    )


@drawn_as("ConvTranspose")
def conv_transpose(site: Site) -> list[Drawn] | None:
    weight, bias = site.held(1), site.held(2)
    if weight is None or (site.has(2) and bias is None) or not 3 <= weight.ndim <= 5:
        return None
    if site.get("output_shape") is not None or str(site.get("auto_pad", "NOTSET")) not in ("NOTSET", "VALID"):
        return None
    count = weight.ndim - 2
    strides, wide = site.get("strides") or [1] * count, site.get("dilations") or [1] * count
    pads = site.get("pads") or [0] * 2 * count
    if list(pads[:count]) != list(pads[count:]):
        return None
    groups = int(site.get("group", 1))
    weights = {"weight": float32(weight)} | ({"bias": float32(bias)} if bias is not None else {})
    return site.layer(
        f"ConvTranspose{count}d",
        weights=weights,
        out_channels=int(weight.shape[1]) * groups,
        kernel_size=size(weight.shape[2:]),
        stride=size(strides),
        padding=size(pads[:count]),
        output_padding=size(site.get("output_padding") or [0] * count),
        dilation=size(wide),
        groups=groups,
        bias=bias is not None,
    )


@drawn_as("MaxPool", "AveragePool")
def pool(site: Site) -> list[Drawn] | None:
    kernel = list(site.get("kernel_shape") or [])
    count = len(kernel)
    if not 1 <= count <= 3 or len(site.item.outputs) > 1 or site.get("storage_order", 0):
        return None
    strides, wide = site.get("strides") or [1] * count, site.get("dilations") or [1] * count
    largest = site.item.type == "MaxPool"
    around = _around(site, kernel, strides, wide)
    if around is None or (not largest and any(step != 1 for step in wide)):
        return None
    before, after = around
    first: list[Drawn] = []
    source = site.inputs[0]
    within = all(2 * side <= width for side, width in zip(before, kernel, strict=True))
    if before != after or not within:
        if not largest and not site.get("count_include_pad", 0):
            return None
        first, source = _padded(site, before, after, -1e30 if largest else 0.0)
        before = [0] * count
    attributes: dict[str, Any] = {
        "kernel_size": size(kernel),
        "stride": size(strides),
        "padding": size(before),
        "ceil_mode": bool(site.get("ceil_mode", 0)),
    }
    if largest:
        attributes["dilation"] = size(wide)
    else:
        attributes["count_include_pad"] = bool(site.get("count_include_pad", 0)) or not any(before)
    return first + site.layer(f"{'Max' if largest else 'Avg'}Pool{count}d", source, **attributes)


@drawn_as("GlobalAveragePool", "GlobalMaxPool")
def global_pool(site: Site) -> list[Drawn] | None:
    count = site.rank - 2
    if not 1 <= count <= 3:
        return None
    kind = "Avg" if site.item.type == "GlobalAveragePool" else "Max"
    return site.layer(f"Adaptive{kind}Pool{count}d", output_size=1)


_PADS = {"constant": "Constant", "reflect": "Reflection", "edge": "Replication", "wrap": "Circular"}


@drawn_as("Pad")
def pad(site: Site) -> list[Drawn] | None:
    pads, value = site.ints(1), site.number(2)
    axes = site.ints(3) if site.has(3) else list(range(site.rank))
    if pads is None or axes is None or (site.has(2) and value is None):
        return None
    count = len(axes)
    before, after = [0] * site.rank, [0] * site.rank
    for place, axis in enumerate(axes):
        before[axis], after[axis] = pads[place], pads[place + count]
    if min(before + after) < 0 or (any(before[:2] + after[:2]) and site.rank > 3):
        return _one_axis(site, before, after, value or 0.0)
    mode = _PADS[str(site.get("mode", "constant"))]
    inner = site.rank - 2
    if not 1 <= inner <= 3 or any(before[:2] + after[:2]):
        return _one_axis(site, before, after, value or 0.0)
    sides: Value = [side for axis in reversed(range(2, site.rank)) for side in (before[axis], after[axis])]
    if mode == "Constant" and not value:
        return site.layer(f"ZeroPad{inner}d", padding=sides)
    attributes: dict[str, Any] = {"padding": sides}
    if mode == "Constant":
        attributes["value"] = float(value or 0.0)
    return site.layer(f"{mode}Pad{inner}d", **attributes)


def _one_axis(site: Site, before: list[int], after: list[int], value: float) -> list[Drawn] | None:
    chosen = [axis for axis in range(site.rank) if before[axis] or after[axis]]
    if len(chosen) != 1 or str(site.get("mode", "constant")) != "constant" or min(before + after) < 0:
        return None
    (axis,) = chosen
    return site.layer("PadAxis", dim=axis, before=before[axis], after=after[axis], value=value)


@drawn_as("Resize")
def resize(site: Site) -> list[Drawn] | None:
    """Upsample with a factor where the file has one, else with the size."""
    mode = str(site.get("mode", "nearest"))
    way = str(site.get("coordinate_transformation_mode", "half_pixel"))
    inner = site.rank - 2
    if site.get("antialias", 0) or site.get("exclude_outside", 0) or site.get("axes") or not 1 <= inner <= 3:
        return None
    if str(site.get("keep_aspect_ratio_policy", "stretch")) != "stretch":
        return None
    scales = site.held(2)
    attributes: dict[str, Any] = {}
    if mode == "nearest":
        rounding = str(site.get("nearest_mode", "round_prefer_floor"))
        whole = scales is not None and all(float(item) == int(item) for item in scales.ravel())
        if way == "asymmetric" and rounding == "floor":
            attributes["mode"] = "nearest"
        elif whole and way in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
            attributes["mode"] = "nearest"  # a whole factor repeats each value, whichever way it is counted
        else:
            return None
    elif mode == "linear":
        attributes["mode"] = ("linear", "bilinear", "trilinear")[inner - 1]
    elif inner == 2 and float(site.get("cubic_coeff_a", -0.75)) == -0.75:
        attributes["mode"] = "bicubic"
    else:
        return None
    if mode != "nearest":
        if way == "align_corners":
            attributes["align_corners"] = True
        elif way not in ("half_pixel", "pytorch_half_pixel"):
            return None
    if scales is not None and scales.size == site.rank:
        factors = [float(item) for item in scales.ravel()[2:]]
        if len(set(factors)) == 1 and factors[0] > 0:
            return site.layer("Upsample", scale_factor=round(factors[0], 9), **attributes)
    sizes = site.made[2:]
    if len(sizes) != inner or any(item is None for item in sizes):
        return None
    return site.layer("Upsample", size=[int(item or 0) for item in sizes], **attributes)


@drawn_as("DepthToSpace")
def depth_to_space(site: Site) -> list[Drawn] | None:
    if str(site.get("mode", "DCR")) != "CRD":
        return None
    return site.layer("PixelShuffle", upscale_factor=int(site.get("blocksize")))


@drawn_as("GridSample")
def grid_sample(site: Site) -> list[Drawn] | None:
    mode = {"linear": "bilinear", "bilinear": "bilinear", "nearest": "nearest"}.get(str(site.get("mode", "linear")))
    if site.rank != 4 or mode is None or site.get("align_corners", 0):
        return None
    return site.layer(
        "GridSample", site.inputs[0], site.inputs[1], mode=mode, padding_mode=str(site.get("padding_mode", "zeros"))
    )


@drawn_as("LRN")
def lrn(site: Site) -> list[Drawn] | None:
    if int(site.get("size")) % 2 == 0:
        return None
    return site.layer(
        "LocalResponseNorm",
        size=int(site.get("size")),
        alpha=float(site.get("alpha", 1e-4)),
        beta=float(site.get("beta", 0.75)),
        k=float(site.get("bias", 1.0)),
    )
