"""Finds layers by a few typed letters: the one ranking for palette, canvas and typed chains."""

import math
import re
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.catalog.layer import Layer
from engine.catalog.registry import layers

_LIFT: Final = 3.0
"""Places a layer rises among those that match equally well, each time its uses double."""
_UNFIT: Final = 3
"""Steps a layer falls behind in the match when it cannot stand where one is added: its name beats another's synonym."""
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
    letters inside, the family, a word of the help, letters in order ("cnv"). `fitting` are the layers that can stand
    where one is added, likeliest first; the others fall behind some steps, or are left out with `only_fitting`. Among
    equal ones those used more rise: `uses` counts by type name.
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
        if fitting is not None and not fits:
            distance += _UNFIT
        found.append((distance, fitting is not None and not fits, likeness, order, kind))
    found.sort(key=lambda item: item[:4])
    return tuple(item[4] for item in found)


@dataclass(frozen=True, slots=True)
class _Words:
    """All that a layer can be found by, in small letters."""

    names: tuple[str, ...]
    parts: tuple[str, ...]
    """The words its names are made of: MaxPool2d is max, pool2d."""
    synonyms: tuple[str, ...]
    family: str
    help: str


_WORDS: "weakref.WeakKeyDictionary[type[Layer], _Words]" = weakref.WeakKeyDictionary()


def _words_of(kind: type[Layer]) -> _Words:
    """Found once for each layer: a search looks at hundreds with every letter that is typed."""
    known = _WORDS.get(kind)
    if known is None:
        names = (kind.type_name(), kind.label())
        parts = re.findall(r"[A-Z]+[a-z0-9]*|[a-z0-9]+", " ".join(names))
        known = _WORDS[kind] = _Words(
            names=tuple(dict.fromkeys(name.lower() for name in names)),
            parts=tuple(dict.fromkeys(part.lower() for part in parts)),
            synonyms=tuple(synonym.lower() for synonym in kind.synonyms),
            family=kind.family.value,
            help=kind.help().lower(),
        )
    return known


def _distance(kind: type[Layer], words: Sequence[str]) -> int | None:
    """How far the words are from a layer, 0 for its name; None when they mean something else."""
    if not words:
        return 0
    known = _words_of(kind)
    if len(words) == 1:
        return _word_distance(known, words[0])
    whole = _word_distance(known, " ".join(words))
    each = [_word_distance(known, word) for word in words]
    if any(distance is None for distance in each):
        return whole
    farthest = max(distance for distance in each if distance is not None)
    return farthest if whole is None else min(whole, farthest)


def _word_distance(known: _Words, word: str) -> int | None:
    if word in known.names:
        return 0
    for distance, texts in ((1, known.names), (2, known.parts), (3, known.synonyms)):
        for text in texts:
            if text.startswith(word):
                return distance
    for text in (*known.names, *known.synonyms):
        if word in text:
            return 4
    if known.family.startswith(word):
        return 5
    if len(word) >= _SHORTEST_HELP_WORD and word in known.help:
        return 6
    if len(word) >= _FEWEST_LETTERS and any(name[0] == word[0] and _in_order(word, name) for name in known.names):
        return 7
    return None


def _in_order(word: str, name: str) -> bool:
    """Whether all letters come in a name one after the other: "cnv" in "conv2d"."""
    letters = iter(name)
    return all(letter in letters for letter in word)
