"""The open values of fields, a module for each family of kinds."""

from collections.abc import Callable

import numpy as np

from engine.data.rows.dates import DateRows, open_dates
from engine.data.rows.labels import LabelRows, open_labels
from engine.data.rows.masks import MaskRows, open_masks
from engine.data.rows.numbers import NumberRows, open_numbers
from engine.data.rows.pictures import PictureRows, open_pictures
from engine.data.rows.rows import Opened, Opening, Rows
from engine.data.rows.series import SeriesRows, open_series
from engine.data.rows.sounds import SoundRows, open_sounds
from engine.data.rows.strings import StringRows, open_strings
from engine.data.samples import Windows
from engine.data.strings import Strings
from engine.document.data_spec import FieldKind
from engine.errors import DataError

__all__ = [
    "DateRows",
    "LabelRows",
    "MaskRows",
    "NumberRows",
    "Opened",
    "Opening",
    "PictureRows",
    "Rows",
    "SeriesRows",
    "SoundRows",
    "StringRows",
    "open_rows",
]

_OPENERS: dict[FieldKind, Callable[[Opening], Opened]] = {
    FieldKind.IMAGE: open_pictures,
    FieldKind.MASK: open_masks,
    FieldKind.AUDIO: open_sounds,
    FieldKind.SERIES: open_series,
    FieldKind.NUMBER: open_numbers,
    FieldKind.ARRAY: open_numbers,
    FieldKind.DATE: open_dates,
    FieldKind.CATEGORY: open_strings,
    FieldKind.LABELS: open_labels,
    FieldKind.TEXT: open_strings,
}


def open_rows(opening: Opening) -> Opened:
    """Open a field of a source. Raises DataError when the source does not hold it, or holds something else."""
    field, source = opening.field, opening.source
    column = source.columns.get(field.name)
    if column is None:
        raise DataError(
            f"The data has no {'field' if field.kind is FieldKind.IMAGE else 'column'} '{field.name}'.",
            where=field.name,
            expected=", ".join(list(source.columns)[:12]),
            found=field.name,
            hint="Was the file changed? Import it again, or set the field to ignored.",
        )
    opener = _OPENERS.get(field.kind)
    if opener is None or not _fits(field.kind, column):
        raise DataError(
            f"The field '{field.name}' cannot be read as {field.kind.value}.",
            where=field.name,
            hint="Import the data again.",
        )
    return opener(opening)


_STRINGS = (FieldKind.CATEGORY, FieldKind.TEXT, FieldKind.LABELS)
_FLAT = (FieldKind.NUMBER, FieldKind.DATE)
_DEEP = (FieldKind.ARRAY, FieldKind.SERIES)


def _fits(kind: FieldKind, column: object) -> bool:
    """Whether a raw column can be what the field says it is."""
    if isinstance(column, Strings):
        return kind in (*_STRINGS, FieldKind.NUMBER)
    if isinstance(column, Windows):
        return kind is FieldKind.SERIES
    if isinstance(column, np.ndarray):
        return kind in (_FLAT if column.ndim == 1 else _DEEP)
    return kind not in (*_STRINGS, *_FLAT, *_DEEP)
