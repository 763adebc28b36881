"""Edits of the data spec that the Data tab makes, as values."""

from collections.abc import Sequence
from typing import Final

import msgspec

from engine.document.data_edits import SetField
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Step
from engine.document.edits import SetData

DEFAULTS: Final[dict[tuple[FieldKind, Role], tuple[str, ...]]] = {
    (FieldKind.CATEGORY, Role.INPUT): ("OneHot",),
    (FieldKind.CATEGORY, Role.TARGET): ("ClassIndex",),
    (FieldKind.NUMBER, Role.INPUT): ("FillMissing", "Standardize"),
    (FieldKind.NUMBER, Role.TARGET): ("Standardize",),
    (FieldKind.TEXT, Role.INPUT): ("Characters",),
}
"""Steps that a field of a kind needs in a role; where nothing is named its steps stay as they are."""


def set_field(data: DataSpec, field: Field) -> SetData:
    """Put a field in the place of the one with its name."""
    fields = tuple(field if old.name == field.name else old for old in data.fields)
    return SetData(data=msgspec.structs.replace(data, fields=fields))


def set_role(data: DataSpec, name: str, role: Role) -> SetField:
    """Give a field another role, and the preparation it needs there unless it fits already."""
    field = data.field(name)
    assert field is not None
    steps = tuple(step.type for step in field.preparation)
    needed = DEFAULTS.get((field.kind, role))
    was_default = not steps or steps in DEFAULTS.values()
    if needed is not None and was_default and steps != needed:
        return SetField(name=name, role=role, preparation=tuple(Step(type=name) for name in needed))
    return SetField(name=name, role=role)


def set_kind(data: DataSpec, name: str, kind: FieldKind) -> SetField:
    """Take a field for something else, with the preparation that fits."""
    field = data.field(name)
    assert field is not None
    steps = tuple(Step(type=step) for step in DEFAULTS.get((kind, field.role), ()))
    return SetField(name=name, kind=kind, preparation=steps, augmentation=())


def set_steps(data: DataSpec, name: str, which: str, steps: Sequence[Step]) -> SetData:
    """Replace the `preparation` or the `augmentation` of a field."""
    field = data.field(name)
    assert field is not None
    return set_field(data, msgspec.structs.replace(field, **{which: tuple(steps)}))
