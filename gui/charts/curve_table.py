"""The curves of a chart as a table in a file: series, x, value. Written on a thread, however long they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gui.charts.x_scale import XScale

Floats = NDArray[np.float64]

_ROWS: Final = 4096
"""Lines made in one go: Python's lock is given back between them, so that the window stays quick."""


@dataclass(frozen=True, kw_only=True)
class TableCurve:
    """One curve; `scale` translates its x into what the axis showed."""

    name: str
    x: Floats
    y: Floats
    scale: XScale | None = None


@dataclass(frozen=True, kw_only=True)
class CurveTable:
    """What the table holds."""

    x_label: str
    curves: Sequence[TableCurve]


def write_table(table: CurveTable, path: Path) -> None:
    """Write it. Raises OSError when it cannot be written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"series,{_quoted(table.x_label)},value\r\n")
        for curve in table.curves:
            name = _quoted(curve.name)
            for start in range(0, len(curve.x), _ROWS):
                part = slice(start, start + _ROWS)
                x = curve.x[part] if curve.scale is None else curve.scale.shown(curve.x[part])
                rows = zip(x.tolist(), curve.y[part].tolist(), strict=True)
                file.write("".join([f"{name},{at!r},{value!r}\r\n" for at, value in rows]))


def _quoted(name: str) -> str:
    # A name that begins like a formula would be one in a spreadsheet (CWE-1236).
    safe = f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name
    doubled = safe.replace('"', '""')
    return f'"{doubled}"' if any(sign in safe for sign in ',"\r\n') else safe
