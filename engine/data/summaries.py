"""What every field holds, for the window: counts, spread, histograms and the most frequent values, over all samples.

Numbers are sorted once, which gives quantiles, different values and histogram together; a million take some 20 ms.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.catalog.field_kinds import kinds_for
from engine.data.label_lists import labels_in
from engine.data.left_out import printable
from engine.data.rows import (
    DateRows,
    LabelRows,
    MaskRows,
    NumberRows,
    PictureRows,
    Rows,
    SeriesRows,
    SoundRows,
    StringRows,
)
from engine.document.data_spec import Field, FieldKind, Role
from engine.protocol.messages.data import Distribution, FieldSummary, ValueCount

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

Floats = npt.NDArray[np.float64]

BINS = 24
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_CLASSES = 100
MOST_VALUES = 12
_LOOKED_AT = 2000
_SHOWN = 80


def summaries_of(dataset: "Dataset") -> list[FieldSummary]:
    """One for each field of the data, in order; an ignored one says only what it is and what it could be."""
    return [summary_of(dataset, field) for field in dataset.data.fields]


def summary_of(dataset: "Dataset", field: Field) -> FieldSummary:
    """What one field holds."""
    about: dict[str, Any] = {
        "name": field.name,
        "kind": field.kind.value,
        "role": field.role.value,
        "reason": str(field.options.get("why", "")),
        "kinds": [kind.value for kind in kinds_for(field)],
    }
    if field.role is Role.IGNORED:
        return FieldSummary(**about)
    return FieldSummary(**about, **_measured(dataset.rows(field.name), field))


def _measured(rows: Rows, field: Field) -> dict[str, Any]:
    if isinstance(rows, DateRows):
        return _of_numbers(rows.seconds, unit="date")
    if isinstance(rows, NumberRows):
        flat = rows.numbers.ndim == 1
        return _of_numbers(rows.numbers if flat else rows.numbers[:: max(1, len(rows) // _LOOKED_AT)], flat=flat)
    if isinstance(rows, LabelRows):
        return _of_labels(rows)
    if isinstance(rows, StringRows):
        return _of_strings(rows, field)
    if isinstance(rows, PictureRows):
        sizes = rows.sizes
        spread = [spread_of(sizes[:, 1], of="width", unit="px"), spread_of(sizes[:, 0], of="height", unit="px")]
        return {"count": len(rows), "distributions": spread}
    if isinstance(rows, MaskRows):
        return {"count": len(rows), "top": _by_class(field)}
    if isinstance(rows, SoundRows):
        return {"count": len(rows), "distributions": [spread_of(rows.lengths / rows.rate, of="seconds", unit="s")]}
    if isinstance(rows, SeriesRows):
        some = np.arange(0, len(rows), max(1, len(rows) // _LOOKED_AT))
        values = rows.batch(some).numpy()
        return {"count": len(rows), "distributions": [spread_of(values)]}
    return {"count": len(rows)}


def _by_class(field: Field) -> list[ValueCount]:
    statistics = field.statistics
    pairs = zip(statistics.classes, statistics.counts, strict=False)
    return [ValueCount(value=name, count=count) for name, count in pairs][:MOST_CLASSES]


def _of_numbers(values: npt.NDArray[Any], *, unit: str = "", flat: bool = True) -> dict[str, Any]:
    ordered = np.sort(values, axis=None)  # nan at the end
    count = int(np.searchsorted(ordered, np.inf, side="right"))
    ordered = ordered[:count]
    distinct = int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if count else 0
    found: dict[str, Any] = {"distributions": [_of_ordered(ordered, unit=unit)]}
    if flat:
        found |= {"count": count, "missing": len(values) - count, "distinct": distinct}
    else:
        found |= {"count": len(values)}
    return found


def spread_of(values: npt.NDArray[Any], *, of: str = "value", unit: str = "") -> Distribution:
    """How numbers are spread; what is not finite does not count."""
    ordered = np.sort(np.asarray(values), axis=None)
    if ordered.dtype.kind == "f":
        ordered = ordered[np.isfinite(ordered)]
    return _of_ordered(ordered, of=of, unit=unit)


def _of_ordered(ordered: npt.NDArray[Any], *, of: str = "value", unit: str = "") -> Distribution:
    """The same for numbers that rise and are all finite."""
    count = len(ordered)
    if not count:
        return Distribution(of=of, unit=unit)
    low, high = float(ordered[0]), float(ordered[-1])
    mean = float(ordered.mean(dtype=np.float64))
    places = [min(count - 1, int(share * count)) for share in QUANTILES]
    edges = edges_for(low, high, whole=_is_whole(ordered) and unit != "date")
    inner = np.searchsorted(ordered, edges[1:-1], side="left")
    counts = np.diff(inner, prepend=0, append=count)
    return Distribution(
        of=of,
        unit=unit,
        minimum=low,
        maximum=high,
        mean=mean,
        std=float(ordered.std(dtype=np.float64)) if count > 1 else 0.0,
        quantiles=[float(ordered[place]) for place in places],
        edges=[float(edge) for edge in edges],
        counts=counts.tolist(),
    )


def _is_whole(ordered: npt.NDArray[Any]) -> bool:
    if ordered.dtype.kind in "iu":
        return True
    some = ordered[:: max(1, len(ordered) // 5000)]
    return bool((some == np.floor(some)).all()) and bool((ordered == np.floor(ordered)).all())


def edges_for(low: float, high: float, *, whole: bool) -> Floats:
    """Edges of bins of one width: a bin for each whole number where there are few, else a round number of bins."""
    if whole and high - low < BINS:
        return np.arange(low - 0.5, high + 1.0, 1.0)
    if whole:  # as many whole numbers in each bin
        width = math.ceil((high - low + 1) / BINS)
        return np.arange(0, math.ceil((high - low + 1) / width) + 1, dtype=np.float64) * width + (low - 0.5)
    if low == high:
        pad = abs(low) * 1e-3 or 0.5
        return np.array([low - pad, high + pad])
    edges: Floats = np.linspace(low, high, BINS + 1)
    return edges


def _of_strings(rows: StringRows, field: Field) -> dict[str, Any]:
    strings = rows.strings
    counts = strings.counts()
    there = np.flatnonzero(counts)
    empty = next((int(code) for code, text in enumerate(strings.values[:1000]) if not text), -1)
    if empty < 0 and "" in strings.values:
        empty = strings.values.index("")
    missing = int(counts[empty]) if empty >= 0 else 0
    found: dict[str, Any] = {
        "count": len(rows) - missing,
        "missing": missing,
        "distinct": len(there) - (1 if missing else 0),
    }
    most = MOST_CLASSES if field.kind is FieldKind.CATEGORY else MOST_VALUES
    kept = there[there != empty]
    if len(kept) > 50 * most:
        cut = np.partition(counts[kept], -most)[-most]
        kept = kept[counts[kept] >= cut][: 50 * most]
    order = kept[np.argsort(-counts[kept], kind="stable")][:most]
    found["top"] = [
        ValueCount(value=printable(strings.values[code], _SHOWN), count=int(counts[code])) for code in order.tolist()
    ]
    if field.kind is FieldKind.TEXT:
        lengths = np.fromiter(map(len, strings.values), np.int64, len(strings.values))
        weighed = np.repeat(lengths, counts) if len(there) < len(rows) else lengths
        found["distributions"] = [spread_of(weighed[weighed > 0], of="characters")]
    return found


def _of_labels(rows: LabelRows) -> dict[str, Any]:
    strings = rows.strings
    totals: dict[str, int] = {}
    sizes: list[int] = []
    weights: list[int] = []
    missing = 0
    for text, count in zip(strings.values, strings.counts().tolist(), strict=True):
        if not text:
            missing += count
            continue
        labels = labels_in(text, rows.separator)
        sizes.append(len(labels))
        weights.append(count)
        for label in labels:
            totals[label] = totals.get(label, 0) + count
    each = np.repeat(np.array(sizes, np.int64), weights) if sizes else np.zeros(0, np.int64)
    top = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:MOST_CLASSES]
    return {
        "count": len(rows) - missing,
        "missing": missing,
        "distinct": len([label for label, count in totals.items() if count]),
        "distributions": [spread_of(each, of="labels")],
        "top": [ValueCount(value=printable(label, _SHOWN), count=count) for label, count in top if count],
    }
