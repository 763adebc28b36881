"""Samples that were left out by hand, and the way back."""

from collections.abc import Iterable
from typing import ClassVar

from engine.data.checks.check import Check, Look, some
from engine.data.checks.remedies import doing
from engine.document.data_edits import IncludeSamples
from engine.protocol.messages.data import DataCheck, Severity


class LeftOutByHand(Check):
    """So that nobody forgets them, long after undo has forgotten the step."""

    kind: ClassVar[str] = "left_out"
    caption: ClassVar[str] = "Samples left out by hand"

    def find(self, look: Look) -> Iterable[DataCheck]:
        count = look.dataset.excluded
        if count:
            names = tuple(name for step in look.dataset.data.excluded if not step.undone for name in step.samples)
            yield self.told(
                f"{some(count, 'sample is', 'samples are')} left out by hand.",
                severity=Severity.NOTE,
                count=count,
                remedies=[doing("Use it again" if count == 1 else "Use them again", IncludeSamples(samples=names))],
            )
