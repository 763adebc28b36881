"""Finds layers by a few typed letters: the one ranking for palette, canvas and typed chains."""

import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from engine.catalog.layer import Layer
from engine.catalog.registry import layers

_LIFT: Final = 3.0
"""Places a layer rises among those that match equally well, each time its uses double."""
_SHORTEST_HELP_WORD: Final = 4
_FEWEST_LETTERS: Final = 3


def search(
    text: str,
    *,
    fitting: Sequence[type[Layer]] | None = None,
    only_fitting: bool = False,
    uses: Mapping[str, float] | None = None,
) -> tuple[type[Layer], ...]:
    """Layers that match every typed word, best first; without words all of them.

    How well the words match decides first: the name itself, its beginning, the beginning of a part of it, a synonym,
    letters inside, the family, a word of the help, letters in order ("cnv"). Among equal ones `fitting`, the layers
    that can stand where one is added, likeliest first, come before the others (alone with `only_fitting`), and those
    used more rise: `uses` counts by type name.
    """
    words = text.lower().split()
    counts = uses or {}
    place = {kind: number for number, kind in enumerate(fitting or ())}
    found: list[tuple[int, bool, float, int, type[Layer]]] = []
    for order, kind in enumerate(layers()):
        fits = kind in place
        if only_fitting and fitting is not None and not fits:
            continue
        distance = _distance(kind, words)
        if distance is None:
            continue
        used = counts.get(kind.type_name(), 0.0)
        if fitting is None and not words:
            likeness = -used  # nothing else to go by: what is used most stands on top
        else:
            likeness = float(place.get(kind, len(place))) - _LIFT * math.log2(1.0 + used)
        found.append((distance, fitting is not None and not fits, likeness, order, kind))
    found.sort(key=lambda item: item[:4])
    if fitting is not None and not only_fitting:
        found.sort(key=lambda item: item[1])  # stable: what fits before what does not, whatever the words
    return tuple(item[4] for item in found)


@functools.cache
def _parts(names: str) -> tuple[str, ...]:
    """The words that names are made of: MaxPool2d is max, pool2d."""
    return tuple(part.lower() for part in re.findall(r"[A-Z]+[a-z0-9]*|[a-z0-9]+", names))


def _distance(kind: type[Layer], words: Sequence[str]) -> int | None:
    """How far the words are from a layer, 0 for its name; None when they mean something else."""
    if not words:
        return 0
    whole = _word_distance(kind, " ".join(words))
    each = [_word_distance(kind, word) for word in words]
    if any(distance is None for distance in each):
        return whole
    farthest = max(distance for distance in each if distance is not None)
    return farthest if whole is None else min(whole, farthest)


def _word_distance(kind: type[Layer], word: str) -> int | None:
    names = (kind.type_name().lower(), kind.label().lower())
    if word in names:
        return 0
    if any(name.startswith(word) for name in names):
        return 1
    if any(part.startswith(word) for part in _parts(f"{kind.type_name()} {kind.label()}")):
        return 2
    if any(synonym.startswith(word) for synonym in kind.synonyms):
        return 3
    if any(word in name for name in (*names, *kind.synonyms)):
        return 4
    if kind.family.value.startswith(word):
        return 5
    if len(word) >= _SHORTEST_HELP_WORD and word in kind.help().lower():
        return 6
    if len(word) >= _FEWEST_LETTERS and any(name[0] == word[0] and _in_order(word, name) for name in names):
        return 7
    return None


def _in_order(word: str, name: str) -> bool:
    """Whether all letters come in a name one after the other: "cnv" in "conv2d"."""
    letters = iter(name)
    return all(letter in letters for letter in word)
