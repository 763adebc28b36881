"""Changes to sound: to the recording itself, before it becomes a spectrogram, or to the spectrogram."""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.entry import attribute
from engine.document.data_spec import FieldKind

_PROBABILITY = "Share of the recordings that is changed."


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _OfRecording(AugmentationStep):
    """Base of changes to the sound as it was recorded, after Length and before everything else."""

    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    on_raw: ClassVar[bool] = True


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SoundShift(_OfRecording):
    """Moves recordings earlier or later, each by its own amount.

    What is moved out is lost, what is left free is silent. Acts on the sound itself.
    """

    formula: ClassVar[str] = "x[t − a],  a at random"
    when: ClassVar[str] = "Use it nearly always: when a sound begins rarely matters."
    caption: ClassVar[str] = "Shift in time"
    target: ClassVar[str] = "engine.data.augmentation.sound.shift"
    synonyms: ClassVar[tuple[str, ...]] = ("time shift", "roll", "offset")
    fraction: float = attribute(0.1, minimum=0, maximum=1, help="Largest move, as a part of the length.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Gain(_OfRecording):
    """Makes recordings louder or softer, each by its own amount.

    Between minus and plus so many decibels. Acts on the sound itself.
    """

    formula: ClassVar[str] = "x · 10^(g / 20),  g at random"
    when: ClassVar[str] = "Use it when loudness differs; Normalise loudness makes it needless."
    caption: ClassVar[str] = "Loudness"
    target: ClassVar[str] = "engine.data.augmentation.sound.gain"
    synonyms: ClassVar[tuple[str, ...]] = ("volume", "gain", "amplitude")
    decibels: float = attribute(6.0, minimum=0, maximum=60, help="Largest change, in decibels.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class WhiteNoise(_OfRecording):
    """Adds hiss to recordings, each at its own strength.

    The noise lies at least `least_db` decibels below the recording. Acts on the sound itself.
    """

    formula: ClassVar[str] = "x + σ n,  n of a normal distribution"
    when: ClassVar[str] = "Use it when recordings come from cheap microphones."
    caption: ClassVar[str] = "White noise"
    target: ClassVar[str] = "engine.data.augmentation.sound.white_noise"
    synonyms: ClassVar[tuple[str, ...]] = ("hiss", "gaussian noise", "snr")
    probability: float = attribute(0.5, minimum=0, maximum=1, help=_PROBABILITY)
    least_db: float = attribute(
        15.0,
        minimum=-10,
        maximum=100,
        help="Decibels by which the sound is above the strongest noise.",
        label="Distance",
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ColouredNoise(_OfRecording):
    """Adds rumble to recordings, as wind and traffic make it, each at its own strength.

    Pink noise falls by 3 decibels an octave, brown noise by 6. Acts on the sound itself.
    """

    formula: ClassVar[str] = "x + σ n,  |N(f)|² ~ 1 / f or 1 / f²"
    when: ClassVar[str] = "Use it for sound recorded outdoors or in rooms."
    caption: ClassVar[str] = "Coloured noise"
    target: ClassVar[str] = "engine.data.augmentation.sound.coloured_noise"
    synonyms: ClassVar[tuple[str, ...]] = ("pink noise", "brown noise", "rumble", "background")
    probability: float = attribute(0.5, minimum=0, maximum=1, help=_PROBABILITY)
    colour: Literal["pink", "brown"] = attribute("pink", help="How much the low frequencies outweigh the high ones.")
    least_db: float = attribute(
        15.0,
        minimum=-10,
        maximum=100,
        help="Decibels by which the sound is above the strongest noise.",
        label="Distance",
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SpeedPitch(_OfRecording):
    """Plays recordings faster and higher, or slower and lower, each at its own speed.

    Read at other moments, with lines between samples; the length stays. Acts on the sound itself.
    """

    formula: ClassVar[str] = "x[s t],  s around 1"
    when: ClassVar[str] = "Use it for voices and animals: every throat is another."
    caption: ClassVar[str] = "Speed and pitch"
    target: ClassVar[str] = "engine.data.augmentation.sound.speed"
    synonyms: ClassVar[tuple[str, ...]] = ("speed perturbation", "pitch shift", "resample", "tempo")
    strength: float = attribute(0.1, minimum=0, maximum=0.9, help="Largest change of the speed, as a part of it.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Polarity(_OfRecording):
    """Turns the wave of some of the recordings upside down.

    It sounds the same, and looks different to a network that takes the waveform. Acts on the sound itself.
    """

    formula: ClassVar[str] = "−x"
    when: ClassVar[str] = "Use it with the step Waveform; spectrograms do not see it."
    caption: ClassVar[str] = "Turn upside down"
    target: ClassVar[str] = "engine.data.augmentation.sound.polarity"
    synonyms: ClassVar[tuple[str, ...]] = ("invert", "phase", "sign")
    probability: float = attribute(0.5, minimum=0, maximum=1, help=_PROBABILITY)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LowPass(_OfRecording):
    """Takes the high frequencies out of some of the recordings, as a telephone or a wall does.

    Above a frequency of its own the sound falls by about 24 decibels an octave. Acts on the sound itself.
    """

    formula: ClassVar[str] = "X(f) / √(1 + (f / cut)⁸)"
    when: ClassVar[str] = "Use it when microphones differ."
    caption: ClassVar[str] = "Muffle"
    target: ClassVar[str] = "engine.data.augmentation.sound.low_pass"
    synonyms: ClassVar[tuple[str, ...]] = ("low pass", "filter", "telephone", "muffled")
    probability: float = attribute(0.5, minimum=0, maximum=1, help=_PROBABILITY)
    lowest: float = attribute(
        0.25, above=0, maximum=1, help="Lowest cut, as a part of the highest frequency there is.", label="Lowest cut"
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BandStop(_OfRecording):
    """Takes a band of frequencies out of some of the recordings.

    Anywhere, up to `width` of all frequencies wide. Acts on the sound itself.
    """

    formula: ClassVar[str] = "X(f) = 0 for f in a band at random"
    when: ClassVar[str] = "Use it so that the network does not lean on one pitch."
    caption: ClassVar[str] = "Cut out a band"
    target: ClassVar[str] = "engine.data.augmentation.sound.band_stop"
    synonyms: ClassVar[tuple[str, ...]] = ("band stop", "notch", "filter")
    probability: float = attribute(0.5, minimum=0, maximum=1, help=_PROBABILITY)
    width: float = attribute(0.15, above=0, maximum=0.9, help="Widest band, as a part of all frequencies.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reverb(_OfRecording):
    """Puts some of the recordings into a room, each into its own.

    Convolved with noise that dies away; how long that takes is drawn for each. The loudness stays. Acts on the sound
    itself.
    """

    formula: ClassVar[str] = "x ∗ (1, n[t] e^(−t / room))"
    when: ClassVar[str] = "Use it for sound that will be heard in rooms of any size."
    caption: ClassVar[str] = "Echo of a room"
    target: ClassVar[str] = "engine.data.augmentation.sound.reverb"
    synonyms: ClassVar[tuple[str, ...]] = ("reverberation", "room", "impulse response")
    probability: float = attribute(0.5, minimum=0, maximum=1, help=_PROBABILITY)
    seconds: float = attribute(0.2, above=0, maximum=5, help="Longest echo, in seconds.")
    strength: float = attribute(0.5, minimum=0, maximum=1, help="How loud the echo is beside the sound.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Overdrive(_OfRecording):
    """Overdrives some of the recordings, as a microphone too near the mouth does.

    Peaks are bent by a hyperbolic tangent, the loudness stays. Acts on the sound itself.
    """

    formula: ClassVar[str] = "tanh(d x) / tanh(d)"
    when: ClassVar[str] = "Use it for recordings made by anybody with anything."
    target: ClassVar[str] = "engine.data.augmentation.sound.overdrive"
    synonyms: ClassVar[tuple[str, ...]] = ("distortion", "clipping", "saturation")
    probability: float = attribute(0.3, minimum=0, maximum=1, help=_PROBABILITY)
    drive: float = attribute(8.0, minimum=1, maximum=100, help="Strongest drive.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TimeMask(AugmentationStep):
    """Blanks a stretch of time, so that the network does not lean on one moment.

    Acts on what the preparation gives: a stretch of a spectrogram or a waveform is set to its mean. Source: Park et al.
    2019 (SpecAugment).
    """

    formula: ClassVar[str] = "x[…, a to b] = mean"
    when: ClassVar[str] = "Use it for speech and music."
    caption: ClassVar[str] = "Blank a time"
    target: ClassVar[str] = "engine.data.augmentation.sound.time_mask"
    synonyms: ClassVar[tuple[str, ...]] = ("specaugment", "time mask", "cutout")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    width: float = attribute(0.15, above=0, maximum=1, help="Longest stretch, as a part of the whole.")
    count: int = attribute(1, minimum=1, maximum=10, help="How many stretches.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FrequencyMask(AugmentationStep):
    """Blanks a band of a spectrogram, so that the network does not lean on one pitch.

    Acts on what the preparation gives: the band is set to the mean. Source: Park et al. 2019 (SpecAugment).
    """

    formula: ClassVar[str] = "x[…, f to g, …] = mean"
    when: ClassVar[str] = "Use it for speech, behind any spectrogram."
    caption: ClassVar[str] = "Blank a pitch"
    target: ClassVar[str] = "engine.data.augmentation.sound.frequency_mask"
    synonyms: ClassVar[tuple[str, ...]] = ("specaugment", "frequency mask", "cutout")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.AUDIO,)
    width: float = attribute(0.15, above=0, maximum=1, help="Widest band, as a part of the whole.")
    count: int = attribute(1, minimum=1, maximum=10, help="How many bands.")


OF_SOUND: tuple[type[AugmentationStep], ...] = (
    SoundShift,
    Gain,
    SpeedPitch,
    WhiteNoise,
    ColouredNoise,
    LowPass,
    BandStop,
    Reverb,
    Overdrive,
    Polarity,
    TimeMask,
    FrequencyMask,
)
