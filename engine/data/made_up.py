"""Random samples for a network whose data are not there: enough to hold one way of computing it to another."""

import numpy as np

from engine.data.dataset import Dataset, build_dataset
from engine.data.samples import Column, PictureArray, Samples
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind

SAMPLES = 64
TRIED = "tried"
"""The option of a field that holds sizes its network is known to take, where they are free."""
_FREE = 64


def made_up(data: DataSpec, *, count: int = SAMPLES, seed: int = 0) -> Dataset:
    """Random values of the kind and size of each field, dealt into splits like any data; equal for an equal seed."""
    chance = np.random.default_rng(seed)
    columns = {field.name: _column(field, count, chance) for field in data.fields}
    samples = Samples(count=count, columns=columns, name=lambda index: f"random {index + 1}", listing="random")
    return build_dataset(None, data, samples)


def _column(field: Field, count: int, chance: np.random.Generator) -> Column:
    tried: object = field.options.get(TRIED)
    known = tried if isinstance(tried, list) and len(tried) == len(field.statistics.shape) else []
    sizes = [
        size if size is not None else int(known[axis]) if known else _FREE
        for axis, size in enumerate(field.statistics.shape)
    ]
    match field.kind:
        case FieldKind.IMAGE:
            height, width = (sizes[:2] if len(sizes) == 3 else _wanted(field)) or (_FREE, _FREE)
            return PictureArray(chance.integers(0, 256, (count, height, width, 3), dtype=np.uint8))
        case FieldKind.CATEGORY | FieldKind.LABELS | FieldKind.TEXT:
            words = field.statistics.classes or field.statistics.vocabulary or ("a", "b")
            return Strings.of([str(words[int(place)]) for place in chance.integers(0, len(words), count)])
        case FieldKind.NUMBER | FieldKind.DATE:
            return chance.standard_normal(count).astype(np.float32)
    whole = next((step for step in field.preparation if step.type == "WholeNumbers"), None)
    if whole is not None:
        top = whole.attributes.get("count")
        return chance.integers(0, top if isinstance(top, int) else 2, (count, *sizes)).astype(np.float32)
    return chance.random((count, *sizes), dtype=np.float32)


def _wanted(field: Field) -> tuple[int, int] | None:
    """Height and width that the preparation brings a picture to."""
    for step in field.preparation:
        height, width = step.attributes.get("height"), step.attributes.get("width")
        if isinstance(height, int) and isinstance(width, int):
            return height, width
    return None
