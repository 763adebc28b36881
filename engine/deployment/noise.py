"""The random numbers that a generator is given: brought, drawn by a seed, set by hand, or on the way between two."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.deployment.description import InputDescription, draw
from engine.errors import DataError

SHOWN: Final = 16
"""How many of the numbers are told with an answer."""
_KEYS: Final = frozenset(("seed", "toward", "share", "set"))
_SEEDS: Final = 2**53

Floats = npt.NDArray[np.float32]


def noise_of(item: InputDescription, given: Any, key: Sequence[int]) -> Floats:
    """Numbers of the sizes of `item` for one sample. `given` None draws by `key`: (seed, place of the sample, place of
    the input).

    Else `given` holds the numbers, or says {"seed", "toward", "share", "set"}: those of that seed, a `share` (0 to 1)
    of the way to another seed's, with single numbers set by their place, counted row by row. A seed stands for what a
    first sample is given with it. Raises DataError naming the input.
    """
    if given is None:
        return draw(item, key)
    if isinstance(given, Mapping):
        return _described(item, given, key)
    sizes = _sizes(item)
    try:
        numbers = np.asarray(given, np.float32)
    except (TypeError, ValueError):
        numbers = np.empty(0, np.float32)
    if numbers.shape != sizes or not np.isfinite(numbers).all():
        raise DataError(
            f"'{item.name}' is not the noise that the network takes.",
            where=item.name,
            expected=f"{' × '.join(map(str, sizes))} numbers, or nothing for new ones",
            found=f"{' × '.join(map(str, numbers.shape))} numbers" if numbers.size else "something else",
        )
    return numbers


def first_numbers(noise: Floats) -> list[float]:
    """What is told of it."""
    return [float(f"{value:.6g}") for value in noise.reshape(-1)[:SHOWN].tolist()]


def between(item: InputDescription, start: Floats, end: Floats, share: float) -> Floats:
    """On the way from one draw to another.

    Numbers that are normal stay so: their spread would shrink half way along a straight line.
    """
    if share <= 0:
        return start
    if share >= 1:
        return end
    if item.distribution == "uniform":
        return (start + (end - start) * np.float32(share)).astype(np.float32)
    turn = share * math.pi / 2
    return (start * np.float32(math.cos(turn)) + end * np.float32(math.sin(turn))).astype(np.float32)


def _described(item: InputDescription, given: Mapping[Any, Any], key: Sequence[int]) -> Floats:
    unknown = [str(name)[:40] for name in given if name not in _KEYS]
    seed, toward, share, chosen = (given.get(name) for name in ("seed", "toward", "share", "set"))
    seeds = [value for value in (seed, toward) if value is not None]
    whole = all(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _SEEDS for value in seeds)
    part = share if share is not None else 0.0
    if (
        unknown
        or not whole
        or not isinstance(part, int | float)
        or not math.isfinite(part)
        or not isinstance(chosen, Mapping | None)
    ):
        raise DataError(
            f"This does not say how the noise of '{item.name}' is drawn.",
            where=item.name,
            expected='{"seed": a whole number, "toward": another, "share": 0 to 1, "set": {place: number}}',
            found=", ".join(unknown) or "something else",
        )
    number = key[-1]
    noise = draw(item, key if seed is None else [seed, 0, number])
    if toward is not None:
        noise = between(item, noise, draw(item, [toward, 0, number]), float(part))
    flat = noise.reshape(-1).copy()
    for place, value in (chosen or {}).items():
        try:
            at, to = int(place), float(value)
        except (TypeError, ValueError):
            at, to = -1, math.nan
        if not 0 <= at < flat.size or not abs(to) <= 1e6:
            raise DataError(
                f"'{item.name}' has no such number.",
                where=item.name,
                expected=f"places 0 to {flat.size - 1}, and numbers",
                found=f"{str(place)[:20]}: {str(value)[:20]}",
            )
        flat[at] = to
    return flat.reshape(noise.shape)


def _sizes(item: InputDescription) -> tuple[int, ...]:
    return tuple(size for size in item.shape[1:] if isinstance(size, int))
