"""The augmentation steps: random changes to samples of the train split, which teach what does not matter."""

from engine.catalog.augmentation.colours import (
    AutoContrast,
    Brightness,
    ChannelGain,
    Contrast,
    Equalize,
    Gamma,
    Greyscale,
    Hue,
    Invert,
    Posterize,
    Saturation,
    Solarize,
)
from engine.catalog.augmentation.damage import (
    Erase,
    GaussianBlur,
    GaussianNoise,
    HideGrid,
    Pixelate,
    SaltAndPepper,
    Sharpness,
    Vignette,
)
from engine.catalog.augmentation.geometry import (
    ElasticDistortion,
    Perspective,
    QuarterTurn,
    RandomCrop,
    RandomFlip,
    RandomRotate,
    RandomShift,
    RandomZoom,
    Shear,
    Stretch,
)
from engine.catalog.augmentation.series import OF_SERIES
from engine.catalog.augmentation.sound import OF_SOUND
from engine.catalog.augmentation.step import AugmentationStep
from engine.catalog.augmentation.text import OF_TEXT

__all__ = ["AUGMENTATIONS", "AugmentationStep", "augmentation_type"]

_PICTURES: tuple[type[AugmentationStep], ...] = (
    RandomFlip,
    QuarterTurn,
    RandomShift,
    RandomRotate,
    RandomCrop,
    RandomZoom,
    Stretch,
    Shear,
    Perspective,
    ElasticDistortion,
    Brightness,
    Contrast,
    Gamma,
    Saturation,
    Hue,
    ChannelGain,
    Greyscale,
    AutoContrast,
    Equalize,
    Invert,
    Posterize,
    Solarize,
    Erase,
    HideGrid,
    GaussianBlur,
    Sharpness,
    GaussianNoise,
    SaltAndPepper,
    Pixelate,
    Vignette,
)

AUGMENTATIONS: tuple[type[AugmentationStep], ...] = (*_PICTURES, *OF_SOUND, *OF_SERIES, *OF_TEXT)
"""Every augmentation step, in the order of the menu."""

_BY_NAME = {step.type_name(): step for step in AUGMENTATIONS}


def augmentation_type(name: str) -> type[AugmentationStep] | None:
    """The step of that name."""
    return _BY_NAME.get(name)
