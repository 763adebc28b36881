"""The preparation steps of sound: a length, then the waveform itself or a picture of its frequencies over time."""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.tensors import DType, TensorSpec, axes_text
from engine.document.data_spec import FieldKind, Statistics
from engine.errors import ShapeMismatch

_WAVEFORM = ("N", "samples")
_PICTURE = ("N", "1", "frequencies", "frames")


def samples_of(milliseconds: float, rate: int) -> int:
    """So many milliseconds as whole samples, at least one."""
    return max(1, round(milliseconds * rate / 1000))


def fourier_size(window: int) -> int:
    """The length of the Fourier transform for a window: the next power of two, at least 16."""
    size = 16
    while size < window:
        size *= 2
    return size


def _waveform(step: PreparationStep, raw: TensorSpec) -> int | None:
    """Samples of a sound as it was read, N × samples."""
    if raw.rank != 2 or raw.dtype is not DType.FLOAT:
        raise ShapeMismatch(
            f"{step.label()} needs sound as it was recorded.",
            expected="2 dimensions (N, samples)",
            found=axes_text(raw.shape, _PICTURE if raw.rank == 4 else _WAVEFORM),
            hint="Put it before the step that changes the form.",
        )
    return raw.shape[1]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Length(PreparationStep):
    """Brings every recording to one length.

    What is longer is cut, what is shorter is filled with silence, or repeated. N × samples stays N × samples.
    """

    formula: ClassVar[str] = "x cut to, or filled up to, seconds · rate samples"
    when: ClassVar[str] = "Use it first: a network wants recordings of one length."
    target: ClassVar[str] = "engine.data.preparation.sound.LengthRule"
    synonyms: ClassVar[tuple[str, ...]] = ("crop", "pad", "duration", "trim", "seconds")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    seconds: float = attribute(1.0, above=0, maximum=600, help="Length of the result in seconds.")
    keep: Literal["start", "middle", "end"] = attribute(
        "start", help="Which part of a longer recording is kept; silence comes on the other side."
    )
    fill: Literal["silence", "repeat"] = attribute(
        "silence", help="What follows where a recording is too short.", advanced=True
    )

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        _waveform(self, raw)
        return TensorSpec((raw.shape[0], samples_of(self.seconds * 1000, statistics.rate) if statistics.rate else None))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Waveform(PreparationStep):
    """Gives the sound itself to the network, as one channel.

    N × samples becomes N × 1 × samples, which is the order that Conv1d takes.
    """

    formula: ClassVar[str] = "x as one channel"
    when: ClassVar[str] = "Use it for networks that learn their own filters; it wants much data."
    target: ClassVar[str] = "engine.data.preparation.sound.WaveformRule"
    synonyms: ClassVar[tuple[str, ...]] = ("raw", "samples", "1d")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        return TensorSpec((raw.shape[0], 1, _waveform(self, raw)))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Framed(PreparationStep):
    """Base of steps that look at a window of the sound, then at the next."""

    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    window_ms: float = attribute(
        25.0, minimum=1, maximum=1000, help="Length of the window that is looked at, in milliseconds.", label="Window"
    )
    hop_ms: float = attribute(
        10.0, minimum=0.5, maximum=1000, help="From one window to the next, in milliseconds.", label="Step"
    )

    def rows(self, statistics: Statistics) -> int | None:
        """Frequencies, or what is made of them; None while the rate is not known."""
        raise NotImplementedError

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        samples, frames = _waveform(self, raw), None
        if samples is not None and statistics.rate:
            window = samples_of(self.window_ms, statistics.rate)
            if samples < window:
                raise ShapeMismatch(
                    f"{self.label()} looks at {self.window_ms:g} ms at a time, and the sound is shorter.",
                    expected=f"{window:,} samples or more",
                    found=f"{samples:,} samples",
                    hint="Make the window shorter, or the length longer.",
                )
            frames = 1 + (samples - window) // samples_of(self.hop_ms, statistics.rate)
        return TensorSpec((raw.shape[0], 1, self.rows(statistics), frames))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Spectrogram(_Framed):
    """Shows how strong each frequency is at each moment, as a picture.

    Hann window, Fourier transform of the next power of two. N × samples becomes N × 1 × frequencies × frames. A tone at
    full strength has the value 1.
    """

    formula: ClassVar[str] = "S[f, t] = |Σ w[n] x[t·hop + n] e^(−2πi f n / size)|²"
    when: ClassVar[str] = "Use it when exact pitch matters: music, machines, birds."
    target: ClassVar[str] = "engine.data.preparation.sound.SpectrogramRule"
    synonyms: ClassVar[tuple[str, ...]] = ("stft", "fourier", "fft", "frequency")
    measure: Literal["power", "magnitude"] = attribute("power", help="The square of the strength, or the strength.")

    def rows(self, statistics: Statistics) -> int | None:
        return fourier_size(samples_of(self.window_ms, statistics.rate)) // 2 + 1 if statistics.rate else None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MelSpectrogram(_Framed):
    """Shows how strong each pitch is at each moment, on the scale on which people hear.

    The power of the Fourier transform, gathered by overlapping triangles evenly spaced in mel: 2595 log₁₀(1 + f / 700).
    No triangle is narrower than a frequency of the transform, so none is empty. N × samples becomes
    N × 1 × mels × frames. Put Log scale behind it. Source: Davis and Mermelstein 1980.
    """

    formula: ClassVar[str] = "M[m, t] = Σ triangle_m(f) S[f, t]"
    when: ClassVar[str] = "Use it for speech and most sound; the usual start."
    caption: ClassVar[str] = "Mel spectrogram"
    target: ClassVar[str] = "engine.data.preparation.sound.MelSpectrogramRule"
    synonyms: ClassVar[tuple[str, ...]] = ("mel", "fbank", "filterbank", "speech")
    mels: int = attribute(64, minimum=4, maximum=256, help="How many pitches, the height of the picture.")
    low_hz: float = attribute(20.0, minimum=0, help="Lowest frequency that is looked at.", advanced=True)
    high_hz: float = attribute(
        0.0, minimum=0, help="Highest frequency that is looked at; 0 for all that the rate holds.", advanced=True
    )

    def rows(self, statistics: Statistics) -> int | None:
        if statistics.rate and self.low_hz >= (self.high_hz or statistics.rate / 2):
            raise ShapeMismatch(
                f"{self.label()} has no frequencies between {self.low_hz:g} and "
                f"{self.high_hz or statistics.rate / 2:g} Hz.",
                expected="a lowest frequency below the highest",
                found=f"{self.low_hz:g} Hz",
                hint="Lower the lowest frequency.",
            )
        return self.mels


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MFCC(_Framed):
    """Sums each moment's pitches up in a few numbers, as speech recognition did for decades.

    The first coefficients of the cosine transform (DCT-II, orthonormal) of the mel spectrogram in decibels.
    N × samples becomes N × 1 × coefficients × frames. Source: Davis and Mermelstein 1980.
    """

    formula: ClassVar[str] = "C[k, t] = Σ 10 log₁₀ M[m, t] cos(π k (m + ½) / mels)"
    when: ClassVar[str] = "Use it for speech with little data, or small networks."
    target: ClassVar[str] = "engine.data.preparation.sound.MFCCRule"
    synonyms: ClassVar[tuple[str, ...]] = ("cepstrum", "cepstral", "speech", "voice")
    coefficients: int = attribute(20, minimum=2, maximum=128, help="How many numbers a moment.")
    mels: int = attribute(40, minimum=4, maximum=256, help="Pitches they are made of.", advanced=True)

    def rows(self, statistics: Statistics) -> int | None:
        if self.coefficients > self.mels:
            raise ShapeMismatch(
                f"{self.label()} cannot make {self.coefficients} coefficients of {self.mels} pitches.",
                expected=f"up to {self.mels}",
                found=str(self.coefficients),
                hint="Raise the number of mels.",
            )
        return self.coefficients


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LogScale(PreparationStep):
    """Turns strength into loudness, as ears do: ten times as strong is one step louder.

    Decibels, or the natural logarithm. What is more than `range_db` decibels below the loudest of its recording is
    raised to that, so silence does not stretch the scale.
    """

    formula: ClassVar[str] = "10 log₁₀ max(x, loudest · 10^(−range/10))"
    when: ClassVar[str] = "Use it behind a spectrogram, nearly always."
    caption: ClassVar[str] = "Log scale"
    target: ClassVar[str] = "engine.data.preparation.sound.LogScaleRule"
    synonyms: ClassVar[tuple[str, ...]] = ("decibel", "dB", "logarithm", "loudness")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    scale: Literal["decibels", "natural"] = attribute("decibels", help="Decibels, or the natural logarithm.")
    range_db: float = attribute(
        80.0, minimum=1, maximum=200, help="From the loudest down to what still counts, in decibels.", label="Range"
    )

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.rank != 4:
            raise ShapeMismatch(
                "Log scale needs a spectrogram.",
                expected="4 dimensions (N, 1, frequencies, frames)",
                found=axes_text(raw.shape, _WAVEFORM),
                hint="Put a spectrogram before it.",
            )
        return raw


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class NormalizeRecording(PreparationStep):
    """Makes all recordings equally loud, each by its own measure.

    `standard` gives each recording mean 0 and spread 1, `peak` divides it by its largest value. Silence stays silence.
    """

    formula: ClassVar[str] = "(x − mean) / std of the recording"
    when: ClassVar[str] = "Use it when loudness depends on the microphone, not on what is said."
    caption: ClassVar[str] = "Normalise loudness"
    target: ClassVar[str] = "engine.data.preparation.sound.NormalizeRecordingRule"
    synonyms: ClassVar[tuple[str, ...]] = ("volume", "peak", "cmvn", "standardize", "loudness")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    mode: Literal["standard", "peak"] = attribute("standard", help="Mean 0 and spread 1, or the largest value 1.")

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        return raw


SOUND_STEPS: tuple[type[PreparationStep], ...] = (
    Length,
    Waveform,
    MelSpectrogram,
    Spectrogram,
    MFCC,
    LogScale,
    NormalizeRecording,
)
"""In the order of the menu."""
