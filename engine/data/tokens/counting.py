"""Counting tokens: a vocabulary of what occurs, most frequent first."""

from collections import Counter
from collections.abc import Callable, Iterable

from engine.document.data_spec import Statistics


def counted(
    texts: Iterable[str], parts: Callable[[str], list[str]], same: Callable[[str], str] | None, limit: int
) -> Statistics:
    """Vocabulary (at most `limit`, tokens alike under `same` merged) and longest text of these texts."""
    counts: Counter[str] = Counter()
    longest = 0
    for text in texts:
        found = parts(text)
        longest = max(longest, len(found))
        counts.update(found)
    if same is not None:
        merged: Counter[str] = Counter()
        for token, count in counts.items():
            merged[same(token)] += count
        counts = merged
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Statistics(vocabulary=tuple(token for token, _ in ordered[:limit]), longest=longest)
