"""Enlarging, shrinking and regrouping; heights and widths may stay free."""

from typing import Any, cast

import numpy as np
from torch import nn

from engine.deployment.rules.site import Site, Written, pair, rule


@rule("upsample")
def upsample(site: Site) -> Written:
    """Resize with the rules torch uses: nearest takes the floor of the place, the others centre pixels; cubic -0.75."""
    module = cast(nn.Upsample, site.module)
    count = len(site.shape) - 2
    settings: dict[str, Any]
    if module.mode == "nearest":
        settings = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    elif module.mode == "nearest-exact":
        settings = {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"}
        settings["nearest_mode"] = "round_prefer_ceil"
    elif module.mode == "bicubic":
        settings = {"mode": "cubic", "coordinate_transformation_mode": "half_pixel", "cubic_coeff_a": -0.75}
    else:
        settings = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    if module.align_corners:
        settings["coordinate_transformation_mode"] = "align_corners"
    if module.size is None:
        factors = pair(module.scale_factor, count)
        return site.add("Resize", site.x, "", site.array(np.array([1.0, 1.0, *factors], np.float32)), **settings)
    outer = site.slice(site.add("Shape", site.x), 0, 0, 2)
    sizes = site.add("Concat", outer, site.ints(*pair(module.size, count)), axis=0)
    return site.add("Resize", site.x, "", "", sizes, **settings)


@rule("pixel_shuffle")
def pixel_shuffle(site: Site) -> Written:
    """DepthToSpace in torch's order of channels."""
    return site.add("DepthToSpace", site.x, blocksize=int(site.module.upscale_factor), mode="CRD")  # type: ignore[arg-type]


def _reordered(site: Site, x: str, order: np.ndarray) -> str:
    return site.add("Gather", x, site.writer.constant(order, np.int64), axis=1)


@rule("pixel_unshuffle")
def pixel_unshuffle(site: Site) -> Written:
    """SpaceToDepth, whose channels are then put in torch's order."""
    channels, factor = site.shape[1], int(site.module.downscale_factor)  # type: ignore[arg-type]
    if channels is None:
        raise ValueError("the number of channels is free")
    order = np.arange(channels * factor**2).reshape(factor**2, channels).T.ravel()
    return _reordered(site, site.add("SpaceToDepth", site.x, blocksize=factor), order)


@rule("channel_shuffle")
def channel_shuffle(site: Site) -> Written:
    """A Gather of channels in their new order."""
    channels, groups = cast(int, site.shape[1]), int(site.module.groups)  # type: ignore[arg-type]
    return _reordered(site, site.x, np.arange(channels).reshape(groups, -1).T.ravel())


@rule("unfold")
def unfold(site: Site) -> Written:
    """A convolution whose filters each copy one pixel of the window."""
    module = cast(nn.Unfold, site.module)
    channels, kernel = cast(int, site.shape[1]), pair(module.kernel_size)
    pixels = kernel[0] * kernel[1]
    copies = np.tile(np.eye(pixels, dtype=np.float32).reshape(pixels, 1, *kernel), (channels, 1, 1, 1))
    padding = pair(module.padding)
    columns = site.add(
        "Conv",
        site.x,
        site.array(copies, "windows"),
        kernel_shape=list(kernel),
        strides=list(pair(module.stride)),
        dilations=list(pair(module.dilation)),
        group=channels,
        pads=[*padding, *padding],
    )
    return site.reshape(columns, 0, channels * pixels, -1)


@rule("fold")
def fold(site: Site) -> Written:
    """Adds every value to its place in a padded picture laid out flat, from which the border is cut off.

    Col2Im came with opset 18; this holds for all.
    """
    module = cast(nn.Fold, site.module)
    (height, width), kernel, padding = pair(module.output_size), pair(module.kernel_size), pair(module.padding)
    stride, dilation = pair(module.stride), pair(module.dilation)
    tall, wide = height + 2 * padding[0], width + 2 * padding[1]
    rows, columns = (
        np.arange(kernel[axis])[:, None] * dilation[axis]
        + np.arange((size - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1)[None] * stride[axis]
        for axis, size in enumerate((tall, wide))
    )  # (kernel, places) an axis
    places = (rows[:, None, :, None] * wide + columns[None, :, None, :]).reshape(1, 1, -1)
    channels = cast(int, site.shape[1]) // (kernel[0] * kernel[1])
    values = site.reshape(site.x, 0, channels, -1)
    batch = site.slice(site.add("Shape", site.x), 0, 0, 1)
    empty = site.add("Expand", site.scalar(0), site.add("Concat", batch, site.ints(channels, tall * wide), axis=0))
    spread = site.add("Expand", site.writer.constant(places, np.int64), site.add("Shape", values))
    summed = site.add("ScatterElements", empty, spread, values, axis=2, reduction="add")
    picture = site.reshape(summed, 0, channels, tall, wide)
    if padding[0]:
        picture = site.slice(picture, 2, padding[0], padding[0] + height)
    return site.slice(picture, 3, padding[1], padding[1] + width) if padding[1] else picture
