"""Where the lines of a scale stand and what is written at them."""

import math
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


def linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Round numbers between two values, about `wanted` of them. Empty when the range is."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or wanted < 1:
        return []
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in _STEPS if power * factor >= rough * 0.999), power * 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)][:200]


def log_ticks(low: float, high: float, wanted: int) -> list[float]:
    """log10 of round numbers between two log10 values: decades, with 2 and 5 where there is room."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or wanted < 1:
        return []
    decades = high - low
    if decades < 0.5:
        values = linear_ticks(10.0**low, 10.0**high, wanted)
        return [math.log10(value) for value in values if value > 0]
    factors = (1.0, 2.0, 5.0) if decades * 3 <= wanted * 1.8 else (1.0,)
    every = max(1, math.ceil(decades / wanted)) if factors == (1.0,) else 1
    found = [
        power + math.log10(factor)
        for power in range(math.floor(low), math.ceil(high) + 1)
        if power % every == 0
        for factor in factors
    ]
    return [tick for tick in found if low - 1e-9 <= tick <= high + 1e-9]


def tick_text(value: float, step: float) -> str:
    """A number as it stands at a scale: no more digits than the step needs."""
    if value == 0 or (step > 0 and abs(value) < step * 1e-6):
        return "0"
    size = max(abs(value), step)
    if size >= 1e6 or size < 1e-3:
        text = f"{value:.3g}"
        return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    text = f"{value:,.{min(digits + 1, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_text(value: float) -> str:
    """A measured value in four digits, for read-outs and tables."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
