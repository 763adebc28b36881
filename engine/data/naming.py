"""Samples by name: where the samples are that the data spec speaks of (labelled by hand, left out)."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from engine.data.left_out import printable
from engine.data.progress import IsCancelled, Pace, Progress
from engine.document.sample_names import MOST_DIGITS, numbered, ranges_of

Int64s = npt.NDArray[np.int64]

_FEW = 8


def full_name(name: str) -> str:
    """A name as the data spec keeps it: odd characters escaped, nothing left out."""
    return printable(name, limit=1 << 30)


def find_names(
    lists: Sequence[Sequence[str]],
    name: Callable[[int], str],
    count: int,
    progress: Progress,
    cancelled: IsCancelled,
) -> list[Int64s]:
    """For each list of names (or runs) the numbers, rising, of the samples that are called so.

    Every name is looked at once, however many lists there are. Raises DataError for a run that makes no sense.
    """
    alone: dict[str, list[int]] = {}
    ranges: dict[tuple[str, str], list[tuple[int, int, int, int]]] = {}
    for place, names in enumerate(lists):
        for run in names:
            parts = ranges_of(run)
            if not parts:
                alone.setdefault(run, []).append(place)
            for part in parts:
                ranges.setdefault((part.before, part.after), []).append((part.first, part.last, part.width, place))
    found: list[list[int]] = [[] for _ in lists]
    groups: dict[tuple[str, str], tuple[list[str], list[int]]] = {key: ([], []) for key in ranges}
    if alone or ranges:
        pace = Pace(count, "Finding the samples you changed", progress, cancelled)
        few = [(key, len(key[0]), len(key[1])) for key in ranges] if len(ranges) <= _FEW else []
        for index in range(count):
            if not index & 4095:
                pace.at(index)
            called = name(index)
            if not called.isprintable():
                called = full_name(called)
            for place in alone.get(called, ()):
                found[place].append(index)
            for key, start, end in few:
                number = called[start : len(called) - end]
                if number.isdigit() and number.isascii() and called.startswith(key[0]) and called.endswith(key[1]):
                    groups[key][0].append(number)
                    groups[key][1].append(index)
            if ranges and not few and (parts_of := numbered(called)) is not None:
                before, number, after = parts_of
                if (before, after) in ranges:
                    groups[before, after][0].append(number)
                    groups[before, after][1].append(index)
    result = [np.array(numbers, np.int64) for numbers in found]
    more: list[list[Int64s]] = [[] for _ in lists]
    for key, (written, indices) in groups.items():
        if indices:
            _spread(ranges[key], written, np.array(indices, np.int64), more)
    for place, parts_found in enumerate(more):
        if parts_found:
            numbers = np.concatenate([result[place], *parts_found])
            numbers.sort()
            result[place] = numbers[np.diff(numbers, prepend=-1) > 0]  # a name may lie in two ranges
    return result


def _spread(
    ranges: list[tuple[int, int, int, int]], written: list[str], indices: Int64s, more: list[list[Int64s]]
) -> None:
    """Which of the names with the same words before and after their number lie in the ranges."""
    widths = np.fromiter(map(len, written), np.int64, len(written))
    sane = np.flatnonzero(widths <= MOST_DIGITS)
    numbers = np.fromiter((int(written[place]) for place in sane.tolist()), np.int64, len(sane))
    order = np.argsort(numbers, kind="stable")
    numbers, widths, indices = numbers[order], widths[sane][order], indices[sane][order]
    # Digits of the number without leading zeros: a name may have more only where the run has so many.
    digits = np.searchsorted(10 ** np.arange(1, MOST_DIGITS + 1), numbers, side="right") + 1
    first, last, width, place = (np.array(column, np.int64) for column in zip(*ranges, strict=True))
    starts = np.searchsorted(numbers, first, side="left")
    ends = np.searchsorted(numbers, last, side="right")
    pairs = place * (MOST_DIGITS + 1) + width
    order = np.argsort(pairs, kind="stable")
    bounds = np.flatnonzero(np.diff(pairs[order], prepend=-1, append=-1))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        chosen = order[begin:end]
        number, wide = int(place[chosen[0]]), int(width[chosen[0]])
        if end - begin < _FEW:
            parts = [np.arange(starts[one], ends[one]) for one in chosen.tolist()]
            within = np.concatenate(parts)
        else:
            # How many ranges are open at each name: one opens where it starts, and closes where it ends.
            opened = np.bincount(starts[chosen], minlength=len(numbers) + 1)
            closed = np.bincount(ends[chosen], minlength=len(numbers) + 1)
            within = np.flatnonzero(np.cumsum(opened - closed)[:-1] > 0)
        more[number].append(indices[within[widths[within] == np.maximum(wide, digits[within])]])
