"""Sound: length, waveform, spectrograms, loudness. Axes: N sample, T samples of sound, F frames, W window, K rows.

Spectrograms are worked out in float64, as a Fourier transform here and as a matrix product in the exported file: both
are then right to float32's last digit, also for a whisper beside a shout, where float32 would lose the whisper before
the logarithm brings it back.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.catalog.preparation_sound import fourier_size, samples_of
from engine.data.preparation.rule import Rule
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

Doubles = npt.NDArray[np.float64]

_FLOOR = 1e-10
"""Power that counts as silence: 100 decibels below a tone at full strength."""

_WORKING_BYTES = 64 << 20


class LengthRule(Rule):
    """Cut or filled up to a number of samples; works on single recordings too."""

    on_bytes = True

    @property
    def size(self) -> int:
        """Samples of the result."""
        return samples_of(self.step.seconds * 1000, self.statistics.rate or 16_000)

    def kept(self, have: int) -> tuple[int, int]:
        """Begin and end of what stays of so many samples; all where there are too few."""
        over = max(0, have - self.size)
        start = {"start": 0, "middle": over // 2, "end": over}[self.step.keep]
        return start, min(have, start + self.size)

    def apply(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 (..., T) to (..., size)."""
        have, size = batch.shape[-1], self.size
        if have == size:
            return batch
        if have < size and self.step.fill == "repeat" and have:
            batch = np.concatenate([batch] * -(-size // have), axis=-1)
            have = batch.shape[-1]
        over = have - size
        start = {"start": 0, "middle": over // 2, "end": over}[self.step.keep]  # rounds down, below zero too
        if over >= 0:
            return np.ascontiguousarray(batch[..., start : start + size])
        out = np.zeros((*batch.shape[:-1], size), np.float32)
        out[..., -start : -start + have] = batch
        return out

    def write(self, writer: "OnnxWriter", value: str) -> str:
        def number(*items: int) -> str:
            return writer.constant(np.array(items, np.int64))

        size = self.size
        if self.step.fill == "repeat":
            have = writer.size(value, 1)
            times = writer.add(
                "Div", [writer.add("Add", [have, number(size - 1)]), writer.add("Max", [have, number(1)])]
            )
            times = writer.add("Max", [times, number(1)])
            value = writer.add("Tile", [value, writer.add("Concat", [number(1), times], axis=0)])
        have = writer.size(value, 1)
        over = writer.add("Sub", [have, number(size)])
        if self.step.keep == "start":
            before = number(0)
        elif self.step.keep == "end":
            before = over
        else:  # Div rounds towards zero; half of an odd number below zero must go down as in Python
            shifted = writer.add("Add", [over, number(2 << 30)])
            before = writer.add("Sub", [writer.add("Div", [shifted, number(2)]), number(1 << 30)])
        cut = writer.add("Max", [before, number(0)])
        value = writer.add("Slice", [value, cut, writer.add("Add", [cut, number(size)]), number(1)])
        missing = writer.add("Max", [writer.add("Neg", [over]), number(0)])
        left = writer.add("Min", [writer.add("Max", [writer.add("Neg", [before]), number(0)]), missing])
        pads = writer.add("Concat", [number(0), left, number(0), writer.add("Sub", [missing, left])], axis=0)
        value = writer.add("Pad", [value, pads, writer.constant(np.array(0, np.float32))])
        # Says to whoever reads the graph that the length is known from here on.
        return cast(str, writer.add("Reshape", [value, number(-1, size)]))


class WaveformRule(Rule):
    """One channel."""

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, T) to (N, 1, T)."""
        return batch[:, None]

    def write(self, writer: "OnnxWriter", value: str) -> str:
        return cast(str, writer.add("Unsqueeze", [value, writer.constant(np.array([1], np.int64))]))


@lru_cache(maxsize=32)
def hann(window: int) -> Doubles:
    """A Hann window over one period, scaled so that a tone at full strength gives 1."""
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window) if window > 1 else np.ones(1)
    return cast(Doubles, shape * (2 / shape.sum()))


@lru_cache(maxsize=32)
def mel_filters(rate: int, size: int, mels: int, low_hz: float, high_hz: float) -> Doubles:
    """Triangles (size // 2 + 1, mels), 1 at their top, evenly spaced in mel; at least one frequency wide each way."""
    high_hz = min(high_hz or rate / 2, rate / 2)
    edges = np.linspace(2595 * math.log10(1 + low_hz / 700), 2595 * math.log10(1 + high_hz / 700), mels + 2)
    hertz = 700 * (10 ** (edges / 2595) - 1)
    step = rate / size
    frequencies = np.arange(size // 2 + 1)[:, None] * step
    centre = hertz[1:-1]
    below = np.maximum(centre - hertz[:-2], step)
    above = np.maximum(hertz[2:] - centre, step)
    return cast(
        Doubles, np.maximum(0, np.minimum(1 - (centre - frequencies) / below, 1 - (frequencies - centre) / above))
    )


@lru_cache(maxsize=32)
def cosines(mels: int, coefficients: int) -> Doubles:
    """The orthonormal DCT-II as (mels, coefficients)."""
    table = np.cos(np.pi * np.arange(coefficients)[None] * (np.arange(mels)[:, None] + 0.5) / mels)
    table *= math.sqrt(2 / mels)
    table[:, 0] /= math.sqrt(2)
    return cast(Doubles, table)


class _FramedRule(Rule):
    """A Fourier transform of each window; what becomes of its power is the matter of those below."""

    @property
    def rate(self) -> int:
        """Samples a second."""
        return self.statistics.rate or 16_000

    @property
    def window(self) -> int:
        """Samples of a window."""
        return samples_of(self.step.window_ms, self.rate)

    @property
    def hop(self) -> int:
        """Samples from one window to the next."""
        return samples_of(self.step.hop_ms, self.rate)

    @property
    def size(self) -> int:
        """Length of the transform."""
        return fourier_size(self.window)

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, T) to (N, 1, K, F)."""
        if batch.shape[-1] < self.window:
            raise DataError(
                f"The sound is shorter than the window of {self.step.window_ms:g} ms.",
                expected=f"{self.window:,} samples or more",
                found=f"{batch.shape[-1]:,}",
                hint="Put Length before it.",
            )
        frames = 1 + (batch.shape[-1] - self.window) // self.hop
        together = max(1, _WORKING_BYTES // (frames * self.size * 16))
        parts = [self._part(part) for part in torch.split(batch, together)] if len(batch) else [self._part(batch)]
        return torch.cat(parts)[:, None]

    def _part(self, batch: Tensor) -> Tensor:
        device = batch.device
        if device.type == "mps":  # has no float64
            return self._part(batch.cpu()).to(device)
        frames_nfw = batch.double().unfold(-1, self.window, self.hop)
        shape = torch.from_numpy(hann(self.window)).to(device)
        found = torch.fft.rfft(frames_nfw * shape, n=self.size)
        power_nfk = found.real.square() + found.imag.square()
        return self._of_power(power_nfk).to(torch.float32).transpose(1, 2).contiguous()

    def _of_power(self, power_nfk: Tensor) -> Tensor:
        raise NotImplementedError

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        def number(*items: int) -> str:
            return writer.constant(np.array(items, np.int64))

        def scalar(item: int) -> str:
            return writer.constant(np.array(item, np.int64))

        window, hop, size = self.window, self.hop, self.size
        bins = size // 2 + 1
        value = writer.add("Cast", [value], to=TensorProto.DOUBLE)
        have = writer.add("Squeeze", [writer.size(value, 1), number(0)])
        starts = writer.add("Range", [scalar(0), writer.add("Sub", [have, scalar(window - 1)]), scalar(hop)])
        within = writer.add("Range", [scalar(0), scalar(window), scalar(1)])
        places = writer.add(
            "Add", [writer.add("Unsqueeze", [starts, number(1)]), writer.add("Unsqueeze", [within, number(0)])]
        )
        frames = writer.add("Gather", [value, places], axis=1)  # (N, F, W)
        # One turn of the cosine is all the file holds; the waves are picked out of it when it is loaded.
        turn = writer.constant(np.cos(2 * np.pi * np.arange(size) / size), stem="cosine")
        numbers = writer.add("Range", [scalar(0), scalar(bins), scalar(1)])
        product = writer.add(
            "Mul", [writer.add("Unsqueeze", [within, number(1)]), writer.add("Unsqueeze", [numbers, number(0)])]
        )
        shape = writer.constant(hann(window)[:, None], stem="window")
        parts = []
        for shift in (0, size // 4):  # a quarter turn further the cosine is the sine
            angle = writer.add("Mod", [writer.add("Add", [product, scalar(shift)]), scalar(size)])
            waves = writer.add("Mul", [writer.add("Gather", [turn, angle]), shape])
            part = writer.add("MatMul", [frames, waves])
            parts.append(writer.add("Mul", [part, part]))
        power = writer.add("Add", parts)
        value = writer.add("Cast", [self._write_of_power(writer, power)], to=TensorProto.FLOAT)
        value = writer.add("Transpose", [value], perm=[0, 2, 1])
        return cast(str, writer.add("Unsqueeze", [value, number(1)]))

    def _write_of_power(self, writer: "OnnxWriter", power: str) -> str:
        raise NotImplementedError


class SpectrogramRule(_FramedRule):
    """Every frequency of the transform."""

    def _of_power(self, power_nfk: Tensor) -> Tensor:
        return power_nfk.sqrt() if self.step.measure == "magnitude" else power_nfk

    def _write_of_power(self, writer: "OnnxWriter", power: str) -> str:
        return cast(str, writer.add("Sqrt", [power])) if self.step.measure == "magnitude" else power


class MelSpectrogramRule(_FramedRule):
    """Frequencies gathered as people hear them."""

    @property
    def filters(self) -> Doubles:
        """(frequencies, mels)."""
        return mel_filters(self.rate, self.size, self.step.mels, self.step.low_hz, self.step.high_hz)

    def _of_power(self, power_nfk: Tensor) -> Tensor:
        return power_nfk @ torch.from_numpy(self.filters).to(power_nfk.device)

    def _write_of_power(self, writer: "OnnxWriter", power: str) -> str:
        return cast(str, writer.add("MatMul", [power, writer.constant(self.filters, stem="mel")]))


class MFCCRule(_FramedRule):
    """The shape of the mel spectrogram in a few numbers."""

    @property
    def filters(self) -> Doubles:
        """(frequencies, mels)."""
        return mel_filters(self.rate, self.size, self.step.mels, 20.0, 0.0)

    @property
    def table(self) -> Doubles:
        """(mels, coefficients), the 10 of decibels and the base of the logarithm in it."""
        return cosines(self.step.mels, self.step.coefficients) * (10 / math.log(10))

    def _of_power(self, power_nfk: Tensor) -> Tensor:
        mels_nfm = power_nfk @ torch.from_numpy(self.filters).to(power_nfk.device)
        return mels_nfm.clamp_min(_FLOOR).log() @ torch.from_numpy(self.table).to(power_nfk.device)

    def _write_of_power(self, writer: "OnnxWriter", power: str) -> str:
        mels = writer.add("MatMul", [power, writer.constant(self.filters, stem="mel")])
        mels = writer.add("Log", [writer.add("Max", [mels, writer.constant(np.array(_FLOOR, np.float64))])])
        return cast(str, writer.add("MatMul", [mels, writer.constant(self.table, stem="dct")]))


def _reduced(writer: "OnnxWriter", op: str, value: str, axes: list[int]) -> str:
    """A reduction that keeps its axes, which are an attribute up to opset 17 and an input from 18 on."""
    if writer.opset < 18:
        return cast(str, writer.add(op, [value], axes=axes, keepdims=1))
    return cast(str, writer.add(op, [value, writer.constant(np.array(axes, np.int64))], keepdims=1))


class LogScaleRule(Rule):
    """Strength to loudness, nothing further down than the range."""

    @property
    def _factor(self) -> float:
        return 10 / math.log(10) if self.step.scale == "decibels" else 1.0

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, 1, K, F) to the same."""
        floor = batch.amax(dim=(1, 2, 3), keepdim=True) * float(10 ** (-self.step.range_db / 10))
        return torch.maximum(batch, floor.clamp_min(_FLOOR)).log() * self._factor

    def write(self, writer: "OnnxWriter", value: str) -> str:
        def number(item: float) -> str:
            return writer.constant(np.array(item, np.float32))

        top = _reduced(writer, "ReduceMax", value, [1, 2, 3])
        floor = writer.add("Mul", [top, number(10 ** (-self.step.range_db / 10))])
        floor = writer.add("Max", [floor, number(_FLOOR)])
        value = writer.add("Log", [writer.add("Max", [value, floor])])
        return cast(str, writer.add("Mul", [value, number(self._factor)]))


class NormalizeRecordingRule(Rule):
    """Every recording by its own measure, in float64 so that long ones lose nothing."""

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, ...) to the same."""
        flat = batch.reshape(len(batch), -1)
        if self.step.mode == "peak":
            scale = flat.abs().amax(dim=1, keepdim=True)
            return (flat / torch.where(scale > 0, scale, 1.0)).reshape(batch.shape)
        wide = flat if batch.device.type == "mps" else flat.double()
        mean = wide.mean(dim=1, keepdim=True)
        spread = (wide - mean).square().mean(dim=1, keepdim=True).sqrt()
        return ((wide - mean) / torch.where(spread > 1e-6, spread, 1.0)).to(torch.float32).reshape(batch.shape)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        shape = writer.add("Shape", [value])
        flat = writer.add("Flatten", [value], axis=1)
        if self.step.mode == "peak":
            scale = _reduced(writer, "ReduceMax", writer.add("Abs", [flat]), [1])
            zero, one = (writer.constant(np.array(item, np.float32)) for item in (0, 1))
            scale = writer.add("Where", [writer.add("Greater", [scale, zero]), scale, one])
            return cast(str, writer.add("Reshape", [writer.add("Div", [flat, scale]), shape]))
        wide = writer.add("Cast", [flat], to=TensorProto.DOUBLE)
        off = writer.add("Sub", [wide, _reduced(writer, "ReduceMean", wide, [1])])
        spread = writer.add("Sqrt", [_reduced(writer, "ReduceMean", writer.add("Mul", [off, off]), [1])])
        small, one = (writer.constant(np.array(item, np.float64)) for item in (1e-6, 1))
        spread = writer.add("Where", [writer.add("Greater", [spread, small]), spread, one])
        value = writer.add("Cast", [writer.add("Div", [off, spread])], to=TensorProto.FLOAT)
        return cast(str, writer.add("Reshape", [value, shape]))


SOUND_RULES: tuple[type[Any], ...] = (
    LengthRule,
    WaveformRule,
    SpectrogramRule,
    MelSpectrogramRule,
    MFCCRule,
    LogScaleRule,
    NormalizeRecordingRule,
)
