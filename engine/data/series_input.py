"""The series that a file asks about: the last window of a table over time, or each row of a table of series."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from engine.data.readers.columns import guess_column
from engine.data.readers.series import find_clock, measured, moment_text, read_lines
from engine.data.readers.table import Table
from engine.data.readers.table_files import parse_any
from engine.data.samples import NOT_SAID
from engine.document.data_spec import Field
from engine.errors import DataError

Floats = npt.NDArray[np.float32]


def series_of_file(field: Field, data: bytes, where: str) -> Iterator[tuple[str, Floats]]:
    """What to call each series, and its values (time, channels). Raises DataError when the file does not hold it."""
    table = parse_any(data, where)
    length, channels = (*field.statistics.shape, 0, 0)[:2]
    length, channels = length or 0, channels or 0
    columns = field.options.get("columns")
    names = [str(item) for item in columns] if isinstance(columns, list) else []
    if len(names) == channels and len(names) == 1 and names[0] not in table.columns:
        names = _only_numbers(table)  # one channel is found whatever it is called
    missing = [name for name in names if name not in table.columns]
    if missing or not names:
        raise DataError(
            f"'{where}' has no column '{(missing or names or ['value'])[0][:80]}'.",
            where=where,
            expected=", ".join(names[:12]),
            found=", ".join(list(table.columns)[:12]),
        )
    if len(names) == length and channels == 1:
        rows = np.stack([measured(table, name) for name in names], axis=1)
        for number, row in enumerate(rows):
            yield table.place(number), np.ascontiguousarray(row[:, None])
        return
    guesses = {
        name: guess_column(name, column, table.dialect.decimal, table.marks, table.others.get(name))
        for name, column in table.columns.items()
    }
    clock = find_clock(table, guesses)
    if clock is None:
        values, title = np.stack([measured(table, name) for name in names], axis=1), where
    else:
        lines = read_lines([(table, NOT_SAID)], clock, "", names, 0)
        values, title = lines.values, f"{where}, after {moment_text(float(lines.times[-1]), lines.dated)}"
    if len(values) < length:
        raise DataError(
            f"'{where}' is too short: the network looks at the last {length:,} moments.",
            where=where,
            expected=f"{length:,} rows or more",
            found=f"{len(values):,} rows",
        )
    yield title, np.ascontiguousarray(values[len(values) - length :])


def _only_numbers(table: Table) -> list[str]:
    """The column of numbers that is not the time, where there is just one."""
    guesses = {
        name: guess_column(name, column, table.dialect.decimal, table.marks, table.others.get(name))
        for name, column in table.columns.items()
    }
    clock = find_clock(table, guesses)
    taken = clock.columns if clock is not None else ()
    found = [name for name, guess in guesses.items() if guess.content == "number" and name not in taken]
    return found if len(found) == 1 else []
