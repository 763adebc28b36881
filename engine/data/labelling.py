"""The samples as the user has them: classes renamed, merged or taken away, samples labelled by hand or left out.

It works on what a reader gave, before anything is opened. No file changes.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from engine.data.label_lists import joined, labels_in, separator_of
from engine.data.naming import find_names
from engine.data.progress import IsCancelled, Progress
from engine.data.samples import Samples
from engine.data.statistics import sort_classes
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Labelling

WITH_CLASSES = (FieldKind.CATEGORY, FieldKind.LABELS)

Int64s = npt.NDArray[np.int64]
Apart = Callable[[str], tuple[str, ...]]
Together = Callable[[Sequence[str]], str]


def changed_by_hand(
    source: Samples, data: DataSpec, progress: Progress, cancelled: IsCancelled
) -> tuple[Samples, Int64s]:
    """The source with its labels as they are now, and the numbers of the samples that are not left out.

    Raises DataError when the project names samples in a way that makes no sense, and Cancelled.
    """
    labelled = [
        (field, labelling, column)
        for labelling in data.labelling
        if (field := data.field(labelling.field)) is not None
        and field.kind in WITH_CLASSES
        and isinstance(column := source.columns.get(field.name), Strings)
    ]
    lists = [entry.samples for _, labelling, _ in labelled for entry in labelling.labelled]
    exclusions = [exclusion.samples for exclusion in data.excluded]
    found = find_names([*lists, *exclusions], source.name, source.count, progress, cancelled)
    columns = dict(source.columns)
    at = 0
    for field, labelling, column in labelled:
        by_hand = found[at : at + len(labelling.labelled)]
        at += len(labelling.labelled)
        columns[field.name] = relabelled(column, field, labelling, by_hand)
    used = np.ones(source.count, bool)
    for exclusion, numbers in zip(data.excluded, found[at:], strict=True):
        used[numbers] = exclusion.undone
    if labelled:
        source = dataclasses.replace(source, columns=columns)
    return source, np.flatnonzero(used).astype(np.int64)


def relabelled(strings: Strings, field: Field, labelling: Labelling, by_hand: Sequence[Int64s]) -> Strings:
    """The values of a field as they are called now; `by_hand` has the rows of each entry of `labelling.labelled`.

    A class that was taken away, and a sample labelled with nothing, becomes the empty string, which waits in the pool.
    """
    apart, together = _forms(field)

    def now(labels: Sequence[str]) -> str:
        called = [name for label in labels if (name := labelling.called(label))]
        return together(tuple(dict.fromkeys(called))) if called or not labels else ""

    table: dict[str, int] = {}
    turned = np.empty(len(strings.values) + 1, np.int64)
    for code, text in enumerate(strings.values):
        turned[code] = table.setdefault(now(apart(text)) if text else "", len(table))
    codes = turned[strings.codes]
    for entry, rows in zip(labelling.labelled, by_hand, strict=True):
        codes[rows] = table.setdefault(now(entry.labels) if entry.labels else "", len(table))
    return Strings(tuple(table), codes)


def known_classes(
    strings: Strings, field: Field, labelling: Labelling, declared: Sequence[str] = ()
) -> tuple[str, ...]:
    """All classes there can be: those of the files, those the source declares and those added by hand, as they are
    called now.

    Classes that are known keep their order, so that a network's outputs keep their meaning; new ones follow sorted.
    """
    apart, _ = _forms(field)
    used = strings.counts() > 0
    originals = (
        label for text, there in zip(strings.values, used, strict=True) if text and there for label in apart(text)
    )
    labels = (*originals, *declared, *labelling.added)
    there = {name for label in labels if label and (name := labelling.called(label))}
    kept = [name for name in field.statistics.classes if name in there]
    return (*kept, *sort_classes(sorted(there.difference(kept))))


def _forms(field: Field) -> tuple[Apart, Together]:
    """How a value is taken apart into classes, and put together again."""
    if field.kind is not FieldKind.LABELS:
        return (lambda text: (text,)), (lambda labels: labels[0] if labels else "")
    separator = separator_of(field)
    return (lambda text: labels_in(text, separator)), (lambda labels: joined(labels, separator))
