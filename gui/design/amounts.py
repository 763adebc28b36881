"""Counts and sizes in few signs."""


def number_text(value: float) -> str:
    """18,432 · 1.70 M · 52 M."""
    if value < 100_000:
        return f"{value:,.0f}"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{_three_digits(value / size)} {unit}"
    return f"{value:,.0f}"


def bytes_text(value: float) -> str:
    """6.40 MB · 212 MB · 96 B."""
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size:
            return f"{_three_digits(value / size)} {unit}"
    return f"{value:.0f} B"


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
