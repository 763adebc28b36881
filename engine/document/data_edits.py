"""Edits of the data spec: classes, labels given by hand, samples left out, fields and the split.

They name what they change and no more, so that labelling a sample is a short line in the journal. The classes that were
measured follow at once, in their order, so that the network's Outputs have the right size before anything is read anew.
Files are never touched.
"""

from typing import Union

import msgspec
from msgspec import UNSET, UnsetType

from engine.document.data_spec import (
    DataSpec,
    Exclusion,
    Field,
    FieldKind,
    LabelledSamples,
    Labelling,
    Role,
    Source,
    SourceKind,
    Split,
    Statistics,
    Step,
)
from engine.document.edit import DataEdit
from engine.document.graph import Value
from engine.document.sample_names import count, is_long, make_sense
from engine.errors import DataError

LONGEST_CLASS = 200
_WITH_CLASSES = (FieldKind.CATEGORY, FieldKind.LABELS)


class AddClass(DataEdit, frozen=True):
    """Add a class that no sample has yet."""

    field: str
    name: str


class RenameClass(DataEdit, frozen=True):
    """Call a class otherwise."""

    field: str
    old: str
    new: str


class MergeClasses(DataEdit, frozen=True):
    """Make one class of several; `into` may be one of them or a new name."""

    field: str
    classes: tuple[str, ...]
    into: str


class DeleteClass(DataEdit, frozen=True):
    """Take a class away; its samples wait in the pool."""

    field: str
    name: str


class SetClasses(DataEdit, frozen=True):
    """Set all that is known of the classes of a field but the labels given by hand: takes back the edits above."""

    field: str
    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    renamed: dict[str, str] = {}  # noqa: RUF012 (msgspec makes a new one each time)
    added: tuple[str, ...] = ()


class LabelSamples(DataEdit, frozen=True):
    """Label samples by hand. No label puts them into the pool. `samples` are names or runs of names.

    With `original` the labels are what the files call the classes; that is how labels are put back exactly.
    """

    field: str
    samples: tuple[str, ...]
    labels: tuple[str, ...] = ()
    original: bool = False


class TakeBackLabels(DataEdit, frozen=True):
    """Forget the latest labels given by hand."""

    field: str


class ExcludeSamples(DataEdit, frozen=True):
    """Leave samples out: nobody uses them. `samples` are names or runs of names."""

    samples: tuple[str, ...]


class IncludeSamples(DataEdit, frozen=True):
    """Use samples again that were left out."""

    samples: tuple[str, ...]


class TakeBackExclusion(DataEdit, frozen=True):
    """Forget the latest leaving out or taking in of samples."""


class SetField(DataEdit, frozen=True):
    """Set parts of a field; what is not named stays. A field of another kind is measured anew."""

    name: str
    role: Role | UnsetType = UNSET
    kind: FieldKind | UnsetType = UNSET
    options: dict[str, Value] | UnsetType = UNSET
    preparation: tuple[Step, ...] | UnsetType = UNSET
    augmentation: tuple[Step, ...] | UnsetType = UNSET
    statistics: Statistics | UnsetType = UNSET


class SetSplit(DataEdit, frozen=True):
    """Deal the samples in another way."""

    split: Split


class SetSource(DataEdit, frozen=True):
    """Read the samples from another source, or in another way; fields and split stay."""

    source: Source


class AddPoints(DataEdit, frozen=True):
    """Put points on the plane: x, y and the number of the class of each. `places` are where they stand among all
    points then, rising; empty puts them at the end."""

    points: tuple[float, ...]
    places: tuple[int, ...] = ()


class RemovePoints(DataEdit, frozen=True):
    """Take points off the plane; `places` are where they stand among all of them, rising."""

    places: tuple[int, ...]


class SetMeasured(DataEdit, frozen=True):
    """Take in what was measured of fields, by name; no step of the history, since it follows from the others."""

    statistics: dict[str, Statistics]


AnyDataEdit = Union[
    AddClass,
    RenameClass,
    MergeClasses,
    DeleteClass,
    SetClasses,
    LabelSamples,
    TakeBackLabels,
    ExcludeSamples,
    IncludeSamples,
    TakeBackExclusion,
    SetField,
    SetSplit,
    SetSource,
    AddPoints,
    RemovePoints,
    SetMeasured,
]

OF_SAMPLES = (LabelSamples, TakeBackLabels, ExcludeSamples, IncludeSamples, TakeBackExclusion)
"""Edits that touch samples alone: no field, no class, so no size in the network."""


def data_title(edit: DataEdit) -> str:
    """The name of an edit in the undo menu."""
    match edit:
        case AddClass(name=name):
            return f"Add class {name}"
        case RenameClass(old=old, new=new):
            return f"Rename class {old} to {new}"
        case MergeClasses(classes=classes, into=into):
            return f"Merge {_some(len(classes), 'class', 'classes')} into {into}"
        case DeleteClass(name=name):
            return f"Delete class {name}"
        case SetClasses(field=name):
            return f"Change the classes of {name}"
        case LabelSamples(labels=labels, samples=samples):
            noun = _samples(samples)
            return f"Label {noun} {', '.join(labels)}" if labels else f"Take the label off {noun}"
        case TakeBackLabels():
            return "Take back labels"
        case ExcludeSamples(samples=samples):
            return f"Leave out {_samples(samples)}"
        case IncludeSamples(samples=samples):
            return f"Use {_samples(samples)} again"
        case TakeBackExclusion():
            return "Take back leaving out"
        case SetField(name=name, role=role):
            return f"Ignore {name}" if role is Role.IGNORED else f"Change {name}"
        case SetSplit():
            return "Change the split"
        case SetSource():
            return "Change the source"
        case AddPoints(points=points):
            return f"Draw {_some(len(points) // 3, 'point', 'points')}"
        case RemovePoints(places=places):
            return f"Erase {_some(len(places), 'point', 'points')}"
        case _:
            return "Change data"


def _samples(samples: tuple[str, ...]) -> str:
    return "many samples" if is_long(samples) else _some(count(samples), "sample", "samples")


def _some(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def edited(data: DataSpec, edit: DataEdit) -> tuple[DataSpec, AnyDataEdit]:
    """The data spec after an edit, and the edit that takes it back. Raises DataError when it makes no sense."""
    match edit:
        case AddClass() | RenameClass() | MergeClasses() | DeleteClass() | SetClasses():
            field = _classified(data, edit.field)
            now = data.labelling_of(edit.field)
            known = field.statistics
            back = SetClasses(
                field=edit.field, classes=known.classes, counts=known.counts, renamed=now.renamed, added=now.added
            )
            statistics, labelling = _with_classes(known, now, edit)
            fields = _with_field(data, msgspec.structs.replace(field, statistics=statistics))
            return _with_labelling(msgspec.structs.replace(data, fields=fields), labelling), back
        case LabelSamples(field=name, labels=labels, samples=samples):
            now = data.labelling_of(name)
            if not edit.original:
                _some_samples(samples)
                labels = _originals(_classified(data, name), now, labels)
            changed = msgspec.structs.replace(
                now, labelled=(*now.labelled, LabelledSamples(labels=labels, samples=samples))
            )
            return _with_labelling(data, changed), TakeBackLabels(field=name)
        case TakeBackLabels(field=name):
            now = data.labelling_of(name)
            if not now.labelled:
                raise DataError(f"No sample was given a {name[:80]} by hand.", where=name[:80])
            last = now.labelled[-1]
            again = LabelSamples(field=name, labels=last.labels, samples=last.samples, original=True)
            changed = msgspec.structs.replace(now, labelled=now.labelled[:-1])
            return _with_labelling(data, changed), again
        case ExcludeSamples(samples=samples) | IncludeSamples(samples=samples):
            _sensible(samples)
            exclusion = Exclusion(samples=samples, undone=isinstance(edit, IncludeSamples))
            return msgspec.structs.replace(data, excluded=(*data.excluded, exclusion)), TakeBackExclusion()
        case TakeBackExclusion():
            if not data.excluded:
                raise DataError("No sample was left out by hand.")
            latest = data.excluded[-1]
            kind = IncludeSamples if latest.undone else ExcludeSamples
            return msgspec.structs.replace(data, excluded=data.excluded[:-1]), kind(samples=latest.samples)
        case SetField(name=name):
            return _set_field(data, _field(data, name), edit)
        case SetSplit(split=split):
            return msgspec.structs.replace(data, split=split), SetSplit(split=data.split)
        case SetSource(source=source):
            now_read = _source(data)
            return msgspec.structs.replace(data, sources=(source,)), SetSource(source=now_read)
        case AddPoints() | RemovePoints():
            return _with_points(data, edit)
        case SetMeasured(statistics=measured):
            before = {name: _field(data, name).statistics for name in measured}
            fields = tuple(
                msgspec.structs.replace(field, statistics=measured[field.name]) if field.name in measured else field
                for field in data.fields
            )
            return msgspec.structs.replace(data, fields=fields), SetMeasured(statistics=before)
        case _:
            raise DataError(f"'{type(edit).__name__}' is no edit of the data.")


def _source(data: DataSpec) -> Source:
    if len(data.sources) != 1:
        raise DataError(
            "The project has no single source of data.", expected="one source", found=str(len(data.sources))
        )
    return data.sources[0]


PLACED = "placed"
"""Option of a source of drawn points: x, y and class of each, one after the other."""


def _with_points(data: DataSpec, edit: AddPoints | RemovePoints) -> tuple[DataSpec, AnyDataEdit]:
    source = _source(data)
    held = source.options.get(PLACED, [])
    if source.kind is not SourceKind.POINTS or not isinstance(held, list) or len(held) % 3:
        raise DataError(
            "Points are drawn where the data are points of one's own.",
            where=source.path[:80],
            expected="points that were drawn",
            found=source.kind.value,
        )
    points: list[Value] = [held[at : at + 3] for at in range(0, len(held), 3)]
    places = list(edit.places)
    if places != sorted(set(places)) or (places and places[0] < 0):
        raise DataError("Places of points rise.", where=source.path[:80], found=str(places)[:60])
    if isinstance(edit, AddPoints):
        new = [list(edit.points[at : at + 3]) for at in range(0, len(edit.points), 3)]
        places = places or list(range(len(points), len(points) + len(new)))
        if len(edit.points) % 3 or len(places) != len(new) or (places and places[-1] >= len(points) + len(new)):
            raise DataError("Points are given by x, y and class, a place for each.", where=source.path[:80])
        for place, point in zip(places, new, strict=True):
            points.insert(place, point)  # type: ignore[arg-type]
        # Where there was none, the source is put back as it was: it may have said so, or nothing at all.
        back: AnyDataEdit = RemovePoints(places=tuple(places)) if held else SetSource(source=source)
    else:
        if not places or places[-1] >= len(points):
            raise DataError("There are no such points.", where=source.path[:80], found=str(places)[:60])
        taken = [value for place in places for value in points[place]]  # type: ignore[union-attr]
        gone = set(places)
        points = [point for place, point in enumerate(points) if place not in gone]
        back = AddPoints(points=tuple(taken), places=tuple(places))  # type: ignore[arg-type]
    flat = [value for point in points for value in point]  # type: ignore[union-attr]
    changed = msgspec.structs.replace(source, options={**source.options, PLACED: flat})
    return msgspec.structs.replace(data, sources=(changed,)), back


def _field(data: DataSpec, name: str) -> Field:
    field = data.field(name)
    if field is None:
        raise DataError(f"The data has no field '{name[:80]}'.", where=name[:80])
    return field


def _classified(data: DataSpec, name: str) -> Field:
    field = _field(data, name)
    if field.kind not in _WITH_CLASSES:
        raise DataError(
            f"The field '{name[:80]}' has no classes.",
            where=name[:80],
            expected="a category",
            found=field.kind.value,
            hint="Make it a category first.",
        )
    return field


def _with_field(data: DataSpec, field: Field) -> tuple[Field, ...]:
    return tuple(field if old.name == field.name else old for old in data.fields)


def _with_labelling(data: DataSpec, changed: Labelling) -> DataSpec:
    """Kept in order of the fields' names, and only where something was changed: the same bytes for the same value."""
    others = [item for item in data.labelling if item.field != changed.field]
    if changed != Labelling(field=changed.field):
        others.append(changed)
    return msgspec.structs.replace(data, labelling=tuple(sorted(others, key=lambda item: item.field)))


def _some_samples(samples: tuple[str, ...]) -> None:
    """Raises DataError when no sample is named, or a run makes no sense."""
    if not samples:
        raise DataError("No sample is named.", expected="one sample at least")
    _sensible(samples)


def _sensible(samples: tuple[str, ...]) -> None:
    if not is_long(samples):
        count(samples)  # raises with the place
    elif not make_sense(samples):
        raise DataError("A list of samples makes no sense.", expected="names, or runs of names")


def _with_classes(
    known: Statistics, now: Labelling, edit: AddClass | RenameClass | MergeClasses | DeleteClass | SetClasses
) -> tuple[Statistics, Labelling]:
    """Classes and labelling after an edit of classes."""
    match edit:
        case SetClasses(classes=classes, counts=counts, renamed=renamed, added=added):
            labelling = msgspec.structs.replace(now, renamed=renamed, added=added)
            return msgspec.structs.replace(known, classes=classes, counts=counts), labelling
        case AddClass(name=name):
            _new_name(known, edit.field, name)
            original = name
            while original in now.renamed or original in now.added:
                original += "'"  # the files' class of this name is called otherwise now, or was taken away
            renamed = dict(now.renamed) if original == name else {**now.renamed, original: name}
            labelling = msgspec.structs.replace(now, renamed=renamed, added=(*now.added, original))
            counts = (*known.counts, 0) if len(known.counts) == len(known.classes) else known.counts
            return msgspec.structs.replace(known, classes=(*known.classes, name), counts=counts), labelling
        case RenameClass(field=field, old=old, new=new):
            _known_name(known, field, old)
            _new_name(known, field, new)
            return _called(known, now, {old: new})
        case MergeClasses(field=field, classes=classes, into=into):
            for name in classes:
                _known_name(known, field, name)
            if len({*classes, into}) < 2:
                raise DataError("There is nothing to merge.", where=field, expected="two classes or more")
            if into not in known.classes:
                _new_name(known, field, into)
            return _called(known, now, dict.fromkeys(classes, into))
        case DeleteClass(field=field, name=name):
            _known_name(known, field, name)
            return _called(known, now, {name: ""})


def _called(known: Statistics, now: Labelling, names: dict[str, str]) -> tuple[Statistics, Labelling]:
    """Classes called otherwise; those that get the same name become one, in the place of the first of them."""
    renamed = dict(now.renamed)
    for old, new in names.items():
        for original in now.originals(old):
            renamed.pop(original, None)
            if original != new:
                renamed[original] = new
    counted = len(known.counts) == len(known.classes)
    totals: dict[str, int] = {}
    for place, name in enumerate(known.classes):
        now_called = names.get(name, name)
        if now_called:
            totals[now_called] = totals.get(now_called, 0) + (known.counts[place] if counted else 0)
    counts = tuple(totals.values()) if counted else known.counts
    return (
        msgspec.structs.replace(known, classes=tuple(totals), counts=counts),
        msgspec.structs.replace(now, renamed=renamed),
    )


def _known_name(known: Statistics, field: str, name: str) -> None:
    if name not in known.classes:
        raise DataError(
            f"{field[:80]} has no class '{name[:80]}'.",
            where=field[:80],
            expected=", ".join(known.classes[:12]) or "a class",
            found=name[:80],
        )


def _new_name(known: Statistics, field: str, name: str) -> None:
    if not name.strip() or len(name) > LONGEST_CLASS or "\t" in name or "\n" in name:
        raise DataError(
            "A class needs a name.",
            where=field[:80],
            expected=f"1 to {LONGEST_CLASS} letters in one line",
            found=name[:80],
        )
    if name in known.classes:
        raise DataError(
            f"{field[:80]} has a class '{name}' already.",
            where=field[:80],
            found=name,
            hint="Merge the two, or choose another name.",
        )


def _originals(field: Field, labelling: Labelling, labels: tuple[str, ...]) -> tuple[str, ...]:
    """What the files, or the added classes, call classes as they are called now."""
    if len(labels) > 1 and field.kind is not FieldKind.LABELS:
        raise DataError(
            f"A sample has one {field.name} only.",
            where=field.name,
            expected="one class",
            found=", ".join(labels)[:200],
        )
    found: list[str] = []
    for label in labels:
        _known_name(field.statistics, field.name, label)
        originals = labelling.originals(label)
        if not originals:
            raise DataError(f"No class of the files is called '{label[:80]}' now.", where=field.name, found=label[:80])
        found.append(originals[0])
    return tuple(found)


def _set_field(data: DataSpec, field: Field, edit: SetField) -> tuple[DataSpec, AnyDataEdit]:
    named = {name: value for name in _PARTS if (value := getattr(edit, name)) is not UNSET}
    if "kind" in named and named["kind"] is not field.kind and "statistics" not in named:
        named["statistics"] = Statistics()
    before = {name: getattr(field, name) for name in named}
    changed = msgspec.structs.replace(field, **named)
    back = SetField(name=field.name, **before)
    return msgspec.structs.replace(data, fields=_with_field(data, changed)), back


_PARTS = ("role", "kind", "options", "preparation", "augmentation", "statistics")
