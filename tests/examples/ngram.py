"""The baseline of networks that write: an n-gram model of characters, smoothed as Kneser and Ney do."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

BEGIN = ""
"""Stands before a text as often as the model looks back."""


class NGram:
    """Tells what comes next from the `order` - 1 signs before it.

    Each count is lowered by a discount that was found from how many contexts were seen once, twice, three times; what
    that sets free goes to the shorter context, in which a sign counts by how many different signs it followed. Source:
    Chen and Goodman 1999, An Empirical Study of Smoothing Techniques for Language Modeling, sections 2.7 and 3.
    """

    def __init__(self, texts: Iterable[Sequence[str]], signs: Iterable[str], order: int = 5) -> None:
        self.order = order
        self.uniform = 1 / len(set(signs))
        counts: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(order)]
        for text in texts:
            row = (BEGIN,) * (order - 1) + tuple(text)
            counts[-1].update(row[end - order : end] for end in range(order, len(row) + 1))
        for size in range(order - 1, 0, -1):
            counts[size - 1].update(gram[1:] for gram in counts[size])
        self._levels = [_level(level) for level in counts]

    def probability(self, past: Sequence[str], sign: str) -> float:
        """How likely `sign` is after `past`, of which the last signs are looked at."""
        found = self.uniform
        for size, (counts, totals, left) in enumerate(self._levels):
            if size > len(past):
                break
            context = tuple(past[len(past) - size :])
            total = totals.get(context)
            if total is None:
                break
            found = counts.get((*context, sign), 0.0) / total + left[context] / total * found
        return found

    def bits(self, texts: Iterable[Sequence[str]], *, whole: bool) -> float:
        """Bits for each sign of these texts, on average; `whole` texts are known to begin where they begin."""
        total, signs, back = 0.0, 0, self.order - 1
        for text in texts:
            row = (BEGIN,) * (back if whole else 0) + tuple(text)
            for at in range(len(row) - len(text), len(row)):
                total -= math.log2(self.probability(row[max(0, at - back) : at], row[at]))
                signs += 1
        return total / signs


_LEAST = 0.05
"""Of so few different signs the discounts are sometimes not found; something is always left for what was not seen."""
_Level = tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float], dict[tuple[str, ...], float]]


def _level(counts: Counter[tuple[str, ...]]) -> _Level:
    """Lowered counts, the sum of the whole ones after each context, and what was taken away there."""
    often = Counter(min(count, 4) for count in counts.values())
    ones, twos, threes, fours = (max(1, often[number]) for number in (1, 2, 3, 4))
    share = ones / (ones + 2 * twos)
    discounts = (1 - 2 * share * twos / ones, 2 - 3 * share * threes / twos, 3 - 4 * share * fours / threes)
    lowered: dict[tuple[str, ...], float] = {}
    totals: defaultdict[tuple[str, ...], float] = defaultdict(float)
    left: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for gram, count in counts.items():
        discount = max(_LEAST, discounts[min(count, 3) - 1])
        lowered[gram] = count - discount
        totals[gram[:-1]] += count
        left[gram[:-1]] += discount
    return lowered, dict(totals), dict(left)
