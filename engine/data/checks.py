"""What is worth knowing about the data before training, one plain sentence each."""

from typing import TYPE_CHECKING

import numpy as np

from engine.data.rows import NumberRows, PictureRows, StringRows
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role
from engine.protocol.messages import LeftOut

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

IMBALANCE = 4
FEW = 10


def check_data(dataset: "Dataset") -> list[LeftOut]:
    """Duplicates across splits, uneven or small classes, constant columns, missing values, mixed sizes of pictures."""
    found = _duplicates(dataset)
    for name, count in zip(
        ("train", "val", "test"), np.bincount(dataset.splits, minlength=3)[:3].tolist(), strict=True
    ):
        if count == 0:
            found.append(_note("split", f"There is no sample in the {name} split."))
    for field in dataset.data.fields:
        if field.role is Role.IGNORED:
            continue
        rows = dataset.rows(field.name)
        if isinstance(rows, PictureRows):
            found += _picture_sizes(rows, field)
        elif isinstance(rows, StringRows):
            found += _strings(dataset, field, rows.strings)
        elif isinstance(rows, NumberRows):
            values = rows.numbers
            missing = int(np.isnan(values).sum())
            if missing:
                found.append(_note(field.name, f"{missing:,} of {values.size:,} values of {field.name} are missing."))
            there = values[np.isfinite(values)]
            if len(there) and there.min() == there.max():
                found.append(
                    _note(field.name, f"{field.name} has the same value in every sample, so it teaches nothing.")
                )
    return found


def _note(where: str, reason: str) -> LeftOut:
    return LeftOut(where=where, reason=reason)


def _duplicates(dataset: "Dataset") -> list[LeftOut]:
    """Equal samples: in several splits (a leak) or with different answers."""
    _, group = np.unique(dataset.keys, return_inverse=True)
    found: list[LeftOut] = []
    count = int(group.max()) + 1 if len(group) else 0
    low, high = np.full(count, 9, np.int8), np.full(count, -1, np.int8)
    np.minimum.at(low, group, dataset.splits)
    np.maximum.at(high, group, dataset.splits)
    across = low < high
    if across.any():
        total = int(across.sum())
        example = int(np.flatnonzero(across[group])[0])
        found.append(
            _note(
                dataset.name(example),
                f"{total:,} {'sample is' if total == 1 else 'samples are'} in more than one split (for example "
                f"{dataset.name(example)}), so the score would be too good.",
            )
        )
    for field in dataset.data.targets():
        rows = dataset.rows(field.name)
        if not isinstance(rows, StringRows) or not _media(dataset):
            continue
        values = rows.strings
        first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
        np.minimum.at(first, group, values.codes)
        np.maximum.at(last, group, values.codes)
        torn = first < last
        if torn.any():
            total = int(torn.sum())
            example = int(np.flatnonzero(torn[group])[0])
            found.append(
                _note(
                    dataset.name(example),
                    f"{total:,} {'sample appears' if total == 1 else 'samples appear'} "
                    f"with more than one {field.name}.",
                )
            )
    return found


def _media(dataset: "Dataset") -> bool:
    return any(field.kind in (FieldKind.IMAGE, FieldKind.TEXT) for field in dataset.data.inputs())


def _strings(dataset: "Dataset", field: Field, values: Strings) -> list[LeftOut]:
    found: list[LeftOut] = []
    counts = dict(zip(values.values, values.counts().tolist(), strict=True))
    missing = counts.pop("", 0)
    counts = {name: count for name, count in counts.items() if count}
    if missing:
        found.append(_note(field.name, f"{missing:,} of {len(values):,} values of {field.name} are missing."))
    if field.role is not Role.TARGET:
        if len(counts) == 1 and not missing:
            found.append(_note(field.name, f"{field.name} has the same value in every sample, so it teaches nothing."))
        return found
    if field.kind is not FieldKind.CATEGORY or not counts:
        return found
    if len(counts) == 1:
        found.append(
            _note(field.name, f"There is only one class, {next(iter(counts))}; a network needs two to tell apart.")
        )
        return found
    least, most = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
    if counts[most] > IMBALANCE * counts[least]:
        found.append(
            _note(
                field.name,
                f"The classes are uneven: {counts[most]:,} of {most}, {counts[least]:,} of {least}. "
                "Class weights or more samples help.",
            )
        )
    few = sorted(name for name, count in counts.items() if count < FEW)
    if few:
        names = ", ".join(few[:5]) + (" and others" if len(few) > 5 else "")
        found.append(_note(field.name, f"There are fewer than {FEW} samples of {names}: too few to learn from."))
    return found


def _picture_sizes(rows: PictureRows, field: Field) -> list[LeftOut]:
    found: list[LeftOut] = []
    sizes = np.unique(rows.sizes[:, :2], axis=0)
    if len(sizes) > 1:
        small, large = sizes.min(axis=0), sizes.max(axis=0)
        found.append(
            _note(
                field.name,
                f"The pictures have {len(sizes):,} sizes, from {small[1]} × {small[0]} "
                f"to {large[1]} × {large[0]} pixels; they are resized.",
            )
        )
    colours = np.unique(rows.sizes[:, 2] > 2)
    if len(colours) > 1:
        grey = int((rows.sizes[:, 2] <= 2).sum())
        found.append(_note(field.name, f"{grey:,} of the pictures are grey, the others in colour."))
    return found
