"""Text as pieces between characters and words: the pairs that occur most are joined, again and again.

Joined within words alone, whose blank in front belongs to them, so that pieces put side by side give the text again.
Source: Sennrich, Haddow and Birch 2016, on characters instead of bytes: every file of ONNX's standard can then do it.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

from engine.catalog.preparation_text import UNKNOWN, BytePairs
from engine.data.tokens.characters import lower_character, with_upper
from engine.data.tokens.tokens import Tokens
from engine.data.tokens.words import PUNCTUATION
from engine.document.data_spec import Statistics

PIECE_PATTERN = rf" ?[^\s{PUNCTUATION}]+| ?[{PUNCTUATION}]|\s"
"""A word or a punctuation mark with the blank before it, or a blank of another kind. Nothing is joined across these.

A piece that begins with a blank never stands right in a pair, nor a mark left, so that the list of pairs alone says
where words end.
"""
_PIECE = re.compile(PIECE_PATTERN)
_BETWEEN = "\t"
"""Between the two sides of a pair in a project file; a tab is a word of its own and so in no pair."""
_MOST_REMEMBERED = 200_000
_SELDOM = 2
_MOST_WORDS = 200_000
"""Pairs are counted in the most frequent words: rarer ones hardly change them, and take most of the time."""

Pair = tuple[int, int]


class BytePairTokens(Tokens):
    """Pieces of words."""

    def __init__(self, step: BytePairs, statistics: Statistics) -> None:
        super().__init__(step, statistics)
        self._remembered: dict[str, tuple[int, ...]] = {}

    @cached_property
    def table(self) -> dict[str, int]:
        """The single characters."""
        found = {piece: number for number, piece in enumerate(self.vocabulary, self.first) if len(piece) == 1}
        return with_upper(found) if self.step.lower_case else found

    @cached_property
    def merges(self) -> dict[Pair, tuple[int, int]]:
        """Pair of numbers -> (its rank: lower is joined first, the number of what comes of it)."""
        number_of = {piece: number for number, piece in enumerate(self.vocabulary, self.first)}
        found: dict[Pair, tuple[int, int]] = {}
        for rank, merge in enumerate(self.statistics.merges):
            left, _, right = merge.partition(_BETWEEN)
            if left in number_of and right in number_of and left + right in number_of:
                found.setdefault((number_of[left], number_of[right]), (rank, number_of[left + right]))
        return found

    def parts(self, text: str) -> list[str]:
        return _PIECE.findall("".join(map(lower_character, text)) if self.step.lower_case else text)

    def numbers(self, text: str) -> list[int]:
        found: list[int] = []
        for part in self.parts(text):
            known = self._remembered.get(part)
            if known is None:
                known = self._encoded(part)
                if len(self._remembered) < _MOST_REMEMBERED:
                    self._remembered[part] = known
            found += known
        return found

    def _encoded(self, part: str) -> tuple[int, ...]:
        """One word: the pair of the lowest rank is joined wherever it stands, left to right, until none is left."""
        table, merges = self.table, self.merges
        symbols = [table.get(character, UNKNOWN) for character in part]
        while len(symbols) > 1:
            ranked = [merges[pair] for pair in pairwise(symbols) if pair in merges]
            if not ranked:
                break
            best = min(ranked)
            symbols = _joined(symbols, best, merges)
        return tuple(symbols)

    def measured(self, texts: Iterable[str], limit: int = 200_000) -> Statistics:
        assert isinstance(self.step, BytePairs)
        kept = list(texts)  # looked at twice, as the pieces of all texts at once would fill the memory
        counts: Counter[str] = Counter()
        for text in kept:
            counts.update(self.parts(text))
        common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS]
        vocabulary, merges = train_byte_pairs(Counter(dict(common)), min(limit, self.step.vocabulary_size))
        trained = BytePairTokens(self.step, Statistics(vocabulary=vocabulary, merges=merges))
        lengths = {part: len(trained._encoded(part)) for part in counts}
        longest = max((sum(lengths[part] for part in self.parts(text)) for text in kept), default=0)
        return Statistics(vocabulary=vocabulary, merges=merges, longest=longest)


def _joined(symbols: list[int], best: tuple[int, int], merges: dict[Pair, tuple[int, int]]) -> list[int]:
    found: list[int] = []
    place, last = 0, len(symbols) - 1
    while place <= last:
        if place < last and merges.get((symbols[place], symbols[place + 1])) == best:
            found.append(best[1])
            place += 2
        else:
            found.append(symbols[place])
            place += 1
    return found


def train_byte_pairs(counts: Counter[str], size: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Vocabulary (characters, then what was joined) of at most `size`, and the pairs in the order they were joined.

    `counts` are words with how often they occur. A pair seen once is not joined. The same words give the same pairs.
    """
    letters: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            letters[character] += count
    pieces = [letter for letter, _ in sorted(letters.items(), key=lambda item: (-item[1], item[0]))[:size]]
    number_of = {piece: number for number, piece in enumerate(pieces)}
    words = [[number_of.get(character, -1) for character in word] for word in counts]
    weights = list(counts.values())
    pairs: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = {}
    for place, symbols in enumerate(words):
        _count(symbols, place, weights[place], pairs, where)

    def entry(pair: Pair) -> tuple[int, str, str, Pair]:
        return -pairs[pair], pieces[pair[0]], pieces[pair[1]], pair

    heap = [entry(pair) for pair in pairs]
    heapq.heapify(heap)
    merges: list[str] = []
    done: set[str] = set()
    while len(pieces) < size and heap:
        negative, left, right, pair = heapq.heappop(heap)
        if pairs.get(pair) != -negative:
            continue  # counted anew since; it stands in the heap again
        if -negative < _SELDOM:
            break
        merge = f"{left}{_BETWEEN}{right}"
        if merge not in done:  # else what stood on the left came about once more, in another way
            done.add(merge)
            merges.append(merge)
        number = number_of.setdefault(left + right, len(pieces))
        if number == len(pieces):
            pieces.append(left + right)
        touched: set[Pair] = set()
        for place in sorted(where.pop(pair, ())):
            touched |= _replace(words[place], place, weights[place], pair, number, pairs, where)
        pairs.pop(pair, None)
        for other in touched - {pair}:
            if pairs.get(other, 0) > 0:
                heapq.heappush(heap, entry(other))
    return tuple(pieces), tuple(merges)


def _count(word: list[int], place: int, weight: int, pairs: Counter[Pair], where: dict[Pair, set[int]]) -> None:
    for pair in pairwise(word):
        if pair[0] >= 0 and pair[1] >= 0:
            pairs[pair] += weight
            where.setdefault(pair, set()).add(place)


def _replace(
    word: list[int],
    place: int,
    weight: int,
    pair: Pair,
    number: int,
    pairs: Counter[Pair],
    where: dict[Pair, set[int]],
) -> set[Pair]:
    """Join a pair in one word and count its pairs anew. Returns the pairs whose counts changed."""
    touched: set[Pair] = set()
    for old in pairwise(word):
        if old[0] >= 0 and old[1] >= 0:
            pairs[old] -= weight
            touched.add(old)
            if old in where:
                where[old].discard(place)
    at = 0
    while at < len(word) - 1:
        if (word[at], word[at + 1]) == pair:
            word[at : at + 2] = [number]
        at += 1
    _count(word, place, weight, pairs, where)
    touched.update(new for new in pairwise(word) if new[0] >= 0 and new[1] >= 0)
    return touched
