r"""Names of many samples in few words: names that differ in their last number alone are written as runs.

A run is three parts with tabs between: what stands before the number, the numbers, what stands after. The numbers are
ranges with commas between, as written in the first of each: "rows.csv, row \t2-900,950\t" is 900 samples. A name
without tabs stands for itself; names that are shown never hold a tab. A million rows that were selected together are a
line of text in the project.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.errors import DataError

MOST_DIGITS = 15
_ENDING = 6
_LONG = 20_000


class Numbered(NamedTuple):
    """A name in three parts; `number` as it is written."""

    before: str
    number: str
    after: str


class Range(NamedTuple):
    """Names `before`, a number from `first` to `last` with at least `width` digits, `after`."""

    before: str
    first: int
    last: int
    width: int
    after: str


def numbered(name: str) -> Numbered | None:
    """The name around its last number (that of an ending like .mp3 does not count); None without one."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not ending or len(ending) > 5 or not ending[0].isalpha() or not ending.isalnum():
        stem, dot, ending = name, "", ""
    end = len(stem)
    while end and not ("0" <= stem[end - 1] <= "9"):
        end -= 1
    start = end
    while start and end - start < MOST_DIGITS and "0" <= stem[start - 1] <= "9":
        start -= 1
    if start == end:
        return None
    return Numbered(stem[:start], stem[start:end], stem[end:] + dot + ending)


def as_runs(names: Iterable[str]) -> tuple[str, ...]:
    """The names in the same order, in as few words as they allow."""
    found: list[str] = []
    ranges: list[str] = []
    before = after = first = last = ""
    width = number = 0
    like = False  # whether a number between the same words is sure to be told apart like the last one
    alone = ""  # the one name of a run that has no second yet

    def close() -> None:
        nonlocal alone
        if alone:
            found.append(alone)
        elif first:
            ranges.append(first if first == last else f"{first}-{last}")
            found.append(f"{before}\t{','.join(ranges)}\t{after}")
        ranges.clear()
        alone = ""

    for name in names:
        if first and like and name.startswith(before) and name.endswith(after):
            text = name[len(before) : len(name) - len(after)]
            parts = Numbered(before, text, after) if _is_number(text) else numbered(name)
        else:
            parts = numbered(name)
        if parts is None:
            close()
            found.append(name)
            first = ""
            continue
        text = parts.number
        value = int(text)
        if first and parts.before == before and parts.after == after:
            counted = len(text) == width or (len(text) > width and text[0] != "0")
            if value == number + 1 and counted:
                last, number = text, value
            else:
                ranges.append(first if first == last else f"{first}-{last}")
                first = last = text
                width, number = len(first), value
            alone = ""
            continue
        close()
        before, after = parts.before, parts.after
        like = bool(after) or "." not in before[-_ENDING:]
        first = last = text
        width, number = len(first), value
        alone = name
    close()
    return tuple(found)


def ranges_of(run: str) -> tuple[Range, ...]:
    """The ranges of a run, or () for a name that stands for itself. Raises DataError for one that makes no sense."""
    if "\t" not in run:
        return ()
    before, _, rest = run.partition("\t")
    numbers, tab, after = rest.partition("\t")
    if not tab or "\t" in after:
        raise DataError("A list of samples in the project makes no sense.", where=run[:80], expected="name 2-9")
    found: list[Range] = []
    for text in numbers.split(","):
        start, dash, end = text.partition("-")
        if not _is_number(start) or (dash and not _is_number(end)):
            raise DataError("A list of samples in the project makes no sense.", where=run[:80], expected="name 2-9")
        first = int(start)
        last = int(end) if dash else first
        if last < first:
            raise DataError("A list of samples in the project runs backwards.", where=run[:80], found=text)
        found.append(Range(before, first, last, len(start), after))
    return tuple(found)


def _is_number(text: str) -> bool:
    return len(text) <= MOST_DIGITS and text.isdigit() and text.isascii()


def count(runs: Iterable[str]) -> int:
    """How many names there are. Raises DataError for a run that makes no sense."""
    total = 0
    for run in runs:
        parts = ranges_of(run)
        total += sum(part.last - part.first + 1 for part in parts) if parts else 1
    return total


def is_long(runs: Iterable[str]) -> bool:
    """Whether going through the runs takes longer than a window may wait."""
    return sum(map(len, runs)) > _LONG


def make_sense(runs: Iterable[str]) -> bool:
    """Whether runs may be what they should, at the speed of one look at the text; reading them looks closely."""
    for run in runs:
        _, tab, rest = run.partition("\t")
        numbers, end, after = rest.partition("\t")
        if not tab:
            continue
        if not end or "\t" in after or not numbers[:1].isdigit() or not numbers.isascii():
            return False
        if numbers.encode().translate(None, b"0123456789,-"):
            return False
    return True


def names(runs: Iterable[str]) -> Iterator[str]:
    """The names one after the other. A run from a file may stand for more than memory holds: take what is needed."""
    for run in runs:
        parts = ranges_of(run)
        if not parts:
            yield run
        for before, first, last, width, after in parts:
            for number in range(first, last + 1):
                yield f"{before}{number:0{width}}{after}"
