"""Augmentation of pictures that changes light and colour."""

import dataclasses
from typing import ClassVar

from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.entry import attribute


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Brightness(AugmentationStep):
    """Makes pictures brighter or darker, each by its own amount.

    All channels are multiplied by 1 - strength to 1 + strength and kept between black and white.
    """

    formula: ClassVar[str] = "x · b,  b around 1"
    when: ClassVar[str] = "Use it for pictures taken in different light."
    target: ClassVar[str] = "engine.data.augmentation.colours.brightness"
    synonyms: ClassVar[tuple[str, ...]] = ("light", "colour jitter", "exposure")
    strength: float = attribute(0.2, minimum=0, maximum=1, help="Largest change, as a part of the brightness.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Contrast(AugmentationStep):
    """Strengthens or weakens the contrast of pictures, each by its own amount.

    Differences from the picture's own mean are multiplied by 1 - strength to 1 + strength.
    """

    formula: ClassVar[str] = "mean + c (x − mean),  c around 1"
    when: ClassVar[str] = "Use it for pictures from different cameras."
    target: ClassVar[str] = "engine.data.augmentation.colours.contrast"
    synonyms: ClassVar[tuple[str, ...]] = ("colour jitter",)
    strength: float = attribute(0.2, minimum=0, maximum=1, help="Largest change, as a part of the contrast.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Gamma(AugmentationStep):
    """Makes the middle tones brighter or darker; black and white stay."""

    formula: ClassVar[str] = "x^γ,  γ around 1"
    when: ClassVar[str] = "Use it for pictures from different screens, cameras and exposures."
    caption: ClassVar[str] = "Gamma"
    target: ClassVar[str] = "engine.data.augmentation.colours.gamma"
    synonyms: ClassVar[tuple[str, ...]] = (
        "tone",
        "exposure",
        "light",
    )
    strength: float = attribute(0.3, minimum=0, maximum=0.9, help="Largest change of the exponent.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Saturation(AugmentationStep):
    """Makes colours stronger or weaker, each picture by its own amount.

    Grey pictures stay as they are.
    """

    formula: ClassVar[str] = "grey + s (x − grey),  s around 1"
    when: ClassVar[str] = "Use it for photos in different light."
    caption: ClassVar[str] = "Saturation"
    target: ClassVar[str] = "engine.data.augmentation.colours.saturation"
    synonyms: ClassVar[tuple[str, ...]] = (
        "colour jitter",
        "vivid",
        "vibrance",
    )
    strength: float = attribute(0.3, minimum=0, maximum=1, help="Largest change, as a part of the saturation.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Hue(AugmentationStep):
    """Turns all colours of a picture round the colour circle, each picture by its own angle.

    Grey pictures stay as they are.
    """

    formula: ClassVar[str] = "colours turned about the grey axis"
    when: ClassVar[str] = "Use it when the colour of a thing says nothing about its class."
    caption: ClassVar[str] = "Hue"
    target: ClassVar[str] = "engine.data.augmentation.colours.hue"
    synonyms: ClassVar[tuple[str, ...]] = (
        "colour jitter",
        "tint",
        "colour",
    )
    degrees: float = attribute(15.0, minimum=0, maximum=180, help="Largest turn to either side, in degrees.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ChannelGain(AugmentationStep):
    """Multiplies each channel by its own factor, as another light or white balance does."""

    formula: ClassVar[str] = "x_c · g_c,  g_c around 1"
    when: ClassVar[str] = "Use it for photos in lamp light, shade and sun."
    caption: ClassVar[str] = "Colour cast"
    target: ClassVar[str] = "engine.data.augmentation.colours.channel_gain"
    synonyms: ClassVar[tuple[str, ...]] = (
        "white balance",
        "colour temperature",
        "tint",
    )
    strength: float = attribute(0.15, minimum=0, maximum=1, help="Largest change of a channel, as a part of it.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Greyscale(AugmentationStep):
    """Takes the colour from some of the pictures.

    Grey pictures stay as they are.
    """

    formula: ClassVar[str] = "0.299 r + 0.587 g + 0.114 b"
    when: ClassVar[str] = "Use it so that the network looks at shape too, not at colour alone."
    caption: ClassVar[str] = "Take colour away"
    target: ClassVar[str] = "engine.data.augmentation.colours.greyscale"
    synonyms: ClassVar[tuple[str, ...]] = (
        "grayscale",
        "black and white",
        "desaturate",
    )
    probability: float = attribute(0.1, minimum=0, maximum=1, help="Share of the pictures that lose their colour.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Invert(AugmentationStep):
    """Turns some of the pictures into their negative."""

    formula: ClassVar[str] = "white − x"
    when: ClassVar[str] = "Use it where dark on light and light on dark mean the same."
    caption: ClassVar[str] = "Invert"
    target: ClassVar[str] = "engine.data.augmentation.colours.invert"
    synonyms: ClassVar[tuple[str, ...]] = (
        "negative",
        "complement",
    )
    probability: float = attribute(0.1, minimum=0, maximum=1, help="Share of the pictures that are inverted.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Posterize(AugmentationStep):
    """Leaves some of the pictures with a few levels for each channel."""

    formula: ClassVar[str] = "⌊x · levels⌋ / (levels − 1)"
    when: ClassVar[str] = "Use it when pictures come from poor scans or old cameras."
    caption: ClassVar[str] = "Posterize"
    target: ClassVar[str] = "engine.data.augmentation.colours.posterize"
    synonyms: ClassVar[tuple[str, ...]] = (
        "quantize",
        "levels",
        "bits",
    )
    probability: float = attribute(0.2, minimum=0, maximum=1, help="Share of the pictures that are changed.")
    levels: int = attribute(8, minimum=2, maximum=128, help="Levels of each channel that are left.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Solarize(AugmentationStep):
    """Inverts what is lighter than a threshold, in some of the pictures."""

    formula: ClassVar[str] = "x, but white − x where x is above the threshold"
    when: ClassVar[str] = "Use it for strong variety, as in AutoAugment."
    caption: ClassVar[str] = "Solarize"
    target: ClassVar[str] = "engine.data.augmentation.colours.solarize"
    synonyms: ClassVar[tuple[str, ...]] = (
        "threshold",
        "negative",
    )
    probability: float = attribute(0.1, minimum=0, maximum=1, help="Share of the pictures that are changed.")
    threshold: float = attribute(0.6, minimum=0, maximum=1, help="Inverted is what is lighter; 0 black, 1 white.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class AutoContrast(AugmentationStep):
    """Stretches some of the pictures so that their darkest point is black and their lightest white."""

    formula: ClassVar[str] = "(x − min) / (max − min)"
    when: ClassVar[str] = "Use it when some pictures are flat and others are not."
    caption: ClassVar[str] = "Full contrast"
    target: ClassVar[str] = "engine.data.augmentation.colours.auto_contrast"
    synonyms: ClassVar[tuple[str, ...]] = (
        "normalize",
        "stretch",
        "levels",
    )
    probability: float = attribute(0.3, minimum=0, maximum=1, help="Share of the pictures that are stretched.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Equalize(AugmentationStep):
    """Spreads the levels of some of the pictures evenly, channel by channel."""

    formula: ClassVar[str] = "rank of x among all points of its channel"
    when: ClassVar[str] = "Use it for pictures in very different light."
    caption: ClassVar[str] = "Equalize"
    target: ClassVar[str] = "engine.data.augmentation.colours.equalize"
    synonyms: ClassVar[tuple[str, ...]] = (
        "histogram",
        "equalise",
    )
    probability: float = attribute(0.1, minimum=0, maximum=1, help="Share of the pictures that are equalized.")
