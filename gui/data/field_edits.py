"""Edits of the data spec that the Data tab makes, as values."""

from collections.abc import Sequence
from typing import Final

import msgspec

from engine.catalog.field_kinds import default_steps, fields_as
from engine.document.data_edits import SetField
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Step
from engine.document.edits import SetData


def set_field(data: DataSpec, field: Field) -> SetData:
    """Put a field in the place of the one with its name."""
    fields = tuple(field if old.name == field.name else old for old in data.fields)
    return SetData(data=msgspec.structs.replace(data, fields=fields))


def set_role(data: DataSpec, name: str, role: Role) -> SetField:
    """Give a field another role, and the preparation it needs there unless it fits already."""
    field = data.field(name)
    assert field is not None
    needed = default_steps(field.kind, role)
    was_default = not field.preparation or field.preparation in _USUAL
    if needed and was_default and field.preparation != needed:
        return SetField(name=name, role=role, preparation=needed)
    return SetField(name=name, role=role)


_USUAL: Final = tuple(default_steps(kind, role) for kind in FieldKind for role in Role)


def set_kind(data: DataSpec, name: str, kind: FieldKind) -> SetField:
    """Take a field for something else, with the preparation that fits. Raises DataError where it cannot be that."""
    field = data.field(name)
    assert field is not None
    taken = fields_as(field, kind)
    return SetField(
        name=name,
        kind=taken.kind,
        options=taken.options,
        preparation=taken.preparation,
        augmentation=taken.augmentation,
    )


def set_steps(data: DataSpec, name: str, which: str, steps: Sequence[Step]) -> SetData:
    """Replace the `preparation` or the `augmentation` of a field."""
    field = data.field(name)
    assert field is not None
    return set_field(data, msgspec.structs.replace(field, **{which: tuple(steps)}))
