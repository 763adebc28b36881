"""Frequencies, spectrograms, filters without weights, and warping; batch first."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class _Spectrum(nn.Module):
    """Base: complex numbers as their magnitude, their power, or real and imaginary part along a last axis."""

    def __init__(self, result: str = "magnitude") -> None:
        super().__init__()
        self.result = result

    def shown(self, x: Tensor) -> Tensor:
        parts = torch.view_as_real(x)
        if self.result == "complex":
            return parts
        power = parts.square().sum(-1)
        return power if self.result == "power" else (power + 1e-24).sqrt()


class RFFT(_Spectrum):
    """(N, ..., L) to (N, ..., L // 2 + 1)."""

    def forward(self, x: Tensor) -> Tensor:
        return self.shown(torch.fft.rfft(x))


class RFFT2(_Spectrum):
    """(N, C, H, W) to (N, C, H, W // 2 + 1)."""

    def forward(self, x: Tensor) -> Tensor:
        return self.shown(torch.fft.rfft2(x))


class IRFFT(nn.Module):
    """(N, ..., F, 2) of real and imaginary parts to (N, ..., 2 (F - 1))."""

    def forward(self, x: Tensor) -> Tensor:
        signal: Tensor = torch.fft.irfft(torch.view_as_complex(x.contiguous()))
        return signal


class Spectrogram(nn.Module):
    """(N, ..., L) to (N, ..., n_fft // 2 + 1, frames): short-time spectrum with a Hann window, the ends mirrored."""

    window: Tensor

    def __init__(self, n_fft: int = 64, hop_length: int = 32, power: int = 2) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.power = power
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        lines = torch.stft(flat, self.n_fft, self.hop_length, window=self.window, return_complex=True)
        energy = torch.view_as_real(lines).square().sum(-1)
        shown = energy if self.power == 2 else (energy + 1e-24).sqrt()
        return shown.reshape(*x.shape[:-1], *shown.shape[1:])


class MelSpectrogram(Spectrogram):
    """(N, ..., L) to (N, ..., n_mels, frames): energies in triangles spaced evenly in mel, 2595 log10(1 + f / 700)."""

    mel: Tensor

    def __init__(
        self,
        n_fft: int = 400,
        hop_length: int = 160,
        sample_rate: int = 16_000,
        n_mels: int = 40,
        log: bool = True,
    ) -> None:
        super().__init__(n_fft, hop_length)
        self.log = log
        top = 2595 * math.log10(1 + sample_rate / 2 / 700)
        edges = 700 * (10 ** (torch.linspace(0, top, n_mels + 2) / 2595) - 1)
        lines = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1)
        rise = (lines - edges[:-2, None]) / (edges[1:-1, None] - edges[:-2, None])
        fall = (edges[2:, None] - lines) / (edges[2:, None] - edges[1:-1, None])
        self.register_buffer("mel", torch.minimum(rise, fall).clamp(min=0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        energy = self.mel @ super().forward(x)
        return (energy + 1e-6).log() if self.log else energy


class DCT(nn.Module):
    """The first `kept` of the orthonormal type 2 cosine transform along an axis of `size` values."""

    cosines: Tensor

    def __init__(self, size: int, kept: int = 8, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim
        places = (torch.arange(size) + 0.5) * math.pi / size
        cosines = torch.cos(torch.arange(kept)[:, None] * places) * math.sqrt(2 / size)
        cosines[0] = 1 / math.sqrt(size)
        self.register_buffer("cosines", cosines, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x.transpose(self.dim, -1) @ self.cosines.T).transpose(self.dim, -1)


class ToDecibel(nn.Module):
    """10 log10 of energies."""

    def __init__(self, floor: float = 1e-10) -> None:
        super().__init__()
        self.floor = floor

    def forward(self, x: Tensor) -> Tensor:
        return 10 * x.clamp(min=self.floor).log10()


class MuLaw(nn.Module):
    """sign(x) ln(1 + mu |x|) / ln(1 + mu)."""

    def __init__(self, mu: float = 255.0) -> None:
        super().__init__()
        self.mu = mu

    def forward(self, x: Tensor) -> Tensor:
        return x.sign() * (1 + self.mu * x.abs()).log() / math.log(1 + self.mu)


class PreEmphasis(nn.Module):
    """(N, ..., L): each sample less a share of the one before."""

    def __init__(self, coefficient: float = 0.97) -> None:
        super().__init__()
        self.coefficient = coefficient

    def forward(self, x: Tensor) -> Tensor:
        return x - self.coefficient * F.pad(x[..., :-1], (1, 0))


class GaussianBlur(nn.Module):
    """(N, C, H, W): each channel blurred with a bell curve of width `sigma`."""

    kernel: Tensor

    def __init__(self, channels: int, kernel_size: int = 5, sigma: float = 1.0) -> None:
        super().__init__()
        places = torch.arange(kernel_size) - kernel_size // 2
        line = torch.exp(-places.square() / (2 * sigma**2))
        kernel = line[:, None] * line / line.sum() ** 2
        self.register_buffer("kernel", kernel.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel, padding=self.kernel.shape[2] // 2, groups=x.shape[1])


class Sobel(nn.Module):
    """(N, C, H, W): how fast each channel changes at each pixel."""

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        self.register_buffer(
            "kernel", torch.stack((across, across.T)).repeat(channels, 1, 1)[:, None], persistent=False
        )

    def forward(self, x: Tensor) -> Tensor:
        changes = F.conv2d(x, self.kernel, padding=1, groups=x.shape[1])
        squares = changes.square()
        return (squares[:, 0::2] + squares[:, 1::2] + 1e-12).sqrt()


class BlurPool(nn.Module):
    """(N, C, H, W) blurred with 1 2 1, then every `stride`-th pixel (Zhang 2019)."""

    kernel: Tensor

    def __init__(self, channels: int, stride: int = 2) -> None:
        super().__init__()
        self.stride = stride
        line = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", (line[:, None] * line).repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel, stride=self.stride, padding=1, groups=x.shape[1])


class ToGray(nn.Module):
    """(N, 3, H, W) to (N, 1, H, W): brightness by ITU-R BT.601."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.299 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]


class HaarWavelet(nn.Module):
    """(N, C, H, W) to (N, 4 C, H / 2, W / 2): the mean of each 2 x 2 square and three differences."""

    def forward(self, x: Tensor) -> Tensor:
        a, b = x[..., 0::2, 0::2], x[..., 0::2, 1::2]
        c, d = x[..., 1::2, 0::2], x[..., 1::2, 1::2]
        return torch.cat((a + b + c + d, a + b - c - d, a - b + c - d, a - b - c + d), 1) / 2


class AffineGrid(nn.Module):
    """Six numbers (N, 2, 3) and a picture (N, C, H, W) to places (N, H, W, 2) from -1 to 1."""

    def forward(self, theta: Tensor, like: Tensor) -> Tensor:
        height, width = like.shape[2:]
        rows = (torch.arange(height, device=theta.device, dtype=theta.dtype) * 2 + 1) / height - 1
        columns = (torch.arange(width, device=theta.device, dtype=theta.dtype) * 2 + 1) / width - 1
        x = columns.expand(height, width)
        y = rows.unsqueeze(1).expand(height, width)
        places = torch.stack((x, y, torch.ones_like(x)), 2)
        return torch.einsum("hwk,njk->nhwj", places, theta)


class GridSample(nn.Module):
    """(N, C, H, W) read at places (N, H', W', 2) from -1 to 1."""

    def __init__(self, mode: str = "bilinear", padding_mode: str = "zeros") -> None:
        super().__init__()
        self.mode = mode
        self.padding_mode = padding_mode

    def forward(self, x: Tensor, grid: Tensor) -> Tensor:
        return F.grid_sample(x, grid, self.mode, self.padding_mode, align_corners=False)
