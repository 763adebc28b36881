"""Frequencies, spectrograms, filters without weights, and warping."""

import math
from typing import cast as typed

import numpy as np
from torch import Tensor

from engine.catalog.tensors import DType
from engine.compiler.modules.signal import Spectrogram
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.indexing import length
from engine.deployment.rules.reduction import axis_of
from engine.deployment.rules.site import Site, Written, rule

_END = 2**62


def _transformed(site: Site, x: str, axis: int, rank: int, *, half: bool) -> str:
    """DFT of (..., 1) or (..., 2); the axis became an input with opset 20."""
    if site.opset >= 20:
        where = site.writer.constant(np.int64(axis - rank if axis else axis))
        return site.add("DFT", x, "", where, onesided=int(half))
    return site.add("DFT", x, axis=axis, onesided=int(half))


def _shown(site: Site, parts: str, result: str, rank: int) -> str:
    if result == "complex":
        return parts
    power = site.reduce("ReduceSum", site.add("Mul", parts, parts), [rank], keepdims=False)
    return power if result == "power" else site.add("Sqrt", site.add("Add", power, site.scalar(1e-24)))


@rule("rfft")
def rfft(site: Site) -> Written:
    """DFT along the last axis, one side."""
    rank = len(site.shape)
    parts = _transformed(site, site.unsqueeze(site.x, rank), rank - 1, rank + 1, half=True)
    return _shown(site, parts, site.layer.result, rank)  # type: ignore[attr-defined]


@rule("rfft2")
def rfft2(site: Site) -> Written:
    """DFT along the width, one side, then along the height."""
    lines = _transformed(site, site.unsqueeze(site.x, 4), 3, 5, half=True)
    return _shown(site, _transformed(site, lines, 2, 5, half=False), site.layer.result, 4)  # type: ignore[attr-defined]


@rule("irfft")
def irfft(site: Site) -> Written:
    """A matrix of cosines times the real parts and of sines times the imaginary ones."""
    bins = site.shape[-2] or 2
    count, rank = 2 * (bins - 1), len(site.shape)
    weights = np.where((np.arange(bins) == 0) | (np.arange(bins) == bins - 1), 1.0, 2.0)[:, None] / count
    angles = 2 * math.pi * np.outer(np.arange(bins), np.arange(count)) / count
    parts = [site.squeeze(site.slice(site.x, rank - 1, place, place + 1), rank - 1) for place in range(2)]
    real = site.add("MatMul", parts[0], site.array(weights * np.cos(angles)))
    return site.add("Add", real, site.add("MatMul", parts[1], site.array(-weights * np.sin(angles))))


def _spectrogram(site: Site, power: int) -> str:
    """Conv with cosines and sines under a Hann window, as every runtime has it; the ends mirrored by Pad."""
    n_fft, hop = site.layer.n_fft, site.layer.hop_length  # type: ignore[attr-defined]
    bins = n_fft // 2 + 1
    angles = 2 * math.pi * np.outer(np.arange(bins), np.arange(n_fft)) / n_fft
    window = typed(Spectrogram, site.module).window.double().cpu().numpy()
    kernels = np.concatenate((np.cos(angles), -np.sin(angles))) * window
    flat = site.add(
        "Reshape", site.x, site.add("Concat", site.ints(-1, 1), length(site, site.x, len(site.shape) - 1), axis=0)
    )
    half = n_fft // 2
    padded = site.add("Pad", flat, site.ints(0, 0, half, 0, 0, half), mode="reflect")
    parts = site.add("Conv", padded, site.array(kernels[:, None], "kernels"), strides=[hop])
    real, imaginary = site.split(parts, 1, [bins, bins])
    energy = site.add("Add", site.add("Mul", real, real), site.add("Mul", imaginary, imaginary))
    if power == 1:
        energy = site.add("Sqrt", site.add("Add", energy, site.scalar(1e-24)))
    front = site.slice(site.add("Shape", site.x), 0, 0, len(site.shape) - 1)
    shape = site.add("Concat", front, site.slice(site.add("Shape", energy), 0, 1, 3), axis=0)
    return site.add("Reshape", energy, shape)


@rule("spectrogram")
def spectrogram(site: Site) -> Written:
    """Short-time spectrum."""
    return _spectrogram(site, site.layer.power)  # type: ignore[attr-defined]


@rule("mel_spectrogram")
def mel_spectrogram(site: Site) -> Written:
    """The triangles times the energies."""
    energy = site.add("MatMul", site.parameter("mel"), _spectrogram(site, 2))
    if not site.layer.log:  # type: ignore[attr-defined]
        return energy
    return site.add("Log", site.add("Add", energy, site.scalar(1e-6)))


@rule("dct")
def dct(site: Site) -> Written:
    """The axis last, times the cosines."""
    rank, axis = len(site.shape), axis_of(site)
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    cosines = site.array(site.module.cosines.T, "cosines")
    return site.transpose(site.add("MatMul", site.transpose(site.x, *order), cosines), *order)


@rule("to_decibel")
def to_decibel(site: Site) -> Written:
    """10 / ln 10 times ln of at least the floor."""
    loud = site.add("Max", site.x, site.scalar(site.layer.floor))  # type: ignore[attr-defined]
    return site.add("Mul", site.add("Log", loud), site.scalar(10 / math.log(10)))


@rule("mu_law")
def mu_law(site: Site) -> Written:
    """The sign times the logarithm of the size."""
    mu: float = site.layer.mu  # type: ignore[attr-defined]
    size = site.add("Add", site.add("Mul", site.add("Abs", site.x), site.scalar(mu)), site.scalar(1))
    scaled = site.add("Mul", site.add("Log", size), site.scalar(1 / math.log(1 + mu)))
    return site.add("Mul", site.add("Sign", site.x), scaled)


@rule("pre_emphasis")
def pre_emphasis(site: Site) -> Written:
    """Less a share of the signal moved by one."""
    axis = len(site.shape) - 1
    none = [0] * axis
    before = site.slice(site.pad(site.x, [*none, 1], [*none, 0]), axis, 0, -1)
    share = site.add("Mul", before, site.scalar(site.layer.coefficient))  # type: ignore[attr-defined]
    return site.add("Sub", site.x, share)


def _filtered(site: Site, stride: int = 1) -> str:
    side = typed(Tensor, site.module.kernel).shape[-1] // 2
    return site.add(
        "Conv", site.x, site.parameter("kernel"), group=site.shape[1], pads=[side] * 4, strides=[stride] * 2
    )


@rule("fixed_filter")
def fixed_filter(site: Site) -> Written:
    """Conv of each channel on its own."""
    return _filtered(site, getattr(site.layer, "stride", 1))


@rule("sobel")
def sobel(site: Site) -> Written:
    """The length of the two changes at each pixel."""
    changes = _filtered(site)
    squares = site.add("Mul", changes, changes)
    sizes = site.slice(site.add("Shape", site.x), 0, 2, 4)
    pairs = site.add("Reshape", squares, site.add("Concat", site.ints(0, site.shape[1] or 1, 2), sizes, axis=0))
    total = site.reduce("ReduceSum", pairs, [2], keepdims=False)
    return site.add("Sqrt", site.add("Add", total, site.scalar(1e-12)))


@rule("to_gray")
def to_gray(site: Site) -> Written:
    """Conv with one weight a colour."""
    return site.add("Conv", site.x, site.array(np.array([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1), "weights"))


@rule("haar_wavelet")
def haar_wavelet(site: Site) -> Written:
    """Slices of every second pixel, added and taken from each other."""

    def corner(row: int, column: int) -> str:
        lines = site.slice(site.x, 2, row, _END, 2)
        return site.slice(lines, 3, column, _END, 2)

    a, b, c, d = corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)
    above, below = site.add("Add", a, b), site.add("Add", c, d)
    left, right = site.add("Sub", a, b), site.add("Sub", c, d)
    parts = [
        site.add("Add", above, below),
        site.add("Sub", above, below),
        site.add("Add", left, right),
        site.add("Sub", left, right),
    ]
    return site.add("Mul", site.add("Concat", *parts, axis=1), site.scalar(0.5))


@rule("affine_grid")
def affine_grid(site: Site) -> Written:
    """Places from -1 to 1 at the middles of pixels, times the six numbers; AffineGrid came with opset 20."""
    theta, like = site.inputs
    lines = []
    for axis in (2, 3):
        size = site.size(like, axis)
        middles = site.add("Mul", cast(site, steps(site, size), DType.FLOAT), site.scalar(2))
        places = site.add("Div", site.add("Add", middles, site.scalar(1)), cast(site, size, DType.FLOAT))
        lines.append(site.add("Sub", places, site.scalar(1)))
    shape = site.add("Concat", site.slice(site.add("Shape", like), 0, 2, 4), site.ints(1), axis=0)
    y = site.add("Expand", site.unsqueeze(lines[0], 1, 2), shape)
    x = site.add("Expand", site.unsqueeze(lines[1], 0, 2), shape)
    one = site.add("Expand", site.writer.constant(np.ones((1, 1, 1), np.float32)), shape)
    places = site.add("Concat", x, y, one, axis=2)
    return site.add("Einsum", places, theta, equation="hwk,njk->nhwj")


@rule("grid_sample")
def grid_sample(site: Site) -> Written:
    """GridSample; its modes have other names from opset 20."""
    mode: str = site.layer.mode  # type: ignore[attr-defined]
    if site.opset >= 20:
        mode = {"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    padding = site.layer.padding_mode  # type: ignore[attr-defined]
    return site.add("GridSample", *site.inputs, mode=mode, padding_mode=padding, align_corners=0)
