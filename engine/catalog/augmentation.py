"""The augmentation steps: random changes to pictures of the train split, which teach what does not matter.

Every change depends on seed, epoch and sample alone, so a resumed run sees what the unbroken one would have seen.
"""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.entry import Entry, attribute
from engine.document.data_spec import FieldKind


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class AugmentationStep(Entry):
    """Base of augmentation steps. `target` names the function of `engine.data.augmentation` that carries it out."""

    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE,)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RandomFlip(AugmentationStep):
    """Mirrors some of the pictures.

    Leave it out where left and right matter, as for digits and letters.
    """

    formula: ClassVar[str] = "x[i, w − j] with chance ½"
    when: ClassVar[str] = "Use it for photos; not for digits and letters, which mean something else mirrored."
    caption: ClassVar[str] = "Flip"
    target: ClassVar[str] = "engine.data.augmentation.flip"
    synonyms: ClassVar[tuple[str, ...]] = ("mirror",)
    direction: Literal["horizontal", "vertical"] = attribute("horizontal", help="Left to right, or top to bottom.")
    probability: float = attribute(0.5, minimum=0, maximum=1, help="Share of the pictures that is mirrored.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RandomShift(AugmentationStep):
    """Moves pictures a little, each by its own amount.

    By whole pixels; the border is repeated where nothing is left.
    """

    formula: ClassVar[str] = "x[i + a, j + b],  a, b at random"
    when: ClassVar[str] = "Use it when things stand anywhere in the picture."
    caption: ClassVar[str] = "Shift"
    target: ClassVar[str] = "engine.data.augmentation.shift"
    synonyms: ClassVar[tuple[str, ...]] = ("translate", "move")
    fraction: float = attribute(0.1, minimum=0, maximum=0.5, help="Largest move, as a part of height and width.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RandomRotate(AugmentationStep):
    """Turns pictures a little, each by its own angle.

    Bilinear; the border is repeated where nothing is left.
    """

    formula: ClassVar[str] = "x turned by an angle at random"
    when: ClassVar[str] = "Use it when pictures are not always upright."
    caption: ClassVar[str] = "Rotate"
    target: ClassVar[str] = "engine.data.augmentation.rotate"
    synonyms: ClassVar[tuple[str, ...]] = ("turn", "rotation")
    degrees: float = attribute(10.0, minimum=0, maximum=180, help="Largest turn to either side, in degrees.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RandomCrop(AugmentationStep):
    """Cuts out a part of each picture and enlarges it to the full size.

    The part has between `smallest` and all of the picture's side, at a random place.
    """

    formula: ClassVar[str] = "a window of x at random"
    when: ClassVar[str] = "Use it for photos, to teach that size and place do not matter."
    caption: ClassVar[str] = "Crop and zoom"
    target: ClassVar[str] = "engine.data.augmentation.crop"
    synonyms: ClassVar[tuple[str, ...]] = ("zoom", "scale", "random resized crop")
    smallest: float = attribute(0.8, minimum=0.05, maximum=1, help="Side of the smallest part, 1 for the whole.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Brightness(AugmentationStep):
    """Makes pictures brighter or darker, each by its own amount.

    All channels are multiplied by 1 - strength to 1 + strength and kept between black and white.
    """

    formula: ClassVar[str] = "x · b,  b around 1"
    when: ClassVar[str] = "Use it for pictures taken in different light."
    target: ClassVar[str] = "engine.data.augmentation.brightness"
    synonyms: ClassVar[tuple[str, ...]] = ("light", "colour jitter", "exposure")
    strength: float = attribute(0.2, minimum=0, maximum=1, help="Largest change, as a part of the brightness.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Contrast(AugmentationStep):
    """Strengthens or weakens the contrast of pictures, each by its own amount.

    Differences from the picture's own mean are multiplied by 1 - strength to 1 + strength.
    """

    formula: ClassVar[str] = "mean + c (x − mean),  c around 1"
    when: ClassVar[str] = "Use it for pictures from different cameras."
    target: ClassVar[str] = "engine.data.augmentation.contrast"
    synonyms: ClassVar[tuple[str, ...]] = ("colour jitter",)
    strength: float = attribute(0.2, minimum=0, maximum=1, help="Largest change, as a part of the contrast.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Erase(AugmentationStep):
    """Blanks a square of some of the pictures, so that the network does not lean on one part.

    The square is filled with the mean. Source: Zhong et al. 2017 (random erasing), DeVries and Taylor 2017 (cutout).
    """

    formula: ClassVar[str] = "x, but a window set to its mean"
    when: ClassVar[str] = "Use it when parts may be hidden."
    target: ClassVar[str] = "engine.data.augmentation.erase"
    synonyms: ClassVar[tuple[str, ...]] = ("cutout", "random erasing", "hide")
    probability: float = attribute(0.5, minimum=0, maximum=1, help="Share of the pictures that lose a square.")
    size: float = attribute(0.25, above=0, maximum=0.9, help="Side of the square, as a part of the picture's side.")


AUGMENTATIONS: tuple[type[AugmentationStep], ...] = (
    RandomFlip,
    RandomShift,
    RandomRotate,
    RandomCrop,
    Brightness,
    Contrast,
    Erase,
)
"""Every augmentation step, in the order of the menu."""

_BY_NAME = {step.type_name(): step for step in AUGMENTATIONS}


def augmentation_type(name: str) -> type[AugmentationStep] | None:
    """The step of that name."""
    return _BY_NAME.get(name)
