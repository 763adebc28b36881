"""An open data set: samples with names and splits, prepared columns for training, raw values and cards for showing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.cache import cache_key, cached_pictures
from engine.data.cards import card_of
from engine.data.checks import check_data
from engine.data.column import Column, Part
from engine.data.left_out import LeftOutList, printable
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.samples import SPLITS, PictureArray, Samples
from engine.data.sources import read_source
from engine.data.splits import deal
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Role
from engine.errors import DataError
from engine.protocol.messages import LeftOut, SampleCard, SplitCounts

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PictureRows:
    """Pictures after the steps on grey levels: `pixels[rows[i]]` is sample i; `sizes` as they are on disk."""

    pixels: npt.NDArray[np.uint8]
    rows: Int64s
    sizes: npt.NDArray[np.int32]
    digests: npt.NDArray[np.uint8]


Values = PictureRows | Strings | npt.NDArray[np.float32]


class Dataset:
    """The samples of a project that can be used, numbered from 0. Made by `open_dataset`.

    Everything prepared follows the data spec it was opened with. Safe to read from several threads.
    """

    def __init__(
        self,
        data: DataSpec,
        source: Samples,
        kept: Int64s,
        values: dict[str, Values],
        left_out: LeftOutList,
    ) -> None:
        self.data = data
        self.samples = len(kept)
        self._source = source
        self._kept = kept
        self._values = values
        self._left_out = left_out
        self._columns: dict[tuple[tuple[str, ...], str], Column] = {}
        self.keys = self._group_keys()
        given = None if source.given is None else source.given[kept]
        self.splits: npt.NDArray[np.int8] = deal(data.split, self.keys, self._strata(), given)
        """0 train, 1 val, 2 test for each sample."""
        self._checks: tuple[LeftOut, ...] | None = None

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What could not be used, by name and reason; the first thousand."""
        return tuple(self._left_out.items)

    @property
    def left_out_count(self) -> int:
        """How many could not be used."""
        return self._left_out.count

    @property
    def checks(self) -> tuple[LeftOut, ...]:
        """What is worth knowing before training: one sentence each, with the field it concerns."""
        if self._checks is None:
            self._checks = (*self._source.notes.items, *check_data(self))
        return self._checks

    @property
    def fingerprint(self) -> str:
        """Changes when the files, the fields, their preparation or the split change."""
        digest = hashlib.blake2b(self._source.listing.encode(), digest_size=16)
        digest.update(msgspec.json.encode(self.data.fields))
        digest.update(msgspec.json.encode(self.data.split))
        return digest.hexdigest()

    @property
    def counts(self) -> SplitCounts:
        """Samples in each split."""
        train, val, test = np.bincount(self.splits, minlength=3)[:3].tolist()
        return SplitCounts(train=train, val=val, test=test)

    def values(self, field: str) -> Values:
        """The raw column of a field; for measuring and checking."""
        return self._values[self.field(field).name]

    def class_order(self, field: str) -> tuple[str, ...]:
        """The order of classes that the source itself gives, or ()."""
        return self._source.class_order.get(field, ())

    def field(self, name: str) -> Field:
        """The field of that name. Raises DataError if the data has none."""
        found = self.data.field(name)
        if found is None or name not in self._values:
            raise DataError(
                f"The data has no field '{name[:80]}'.",
                where=name[:80],
                expected=", ".join(self._values) or "a field",
                found=name[:80],
            )
        return found

    def split_numbers(self, split: str) -> Int64s:
        """Sample numbers of "train", "val", "test" or "all", rising."""
        if split == "all":
            return np.arange(self.samples, dtype=np.int64)
        if split not in SPLITS:
            raise DataError(f"There is no split '{split[:40]}'.", where=split[:40], expected="train, val, test or all")
        return np.flatnonzero(self.splits == SPLITS.index(split)).astype(np.int64)

    def split_indices(self, split: str) -> Tensor:
        """int64 tensor of the sample numbers of a split, rising."""
        return torch.from_numpy(self.split_numbers(split))

    def columns(self, fields: Sequence[str], split: str) -> Column:
        """The prepared values of these fields, side by side, for a split; the same object for the same question."""
        key = (tuple(fields), split)
        if key not in self._columns:
            if not fields:
                raise DataError("An Input names no field.", hint="Choose a field of the data in the inspector.")
            numbers = self.split_numbers(split)
            self._columns[key] = Column([self._part(self.field(name), numbers) for name in fields])
        return self._columns[key]

    def _part(self, field: Field, numbers: Int64s) -> Part:
        values = self._values[field.name]
        preparation = Preparation(field)
        if isinstance(values, PictureRows):
            return Part(preparation, values.pixels, values.rows[numbers])
        return Part(preparation, values, numbers)

    def raw(self, index: int, field: str) -> Any:
        """The raw value of a sample: uint8 (H, W, C) as on disk, float (nan when missing), text, or float32 array.

        Raises DataError when the file has become unreadable since.
        """
        values = self._values[self.field(field).name]
        if isinstance(values, PictureRows):
            column = cast(Any, self._source.columns[field])
            number = int(self._kept[index])
            return column.array[number] if isinstance(column, PictureArray) else column.read(number)
        if isinstance(values, Strings):
            return values[index]
        return float(values[index]) if values.ndim == 1 else values[index]

    def name(self, index: int) -> str:
        """The file, row or number by which a person finds the sample."""
        return printable(self._source.name(int(self._kept[index])))

    def labels(self, field: str) -> Tensor:
        """For each sample: class index int64 (-1 for none) of a category, or float32 of a number."""
        found = self.field(field)
        values = self._values[field]
        if isinstance(values, Strings):
            index = {name: number for number, name in enumerate(found.statistics.classes)}
            table = np.array([index.get(text, -1) for text in values.values], np.int64)
            return torch.from_numpy(table[values.codes])
        if isinstance(values, PictureRows) or values.ndim != 1:
            raise DataError(f"The field '{field}' holds no labels.", where=field)
        return torch.from_numpy(values)

    def card(self, index: int, size: int = 96) -> SampleCard:
        """A sample for the grid; what cannot be read says so in `problem`."""
        return card_of(self, index, size)

    def _strata(self) -> Int64s | None:
        """Classes of the first category target, for a stratified split."""
        for field in self.data.targets():
            values = self._values.get(field.name)
            if isinstance(values, Strings):
                return values.codes
        return None

    def _group_keys(self) -> Int64s:
        """Equal for samples that are exact duplicates: same picture or text; same row of a table."""
        inputs = [field for field in self.data.inputs() if field.name in self._values]
        media = [field for field in inputs if field.kind in (FieldKind.IMAGE, FieldKind.TEXT)]
        fields = media or [field for field in self.data.fields if field.name in self._values]
        if not fields:
            return np.arange(self.samples, dtype=np.int64)
        state = np.zeros(self.samples, np.uint64)
        for field in fields:
            state = _mixed(state ^ _keys(self._values[field.name]).view(np.uint64))
        return state.view(np.int64)


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread every bit over all others (the finalizer of MurmurHash3), so that keys of columns can be combined."""
    x = (x + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xFF51AFD7ED558CCD)
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


def _keys(values: Values) -> Int64s:
    """int64 (N,) that is equal for equal values."""
    if isinstance(values, PictureRows):
        return np.ascontiguousarray(values.digests[:, :8]).view(np.int64).ravel()
    if isinstance(values, Strings):
        return values.codes
    if values.ndim == 1:
        clean = np.where(np.isnan(values), np.float32(np.nan), values)
        return clean.view(np.int32).astype(np.int64)
    return np.ascontiguousarray(_digests(values)[:, :8]).view(np.int64).ravel()


def _digests(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """16 bytes for each row that are equal for equal content."""
    rows = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    joined = b"".join(hashlib.blake2b(row.data, digest_size=16).digest() for row in rows)
    return np.frombuffer(joined, np.uint8).reshape(len(array), 16)


def open_dataset(
    project_dir: Path | None, data: DataSpec, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Dataset:
    """Read the source, decode pictures (once, into a cache), leave out what cannot be used and deal the splits.

    Raises DataError when nothing usable is left or the data does not hold a field, and Cancelled.
    """
    source = read_source(project_dir, data, progress=progress, cancelled=cancelled)
    return build_dataset(project_dir, data, source, progress=progress, cancelled=cancelled)


def build_dataset(
    project_dir: Path | None,
    data: DataSpec,
    source: Samples,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Dataset:
    """`open_dataset` for a source that has been read already."""
    left_out = LeftOutList()
    left_out.extend(source.left_out)
    fields = [field for field in data.fields if field.role is not Role.IGNORED]
    for field in fields:
        _check_field(field, source)
    kept = np.arange(source.count, dtype=np.int64)
    ready: dict[str, PictureRows] = {}
    for field in fields:
        if field.kind is FieldKind.IMAGE:
            rows, of_source, problems = _prepared_pictures(project_dir, field, source, progress, cancelled)
            left_out.extend(problems)
            ready[field.name] = rows
            kept = np.intersect1d(kept, of_source, assume_unique=True)
            ready[field.name] = PictureRows(
                rows.pixels, _spread(rows.rows, of_source, source.count), rows.sizes, rows.digests
            )
    kept = _with_target(fields, source, kept, left_out)
    if len(kept) == 0:
        first = left_out.items[0] if left_out.items else LeftOut(where="", reason="The source is empty.")
        raise DataError("There is no usable sample in the data.", where=first.where, found=first.reason)
    values: dict[str, Values] = {}
    for field in fields:
        column = source.columns[field.name]
        if field.kind is FieldKind.IMAGE:
            rows = ready[field.name]
            position = rows.rows[kept]
            pixel_rows, row_numbers = position[:, 0], position[:, 1]
            values[field.name] = PictureRows(
                rows.pixels, pixel_rows, rows.sizes[row_numbers], rows.digests[row_numbers]
            )
        elif isinstance(column, Strings):
            values[field.name] = column if len(kept) == source.count else column.take(kept)
        else:
            numbers = cast("npt.NDArray[np.float32]", column)
            values[field.name] = numbers if len(kept) == source.count else numbers[kept]
    return Dataset(data, source, kept, values, left_out)


def _check_field(field: Field, source: Samples) -> None:
    """The source must hold the field, as the kind it is said to be."""
    column = source.columns.get(field.name)
    if column is None:
        raise DataError(
            f"The data has no {'column' if field.kind is not FieldKind.IMAGE else 'field'} '{field.name}'.",
            where=field.name,
            expected=", ".join(list(source.columns)[:12]),
            found=field.name,
            hint="Was the file changed? Import it again, or set the field to ignored.",
        )
    if isinstance(column, Strings):
        fits = field.kind in (FieldKind.CATEGORY, FieldKind.TEXT)
    elif isinstance(column, np.ndarray):
        fits = field.kind is (FieldKind.NUMBER if column.ndim == 1 else FieldKind.ARRAY)
    else:
        fits = field.kind is FieldKind.IMAGE
    if not fits:
        raise DataError(
            f"The field '{field.name}' cannot be read as {field.kind.value}.",
            where=field.name,
            hint="Import the data again.",
        )


def _prepared_pictures(
    project_dir: Path | None, field: Field, source: Samples, progress: Progress, cancelled: IsCancelled
) -> tuple[PictureRows, Int64s, LeftOutList]:
    """A picture field after its steps on grey levels, the source numbers of its rows, and what was left out."""
    column = source.columns[field.name]
    preparation = Preparation(field)
    if isinstance(column, PictureArray):
        pixels = preparation.bytes_of(column.array)
        count = len(column.array)
        every = np.arange(count, dtype=np.int64)
        sizes = np.broadcast_to(np.array(column.array.shape[1:], np.int32), (count, 3))
        return PictureRows(pixels, every, sizes, _digests(column.array)), every, LeftOutList()
    key = cache_key(source.listing, field.name, preparation)
    found = cached_pictures(cast(Any, column), preparation, key, project_dir, progress=progress, cancelled=cancelled)
    return PictureRows(found.pixels, found.rows, found.sizes, found.digests), found.kept, found.left_out


def _spread(rows: Int64s, of_source: Int64s, count: int) -> Int64s:
    """(count, 2): for each source number the row of the pixels and the row of sizes and digests, -1 where left out."""
    table = np.full((count, 2), -1, np.int64)
    table[of_source, 0] = rows
    table[of_source, 1] = np.arange(len(rows))
    return table


def _with_target(fields: list[Field], source: Samples, kept: Int64s, left_out: LeftOutList) -> Int64s:
    """Leave out samples whose target is missing or of a class the project does not know, each by name."""
    for field in fields:
        if field.role is not Role.TARGET:
            continue
        column = source.columns[field.name]
        if isinstance(column, Strings):
            known = set(field.statistics.classes)
            good = np.array([bool(text) and (not known or text in known) for text in column.values], bool)
            bad = ~good[column.codes]
        elif isinstance(column, np.ndarray):
            bad = np.logical_not(np.isfinite(column).reshape(len(column), -1).all(axis=1))
        else:
            continue
        for index in kept[bad[kept]].tolist():
            text = column[index] if isinstance(column, Strings) else ""
            left_out.add(
                source.name(index),
                f"Its {field.name} '{text[:60]}' is not one of the project's classes."
                if text
                else f"It has no {field.name}.",
            )
        kept = kept[~bad[kept]]
    return kept
