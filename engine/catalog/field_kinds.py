"""Taking a field for another kind: what a column can be, and the preparation that it then needs."""

import msgspec

from engine.document.data_spec import Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Value
from engine.errors import DataError

COLUMN_KINDS = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.DATE, FieldKind.TEXT)
"""What the cells of a column can be taken for."""
FILE_KINDS = (FieldKind.IMAGE, FieldKind.AUDIO)
"""What the files that a column names can be."""

_STEPS: dict[tuple[FieldKind, Role], tuple[Step, ...]] = {
    (FieldKind.NUMBER, Role.INPUT): (Step(type="FillMissing"), Step(type="Standardize")),
    (FieldKind.NUMBER, Role.TARGET): (Step(type="Standardize"),),
    (FieldKind.CATEGORY, Role.INPUT): (Step(type="OneHot"),),
    (FieldKind.CATEGORY, Role.TARGET): (Step(type="ClassIndex"),),
    (FieldKind.LABELS, Role.INPUT): (Step(type="MultiHot"),),
    (FieldKind.LABELS, Role.TARGET): (Step(type="MultiHot"),),
    (FieldKind.DATE, Role.INPUT): (Step(type="DateParts"),),
    (FieldKind.TEXT, Role.INPUT): (Step(type="Characters", attributes={"length": 64}),),
    (FieldKind.IMAGE, Role.INPUT): (
        Step(type="Channels"),
        Step(type="Resize", attributes={"height": 64, "width": 64}),
        Step(type="Scale"),
        Step(type="Normalize"),
    ),
}
_OPTIONS: dict[FieldKind, dict[str, Value]] = {
    FieldKind.DATE: {"form": "year"},
    FieldKind.LABELS: {"separator": ";"},
}


def kinds_for(field: Field) -> tuple[FieldKind, ...]:
    """The kinds that a field can be taken for, its own first: columns of each other, pictures and sound for nothing
    else."""
    if field.options.get("files"):
        others: tuple[FieldKind, ...] = (*COLUMN_KINDS[1:2], FieldKind.TEXT, *FILE_KINDS)
    elif field.kind in COLUMN_KINDS:
        others = COLUMN_KINDS
    else:
        others = ()
    possible = [kind for kind in others if field.role is not Role.TARGET or (kind, Role.TARGET) in _STEPS]
    return tuple(dict.fromkeys((field.kind, *possible)))


def default_steps(kind: FieldKind, role: Role) -> tuple[Step, ...]:
    """The preparation that a field of a kind needs in a role; () where none is known or none is needed."""
    return _STEPS.get((kind, role), ())


def fields_as(field: Field, kind: FieldKind) -> Field:
    """The field taken for another kind, with the preparation that it needs; its statistics must be measured anew.

    Raises DataError for a kind that its values cannot be, and says what they can be.
    """
    if kind is field.kind:
        return field
    possible = kinds_for(field)
    if kind not in possible:
        learned = " and be learned" if field.role is Role.TARGET and kind in COLUMN_KINDS else ""
        raise DataError(
            f"'{field.name}' cannot be taken for {kind.value}{learned}.",
            where=field.name,
            expected=", ".join(item.value for item in possible),
            found=kind.value,
            hint="Learn another field, then change this one." if learned else "",
        )
    role = Role.INPUT if field.role is Role.IGNORED else field.role
    kept = {name: value for name, value in field.options.items() if name in ("files", "folder", "columns")}
    return msgspec.structs.replace(
        field,
        kind=kind,
        options={**kept, **_OPTIONS.get(kind, {})},
        preparation=default_steps(kind, role),
        augmentation=(),
        statistics=Statistics(),
    )
