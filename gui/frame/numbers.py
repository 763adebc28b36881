"""Large numbers in few signs."""


def short_number(value: int) -> str:
    """842, 18.4 k, 1.70 M, 52 M, 3.1 G."""
    if value < 10_000:
        return f"{value:,}"
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            scaled = value / size
            digits = 2 if scaled < 10 else 1 if scaled < 20 else 0
            return f"{scaled:,.{digits}f} {unit}"
    return str(value)


def count_of(number: int, noun: str) -> str:
    """1 node, 14 nodes."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
