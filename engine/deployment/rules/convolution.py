"""Convolutions and transposed convolutions of any dimension, with every padding torch has."""

from typing import cast

from torch import nn

from engine.deployment.rules.site import Site, Written, pair, rule

_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@rule("conv")
def convolution(site: Site) -> Written:
    """Conv; "same" is written as the border torch computes, other borders than zeros as a Pad before it."""
    module = cast(nn.Conv2d, site.module)
    kernel, stride, dilation = module.kernel_size, module.stride, module.dilation
    if isinstance(module.padding, str):
        totals = [d * (k - 1) if module.padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
        before, after = [total // 2 for total in totals], [total - total // 2 for total in totals]
    else:
        before = after = list(module.padding)
    x = site.x
    if module.padding_mode != "zeros":
        x = border(site, x, before, after, _MODES[module.padding_mode])
        before = after = [0] * len(kernel)
    tensors = [site.parameter("weight")] + ([site.parameter("bias")] if module.bias is not None else [])
    return site.add(
        "Conv",
        x,
        *tensors,
        kernel_shape=list(kernel),
        strides=list(stride),
        dilations=list(dilation),
        group=module.groups,
        pads=[*before, *after],
    )


def border(site: Site, x: str, before: list[int], after: list[int], mode: str) -> str:
    """A border of the given kind; "wrap" came with opset 19 and is joined from slices before that."""
    if mode != "wrap" or site.opset >= 19:
        return site.pad(x, before, after, mode=mode)
    free = len(site.shape) - len(before)
    for number, (left, right) in enumerate(zip(before, after, strict=True)):
        axis = free + number
        pieces = [site.slice(x, axis, -left, 2**31)] if left else []
        pieces.append(x)
        if right:
            pieces.append(site.slice(x, axis, 0, right))
        if len(pieces) > 1:
            x = site.add("Concat", *pieces, axis=axis)
    return x


@rule("conv_transpose")
def transposed_convolution(site: Site) -> Written:
    """ConvTranspose."""
    module = cast(nn.ConvTranspose2d, site.module)
    count = len(module.kernel_size)
    tensors = [site.parameter("weight")] + ([site.parameter("bias")] if module.bias is not None else [])
    padding = pair(module.padding, count)
    return site.add(
        "ConvTranspose",
        site.x,
        *tensors,
        kernel_shape=list(module.kernel_size),
        strides=list(module.stride),
        dilations=list(module.dilation),
        output_padding=list(pair(module.output_padding, count)),
        group=module.groups,
        pads=[*padding, *padding],
    )
