"""Where the records of a table in text form begin and end, and how many fields each has: found without reading a cell.

polars fills short rows with nothing and says nothing of it. So every record's width is counted first, over the bytes,
a few megabytes at a time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.progress import Pace

Int64s = npt.NDArray[np.int64]

_CHUNK = 4 << 20
_NEWLINE, _QUOTE, _ZERO, _NINE = ord("\n"), ord('"'), ord("0"), ord("9")


@dataclass(frozen=True, kw_only=True)
class Records:
    """Record i is `data[starts[i]:ends[i]]`, has `fields[i]` fields and begins in line `lines[i]` (from 1).

    `zeros` are columns with a cell of figures that begins with 0, such as 00123: a name, no number.
    """

    starts: Int64s
    ends: Int64s
    fields: Int64s
    lines: Int64s
    zeros: frozenset[int]

    def __len__(self) -> int:
        return len(self.starts)


def find_records(data: bytes, delimiter: str, pace: Pace, skip: int = 0) -> Records | None:
    """The records of UTF-8 text with \\n line ends, behind so many lines of titles.

    None when its quotes are not as they should be (in the middle of a cell, or never closed): such a text must be read
    sign by sign.
    """
    above = 0
    for _ in range(skip):
        above = data.find(b"\n", above) + 1 or len(data)
    if above >= len(data):
        return None
    bytes_n = np.frombuffer(data, np.uint8, offset=above)
    mark = ord(delimiter)
    quoted = data.find(b'"', above) >= 0
    inside = False
    ends: list[Int64s] = []
    before: list[Int64s] = []  # separators up to and with each line end
    breaks: list[Int64s] = []  # line ends, those inside quotes too
    # Places of cells among all cells; the first has no separator before it.
    zeros: list[Int64s] = [_leading_zeros(bytes_n, np.array([-1]), quoted)]
    seen = 0
    for start in range(0, len(bytes_n), _CHUNK):
        pace.at(start)
        part = bytes_n[start : start + _CHUNK]
        is_separator = (part == mark) | (part == _NEWLINE)
        if quoted:
            is_quote = part == _QUOTE
            within = np.logical_xor.accumulate(is_quote)
            if inside:
                within = ~within
            if not _quotes_fit(bytes_n, np.flatnonzero(is_quote), within, start, mark):
                return None
            inside = bool(within[-1])
            breaks.append(np.flatnonzero(part == _NEWLINE) + start)
            is_separator &= ~within
        places = np.flatnonzero(is_separator)
        ending = np.flatnonzero(part[places] == _NEWLINE)
        ends.append(places[ending] + start)
        before.append(ending + (seen + 1))
        zeros.append(_leading_zeros(bytes_n, places + start, quoted) + (seen + 1))
        seen += len(places)
    if inside:
        return None
    end_n, before_n = _joined(ends), _joined(before)
    if bytes_n[-1] != _NEWLINE:
        end_n, before_n = np.append(end_n, len(bytes_n)), np.append(before_n, seen + 1)
    starts = np.concatenate([[0], end_n[:-1] + 1]).astype(np.int64)[: len(end_n)]
    lines = np.searchsorted(_joined(breaks), starts) + 1 if quoted else np.arange(1, len(starts) + 1)
    cells = _joined(zeros)
    record = np.searchsorted(before_n, cells, side="right")
    first_cell = np.concatenate([[0], before_n])[record]
    return Records(
        starts=starts + above,
        ends=end_n + above,
        fields=np.diff(before_n, prepend=0),
        lines=lines.astype(np.int64) + skip,
        zeros=frozenset(np.unique(cells - first_cell).tolist()),
    )


def _joined(parts: list[Int64s]) -> Int64s:
    whole: Int64s = np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
    return whole


def _quotes_fit(
    bytes_n: npt.NDArray[np.uint8], quotes: npt.NDArray[Any], within: npt.NDArray[np.bool_], start: int, mark: int
) -> bool:
    """Whether every quote opens behind a separator, closes before one, or stands doubled."""
    opening = within[quotes]
    places = quotes + start
    behind = bytes_n[np.maximum(places[opening] - 1, 0)]
    opens = (behind == mark) | (behind == _NEWLINE) | (behind == _QUOTE) | (places[opening] == 0)
    after = bytes_n[np.minimum(places[~opening] + 1, len(bytes_n) - 1)]
    closes = (after == mark) | (after == _NEWLINE) | (after == _QUOTE)
    closes |= places[~opening] == len(bytes_n) - 1
    return bool(opens.all() and closes.all())


def _leading_zeros(bytes_n: npt.NDArray[np.uint8], separators: Int64s, quoted: bool) -> Int64s:
    """Which of the separators stand before a 0 and another figure."""
    last = len(bytes_n) - 1
    following = bytes_n[np.minimum(separators + 1, last)]
    shift = np.where(following == _QUOTE, 2, 1) if quoted else 1
    candidates = np.flatnonzero((following == _ZERO) | (following == _QUOTE) if quoted else following == _ZERO)
    if not len(candidates):
        return candidates.astype(np.int64)
    offset = shift[candidates] if isinstance(shift, np.ndarray) else 1
    first = np.minimum(separators[candidates] + offset, last)
    second = np.minimum(first + 1, last)
    figures = (bytes_n[first] == _ZERO) & (bytes_n[second] >= _ZERO) & (bytes_n[second] <= _NINE) & (second > first)
    found: Int64s = candidates[figures].astype(np.int64)
    return found
