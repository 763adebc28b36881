"""Operators for sound: windows, Fourier transforms, mel weights."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from engine.compiler.onnx_operators import dtypes
from engine.compiler.onnx_operators.shaping import bounded
from engine.compiler.onnx_operators.table import number, operator


def _window(function: Callable[[Tensor, float], Tensor]) -> Callable[..., Any]:
    def worked(size: Any, *, output_datatype: int = 1, periodic: int = 1) -> Tensor:
        count = bounded([int(number(size))])[0]
        span = count if periodic else max(count - 1, 1)
        found = function(torch.arange(count, dtype=torch.float64), span)
        return found.to(dtypes.TORCH[output_datatype])

    return worked


operator("HannWindow", host=(0,))(_window(lambda n, span: 0.5 - 0.5 * torch.cos(2 * math.pi * n / span)))
operator("HammingWindow", host=(0,))(
    _window(lambda n, span: 25 / 46 - (1 - 25 / 46) * torch.cos(2 * math.pi * n / span))
)
operator("BlackmanWindow", host=(0,))(
    _window(lambda n, s: 0.42 - 0.5 * torch.cos(2 * math.pi * n / s) + 0.08 * torch.cos(4 * math.pi * n / s))
)


@operator("DFT", host=(1, 2))
def dft(x: Tensor, length: Any = None, axis: Any = None, *, inverse: int = 0, onesided: int = 0) -> Tensor:
    """The frequencies of a signal along an axis; the last axis holds real and imaginary parts."""
    place = int(number(axis)) if axis is not None else -2
    place %= x.dim()
    count = int(number(length)) if length is not None else None
    if x.shape[-1] == 2:
        values: Tensor = torch.view_as_complex(x.contiguous())
    else:
        values = x[..., 0]
    if inverse and onesided:
        real: Tensor = torch.fft.irfft(values, count, dim=place).unsqueeze(-1)
        return real
    if inverse:
        found = torch.fft.ifft(values, count, dim=place)
    else:
        found = torch.fft.fft(values, count, dim=place)
        if onesided:
            found = found.narrow(place, 0, found.shape[place] // 2 + 1)
    return torch.view_as_real(found).to(x.dtype)


@operator("STFT", host=(1, 3))
def stft(x: Tensor, step: Any, window: Tensor | None = None, length: Any = None, *, onesided: int = 1) -> Tensor:
    """The frequencies of a signal as time goes by: (N, frames, bins, 2)."""
    count = int(number(length)) if length is not None else (window.shape[0] if window is not None else x.shape[1])
    values = torch.view_as_complex(x.contiguous()) if x.dim() == 3 and x.shape[-1] == 2 else x.reshape(*x.shape[:2])
    frames = values.unfold(1, count, int(number(step)))
    if window is not None:
        frames = frames * window
    found = torch.fft.fft(frames, dim=-1)
    if onesided:
        found = found[..., : count // 2 + 1]
    return torch.view_as_real(found).to(x.dtype)


@operator("MelWeightMatrix", host=(0, 1, 2, 3, 4))
def mel_weight_matrix(bins: Any, length: Any, rate: Any, low: Any, high: Any, *, output_datatype: int = 1) -> Tensor:
    """How much of each frequency goes into each band of the mel scale."""
    count, size = int(number(bins)), int(number(length))
    points = torch.arange(0, count + 2, dtype=torch.float64)
    floor, ceiling = (2595 * math.log10(1 + float(number(f)) / 700) for f in (low, high))
    steps = points * ((ceiling - floor) / (count + 2)) + floor
    places = torch.floor((size + 1) * (700 * (10 ** (steps / 2595) - 1)) / float(number(rate))).long()
    found = torch.zeros(bounded([size // 2 + 1, count]), dtype=torch.float64)
    for i in range(count):
        first, middle, last = (int(places[i + j]) for j in range(3))
        if middle - first == 0:
            found[middle, i] = 1
        else:
            for j in range(first, middle + 1):
                found[j, i] = (j - first) / (middle - first)
        for j in range(middle, last):
            found[j, i] = (last - j) / (last - middle)
    return found.to(dtypes.TORCH[output_datatype])
