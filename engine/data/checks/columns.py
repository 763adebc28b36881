"""Columns of a table that teach nothing or the wrong thing: constant, numberings, with missing values or outliers."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from engine.data.checks.check import Check, Int64s, Look, listed, some
from engine.data.checks.remedies import LOOK, ignore, leave_out, with_step
from engine.data.checks.values import Float64s, values_of
from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.protocol.messages.data import DataCheck, Severity

_FEW_ROWS = 20
_EACH = 3
"""Columns that are told of one by one; more are told of together."""
_MOSTLY = 0.5
_FAR = 8.0
_RARE = 0.01
_ENOUGH = 100_000


def inputs_of(look: Look) -> list[Field]:
    """The fields that are learned from."""
    return list(look.dataset.data.inputs())


class ConstantColumns(Check):
    """What is always the same tells no sample from another."""

    kind: ClassVar[str] = "constant"
    caption: ClassVar[str] = "Columns with one value"

    def find(self, look: Look) -> Iterable[DataCheck]:
        inputs = inputs_of(look)
        for field in inputs:
            values = values_of(look.dataset, field)
            if values is None or look.dataset.samples < 2:
                continue
            if values.strings is not None:
                used = np.unique(values.strings.codes)
                constant = len(used) == 1 and values.strings.values[int(used[0])] != ""
            else:
                assert values.numbers is not None
                there = values.numbers[np.isfinite(values.numbers)]
                constant = len(there) > 0 and there.min() == there.max()
            if constant:
                yield self.told(
                    f"{field.name} has the same value in every sample, so it teaches nothing.",
                    where=field.name,
                    count=look.dataset.samples,
                    remedies=[ignore(field)] if len(inputs) > 1 else [],
                )


class IdColumns(Check):
    """A numbering or a name of its own for each sample can only be remembered."""

    kind: ClassVar[str] = "id_like"
    caption: ClassVar[str] = "Columns that number or name the samples"

    def find(self, look: Look) -> Iterable[DataCheck]:
        inputs = inputs_of(look)
        count = look.dataset.samples
        if count < _FEW_ROWS or len(inputs) < 2:
            return
        for field in inputs:
            values = values_of(look.dataset, field)
            if values is None:
                continue
            if values.strings is not None:
                if field.kind is not FieldKind.CATEGORY:
                    continue
                distinct = len(np.unique(values.strings.codes))
                alike = distinct > 0.9 * count
                what = f"has {distinct:,} different values in {count:,} samples"
            elif field.kind is FieldKind.NUMBER:
                assert values.numbers is not None
                alike = _is_numbering(values.numbers)
                what = "counts the samples"
            else:
                continue
            if alike:
                yield self.told(
                    f"{field.name} {what}, so it says which sample it is, not what it is like.",
                    where=field.name,
                    count=count,
                    remedies=[ignore(field)],
                )


def _is_numbering(numbers: Float64s) -> bool:
    """Whole numbers, each once, without large gaps."""
    if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
        return False
    width = float(numbers.max() - numbers.min()) + 1
    return bool(width <= 1.1 * len(numbers)) and bool((np.diff(np.sort(numbers)) > 0).all())


class MissingValues(Check):
    """Numbers that are missing have to become something before a network can take them."""

    kind: ClassVar[str] = "missing"
    caption: ClassVar[str] = "Values that are missing"

    def find(self, look: Look) -> Iterable[DataCheck]:
        inputs = inputs_of(look)
        count = look.dataset.samples
        columns: list[DataCheck] = []
        for field in inputs:
            values = values_of(look.dataset, field)
            if values is None:
                array = getattr(look.dataset.rows(field.name), "numbers", None)
                if field.kind is FieldKind.ARRAY and array is not None and array.ndim > 1:
                    yield from self._array(look, field, array)
                continue
            gone = np.flatnonzero(values.missing())
            if len(gone):
                columns.append(self._column(look, field, gone, count, alone=len(inputs) == 1))
        harmless = [finding for finding in columns if finding.severity is Severity.NOTE]
        if len(harmless) > _EACH:
            total = sum(finding.count for finding in harmless)
            names = listed([f"{finding.where} ({finding.count:,})" for finding in harmless])
            columns = [finding for finding in columns if finding.severity is not Severity.NOTE]
            columns.append(
                self.told(
                    f"{total:,} values are missing in {len(harmless)} columns: {names}. They are filled in.",
                    severity=Severity.NOTE,
                    samples=np.unique(np.concatenate([finding.samples for finding in harmless])),
                    count=total,
                    remedies=[LOOK],
                )
            )
        yield from columns

    def _column(self, look: Look, field: Field, gone: Int64s, count: int, *, alone: bool) -> DataCheck:
        filled = any(step.type == "FillMissing" for step in field.preparation)
        share = len(gone) / count
        remedies = []
        how = ""
        if field.kind is FieldKind.NUMBER and filled:
            how = " They are filled in with the middle value."
        elif field.kind is FieldKind.NUMBER:
            remedies.append(with_step(field, Step(type="FillMissing"), "Fill them in"))
        elif field.kind is FieldKind.CATEGORY:
            how = " They count as no class of it."
        if not alone and share > _MOSTLY:
            remedies.insert(0, ignore(field))
        if share < _MOSTLY:
            remedies.append(leave_out(look.dataset, gone, "Leave out these samples"))
        return self.told(
            f"{len(gone):,} of {count:,} values of {field.name} are missing.{how}",
            where=field.name,
            severity=Severity.NOTE if how and share <= _MOSTLY else Severity.WARNING,
            samples=gone,
            remedies=[*remedies, LOOK],
        )

    def _array(self, look: Look, field: Field, array: Float64s) -> Iterable[DataCheck]:
        total, gone = 0, []
        for start in range(0, len(array), 4096):
            nan = np.isnan(array[start : start + 4096]).reshape(len(array[start : start + 4096]), -1)
            total += int(nan.sum())
            gone.append(start + np.flatnonzero(nan.any(axis=1)))
        if total:
            yield self.told(
                f"{total:,} of {array.size:,} values of {field.name} are missing.",
                where=field.name,
                samples=np.concatenate(gone),
                count=total,
                remedies=[LOOK],
            )


class Outliers(Check):
    """A few values far from all others stretch the scale on which the rest is told apart."""

    kind: ClassVar[str] = "outliers"
    caption: ClassVar[str] = "Numbers far from all others"

    def find(self, look: Look) -> Iterable[DataCheck]:
        findings: list[tuple[str, Int64s, DataCheck]] = []
        for field in look.dataset.data.fields:
            if field.role is Role.IGNORED or field.kind is not FieldKind.NUMBER:
                continue
            values = values_of(look.dataset, field)
            if values is None or values.numbers is None:
                continue
            far = outliers(values.numbers)
            if len(far):
                worst = values.numbers[far]
                middle = float(np.nanmedian(values.numbers))
                extreme = float(worst[np.argmax(np.abs(worst - middle))])
                told = self.told(
                    f"{some(len(far), 'value', 'values')} of {field.name} {'lies' if len(far) == 1 else 'lie'} far "
                    f"from the others. {'It is' if len(far) == 1 else 'The farthest is'} {extreme:.4g}; the middle is "
                    f"{middle:.4g}.",
                    where=field.name,
                    samples=far[np.argsort(-np.abs(worst - middle), kind="stable")],
                    remedies=[LOOK, leave_out(look.dataset, far, "Leave out these samples")],
                )
                findings.append((field.name, far, told))
        if len(findings) <= _EACH:
            yield from (told for _, _, told in findings)
            return
        rows = np.unique(np.concatenate([far for _, far, _ in findings]))
        names = listed([f"{name} ({len(far):,})" for name, far, _ in findings])
        yield self.told(
            f"{len(findings)} columns hold values far from all others: {names}.",
            samples=rows,
            remedies=[LOOK, leave_out(look.dataset, rows, "Leave out these samples")],
        )


def outliers(numbers: Float64s) -> Int64s:
    """Places of numbers more than eight robust spreads from the median, where these are few.

    The spread is 1.4826 times the median distance from the median, or 0.7413 times the distance of the quartiles where
    that is larger (a normal distribution has both equal its standard deviation). Long tails are no outliers: where more
    than one in a hundred lies so far, nothing is told.
    """
    there = np.flatnonzero(np.isfinite(numbers))
    if len(there) < _FEW_ROWS:
        return there[:0]
    known = numbers[there]
    # Quartiles of a hundred thousand are as good here as those of all.
    looked = known if len(known) <= _ENOUGH else known[np.random.default_rng(7).integers(0, len(known), _ENOUGH)]
    low, middle, high = np.percentile(looked, (25, 50, 75))
    spread = max(1.4826 * float(np.median(np.abs(looked - middle))), 0.7413 * float(high - low))
    if spread <= 0:
        return there[:0]
    far = there[np.abs(known - middle) > _FAR * spread]
    return far if len(far) <= _RARE * len(there) else there[:0]
