"""Tells the log the losses of the steps: each one at first, and the more there are the more steps share a number.

65,536 steps are told singly, then the number of steps that share a mean, a minimum and a maximum doubles with the
number of steps. Reports come ten times a second at first, later each ten thousandth of the time so far. Ten million
steps take some 8 MB that way.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.protocol.run_events import StepsReported

SINGLE_STEPS: Final = 1 << 16
REPORTS_A_RUN: Final = 10_000
LONGEST_REST_S: Final = 10.0


def stride_at(step: int) -> int:
    """How many steps share a number where this step (from 1) lies; numbers begin at multiples of it, plus 1."""
    return 1 if step <= SINGLE_STEPS else 1 << ((step - 1) // SINGLE_STEPS).bit_length()


class StepReports:
    """Collects the losses of steps, in order, until it is time to tell them.

    `rest_s` is the shortest time between two reports; `clock_s` counts the seconds of training of the whole run.
    """

    def __init__(self, say: Callable[[StepsReported], None], *, rest_s: float = 0.1) -> None:
        self._say = say
        self._rest_s = rest_s
        self._told_at = -math.inf
        self._first = 0
        self._values: list[float] = []
        self._samples = 0
        self._since_s = 0.0
        self._parts: dict[str, tuple[float, int]] = {}
        """Of each of several losses the sum over the steps that computed it, and their number."""

    def add(
        self,
        first_step: int,
        losses: Sequence[float],
        parts: Mapping[str, Sequence[float]],
        *,
        samples: int,
        elapsed_s: float,
    ) -> None:
        """Take in steps: their losses, by name those that the network has several of, samples and time of all."""
        if not self._values:
            self._first = first_step
        self._values.extend(losses)
        self._samples += samples
        self._since_s += elapsed_s
        for name, values in parts.items():
            total, count = self._parts.get(name, (0.0, 0))
            for value in values:
                total += value
            self._parts[name] = total, count + len(values)

    def tell(self, clock_s: float, rates: Sequence[float], epoch: int, *, all_of_it: bool = False) -> bool:
        """Tell what is whole, if it is time to; whether anything was told.

        `all_of_it`: at once, and also what is not whole, as nobody knows when it goes on.
        """
        rest = min(LONGEST_REST_S, max(self._rest_s, clock_s / REPORTS_A_RUN))
        if not self._values or (not all_of_it and clock_s - self._told_at < rest):
            return False
        told = False
        parts = {name: short(total / count) for name, (total, count) in self._parts.items() if count}
        while self._values:
            event = self._next(rates, epoch, {} if told else parts, all_of_it=all_of_it)
            if event is None:
                break
            self._say(event)
            told = True
        if told:
            self._told_at, self._samples, self._since_s = clock_s, 0, 0.0
            self._parts = {}
        return told

    def _next(
        self, rates: Sequence[float], epoch: int, parts: dict[str, float], *, all_of_it: bool
    ) -> StepsReported | None:
        """A report of the first steps that wait, all with one stride; None when there are not enough for a number."""
        first, stride = self._first, stride_at(self._first)
        last = min(first + len(self._values) - 1, SINGLE_STEPS * stride)
        lead = -(first - 1) % stride  # what is left of a number that was told in part
        if lead:
            stride, count = lead, lead
        else:
            count = (last - first + 1) // stride * stride
        if count == 0 or count > len(self._values):
            if not all_of_it:
                return None
            stride = count = min(last - first + 1, stride)
        values, self._values = self._values[:count], self._values[count:]
        self._first = first + count
        groups = [values[at : at + stride] for at in range(0, count, stride)] if stride > 1 else []
        return StepsReported(
            first_step=first,
            loss=[short(math.fsum(group) / len(group)) for group in groups] if groups else [short(v) for v in values],
            low=[short(min(group)) for group in groups],
            high=[short(max(group)) for group in groups],
            stride=stride,
            learning_rate=rates[0] if rates else 0.0,
            rates=list(rates) if len(rates) > 1 else [],
            samples_per_s=round(self._samples / max(self._since_s, 1e-9), 1),
            epoch=epoch,
            parts=parts,
        )


def short(value: float) -> float:
    """Six digits."""
    return float(f"{value:.6g}")
