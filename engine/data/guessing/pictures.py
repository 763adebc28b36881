"""Fields of pictures: size and colours for the network, and augmentation that suits them."""

import random
import statistics as numeric

import numpy as np

from engine.data.samples import PictureArray, Pictures, Samples
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Step
from engine.errors import DataError

LABEL = "label"


def picture_field(name: str, column: PictureArray | Pictures, samples: Samples) -> Field:
    """Size and colours from a look at some of the pictures; augmentation that suits them."""
    if isinstance(column, PictureArray):
        height, width, channels = column.array.shape[1:]
        gray = channels <= 2
        fit: tuple[int, int] = (int(height), int(width))
    else:
        sizes, gray = look(column)
        height = round(numeric.median(size[0] for size in sizes))
        width = round(numeric.median(size[1] for size in sizes))
        alike = len(set(sizes)) == 1
        fit = _fitting_size(height, width, len(column), alike)
    steps = (
        Step(type="Channels", attributes={"mode": "gray" if gray else "rgb"}),
        Step(type="Resize", attributes={"height": fit[0], "width": fit[1]}),
        Step(type="Scale"),
        Step(type="Normalize"),
    )
    labels = samples.columns.get(LABEL)
    words = isinstance(labels, Strings) and numeric.fmean(map(len, labels.values)) > 2
    # Digits and letters must not be mirrored. Stronger changes are left to the user, since the few epochs
    # of a first run are too short for them to pay.
    change = Step(type="RandomFlip") if words else Step(type="RandomShift", attributes={"fraction": 0.05})
    augmentation = (change,)
    return Field(name=name, kind=FieldKind.IMAGE, preparation=steps, augmentation=augmentation)


def look(pictures: Pictures) -> tuple[list[tuple[int, int]], bool]:
    """Sizes (height, width) of up to 120 pictures, and whether all are grey. Those that cannot be read do not count."""
    chosen = random.Random(7).sample(range(len(pictures)), min(120, len(pictures)))
    sizes: list[tuple[int, int]] = []
    gray = True
    problem: DataError | None = None
    for index in chosen if len(pictures) > 120 else range(len(pictures)):
        try:
            picture = pictures.read(index)
        except DataError as error:
            problem = error
            continue
        sizes.append((picture.shape[0], picture.shape[1]))
        if picture.shape[2] > 2 and gray:
            thin = picture[::4, ::4, :3].astype(np.int16)
            gray = (
                int(np.abs(thin[..., 0] - thin[..., 1]).max()) <= 2
                and int(np.abs(thin[..., 1] - thin[..., 2]).max()) <= 2
            )
    if not sizes:
        raise DataError(
            "None of the pictures can be read.",
            where=problem.where if problem else "",
            found=problem.message if problem else "",
            hint="Look at the files: are they complete, and are they pictures?",
        )
    return sizes, gray


def _fitting_size(height: int, width: int, count: int, alike: bool) -> tuple[int, int]:
    """Height and width for the network: near the usual picture, small enough that two cores train in minutes."""
    cap = 64 if count <= 15000 else 48 if count <= 40000 else 32
    longest = max(height, width)
    if alike and longest <= cap:
        return height, width
    scale = min(1.0, cap / longest)
    ratio = height / width
    if 0.8 <= ratio <= 1.25:
        side = max(8, round(longest * scale / 8) * 8)
        return side, side
    ratio = min(2.0, max(0.5, ratio))
    long, short = longest * scale, longest * scale * min(ratio, 1 / ratio)
    sides = max(8, round(long / 8) * 8), max(8, round(short / 8) * 8)
    return sides if ratio > 1 else (sides[1], sides[0])
