"""Patterns of file names: "{label}_{part2}_{part3}" says which part of 7_jackson_3.wav is the class.

A pattern names the parts of the name before its ending; what stands between them stands in the names. A part ends
where the next sign between parts begins, or where letters and digits change; the last takes the rest.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.errors import DataError

LABEL: Final = "label"
"""The part that is learned."""

_SEPARATOR = re.compile(r"([_\-. ]+)")
_CHANGE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_PART = re.compile(r"\{(\w*)\}")
_ALIKE: Final = 0.8
"""The share of the names that have to follow a pattern."""
_MOST_CLASSES: Final = 500


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, ready to be used. `names` are those of the parts, "" for one that does not matter."""

    text: str
    names: tuple[str, ...]
    form: re.Pattern[str]

    def parts(self, stem: str) -> dict[str, str] | None:
        """The named parts of a file name without its ending; None when it does not follow the pattern."""
        found = self.form.fullmatch(stem)
        if found is None:
            return None
        return {name: value for name, value in zip(self.names, found.groups(), strict=True) if name}


def read_pattern(text: str) -> Pattern:
    """The pattern that a text describes. Raises DataError when it has no {label} or cannot be followed."""
    pieces = _PART.split(text)
    names = tuple(pieces[1::2])
    named = [name for name in names if name]
    problem = ""
    if len(text) > 200 or "{" in "".join(pieces[::2]) or "}" in "".join(pieces[::2]):
        problem = "braces that are not closed"
    elif LABEL not in named:
        problem = "no {label}"
    elif len(set(named)) != len(named):
        problem = "a part that is named twice"
    if problem:
        raise DataError(
            "This pattern of names cannot be used.",
            where="pattern",
            expected="the parts of a name in braces, as {label}_{speaker}_{number}",
            found=problem,
        )
    form = re.escape(pieces[0])
    for number in range(len(names)):
        between = pieces[2 * number + 2]
        last = number == len(names) - 1
        # Up to the sign that follows; without one letters end at a digit and digits at a letter.
        part = f"[^{re.escape(between[0])}]+?" if between else "(?:.+)" if last else r"(?:[^\W\d_]+|\d+)"
        form += f"({part}){re.escape(between)}"
    return Pattern(text, names, re.compile(form))


def preview(pattern: Pattern, names: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """What the pattern makes of some file names, for showing; no parts where a name does not follow it."""
    return [(name, pattern.parts(stem_of(name)) or {}) for name in names]


def stem_of(name: str) -> str:
    """A file name without folders and ending."""
    last = name.rpartition("/")[2]
    return last.rpartition(".")[0] or last


def guess_pattern(stems: Sequence[str]) -> Pattern | None:
    """The pattern that most names follow, its likeliest part as the label; None where none is repeated.

    A label has two values or more and at most half as many as there are names. The first such part is preferred, and
    words to numbers; parts like speaker01 name a group rather than a class.
    """
    if len(stems) < 4:
        return None
    for split in (_by_signs, _by_signs_and_changes):
        shapes = Counter(split(stem)[1] for stem in stems)
        between, count = shapes.most_common(1)[0]
        if count < _ALIKE * len(stems) or not any(shape for shape in shapes):
            continue
        rows = [parts for parts, shape in map(split, stems) if shape == between]
        scores = {place: _score([row[place] for row in rows], place, len(between)) for place in range(len(between) + 1)}
        able = {place: score for place, score in scores.items() if score is not None}
        if not able:
            continue
        first = min(able)
        label = max(able, key=lambda place: able[place] + (2.0 if place == first else 0.0))
        text = ""
        for place in range(len(between) + 1):
            values = {row[place] for row in rows}
            fixed = values.pop() if len(values) == 1 else ""
            # A part that is the same in all names stands there as it is, if that cannot be taken for a part.
            name = LABEL if place == label else f"part{place + 1}"
            text += fixed if fixed and not set("{}") & set(fixed) else f"{{{name}}}"
            text += between[place] if place < len(between) else ""
        try:
            pattern = read_pattern(text)
        except DataError:
            continue
        if sum(pattern.parts(stem) is not None for stem in stems) >= _ALIKE * len(stems):
            return pattern
    return None


def _by_signs(stem: str) -> tuple[list[str], tuple[str, ...]]:
    """The parts of a name and what stands between them."""
    pieces = _SEPARATOR.split(stem)
    return pieces[::2], tuple(pieces[1::2])


def _by_signs_and_changes(stem: str) -> tuple[list[str], tuple[str, ...]]:
    """The same, also where letters turn to digits, as in cat123."""
    parts, between = _by_signs(stem)
    finer: list[str] = []
    signs: list[str] = []
    for number, part in enumerate(parts):
        pieces = _CHANGE.split(part)
        finer += pieces
        signs += [""] * (len(pieces) - 1) + ([between[number]] if number < len(between) else [])
    return finer, tuple(signs)


def _score(values: list[str], place: int, last: int) -> float | None:
    """How much a part looks like a class; None when it cannot be one."""
    distinct = set(values)
    if not 2 <= len(distinct) <= min(len(values) / 2, _MOST_CLASSES) or "" in distinct:
        return None
    numeric = all(value.isdigit() for value in distinct)
    mixed = not numeric and all(any(c.isdigit() for c in value) for value in distinct)
    score = 0.0 if numeric else -1.5 if mixed else 1.0
    if place == last and numeric and place > 0:
        score -= 1.0  # a number at the end counts the takes
    return score - 0.5 * len(distinct) / len(values)
