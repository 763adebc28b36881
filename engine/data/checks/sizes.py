"""Pictures of different sizes or colours, and sound of different rates."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from engine.data.checks.check import Check, Look
from engine.data.checks.remedies import LOOK, with_step
from engine.data.rows import PictureRows, SoundRows
from engine.document.data_spec import Field, Step
from engine.protocol.messages.data import DataCheck, Severity


class MixedSizes(Check):
    """A network takes one size; what differs is brought to it."""

    kind: ClassVar[str] = "mixed_sizes"
    caption: ClassVar[str] = "Pictures or sound of different sizes"

    def find(self, look: Look) -> Iterable[DataCheck]:
        for field in look.dataset.data.inputs():
            rows = look.dataset.rows(field.name)
            if isinstance(rows, PictureRows):
                yield from self._pictures(field, rows)
            elif isinstance(rows, SoundRows):
                yield from self._sounds(field, rows)

    def _pictures(self, field: Field, rows: PictureRows) -> Iterable[DataCheck]:
        sizes, place, counts = np.unique(rows.sizes[:, :2], axis=0, return_inverse=True, return_counts=True)
        resized = any(step.type == "Resize" for step in field.preparation)
        if len(sizes) > 1:
            small, large = sizes.min(axis=0), sizes.max(axis=0)
            usual = sizes[int(np.argmax(counts))]
            step = Step(type="Resize", attributes={"height": int(usual[0]), "width": int(usual[1])})
            yield self.told(
                f"The pictures have {len(sizes):,} sizes, from {small[1]} × {small[0]} to {large[1]} × {large[0]} "
                "pixels. " + ("They are resized." if resized else "They must be brought to one size."),
                where=field.name,
                severity=Severity.NOTE if resized else Severity.ERROR,
                samples=np.flatnonzero(place.ravel() != int(np.argmax(counts))),
                remedies=[LOOK] if resized else [with_step(field, step, f"Resize to {usual[1]} × {usual[0]}"), LOOK],
            )
        grey = rows.sizes[:, 2] <= 2
        if grey.any() and not grey.all():
            fewer = grey if grey.sum() * 2 <= len(grey) else ~grey
            yield self.told(
                f"{int(grey.sum()):,} of the pictures are grey, the others in colour.",
                where=field.name,
                severity=Severity.NOTE,
                samples=np.flatnonzero(fewer),
                remedies=[LOOK],
            )

    def _sounds(self, field: Field, rows: SoundRows) -> Iterable[DataCheck]:
        rates, place, counts = np.unique(rows.rates, return_inverse=True, return_counts=True)
        if len(rates) > 1:
            yield self.told(
                f"The recordings have {len(rates)} sample rates, from {rates.min():,} to {rates.max():,} Hz. All are "
                f"brought to {rows.rate:,} Hz.",
                where=field.name,
                severity=Severity.NOTE,
                samples=np.flatnonzero(place.ravel() != int(np.argmax(counts))),
                remedies=[LOOK],
            )
