"""Aligned tables and short numbers for the terminal."""

from collections.abc import Sequence


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, right: str = "") -> str:
    """Columns two blanks apart; `right` holds an "r" at the place of each column of numbers ("lrr")."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if right[i : i + 1] == "r" else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(parts).rstrip()

    return "\n".join([line(headers), *map(line, cells)])


def number(value: float) -> str:
    """Four digits that count: 0.9132, 1.0000, 12.34, 1,234, 4.1e-05."""
    size = abs(value)
    if value != value or size == float("inf"):
        return "–"
    if 0 < size < 0.001:
        return f"{value:.1e}"
    return f"{value:,.{4 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0}f}"


def count(value: int) -> str:
    """With thousands apart."""
    return f"{value:,}"


def size(value: float) -> str:
    """Bytes in words."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """Seconds in words: "8.2 s", "3 min 05 s", "2 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def plural(value: int, noun: str) -> str:
    """ "1 node", "3 nodes"."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"
