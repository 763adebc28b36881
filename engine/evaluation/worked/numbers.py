"""Numbers and sums as they are written for people: "0.5 · 1.2 + (−0.3) · 0.7 = 0.39"."""

import math
from collections.abc import Sequence
from typing import Final

MOST_TERMS: Final = 5


def number(value: float) -> str:
    """Three or four digits, with a real minus sign."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "−∞" if value < 0 else "∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e5 or size < 5e-4:
        digits, _, power = f"{size:.2e}".partition("e")
        text = f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    elif size >= 1000:
        text = f"{size:.0f}"
    else:
        text = f"{size:.4g}" if size >= 1 else f"{size:.4f}".rstrip("0")
    return ("−" if value < 0 else "") + text.replace("-", "−")


def moved(before: float, after: float) -> tuple[str, str, str]:
    """Before, how far, and after, with as many digits as the difference needs to be seen."""
    by = after - before
    places = 4 if by == 0 else min(9, max(4, 1 - math.floor(math.log10(abs(by)))))
    if max(abs(before), abs(after)) >= 1000 or not math.isfinite(by):
        return number(before), number(by), number(after)

    def plain(value: float) -> str:
        text = f"{abs(value):.{places}f}".rstrip("0").rstrip(".")
        return f"−{text}" if value < 0 and text != "0" else text

    return plain(before), plain(by), plain(after)


def factor(value: float) -> str:
    """A number within a product or sum: in brackets if it is below 0."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def product(a: float, b: float) -> str:
    """Two factors."""
    return f"{factor(a)} · {factor(b)}"


def weighted_sum(terms: Sequence[tuple[float, float]], rest: float | None = None, *, most: int = MOST_TERMS) -> str:
    """Products added up, of many the largest; `rest` is what is added at the end, a bias.

    What was left out stands there as one number, so that the sum still comes out.
    """
    shown = list(terms)
    left: list[tuple[float, float]] = []
    if len(shown) > most + 1:
        order = sorted(range(len(shown)), key=lambda place: -abs(shown[place][0] * shown[place][1]))
        kept = set(order[:most])
        left = [term for place, term in enumerate(shown) if place not in kept]
        shown = [term for place, term in enumerate(shown) if place in kept]
    parts = [product(*term) for term in shown]
    if left:
        parts.append(f"{factor(sum(a * b for a, b in left))} from {len(left):,} smaller ones")
    if rest is not None:
        parts.append(factor(rest))
    return " + ".join(parts) if parts else "0"
