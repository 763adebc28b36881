"""Sound, sensors and pictures as signals: frequencies, spectrograms, filters, warping."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, alike, known, mismatch, normal_axis, same_sizes, volume, with_sizes
from engine.catalog.tensors import TensorSpec

_NEEDS_AN_AXIS = "a tensor of one number a sample has no axis to transform: torch would take the batch for it"
_LINED_UP = "with another batch, samples would be lined up with something else"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signal(Layer):
    """Base: works on signals."""

    family: ClassVar[Family] = Family.SIGNAL


@dataclass(frozen=True, kw_only=True, slots=True)
class _PictureFilter(_Signal):
    """Base: a filter without weights on each channel of a picture."""

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        known(inputs[0], 1, "channels")
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1]}

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 9 * volume(inputs[0].shape[1:])


def _line(x: TensorSpec, least: int = 1) -> None:
    """Refuse what has no last axis besides the batch, or a too short one."""
    if x.rank < 2:
        mismatch("2 or more dimensions (N, ..., samples)", x, "Unsqueeze adds an axis.")
    if x.shape[-1] is not None and x.shape[-1] < least:
        mismatch(f"{least} or more samples", str(x.shape[-1]), "Make the window shorter, or the signal longer.")


@dataclass(frozen=True, kw_only=True, slots=True)
class RFFT(_Signal):
    """Says how much of each frequency is in a signal.

    Input (N, ..., samples); output (N, ..., samples // 2 + 1), with a last axis of 2 when complex. Source:
    torch.fft.rfft.
    """

    target: ClassVar[str] = "engine.compiler.modules.RFFT"
    caption: ClassVar[str] = "Fourier transform"
    formula: ClassVar[str] = "y[f] = Σₜ x[t] · e^(−2πi f t / n)"
    when: ClassVar[str] = "When a pattern repeats and it matters how often, not when."
    synonyms: ClassVar[tuple[str, ...]] = ("fourier", "fft", "frequency", "spectrum")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rfft")
    stricter: ClassVar[str] = _NEEDS_AN_AXIS
    result: Literal["magnitude", "power", "complex"] = attribute(
        "magnitude", help="'complex' gives real and imaginary part along a new last axis."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        _line(x)
        bins = None if x.shape[-1] is None else x.shape[-1] // 2 + 1
        return (TensorSpec((*x.shape[:-1], bins, *((2,) if self.result == "complex" else ()))),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * (inputs[0].shape[-1] or 1).bit_length()


@dataclass(frozen=True, kw_only=True, slots=True)
class IRFFT(_Signal):
    """Makes a signal again from its complex frequencies.

    Input (N, ..., frequencies, 2) of real and imaginary parts; output (N, ..., 2 · (frequencies − 1)). Source:
    torch.fft.irfft.
    """

    target: ClassVar[str] = "engine.compiler.modules.IRFFT"
    caption: ClassVar[str] = "Inverse Fourier transform"
    formula: ClassVar[str] = "x[t] = Σ_f y[f] · e^(2πi f t / n) / n"
    when: ClassVar[str] = "To change a signal by its frequencies and hear it again."
    synonyms: ClassVar[tuple[str, ...]] = ("inverse fourier", "ifft", "frequency")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="irfft")
    stricter: ClassVar[str] = "one frequency makes no signal; the axes before are samples and places"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 3 or not same_sizes(x.shape[-1], 2):
            mismatch("3 or more dimensions (N, ..., frequencies, 2)", x, "Link a complex Fourier transform.")
        bins = known(x, -2, "frequencies")
        if bins < 2:
            mismatch("2 or more frequencies", str(bins), "Link a complex Fourier transform.")
        return (TensorSpec((*x.shape[:-2], 2 * (bins - 1))),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * (inputs[0].shape[-2] or 1).bit_length()

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 3, 5, 2)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class RFFT2(_Signal):
    """Says how much of each pattern of waves is in a picture.

    Input (N, channels, height, width); output (N, channels, height, width // 2 + 1), with a last axis of 2 when
    complex. Source: torch.fft.rfft2.
    """

    target: ClassVar[str] = "engine.compiler.modules.RFFT2"
    caption: ClassVar[str] = "Fourier transform of a picture"
    formula: ClassVar[str] = "y[f, g] = Σ x[s, t] · e^(−2πi (f s / h + g t / w))"
    when: ClassVar[str] = "For textures and for sharpness."
    synonyms: ClassVar[tuple[str, ...]] = ("fourier", "fft", "frequency", "texture")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rfft2")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    result: Literal["magnitude", "power", "complex"] = attribute(
        "magnitude", help="'complex' gives real and imaginary part along a new last axis."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        bins = None if x.shape[3] is None else x.shape[3] // 2 + 1
        return (TensorSpec((*x.shape[:3], bins, *((2,) if self.result == "complex" else ()))),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        _, channels, height, width = inputs[0].shape
        return volume((channels, height, width)) * ((height or 1).bit_length() + (width or 1).bit_length())


@dataclass(frozen=True, kw_only=True, slots=True)
class Spectrogram(_Signal):
    """Shows which frequencies a signal holds as time goes by: a picture of a sound.

    Input (N, ..., samples); output (N, ..., n_fft // 2 + 1, samples // hop_length + 1); a Hann window, the ends
    mirrored. Source: torch.stft.
    """

    target: ClassVar[str] = "engine.compiler.modules.Spectrogram"
    formula: ClassVar[str] = "y[f, k] = |Σₜ hann[t] · x[hop · k + t] · e^(−2πi f t / n)|ᵖ"
    when: ClassVar[str] = "Between a sound and convolutions for pictures; Unsqueeze adds the axis of channels."
    synonyms: ClassVar[tuple[str, ...]] = ("stft", "short-time fourier", "sound", "audio", "waveform", "speech")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="spectrogram")
    stricter: ClassVar[str] = "half a window is mirrored at both ends, so the signal must be longer than that"
    n_fft: int = attribute(64, minimum=2, maximum=65_536, label="Window", help="Samples that are looked at together.")
    hop_length: int = attribute(
        32, minimum=1, maximum=65_536, label="Step", help="Samples from one window to the next."
    )

    power: int = attribute(2, minimum=1, maximum=2, help="1 is how strong each frequency is, 2 its energy.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        _line(x, self.n_fft // 2 + 1)
        frames = None if x.shape[-1] is None else x.shape[-1] // self.hop_length + 1
        if frames is not None and self.n_fft % 2:
            frames = (x.shape[-1] - 1) // self.hop_length + 1  # type: ignore[operator]
        return (TensorSpec((*x.shape[:-1], self.n_fft // 2 + 1, frames)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        (y,) = self.output_specs(*inputs)
        return volume(y.shape[1:]) * self.n_fft.bit_length() * 2

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 200)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class MelSpectrogram(_Signal):
    """Shows a sound as an ear hears it: fine steps at low pitch, coarse ones at high pitch.

    Input (N, ..., samples); output (N, ..., n_mels, samples // hop_length + 1). Energies in triangles spaced evenly
    in mel, 2595 log₁₀(1 + f / 700).
    """

    target: ClassVar[str] = "engine.compiler.modules.MelSpectrogram"
    caption: ClassVar[str] = "Mel spectrogram"
    formula: ClassVar[str] = "y[m, k] = Σ_f mel[m, f] · spectrogram[f, k], or its logarithm"
    when: ClassVar[str] = "The usual picture of speech and music before convolutions."
    synonyms: ClassVar[tuple[str, ...]] = ("mel", "mfcc", "speech", "audio", "sound", "filter bank")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="mel_spectrogram")
    stricter: ClassVar[str] = "half a window is mirrored at both ends, so the signal must be longer than that"
    n_fft: int = attribute(400, minimum=2, maximum=65_536, label="Window", help="Samples that are looked at together.")
    hop_length: int = attribute(
        160, minimum=1, maximum=65_536, label="Step", help="Samples from one window to the next."
    )

    sample_rate: int = attribute(16_000, minimum=1, maximum=1_000_000, help="Samples in a second of the sound.")
    n_mels: int = attribute(40, minimum=1, maximum=1_000, label="Bands", help="How many steps of pitch there are.")
    log: bool = attribute(True, label="Logarithm", help="Take the logarithm, as loudness is heard.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        (lines,) = Spectrogram(n_fft=self.n_fft, hop_length=self.hop_length).output_specs(x)
        return (TensorSpec((*x.shape[:-1], self.n_mels, lines.shape[-1])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        lines = Spectrogram(n_fft=self.n_fft, hop_length=self.hop_length)
        (y,) = lines.output_specs(*inputs)
        return lines.multiply_adds(*inputs) + volume(y.shape[1:]) * self.n_mels

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 800)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class DCT(_Signal):
    """Writes a signal as a sum of cosines, the slowest first.

    Input (N, ...); output with as many entries as kept along dim: the orthonormal type 2 transform.
    """

    target: ClassVar[str] = "engine.compiler.modules.DCT"
    caption: ClassVar[str] = "Cosine transform"
    formula: ClassVar[str] = "y[k] = cₖ Σₜ x[t] · cos(π (t + ½) k / n)"
    when: ClassVar[str] = "Behind a logarithmic MelSpectrogram with dim -2, the first 13 are the MFCC of speech."
    synonyms: ClassVar[tuple[str, ...]] = ("cosine transform", "mfcc", "cepstrum", "jpeg", "compress")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="dct")
    stricter: ClassVar[str] = "the batch is no signal, and there are no more cosines than values"
    kept: int = attribute(8, minimum=1, maximum=65_536, help="How many cosines are kept, the slowest first.")
    dim: int = attribute(-1, minimum=-8, maximum=8, help="The axis: 1 is the first after the batch, -1 the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = known(x, axis, f"values along dim {axis}")
        if size < self.kept:
            mismatch(f"{self.kept} or more values along dim {axis}", str(size), "Keep fewer cosines.")
        return (with_sizes(x, {axis: self.kept}),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"size": inputs[0].shape[self.dim]}

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * self.kept


@dataclass(frozen=True, kw_only=True, slots=True)
class ToDecibel(_Signal):
    """Turns energies into decibel, as loudness is heard.

    Input and output of one shape.
    """

    target: ClassVar[str] = "engine.compiler.modules.ToDecibel"
    caption: ClassVar[str] = "To decibel"
    formula: ClassVar[str] = "y = 10 · log₁₀(max(x, floor))"
    when: ClassVar[str] = "On energies of a Spectrogram, before a network hears them."
    synonyms: ClassVar[tuple[str, ...]] = ("decibel", "loudness", "log", "amplitude to db")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="to_decibel")
    floor: float = attribute(1e-10, above=0, maximum=1, help="What is quieter counts as this.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return inputs

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class MuLaw(_Signal):
    """Squeezes a sound so that quiet parts get more room, as telephones do.

    Input and output of one shape, both from -1 to 1. Source: ITU-T G.711.
    """

    target: ClassVar[str] = "engine.compiler.modules.MuLaw"
    caption: ClassVar[str] = "Mu-law"
    formula: ClassVar[str] = "y = sign(x) · ln(1 + μ |x|) / ln(1 + μ)"
    when: ClassVar[str] = "Before raw sound is cut into few levels, as WaveNet does."
    synonyms: ClassVar[tuple[str, ...]] = ("compand", "telephone", "wavenet", "quantize")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="mu_law")
    mu: float = attribute(255.0, above=0, maximum=65_535, help="How hard it squeezes.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return inputs

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class PreEmphasis(_Signal):
    """Makes high frequencies louder, which speech has little of.

    Input and output (N, ..., samples); before the first sample stands 0.
    """

    target: ClassVar[str] = "engine.compiler.modules.PreEmphasis"
    caption: ClassVar[str] = "Pre-emphasis"
    formula: ClassVar[str] = "y[t] = x[t] − coefficient · x[t − 1]"
    when: ClassVar[str] = "Before a Spectrogram of speech."
    synonyms: ClassVar[tuple[str, ...]] = ("high pass", "speech", "audio", "filter")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pre_emphasis")
    stricter: ClassVar[str] = _NEEDS_AN_AXIS
    coefficient: float = attribute(0.97, minimum=0, maximum=1, help="How much of the sample before is taken away.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _line(inputs[0])
        return inputs

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class GaussianBlur(_PictureFilter):
    """Blurs a picture with a bell curve.

    Input and output (N, channels, height, width); beyond the border stands 0.
    """

    target: ClassVar[str] = "engine.compiler.modules.GaussianBlur"
    caption: ClassVar[str] = "Blur"
    formula: ClassVar[str] = "y = x ∗ bell curve of width sigma"
    when: ClassVar[str] = "To take out noise, or to look at large shapes alone."
    synonyms: ClassVar[tuple[str, ...]] = ("smooth", "blur", "low pass", "filter")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="fixed_filter")
    kernel_size: int = attribute(5, minimum=1, maximum=101, help="Side of the window; an odd number.")
    sigma: float = attribute(1.0, above=0, maximum=50, label="Width", help="Width of the bell curve in pixels.")
    stricter: ClassVar[str] = "an even window has no middle, and would move the picture by half a pixel"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        known(inputs[0], 1, "channels")
        if self.kernel_size % 2 == 0:
            mismatch("an odd size of the window", str(self.kernel_size), "Make it one larger or smaller.")
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sobel(_PictureFilter):
    """Finds edges: how fast brightness changes at each pixel.

    Input and output (N, channels, height, width); beyond the border stands 0. Source: Sobel and Feldman 1968.
    """

    target: ClassVar[str] = "engine.compiler.modules.Sobel"
    caption: ClassVar[str] = "Edges"
    formula: ClassVar[str] = "y = √((x ∗ Gx)² + (x ∗ Gy)² + 10⁻¹²)"
    when: ClassVar[str] = "To give a network outlines, or to compare them."
    synonyms: ClassVar[tuple[str, ...]] = ("edges", "gradient", "contour", "filter")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="sobel")


@dataclass(frozen=True, kw_only=True, slots=True)
class BlurPool(_PictureFilter):
    """Makes a picture smaller after blurring it, so that fine patterns do not turn into false ones.

    Input (N, channels, height, width); output with half the height and width, rounded up. Source: Zhang 2019.
    """

    target: ClassVar[str] = "engine.compiler.modules.BlurPool"
    caption: ClassVar[str] = "Blur pooling"
    formula: ClassVar[str] = "y = (x ∗ [1 2 1]ᵀ[1 2 1] / 16) at every second pixel"
    when: ClassVar[str] = "In place of a stride, when answers should not jump as the picture moves."
    synonyms: ClassVar[tuple[str, ...]] = ("anti-alias", "downsample", "shift invariant", "pool")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="fixed_filter")
    family: ClassVar[Family] = Family.POOLING
    stride: int = attribute(2, minimum=1, maximum=16, help="How many pixels become one.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 1, "channels")
        sizes = [None if size is None else (size - 1) // self.stride + 1 for size in x.shape[2:]]
        return (TensorSpec((*x.shape[:2], *sizes)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToGray(_Signal):
    """Turns a colour picture into shades of grey, as bright as an eye sees them.

    Input (N, 3, height, width); output (N, 1, height, width). Source: ITU-R BT.601.
    """

    target: ClassVar[str] = "engine.compiler.modules.ToGray"
    caption: ClassVar[str] = "To grey"
    formula: ClassVar[str] = "y = 0.299 R + 0.587 G + 0.114 B"
    when: ClassVar[str] = "When colour tells nothing about the answer."
    synonyms: ClassVar[tuple[str, ...]] = ("grayscale", "luminance", "brightness", "rgb")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="to_gray")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = "there are three colours"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.shape[1] != 3:
            mismatch("3 channels: red, green, blue", str(x.shape[1]), "Link a colour picture.")
        return (with_sizes(x, {1: 1}),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 3, 6, 5)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class HaarWavelet(_Signal):
    """Splits a picture into a small copy and three pictures of what the copy leaves out.

    Input (N, channels, height, width) of even sizes; output (N, 4 · channels, height / 2, width / 2). Source: Haar
    1910.
    """

    target: ClassVar[str] = "engine.compiler.modules.HaarWavelet"
    caption: ClassVar[str] = "Haar wavelet"
    formula: ClassVar[str] = "y = (a + b + c + d, a + b − c − d, a − b + c − d, a − b − c + d) / 2"
    when: ClassVar[str] = "To make a picture smaller without losing anything."
    synonyms: ClassVar[tuple[str, ...]] = ("wavelet", "dwt", "downsample", "compress")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="haar_wavelet")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = "an odd row or column would be left over"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        batch, channels, *sides = inputs[0].shape
        for name, size in zip(("height", "width"), sides, strict=True):
            if size is not None and size % 2:
                mismatch(f"an even {name}", str(size), "A ZeroPad2d or a Slice makes it even.")
        halves = [None if size is None else size // 2 for size in sides]
        return (TensorSpec((batch, None if channels is None else 4 * channels, *halves)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 4 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class AffineGrid(_Signal):
    """Lays a grid over a picture that six numbers turn, move and stretch.

    Inputs theta (N, 2, 3) and like (N, channels, height, width); output (N, height, width, 2) of places x, y from
    -1 to 1. Source: torch.nn.functional.affine_grid, align_corners off.
    """

    target: ClassVar[str] = "engine.compiler.modules.AffineGrid"
    caption: ClassVar[str] = "Affine grid"
    formula: ClassVar[str] = "grid[i, j] = theta · (xⱼ, yᵢ, 1)"
    when: ClassVar[str] = "Before GridSample: together they are a spatial transformer."
    synonyms: ClassVar[tuple[str, ...]] = ("spatial transformer", "rotate", "warp", "transform")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="affine_grid")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="theta", axes=("N", "rows", "columns")),
        InputPort(name="like", axes=PICTURE),
    )
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        theta, like = inputs
        alike(inputs, 1)
        if not same_sizes(theta.shape[1], 2) or not same_sizes(theta.shape[2], 3):
            mismatch("6 numbers a sample as (N, 2, 3)", theta, "Reshape to 2, 3.")
        return (TensorSpec((theta.shape[0], *like.shape[2:], 2)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 6 * volume(inputs[1].shape[2:])

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 2, 3)), TensorSpec((None, 3, 6, 5))


@dataclass(frozen=True, kw_only=True, slots=True)
class GridSample(_Signal):
    """Reads a picture at places that another tensor names, between pixels too.

    Inputs (N, channels, height, width) and grid (N, rows, columns, 2) of places x, y from -1 to 1; output (N,
    channels, rows, columns). Source: torch.nn.functional.grid_sample, align_corners off.
    """

    target: ClassVar[str] = "engine.compiler.modules.GridSample"
    caption: ClassVar[str] = "Sample at a grid"
    formula: ClassVar[str] = "y[i, j] = x at the place grid[i, j], blended"
    when: ClassVar[str] = "Behind an AffineGrid or a grid that a network has made."
    synonyms: ClassVar[tuple[str, ...]] = ("warp", "spatial transformer", "flow", "deform", "resample")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="grid_sample")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=PICTURE),
        InputPort(name="grid", axes=("N", "rows", "columns", "places")),
    )
    stricter: ClassVar[str] = _LINED_UP
    mode: Literal["bilinear", "nearest", "bicubic"] = attribute("bilinear", help="How pixels are blended.")
    padding_mode: Literal["zeros", "border", "reflection"] = attribute("zeros", help="What stands beyond the border.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, grid = inputs
        alike(inputs, 1)
        if not same_sizes(grid.shape[3], 2):
            mismatch("2 numbers a place, x and y", str(grid.shape[3]), "Link an AffineGrid.")
        return (TensorSpec((*x.shape[:2], *grid.shape[1:3])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 4 * volume((inputs[0].shape[1], *inputs[1].shape[1:3]))

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 3, 6, 5)), TensorSpec((None, 4, 4, 2))
