"""A column can be taken for another kind, with the preparation that it then needs."""

import pytest

from engine.catalog.field_kinds import COLUMN_KINDS, default_steps, fields_as, kinds_for
from engine.checks.field_specs import prepared_spec
from engine.document.data_spec import Field, FieldKind, Role, Statistics, Step
from engine.errors import DataError

AGE = Field(
    name="age",
    kind=FieldKind.NUMBER,
    preparation=(Step(type="FillMissing"), Step(type="Standardize")),
    statistics=Statistics(mean=(3.0,)),
)


@pytest.mark.parametrize("role", [Role.INPUT, Role.IGNORED])
@pytest.mark.parametrize("start", COLUMN_KINDS)
@pytest.mark.parametrize("kind", COLUMN_KINDS)
def test_every_column_can_be_taken_for_every_kind_of_column(start: FieldKind, kind: FieldKind, role: Role) -> None:
    field = Field(name="x", kind=start, role=role, preparation=default_steps(start, Role.INPUT))
    changed = fields_as(field, kind)
    assert changed.kind is kind and changed.role is role and changed.preparation
    assert prepared_spec(changed).rank in (1, 2)
    assert fields_as(changed, start).preparation == field.preparation


def test_what_was_measured_is_forgotten() -> None:
    assert fields_as(AGE, FieldKind.CATEGORY).statistics == Statistics()
    assert fields_as(AGE, FieldKind.NUMBER) is AGE


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(DataError, match="cannot be taken for image") as caught:
        fields_as(AGE, FieldKind.IMAGE)
    assert "category" in caught.value.expected
    target = Field(name="age", kind=FieldKind.NUMBER, role=Role.TARGET)
    assert set(kinds_for(target)) == {FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.LABELS}
    with pytest.raises(DataError, match="taken for date and be learned"):
        fields_as(target, FieldKind.DATE)
    assert kinds_for(Field(name="p", kind=FieldKind.IMAGE)) == (FieldKind.IMAGE,)


def test_a_column_of_files_can_be_pictures_or_words() -> None:
    files = Field(name="file", kind=FieldKind.TEXT, role=Role.IGNORED, options={"files": True})
    picture = fields_as(files, FieldKind.IMAGE)
    assert picture.options == {"files": True} and [step.type for step in picture.preparation][:2] == [
        "Channels",
        "Resize",
    ]
    assert FieldKind.NUMBER not in kinds_for(picture)
