"""Changes to sound. Axes: N sample, T samples of sound; K rows and F frames of a spectrogram.

Most act on recordings (N, T) as Length leaves them, masks on what the preparation gives.
"""

import math

import torch
from torch import Tensor

from engine.data.augmentation.change import Change, signed
from engine.errors import DataError


def _some(change: Change, changed: Tensor, x: Tensor, u: Tensor) -> Tensor:
    """The changed sound for the share of the samples that the settings say."""
    return torch.where((u < change.settings.probability)[:, None], changed, x)


def _loudness(x: Tensor) -> Tensor:
    """Root of the mean square of each recording, (N, 1)."""
    return x.square().mean(dim=1, keepdim=True).sqrt()


def _normal(u: Tensor) -> Tensor:
    """Draws from 0 to 1 as numbers of a normal distribution."""
    return torch.erfinv((u * 2 - 1).clamp(-1 + 1e-7, 1 - 1e-7)) * math.sqrt(2)


def _read_at(x: Tensor, places: Tensor) -> Tensor:
    """Values at places (N, T) between samples, on the line between neighbours; silence outside."""
    last = x.shape[1] - 1
    inside = (places >= 0) & (places <= last)
    low = places.floor().clamp(0, last)
    way = (places - low).clamp(0, 1).to(x.dtype)
    left = low.long()
    right = (left + 1).clamp_max(last)
    found = x.gather(1, left) * (1 - way) + x.gather(1, right) * way
    return torch.where(inside, found, 0.0)


def shift(x: Tensor, change: Change) -> Tensor:
    """Move each recording by whole samples."""
    moves = torch.round(signed(change.draw(1), change.settings.fraction) * x.shape[1]).long()
    places = torch.arange(x.shape[1], device=x.device)[None] - moves
    inside = (places >= 0) & (places < x.shape[1])
    return torch.where(inside, x.gather(1, places.clamp(0, x.shape[1] - 1)), 0.0)


def gain(x: Tensor, change: Change) -> Tensor:
    """A factor of its own for each recording."""
    return x * torch.pow(10.0, signed(change.draw(1), change.settings.decibels) / 20)


def speed(x: Tensor, change: Change) -> Tensor:
    """Read each recording at another speed, from its beginning."""
    rate = 1 + signed(change.draw(1), change.settings.strength).double()
    return _read_at(x, torch.arange(x.shape[1], device=x.device, dtype=torch.float64)[None] * rate)


def _with_noise(x: Tensor, noise: Tensor, change: Change, u: Tensor) -> Tensor:
    """Noise of spread 1 added up to 30 decibels further down than the strongest."""
    below = change.settings.least_db + 30 * u[:, 1:2]
    return _some(change, x + noise * _loudness(x) * 10 ** (-below / 20), x, u[:, 0])


def white_noise(x: Tensor, change: Change) -> Tensor:
    """Every sample by itself."""
    u = change.draw(2 + x.shape[1])
    return _with_noise(x, _normal(u[:, 2:]), change, u)


def coloured_noise(x: Tensor, change: Change) -> Tensor:
    """Low frequencies above the others."""
    u = change.draw(2 + x.shape[1])
    spectrum = torch.fft.rfft(_normal(u[:, 2:]))
    power = 0.5 if change.settings.colour == "pink" else 1.0
    weights = torch.arange(spectrum.shape[1], device=x.device, dtype=x.dtype).clamp_min(1) ** -power
    weights[0] = 0  # nothing that does not move
    noise = torch.fft.irfft(spectrum * weights, n=x.shape[1])
    return _with_noise(x, noise / _loudness(noise).clamp_min(1e-12), change, u)


def polarity(x: Tensor, change: Change) -> Tensor:
    """Change the sign of some."""
    return _some(change, -x, x, change.draw(1)[:, 0])


def _filtered(x: Tensor, response: Tensor) -> Tensor:
    """Each recording with every frequency times its response (N, T // 2 + 1)."""
    found: Tensor = torch.fft.irfft(torch.fft.rfft(x) * response, n=x.shape[1])
    return found


def _frequencies(x: Tensor) -> Tensor:
    """The frequencies of a transform as parts of the highest, (1, T // 2 + 1)."""
    return torch.linspace(0, 1, x.shape[1] // 2 + 1, device=x.device)[None]


def low_pass(x: Tensor, change: Change) -> Tensor:
    """Nothing above a frequency of its own."""
    u, lowest = change.draw(2), change.settings.lowest
    cut = lowest ** (1 - u[:, 1:2])  # as many in each octave
    return _some(change, _filtered(x, (1 + (_frequencies(x) / cut) ** 8).rsqrt()), x, u[:, 0])


def band_stop(x: Tensor, change: Change) -> Tensor:
    """Nothing in a band of its own."""
    u = change.draw(3)
    width = u[:, 1:2] * change.settings.width
    start = u[:, 2:3] * (1 - width)
    place = _frequencies(x)
    return _some(change, _filtered(x, ((place < start) | (place > start + width)).to(x.dtype)), x, u[:, 0])


def reverb(x: Tensor, change: Change) -> Tensor:
    """A room of its own: the sound, and noise that dies away by 60 decibels within its time."""
    step, rate = change.settings, change.field.statistics.rate or 16_000
    reach = max(2, min(round(step.seconds * rate), x.shape[1]))
    u = change.draw(2 + reach)
    room = (0.1 + 0.9 * u[:, 1:2]) * reach
    time = torch.arange(reach, device=x.device, dtype=x.dtype)[None]
    echo = _normal(u[:, 2:]) * torch.exp(-6.9 * time / room)
    echo = echo * (step.strength / echo.square().sum(1, keepdim=True).sqrt().clamp_min(1e-12))
    echo[:, 0] = 1
    size = x.shape[1] + reach
    wet = torch.fft.irfft(torch.fft.rfft(x, n=size) * torch.fft.rfft(echo, n=size), n=size)[:, : x.shape[1]]
    wet = wet * (_loudness(x) / _loudness(wet).clamp_min(1e-12))
    return _some(change, wet, x, u[:, 0])


def overdrive(x: Tensor, change: Change) -> Tensor:
    """Bend the peaks."""
    u = change.draw(2)
    drive = 1 + u[:, 1:2] * (change.settings.drive - 1)
    top = x.abs().amax(dim=1, keepdim=True).clamp_min(1e-12)
    bent = torch.tanh(drive * x / top)
    return _some(change, bent * (_loudness(x) / _loudness(bent).clamp_min(1e-12)), x, u[:, 0])


def _blanked(x: Tensor, axis: int, change: Change) -> Tensor:
    """Stretches along an axis set to the sample's mean."""
    size = x.shape[axis]
    draws = change.draw(2 * change.settings.count)
    place = torch.arange(size, device=x.device)[None]
    hidden = torch.zeros(len(x), size, dtype=torch.bool, device=x.device)
    for number in range(change.settings.count):
        u = draws[:, 2 * number : 2 * number + 2]
        width = (u[:, :1] * change.settings.width * size).round()
        start = (u[:, 1:] * (size - width + 1)).floor()
        hidden |= (place >= start) & (place < start + width)
    shape = [1] * x.ndim
    shape[0], shape[axis] = len(x), size
    return torch.where(hidden.reshape(shape), x.mean(dim=tuple(range(1, x.ndim)), keepdim=True), x)


def time_mask(x: Tensor, change: Change) -> Tensor:
    """(N, 1, K, F) or (N, 1, T): stretches of the last axis."""
    return _blanked(x, x.ndim - 1, change)


def frequency_mask(x: Tensor, change: Change) -> Tensor:
    """(N, 1, K, F): bands of rows."""
    if x.ndim != 4:
        raise DataError(
            "Blank a pitch needs a spectrogram.",
            where=change.field.name,
            expected="a spectrogram in the preparation",
            hint="Remove it, or add a spectrogram to the preparation.",
        )
    return _blanked(x, 2, change)
