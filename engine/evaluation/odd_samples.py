"""The samples that look odd to a network, and how well oddness tells those of one kind, whatever the kind is."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from engine.document.data_spec import Field, FieldKind, Role, Unseen
from engine.errors import DataError
from engine.evaluation.answered import Answered
from engine.evaluation.groups import values_of
from engine.evaluation.intervals import interval_of_auroc
from engine.evaluation.oddness import oddness_of, ranking_of
from engine.evaluation.plots.oddness import oddness_plots
from engine.protocol.messages.comparison import GroupChoice
from engine.protocol.messages.oddness import OddnessScored, OddSample

MOST_VALUES: Final = 200
"""Of a field, as a choice."""
_SHOWN: Final = 60
_COLUMNS: Final = (FieldKind.CATEGORY, FieldKind.NUMBER, FieldKind.TEXT)

Bools = npt.NDArray[np.bool_]


def score_oddness(given: Answered, field: str = "", values: Sequence[str] = (), output: str = "") -> OddnessScored:
    """How well oddness tells samples with one of `values` in `field` from the others.

    Without a field it is what training never saw; without that, nothing is told apart yet. Raises DataError.
    """
    chosen = given.output(output)
    found = oddness_of(given, chosen)
    if found is None:
        raise DataError(
            "These answers say nothing of how odd a sample is.",
            where=output[:80],
            expected="an output that makes its input again, or one class a sample",
            hint="An autoencoder says it, and so does a classifier.",
        )
    unseen = given.dataset.data.split.unseen
    wanted = Unseen(field=field, values=tuple(values)) if field else unseen
    odd = np.zeros(given.count, bool)
    if wanted.field and wanted.values:
        odd = _having(given, wanted)
    ranking = ranking_of(found, odd)
    interval = interval_of_auroc(found.value[:, None], odd[:, None]) if ranking is not None else []
    order = np.argsort(-np.nan_to_num(found.value, nan=-np.inf), kind="stable")[:_SHOWN]
    note = ""
    if wanted.values and ranking is None:
        note = f"The {given.split} split holds {'no' if not odd.any() else 'only'} samples of {_said(wanted.values)}."
    return OddnessScored(
        run=given.run.number,
        split=given.split,
        output=chosen.field.name if chosen.field is not None else "",
        field=wanted.field,
        values=list(wanted.values),
        caption=found.caption,
        odd=int(odd.sum()),
        others=int((~odd).sum()),
        auroc=ranking.auroc() if ranking is not None else None,
        average_precision=ranking.average_precision() if ranking is not None else None,
        interval=interval,
        choices=_choices(given),
        field_values=_values(given, wanted.field) if wanted.field else [],
        oddest=[
            OddSample(index=int(given.indices[row]), value=float(found.value[row]), is_odd=bool(odd[row]))
            for row in order.tolist()
        ],
        plots=oddness_plots(found.value, odd, found.caption, _said(wanted.values), ranking),
        note=note,
    )


def _said(values: Sequence[str]) -> str:
    return ", ".join(values[:4]) + (f" and {len(values) - 4:,} more" if len(values) > 4 else "")


def _having(given: Answered, wanted: Unseen) -> Bools:
    texts = _texts(given, _column(given, wanted.field))
    return np.array([text in wanted.values for text in texts], bool)


def _column(given: Answered, name: str) -> Field:
    field = given.dataset.data.field(name)
    if field is not None and field.kind in _COLUMNS:
        return field
    raise DataError(
        f"The data has no field '{name[:80]}'."
        if field is None
        else f"'{name[:80]}' has no values to choose samples by.",
        where=name[:80],
        expected=", ".join(choice.key for choice in _choices(given)) or "a field of classes, numbers or text",
        found=name[:80],
    )


def _texts(given: Answered, field: Field) -> list[str]:
    """The value of each sample of the split in words, "" where there is none."""
    rows, place = values_of(given, field)
    known = {number: rows.text(number) for number in set(place.tolist()) if number >= 0}
    return [known.get(number, "") for number in place.tolist()]


def _choices(given: Answered) -> list[GroupChoice]:
    """The fields by whose values samples can be told apart: those of classes first."""
    fields = [field for field in given.dataset.data.fields if field.kind in _COLUMNS]
    fields.sort(key=lambda field: (field.kind is not FieldKind.CATEGORY, field.role is Role.IGNORED))
    return [GroupChoice(key=field.name, caption=field.name) for field in fields]


def _values(given: Answered, name: str) -> list[str]:
    """The values of a field in the split: the classes of a category in their order."""
    field = _column(given, name)
    there = set(_texts(given, field)) - {""}
    order = [value for value in field.statistics.classes if value in there] or sorted(there)
    return order[:MOST_VALUES]


def plain(found: OddnessScored) -> dict[str, object]:
    """For `--json`: without plots and choices."""
    values: dict[str, object] = msgspec.to_builtins(found)
    return {name: value for name, value in values.items() if name not in ("plots", "choices", "request", "type")}
