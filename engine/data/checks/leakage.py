"""Columns that give the answer away: written after the fact, or the answer under another name."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from engine.data.chance import shuffled
from engine.data.checks.check import Check, Int64s, Look
from engine.data.checks.columns import inputs_of
from engine.data.checks.remedies import ignore
from engine.data.checks.values import Float64s, Values, class_labels, values_of
from engine.document.data_spec import Field, FieldKind
from engine.protocol.messages.data import DataCheck

MOST_ROWS = 50_000
MOST_COLUMNS = 300
_FEW_ROWS = 40
_BINS = 256
_TELLS = 0.995
_USUAL = 0.95


class Leakage(Check):
    """One column alone answers for samples that were not looked at, which real life seldom allows.

    What each value (of numbers: each of 256 equal parts) usually goes with is taken from one half of the samples, and
    tried on the other.
    """

    kind: ClassVar[str] = "leakage"
    caption: ClassVar[str] = "Columns that give the answer away"

    def find(self, look: Look) -> Iterable[DataCheck]:
        dataset = look.dataset
        inputs = [field for field in inputs_of(look) if field.kind in (FieldKind.NUMBER, FieldKind.CATEGORY)]
        if len(inputs) < 2:
            return
        found = class_labels(dataset)
        target = found[0] if found is not None else _number_target(look)
        if target is None:
            return
        ready = dataset.splits < 3
        if found is not None:
            ready &= found[1] >= 0
        chosen = np.flatnonzero(ready)
        chosen = chosen[shuffled(len(chosen), 7).numpy()[:MOST_ROWS]]
        if len(chosen) < _FEW_ROWS:
            return
        labels = None if found is None else found[1][chosen]
        answers = None if found is not None else values_of(dataset, target)
        numbers = None if answers is None or answers.numbers is None else answers.numbers[chosen]
        for field in inputs[:MOST_COLUMNS]:
            look.progress(-1, "Looking for columns that give the answer away")
            values = values_of(dataset, field)
            if values is None:
                continue
            cells, count = _cells(values, chosen)
            if labels is not None:
                right, usual = _classes_told(cells, count, labels)
                tells = right >= _TELLS and usual <= _USUAL
                words = "always" if right == 1 else f"{right:.1%} of the time"
            elif numbers is not None:
                share = _numbers_told(cells, count, numbers)
                tells = share >= _TELLS
                words = f"{min(share, 0.999):.1%} of how it varies"
            else:
                continue
            if tells:
                yield self.told(
                    f"{field.name} alone tells {target.name}: {words}. If it is only known afterwards, the network "
                    f"will be of no use on new data.",
                    where=field.name,
                    count=dataset.samples,
                    remedies=[ignore(field)],
                )


def _number_target(look: Look) -> Field | None:
    return next((field for field in look.dataset.data.targets() if field.kind is FieldKind.NUMBER), None)


def _cells(values: Values, chosen: Int64s) -> tuple[Int64s, int]:
    """A cell number for each of the chosen samples, its value or the part of the range it lies in; how many cells."""
    if values.strings is not None:
        return values.strings.codes[chosen], len(values.strings.values)
    assert values.numbers is not None
    numbers = values.numbers[chosen]
    known = numbers[: len(numbers) // 2]
    known = known[np.isfinite(known)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    distinct = np.unique(known)
    if len(distinct) <= _BINS:
        edges = distinct[1:]
    cells = np.searchsorted(edges, numbers, side="right")
    cells[np.isnan(numbers)] = len(edges) + 1
    return cells.astype(np.int64), len(edges) + 2


def _classes_told(cells: Int64s, count: int, labels: Int64s) -> tuple[float, float]:
    """How often the usual class of a cell in the first half is right in the second, and the usual class of all."""
    half = len(cells) // 2
    width = int(labels.max()) + 1
    pairs, numbers = np.unique(cells[:half] * width + labels[:half], return_counts=True)
    rising = np.argsort(numbers, kind="stable")
    usual = np.full(count, -1, np.int64)
    usual[pairs[rising] // width] = pairs[rising] % width
    everywhere = int(np.bincount(labels[:half]).argmax())
    right = float((usual[cells[half:]] == labels[half:]).mean())
    return right, float((labels[half:] == everywhere).mean())


def _numbers_told(cells: Int64s, count: int, target: Float64s) -> float:
    """The share of the target's variance in the second half that the means of cells in the first explain."""
    half = len(cells) // 2
    known = target[:half]
    fine = np.isfinite(known)
    sums = np.bincount(cells[:half][fine], weights=known[fine], minlength=count)
    numbers = np.bincount(cells[:half][fine], minlength=count)
    means = np.where(numbers > 0, sums / np.maximum(1, numbers), known[fine].mean() if fine.any() else 0.0)
    wanted = target[half:]
    there = np.isfinite(wanted)
    spread = float(np.var(wanted[there])) if there.any() else 0.0
    if spread <= 0:
        return 0.0
    return 1.0 - float(np.mean((wanted[there] - means[cells[half:]][there]) ** 2)) / spread
