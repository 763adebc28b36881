"""Texts that are nearly the same: other capitals, stops or blanks, or a few words changed."""

import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from engine.data.checks.check import Int64s, Look
from engine.data.checks.near import NearDuplicates, likely_pairs, unique_pairs
from engine.data.rows import StringRows
from engine.document.data_spec import Field, FieldKind
from engine.errors import Cancelled

if TYPE_CHECKING:
    from engine.data.rows import Rows

MOST_COMPARED = 200_000
"""Different texts that are compared word by word; beyond these only capitals, stops and blanks are seen through."""

_SHINGLE = 3
_WORDS = 8
_PARTS = 8
_ROWS = 3
_ALIKE = 0.8
_WORD = re.compile(r"\w+")
_PRIME = np.uint64((1 << 61) - 1)


class NearTexts(NearDuplicates):
    """Texts with the same letters and figures; and, from eight words on, with four fifths of their runs of three words.

    Likely pairs come from eight groups of three least hashes (MinHash: Broder 1997), and are then compared in full.
    """

    kind: ClassVar[str] = "near_texts"
    caption: ClassVar[str] = "Texts that are nearly the same"
    noun: ClassVar[tuple[str, str]] = ("text", "texts")

    def takes(self, rows: "Rows") -> bool:
        return isinstance(rows, StringRows)

    def pairs(self, look: Look, field: Field, rows: "Rows") -> tuple[Int64s, Int64s]:
        assert isinstance(rows, StringRows)
        empty = np.zeros(0, np.int64)
        if field.kind is not FieldKind.TEXT:
            return empty, empty
        strings = rows.strings
        used, first = np.unique(strings.codes, return_index=True)  # the first sample of each text stands for it
        plain: dict[str, int] = {}
        same_a: list[int] = []
        same_b: list[int] = []
        owners: list[int] = []
        seeds: list[npt.NDArray[np.uint64]] = []
        chance = np.random.default_rng(7)
        factors = chance.integers(1, 1 << 31, _PARTS * _ROWS, dtype=np.uint64)
        offsets = chance.integers(0, 1 << 31, _PARTS * _ROWS, dtype=np.uint64)
        for place, code in enumerate(used.tolist()):
            if not place & 1023:
                if look.cancelled():
                    raise Cancelled
                look.progress(0.9 * place / len(used), "Comparing texts")
            text = unicodedata.normalize("NFKC", strings.values[code]).casefold()
            words = _WORD.findall(text)
            if not words:
                continue
            other = plain.setdefault(" ".join(words), place)
            if other != place:
                same_a.append(other)
                same_b.append(place)
            elif len(words) >= _WORDS and len(owners) < MOST_COMPARED:
                seeds.append(_least(_shingles(words), factors, offsets))
                owners.append(place)
        found = [(np.array(same_a, np.int64), np.array(same_b, np.int64))]
        if len(owners) > 1:
            signatures = np.stack(seeds)
            numbers = np.array(owners, np.int64)
            likely: list[tuple[Int64s, Int64s]] = []
            for part in range(_PARTS):
                band = np.ascontiguousarray(signatures[:, part * _ROWS : (part + 1) * _ROWS])
                _, key = np.unique(band, axis=0, return_inverse=True)
                likely.extend(likely_pairs(key.ravel().astype(np.int64), signatures[:, 0], look))
            a, b = unique_pairs(likely, len(numbers))
            shingles = {
                place: self._of(strings.values[int(used[numbers[place]])]) for place in {*a.tolist(), *b.tolist()}
            }
            near = np.array(
                [_jaccard(shingles[x], shingles[y]) >= _ALIKE for x, y in zip(a.tolist(), b.tolist(), strict=True)],
                bool,
            )
            found.append((numbers[a[near]], numbers[b[near]]) if len(a) else (empty, empty))
        a, b = unique_pairs(found, max(1, len(used)))
        return first[a].astype(np.int64), first[b].astype(np.int64)

    def _of(self, text: str) -> frozenset[int]:
        words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        return frozenset(_shingles(words).tolist())


def _shingles(words: list[str]) -> npt.NDArray[np.uint64]:
    """A number for each run of three words."""
    hashes = np.fromiter((zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words), np.uint64, len(words))
    rolled = hashes[:-2] * np.uint64(0x9E3779B1) + hashes[1:-1] * np.uint64(0x85EBCA77) + hashes[2:]
    return np.unique(rolled & np.uint64(0xFFFFFFFF))


def _least(
    shingles: npt.NDArray[np.uint64], factors: npt.NDArray[np.uint64], offsets: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """The least of the shingles' hashes under each of the hash functions."""
    least: npt.NDArray[np.uint64] = ((shingles[:, None] * factors + offsets) % _PRIME).min(axis=0)
    return least


def _jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / max(1, len(a | b))
