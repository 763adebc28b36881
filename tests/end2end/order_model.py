"""What counting alone can say of the next character: the mark a network for text has to beat."""

import math
from collections import Counter
from collections.abc import Iterable


class OrderModel:
    """The next character from the `order` before it, as they were counted; shorter ones fill in for what was not seen.

    Smoothing of Witten and Bell 1991.
    """

    def __init__(self, order: int, texts: Iterable[str]) -> None:
        self.order = order
        self._seen: list[Counter[str]] = [Counter() for _ in range(order + 1)]
        self._after: list[Counter[str]] = [Counter() for _ in range(order + 1)]
        self._kinds: list[Counter[str]] = [Counter() for _ in range(order + 1)]
        letters: set[str] = set()
        for text in texts:
            letters.update(text)
            for length in range(order + 1):
                for at in range(length, len(text)):
                    run = text[at - length : at + 1]
                    self._kinds[length][run[:-1]] += not self._seen[length][run]
                    self._seen[length][run] += 1
                    self._after[length][run[:-1]] += 1
        self._letters = len(letters) + 1

    def chance(self, before: str, character: str) -> float:
        """Of a character behind others."""
        found = 1 / self._letters
        for length in range(min(self.order, len(before)) + 1):
            context = before[len(before) - length :]
            total = self._after[length][context]
            if not total:
                break
            kinds = self._kinds[length][context]
            found = (self._seen[length][context + character] + kinds * found) / (total + kinds)
        return found

    def bits_per_character(self, texts: Iterable[str]) -> float:
        """The mean of -log2 over all characters."""
        bits, count = 0.0, 0
        for text in texts:
            for at, character in enumerate(text):
                bits -= math.log2(self.chance(text[max(0, at - self.order) : at], character))
            count += len(text)
        return bits / max(1, count)
