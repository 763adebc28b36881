"""An open data set: samples with names and splits, prepared columns for training, raw values and cards for showing."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.cards import card_of
from engine.data.checks import check_data
from engine.data.column import Column, Part
from engine.data.crossing import crossing
from engine.data.labelling import WITH_CLASSES, changed_by_hand, known_classes
from engine.data.left_out import LeftOutList, printable
from engine.data.naming import full_name
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.rows import NumberRows, Opened, Opening, Rows, StringRows, open_rows
from engine.data.rows.digests import mixed
from engine.data.samples import POOL, SPLITS, Samples
from engine.data.sources import read_source
from engine.data.splits import deal, kept_for_test
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Labelling, Role, SplitMethod
from engine.errors import DataError
from engine.protocol.messages.data import DataCheck, LeftOut, SampleCard, SplitCounts

Int64s = npt.NDArray[np.int64]

MEDIA = (FieldKind.IMAGE, FieldKind.TEXT, FieldKind.AUDIO)
"""Kinds by which alone a sample is known again; a row of a table is known by all of it."""


class Dataset:
    """The samples of a project that can be used, numbered from 0. Made by `open_dataset`.

    Everything prepared follows the data spec it was opened with. Safe to read from several threads.
    """

    def __init__(
        self,
        data: DataSpec,
        source: Samples,
        kept: Int64s,
        rows: dict[str, Rows],
        left_out: LeftOutList,
        read: "Read",
        splits: npt.NDArray[np.int8] | None = None,
    ) -> None:
        self.data = data
        self.samples = len(kept)
        self._source = source
        self._kept = kept
        self._rows = rows
        self._left_out = left_out
        self._read = read
        self._columns: dict[tuple[tuple[str, ...], str, bool], Column] = {}
        self.keys = self._group_keys()
        self.splits: npt.NDArray[np.int8] = self._dealt() if splits is None else splits
        """0 train, 1 val, 2 test, 3 pool (not labelled yet) for each sample."""
        self._checks: tuple[DataCheck, ...] | None = None

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What could not be used, by name and reason; the first thousand."""
        return tuple(self._left_out.items)

    @property
    def left_out_count(self) -> int:
        """How many could not be used."""
        return self._left_out.count

    @property
    def source(self) -> Samples:
        """What the reader gave, before any change by hand."""
        return self._read.source

    @property
    def excluded(self) -> int:
        """How many samples were left out by hand."""
        return self._read.excluded

    @property
    def notes(self) -> tuple[LeftOut, ...]:
        """What the reader of the files thinks worth telling, with where it is."""
        return tuple(self._source.notes.items)

    @property
    def checks(self) -> tuple[DataCheck, ...]:
        """What the quick checks found, worst first."""
        if self._checks is None:
            self._checks = tuple(check_data(self))
        return self._checks

    @property
    def fingerprint(self) -> str:
        """Changes when the files, the fields, their preparation, the split or changes by hand change."""
        digest = hashlib.blake2b(self._source.listing.encode(), digest_size=16)
        digest.update(msgspec.json.encode(self.data.fields))
        digest.update(msgspec.json.encode(self.data.split))
        if self.data.labelling or self.data.excluded:
            digest.update(msgspec.json.encode((self.data.labelling, self.data.excluded)))
        return digest.hexdigest()

    @property
    def counts(self) -> SplitCounts:
        """Samples in each split."""
        train, val, test = np.bincount(self.splits, minlength=4)[:3].tolist()
        return SplitCounts(train=train, val=val, test=test)

    def rows(self, field: str) -> Rows:
        """The open values of a field; for measuring, checking and showing."""
        return self._rows[self.field(field).name]

    def class_order(self, field: str) -> tuple[str, ...]:
        """The classes in their order: that of the project where it has one, else of the source itself, or ()."""
        found, column = self.data.field(field), self._read.source.columns.get(field)
        if found is None or found.kind not in WITH_CLASSES or not isinstance(column, Strings):
            return self._source.class_order.get(field, ())
        labelling = self.data.labelling_of(field)
        declared = self._source.class_order.get(field, ())
        if found.statistics.classes or labelling != Labelling(field=field):
            return known_classes(column, found, labelling, declared)
        return declared

    def field(self, name: str) -> Field:
        """The field of that name. Raises DataError if the data has none."""
        found = self.data.field(name)
        if found is None or name not in self._rows:
            raise DataError(
                f"The data has no field '{name[:80]}'.",
                where=name[:80],
                expected=", ".join(self._rows) or "a field",
                found=name[:80],
            )
        return found

    def split_numbers(self, split: str) -> Int64s:
        """Sample numbers of "train", "val", "test", "pool" or "all", rising."""
        if split == "all":
            return np.arange(self.samples, dtype=np.int64)
        if split == "pool":
            return np.flatnonzero(self.splits == POOL).astype(np.int64)
        if split not in SPLITS:
            raise DataError(f"There is no split '{split[:40]}'.", where=split[:40], expected="train, val, test or all")
        return np.flatnonzero(self.splits == SPLITS.index(split)).astype(np.int64)

    def split_indices(self, split: str) -> Tensor:
        """int64 tensor of the sample numbers of a split, rising."""
        return torch.from_numpy(self.split_numbers(split))

    def columns(self, fields: Sequence[str], split: str, *, raw: bool = False) -> Column:
        """The prepared values of these fields, side by side, for a split; the same object for the same question.

        `raw`: sound before the steps on tensors, for augmentation that acts on it.
        """
        key = (tuple(fields), split, raw)
        if key not in self._columns:
            if not fields:
                raise DataError("An Input names no field.", hint="Choose a field of the data in the inspector.")
            numbers = self.split_numbers(split)
            parts = [Part(Preparation(self.field(name)), self._rows[name], numbers, raw) for name in fields]
            self._columns[key] = Column(parts)
        return self._columns[key]

    def raw(self, index: int, field: str) -> Any:
        """The raw value of a sample: uint8 (H, W, C) as on disk, float (nan when missing), text, or float32 array.

        Raises DataError when the file has become unreadable since.
        """
        return self.rows(field).raw(index)

    def name(self, index: int) -> str:
        """The file, row or number by which a person finds the sample."""
        return printable(self._source.name(int(self._kept[index])))

    def full_name(self, index: int) -> str:
        """The name by which the data spec knows the sample: nothing of it is left out."""
        return full_name(self._source.name(int(self._kept[index])))

    def given_splits(self) -> npt.NDArray[np.int8] | None:
        """What the source says of each sample: TRAIN, VAL, TEST or NOT_SAID; None where it says nothing."""
        return None if self._source.given is None else self._source.given[self._kept]

    def labels(self, field: str) -> Tensor:
        """For each sample: class index int64 (-1 for none) of a category, or float32 of a number."""
        found = self.field(field)
        rows = self._rows[field]
        if isinstance(rows, StringRows):
            index = {name: number for number, name in enumerate(found.statistics.classes)}
            table = np.array([index.get(text, -1) for text in rows.strings.values], np.int64)
            return torch.from_numpy(table[rows.strings.codes])
        if not isinstance(rows, NumberRows) or rows.numbers.ndim != 1:
            raise DataError(f"The field '{field}' holds no labels.", where=field)
        return torch.from_numpy(rows.numbers)

    def card(self, index: int, size: int = 96) -> SampleCard:
        """A sample for the grid; what cannot be read says so in `problem`."""
        return card_of(self, index, size)

    def _dealt(self) -> npt.NDArray[np.int8]:
        """Splits of the samples that have their labels; the others are in the pool."""
        waiting = np.zeros(self.samples, bool)
        for field in self.data.targets():
            waiting |= self._rows[field.name].unlabelled(field)
        splits = np.full(self.samples, POOL, np.int8)
        ready = np.flatnonzero(~waiting)
        strata, given = self._strata(), self.given_splits()
        groups, times = self._split_values()
        splits[ready] = deal(
            self.data.split,
            self.keys[ready],
            None if strata is None else strata[ready],
            None if given is None else given[ready],
            groups=None if groups is None else groups[ready],
            times=None if times is None else times[ready],
            numbers=self._kept[ready],
        )
        return kept_for_test(splits, self.unseen(), self.keys)

    def unseen(self) -> npt.NDArray[np.bool_]:
        """Which samples have what training never sees. Raises DataError for a field that the data does not have."""
        unseen = self.data.split.unseen
        if not unseen.field or not unseen.values:
            return np.zeros(self.samples, bool)
        return self.having(unseen.field, unseen.values)

    def having(self, field: str, values: Collection[str]) -> npt.NDArray[np.bool_]:
        """Which samples have one of these values in a field of classes, text or numbers. Raises DataError."""
        rows = self._rows.get(field)
        if isinstance(rows, StringRows):
            wanted = np.array([text in values for text in rows.strings.values], bool)
            found: npt.NDArray[np.bool_] = wanted[rows.strings.codes]
            return found
        if isinstance(rows, NumberRows) and rows.numbers.ndim == 1:
            return np.isin(rows.numbers, [number for number in map(_number, values) if number is not None])
        raise DataError(
            f"'{field[:80]}' has no values to choose samples by."
            if rows is not None
            else f"The data has no field '{field[:80]}'.",
            where="split",
            expected="a field of classes, text or numbers",
            found=field[:80],
            hint="Choose another field.",
        )

    def _split_values(self) -> tuple[Int64s | None, npt.NDArray[np.float64] | None]:
        """What a split by group, and one by time, goes by. Raises DataError for a field that has no order."""
        split = self.data.split
        if split.method not in (SplitMethod.GROUPED, SplitMethod.TIME):
            return None, None
        rows = self._rows.get(split.field)
        if rows is None:
            raise DataError(
                f"The split goes by '{split.field[:80]}', which the data does not have."
                if split.field
                else "The split goes by a field, and none is chosen.",
                where="split",
                expected=", ".join(field.name for field in self.data.fields)[:200],
                found=split.field[:80],
                hint="Choose the field in Split, or another method.",
            )
        if split.method is SplitMethod.GROUPED:
            _, groups = np.unique(rows.keys(), return_inverse=True)
            return np.where(rows.missing(), -1, groups.ravel()), None
        moments = rows.moments()
        if moments is None:
            raise DataError(
                f"'{split.field[:80]}' says nothing of time.",
                where="split",
                expected="a field of dates, numbers or text",
                hint="Choose the field in Split, or another method.",
            )
        return None, moments

    def _strata(self) -> Int64s | None:
        """Classes of the first category target, for a stratified split."""
        for field in self.data.targets():
            strata = self._rows[field.name].strata() if field.kind is FieldKind.CATEGORY else None
            if strata is not None:
                return strata
        return None

    def _group_keys(self) -> Int64s:
        """Equal for samples that are exact duplicates: same picture, sound or text; same row of a table.

        What the split goes by is part of a row: two patients with equal values are not one.
        """
        inputs = [field for field in self.data.inputs() if field.name in self._rows]
        media = [field for field in inputs if field.kind in MEDIA]
        by = self.data.split.field if self.data.split.method in (SplitMethod.GROUPED, SplitMethod.TIME) else ""
        used = [
            field
            for field in self.data.fields
            if field.name in self._rows and (field.role is not Role.IGNORED or field.name == by)
        ]
        fields = media or used
        if not fields:
            return np.arange(self.samples, dtype=np.int64)
        state = np.zeros(self.samples, np.uint64)
        for field in fields:
            state = mixed(state ^ self._rows[field.name].keys().view(np.uint64))
        return state.view(np.int64)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of the files, before anything that was changed by hand; a data set can be built on it again."""

    source: Samples
    opened: dict[str, Opened]
    excluded: int = 0
    """Samples that were left out by hand."""


def open_dataset(
    project_dir: Path | None, data: DataSpec, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Dataset:
    """Read the source, decode pictures and sounds (once, into a cache), leave out what cannot be used, deal the splits.

    Raises DataError when nothing usable is left or the data does not hold a field, and Cancelled.
    """
    source = read_source(project_dir, data, progress=progress, cancelled=cancelled)
    return build_dataset(project_dir, data, source, progress=progress, cancelled=cancelled)


def reopened(
    dataset: Dataset,
    project_dir: Path | None,
    data: DataSpec,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Dataset | None:
    """A data set on what was read for another one: after labels, exclusions, roles or the split were changed.

    None when the files have to be read again for it.
    """
    read, before = dataset._read, dataset.data
    if data.sources != before.sources:
        return None
    ready: dict[str, Opened] = {}
    for field in used_fields(data):
        old = before.field(field.name)
        if old is None or (old.kind, old.options) != (field.kind, field.options):
            return None
        column = read.source.columns.get(field.name)
        if column is None:
            return None
        same = old.preparation == field.preparation and old.statistics.classes == field.statistics.classes
        if same and field.name in read.opened and not isinstance(column, Strings):
            ready[field.name] = read.opened[field.name]
    return build_dataset(project_dir, data, read.source, progress=progress, cancelled=cancelled, ready=ready)


def build_dataset(
    project_dir: Path | None,
    data: DataSpec,
    source: Samples,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
    ready: Mapping[str, Opened] | None = None,
) -> Dataset:
    """`open_dataset` for a source that has been read already, with the fields that are open already."""
    left_out = LeftOutList()
    left_out.extend(source.left_out)
    as_read = source
    source, kept = changed_by_hand(source, data, progress, cancelled)
    excluded = source.count - len(kept)
    opened: dict[str, Opened] = {}
    for field in used_fields(data):
        found = ready.get(field.name) if ready is not None else None
        if found is None:
            opening = Opening(
                field=field, source=source, project_dir=project_dir, progress=progress, cancelled=cancelled
            )
            found = open_rows(opening)
        opened[field.name] = found
        left_out.extend(found.left_out)
        if len(found.kept) < source.count:
            kept = np.intersect1d(kept, found.kept, assume_unique=True)
    for field in data.targets():
        found = opened[field.name]
        places = np.searchsorted(found.kept, kept)
        bad = found.rows.unusable_as_target(field)[places]
        for index, place in zip(kept[bad].tolist(), places[bad].tolist(), strict=True):
            text = found.rows.text(place)
            left_out.add(
                source.name(index),
                f"Its {field.name} '{text}' is not one of the project's classes."
                if text
                else f"It has no {field.name}.",
            )
        kept = kept[~bad]
    if len(kept) == 0:
        first = left_out.items[0] if left_out.items else LeftOut(where="", reason="The source is empty.")
        raise DataError("There is no usable sample in the data.", where=first.where, found=first.reason)
    rows: dict[str, Rows] = {}
    for name, found in opened.items():
        whole = len(found.kept) == len(kept)  # kept numbers are all among those of the field
        rows[name] = found.rows if whole else found.rows.select(np.searchsorted(found.kept, kept))
    dataset = Dataset(data, source, kept, rows, left_out, Read(as_read, opened, excluded))
    across = crossing(data, rows, dataset.splits)
    if not across.any():
        return dataset
    sentence = f"{int(across.sum()):,} windows are not used, since what they answer reaches into the next split."
    if all(note.reason != sentence for note in source.notes.items):
        source.notes.add("split", sentence)
    stay = np.flatnonzero(~across)
    rows = {name: values.select(stay) for name, values in rows.items()}
    return Dataset(data, source, kept[stay], rows, left_out, Read(as_read, opened), dataset.splits[stay])


def used_fields(data: DataSpec) -> list[Field]:
    """The fields that are opened: all that are not ignored, and those the split goes by."""
    by = (data.split.field, data.split.unseen.field)
    return [field for field in data.fields if field.role is not Role.IGNORED or field.name in by]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
