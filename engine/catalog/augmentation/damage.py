"""Augmentation of pictures that hides, blurs and disturbs."""

import dataclasses
from typing import ClassVar

from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.entry import attribute


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Erase(AugmentationStep):
    """Blanks a square of some of the pictures, so that the network does not lean on one part.

    The square is filled with the mean. Source: Zhong et al. 2017 (random erasing), DeVries and Taylor 2017 (cutout).
    """

    formula: ClassVar[str] = "x, but a window set to its mean"
    when: ClassVar[str] = "Use it when parts may be hidden."
    target: ClassVar[str] = "engine.data.augmentation.damage.erase"
    synonyms: ClassVar[tuple[str, ...]] = ("cutout", "random erasing", "hide")
    probability: float = attribute(0.5, minimum=0, maximum=1, help="Share of the pictures that lose a square.")
    size: float = attribute(0.25, above=0, maximum=0.9, help="Side of the square, as a part of the picture's side.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GaussianBlur(AugmentationStep):
    """Makes pictures unsharp, each by its own amount."""

    formula: ClassVar[str] = "x convolved with a Gaussian"
    when: ClassVar[str] = "Use it when cameras are out of focus or move."
    caption: ClassVar[str] = "Blur"
    target: ClassVar[str] = "engine.data.augmentation.damage.blur"
    synonyms: ClassVar[tuple[str, ...]] = (
        "soft",
        "unsharp",
        "defocus",
    )
    sigma: float = attribute(1.0, above=0, maximum=10, help="Largest spread of the blur, in pixels.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sharpness(AugmentationStep):
    """Sharpens or softens pictures, each by its own amount."""

    formula: ClassVar[str] = "x + s (x − smooth x),  s at random"
    when: ClassVar[str] = "Use it for pictures that were scaled or sharpened by different programs."
    caption: ClassVar[str] = "Sharpness"
    target: ClassVar[str] = "engine.data.augmentation.damage.sharpness"
    synonyms: ClassVar[tuple[str, ...]] = (
        "unsharp mask",
        "sharpen",
        "soften",
    )
    strength: float = attribute(0.5, minimum=0, maximum=4, help="Largest change; 1 doubles or takes away all edges.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GaussianNoise(AugmentationStep):
    """Adds noise to every point, with its own strength for each picture."""

    formula: ClassVar[str] = "x + n,  n normal"
    when: ClassVar[str] = "Use it for pictures taken in poor light."
    caption: ClassVar[str] = "Noise"
    target: ClassVar[str] = "engine.data.augmentation.damage.noise"
    synonyms: ClassVar[tuple[str, ...]] = (
        "grain",
        "film",
        "sensor",
    )
    strength: float = attribute(0.05, minimum=0, maximum=1, help="Largest spread, 1 is from black to white.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SaltAndPepper(AugmentationStep):
    """Turns single points black or white."""

    formula: ClassVar[str] = "x, but black or white at some points"
    when: ClassVar[str] = "Use it for scans with dust and for broken sensors."
    caption: ClassVar[str] = "Salt and pepper"
    target: ClassVar[str] = "engine.data.augmentation.damage.salt_and_pepper"
    synonyms: ClassVar[tuple[str, ...]] = (
        "dust",
        "dead pixels",
        "impulse noise",
    )
    amount: float = attribute(0.02, minimum=0, maximum=1, help="Largest share of the points that are lost.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pixelate(AugmentationStep):
    """Shows some of the pictures in coarse squares, as if they had been enlarged."""

    formula: ClassVar[str] = "mean of each square"
    when: ClassVar[str] = "Use it when pictures come in different resolutions."
    caption: ClassVar[str] = "Coarse pixels"
    target: ClassVar[str] = "engine.data.augmentation.damage.pixelate"
    synonyms: ClassVar[tuple[str, ...]] = (
        "low resolution",
        "downscale",
        "mosaic",
    )
    probability: float = attribute(0.2, minimum=0, maximum=1, help="Share of the pictures that are made coarse.")
    size: int = attribute(2, minimum=2, maximum=32, help="Side of a square, in pixels.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HideGrid(AugmentationStep):
    """Blanks squares in a regular grid, in some of the pictures.

    The squares are filled with the mean. Source: Chen et al. 2020 (GridMask).
    """

    formula: ClassVar[str] = "x, but the squares of a grid set to its mean"
    when: ClassVar[str] = "Use it when parts may be hidden, and erasing a single square is too little."
    caption: ClassVar[str] = "Hide a grid"
    target: ClassVar[str] = "engine.data.augmentation.damage.hide_grid"
    synonyms: ClassVar[tuple[str, ...]] = (
        "gridmask",
        "cutout",
        "occlusion",
    )
    probability: float = attribute(0.3, minimum=0, maximum=1, help="Share of the pictures that are changed.")
    period: float = attribute(0.3, above=0, maximum=1, help="Distance of the squares, as a part of the side.")
    size: float = attribute(0.5, above=0, maximum=0.95, help="Side of a square, as a part of their distance.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Vignette(AugmentationStep):
    """Makes one side of each picture darker than the other, in its own direction."""

    formula: ClassVar[str] = "x · (1 + s (position along a direction))"
    when: ClassVar[str] = "Use it for pictures with shadows and for microscopes."
    caption: ClassVar[str] = "Uneven light"
    target: ClassVar[str] = "engine.data.augmentation.damage.vignette"
    synonyms: ClassVar[tuple[str, ...]] = (
        "shadow",
        "illumination",
        "gradient",
    )
    strength: float = attribute(0.3, minimum=0, maximum=1, help="Largest change at an edge, as a part of the light.")
