"""Which samples fit what is asked (text, split, values, ranges), in the order asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from engine.data.progress import IsCancelled, never
from engine.data.rows import NumberRows, PictureRows, Rows, StringRows
from engine.document.data_spec import Field, FieldKind, Role
from engine.document.graph import natural
from engine.errors import Cancelled, DataError
from engine.protocol.messages.data import FieldValue, ValueRange

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SPLITS: Final = ("train", "val", "test", "pool")
LOOK_UP: Final = 50_000
"""After how many names it is asked whether to stop."""


def find_samples(
    dataset: "Dataset",
    *,
    text: str = "",
    split: str = "",
    ranges: Sequence[ValueRange] = (),
    values: Sequence[FieldValue] = (),
    sort: str = "",
    descending: bool = False,
    cancelled: IsCancelled = never,
) -> Int64s:
    """Numbers of the samples. Raises DataError for a field or measure that there is not, and Cancelled.

    A sample that has no value in the field sorted by comes last, either way; equal ones stay in the order of the data.
    """
    fits = np.ones(dataset.samples, bool)
    if split:
        if split not in SPLITS:
            raise DataError(f"There is no split '{split[:40]}'.", where=split[:40], expected=", ".join(SPLITS))
        fits &= dataset.splits == SPLITS.index(split)
    for wanted in ranges:
        measure = measured(dataset, wanted.field, wanted.of)
        with np.errstate(invalid="ignore"):
            fits &= (measure >= wanted.low) & (measure <= wanted.high)
    for value in values:
        fits &= _holds(dataset, value)
    needle = text.strip().casefold()
    if needle:
        fits &= _mentions(dataset, needle, fits, cancelled)
    found = np.flatnonzero(fits).astype(np.int64)
    return _sorted(dataset, found, sort, descending, cancelled) if sort else found


def measured(dataset: "Dataset", name: str, of: str = "value") -> npt.NDArray[np.float64]:
    """(N,) what a histogram of the field counts; NaN where there is nothing to measure. Raises DataError."""
    field = dataset.field(name)
    rows = dataset.rows(name)
    if isinstance(rows, PictureRows):
        axis = {"height": 0, "width": 1, "channels": 2}.get(of)
        if axis is not None:
            return rows.sizes[:, axis].astype(np.float64)
        if of in ("value", "pixels", "size"):
            return rows.sizes[:, 0].astype(np.float64) * rows.sizes[:, 1]
    elif isinstance(rows, StringRows):
        return _measured_strings(field, rows, of)
    numbers = getattr(rows, "numbers", None)
    if isinstance(numbers, np.ndarray) and numbers.ndim == 1:
        return numbers.astype(np.float64)
    if isinstance(numbers, np.ndarray):
        return np.full(len(numbers), float(numbers.shape[1]))
    measures = getattr(rows, "seconds", None)
    if measures is not None:
        return np.asarray(measures() if callable(measures) else measures, np.float64)
    raise DataError(f"{name} cannot be measured by its {of}.", where=name, found=field.kind.value)


def _measured_strings(field: Field, rows: StringRows, of: str) -> npt.NDArray[np.float64]:
    texts = rows.strings.values
    if of == "labels":
        separator = str(field.options.get("separator", ";")) or ";"
        table = [float(len([part for part in text.split(separator) if part.strip()])) for text in texts]
    elif of == "words":
        table = [float(len(text.split())) for text in texts]
    else:
        table = [float(len(text)) for text in texts]
    return np.array(table, np.float64)[rows.strings.codes]


def _holds(dataset: "Dataset", wanted: FieldValue) -> Bools:
    field, rows = dataset.field(wanted.field), dataset.rows(wanted.field)
    if isinstance(rows, StringRows):
        separator = str(field.options.get("separator", ";")) or ";"

        def fits(text: str) -> bool:
            if field.kind is FieldKind.LABELS and wanted.value:
                return wanted.value in (part.strip() for part in text.split(separator))
            return text == wanted.value

        return np.array([fits(text) for text in rows.strings.values], bool)[rows.strings.codes]
    numbers = measured(dataset, wanted.field)
    if not wanted.value:
        return np.isnan(numbers)
    try:
        return np.asarray(numbers.astype(np.float32) == np.float32(wanted.value), bool)
    except ValueError:
        raise DataError(f"'{wanted.value[:40]}' is not a number.", where=wanted.field) from None


def _mentions(dataset: "Dataset", needle: str, among: Bools, cancelled: IsCancelled) -> Bools:
    """Whose name, class or text holds the words."""
    found = np.zeros(dataset.samples, bool)
    for field in dataset.data.fields:
        if field.role is Role.IGNORED:
            continue
        rows = dataset.rows(field.name)
        if isinstance(rows, StringRows):
            table = np.array([needle in text.casefold() for text in rows.strings.values], bool)
            if len(table):
                found |= table[rows.strings.codes]
    for count, index in enumerate(np.flatnonzero(among & ~found).tolist()):
        if count % LOOK_UP == 0 and cancelled():
            raise Cancelled
        if needle in dataset.name(index).casefold():
            found[index] = True
    return found


def _sorted(dataset: "Dataset", found: Int64s, sort: str, descending: bool, cancelled: IsCancelled) -> Int64s:
    known = dataset.data.field(sort) is not None
    if sort == "name" and not known:
        names = []
        for count, index in enumerate(found.tolist()):
            if count % LOOK_UP == 0 and cancelled():
                raise Cancelled
            names.append((natural(dataset.name(index).casefold()), index))
        names.sort(key=lambda item: item[0], reverse=descending)
        return np.array([index for _, index in names], np.int64)
    if sort == "size" and not known:
        sized = _sized(dataset)
        keys = measured(dataset, sized.name, "size") if sized is not None else np.zeros(dataset.samples)
    else:
        keys = _keys(dataset, sort)
    keys = keys[found]
    missing = np.isnan(keys)
    order = np.argsort(np.where(missing, 0.0, -keys if descending else keys), kind="stable")
    order = np.concatenate((order[~missing[order]], order[missing[order]]))
    return found[order]


def _sized(dataset: "Dataset") -> Field | None:
    """The first input that has a size worth sorting by."""
    for field in dataset.data.inputs():
        rows: Rows = dataset.rows(field.name)
        if not isinstance(rows, NumberRows) and not (isinstance(rows, StringRows) and field.kind is not FieldKind.TEXT):
            return field
    return None


def _keys(dataset: "Dataset", name: str) -> npt.NDArray[Any]:
    """Numbers that sort as the values of a field do."""
    rows = dataset.rows(name)
    if not isinstance(rows, StringRows):
        return measured(dataset, name)
    texts = rows.strings.values
    order = sorted(range(len(texts)), key=lambda number: natural(texts[number].casefold()))
    rank = np.zeros(max(1, len(texts)), np.float64)
    rank[order] = np.arange(len(order), dtype=np.float64)
    for number, text in enumerate(texts):
        if not text:
            rank[number] = np.nan
    return rank[rows.strings.codes]
