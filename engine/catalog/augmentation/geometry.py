"""Augmentation of pictures that moves things: a mask follows its picture."""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.entry import attribute


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RandomFlip(AugmentationStep):
    """Mirrors some of the pictures.

    Leave it out where left and right matter, as for digits and letters.
    """

    formula: ClassVar[str] = "x[i, w − j] with chance ½"
    when: ClassVar[str] = "Use it for photos; not for digits and letters, which mean something else mirrored."
    caption: ClassVar[str] = "Flip"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.flip"
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
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.shift"
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
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.rotate"
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
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.crop"
    synonyms: ClassVar[tuple[str, ...]] = ("zoom", "scale", "random resized crop")
    smallest: float = attribute(0.8, minimum=0.05, maximum=1, help="Side of the smallest part, 1 for the whole.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class QuarterTurn(AugmentationStep):
    """Turns each picture by 0, 90, 180 or 270 degrees.

    A picture that is not square is turned by 0 or 180 degrees, since its size must stay.
    """

    formula: ClassVar[str] = "x turned by k · 90°,  k at random"
    when: ClassVar[str] = "Use it for pictures without an upside: cells, satellite pictures, textures."
    caption: ClassVar[str] = "Quarter turns"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.quarter_turn"
    synonyms: ClassVar[tuple[str, ...]] = (
        "rot90",
        "turn",
        "rotation",
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Shear(AugmentationStep):
    """Slants pictures a little, each by its own amount.

    Bilinear; the border is repeated where nothing is left.
    """

    formula: ClassVar[str] = "x[i, j + a i]"
    when: ClassVar[str] = "Use it for handwriting and for things seen from the side."
    caption: ClassVar[str] = "Shear"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.shear"
    synonyms: ClassVar[tuple[str, ...]] = (
        "slant",
        "skew",
        "affine",
    )
    degrees: float = attribute(10.0, minimum=0, maximum=60, help="Largest slant to either side, in degrees.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RandomZoom(AugmentationStep):
    """Makes pictures larger or smaller about their middle, each by its own amount.

    Bilinear; the border is repeated where nothing is left.
    """

    formula: ClassVar[str] = "x[i / z, j / z],  z around 1"
    when: ClassVar[str] = "Use it when things come near or far."
    caption: ClassVar[str] = "Zoom"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.zoom"
    synonyms: ClassVar[tuple[str, ...]] = (
        "scale",
        "size",
        "affine",
    )
    strength: float = attribute(0.15, minimum=0, maximum=0.9, help="Largest change of size, as a part of it.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stretch(AugmentationStep):
    """Makes pictures wider or narrower, each by its own amount.

    Bilinear; the border is repeated where nothing is left.
    """

    formula: ClassVar[str] = "x[i, j / z],  z around 1"
    when: ClassVar[str] = "Use it when proportions do not matter."
    caption: ClassVar[str] = "Stretch"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.stretch"
    synonyms: ClassVar[tuple[str, ...]] = (
        "aspect ratio",
        "squeeze",
        "affine",
    )
    strength: float = attribute(0.15, minimum=0, maximum=0.9, help="Largest change of the width, as a part of it.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Perspective(AugmentationStep):
    """Shows pictures as if seen a little from the side.

    Each corner moves by its own amount; bilinear, the border is repeated.
    """

    formula: ClassVar[str] = "x seen through a projection at random"
    when: ClassVar[str] = "Use it for signs, pages and things photographed from everywhere."
    caption: ClassVar[str] = "Perspective"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.perspective"
    synonyms: ClassVar[tuple[str, ...]] = (
        "homography",
        "viewpoint",
        "tilt",
    )
    strength: float = attribute(0.15, minimum=0, maximum=0.9, help="Largest move of a corner, 1 is half a side.")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ElasticDistortion(AugmentationStep):
    """Bends pictures like rubber, each in its own way.

    A coarse net of random moves is spread smoothly over the picture. Source: Simard et al. 2003.
    """

    formula: ClassVar[str] = "x[i + u(i, j), j + v(i, j)],  u and v smooth"
    when: ClassVar[str] = "Use it for handwriting and for tissue under a microscope."
    caption: ClassVar[str] = "Elastic distortion"
    moves: ClassVar[bool] = True
    target: ClassVar[str] = "engine.data.augmentation.geometry.elastic"
    synonyms: ClassVar[tuple[str, ...]] = (
        "warp",
        "deform",
        "rubber",
    )
    strength: float = attribute(0.06, minimum=0, maximum=0.5, help="Largest move, as a part of the side.")
    points: int = attribute(4, minimum=2, maximum=16, help="Points of the net along a side; more make finer bends.")
