"""Fields of several labels."""

from collections.abc import Mapping

from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.document.graph import Value


def labels_field(name: str, options: Mapping[str, Value], role: Role = Role.INPUT) -> Field:
    """Labels to learn from, or to be learned: a column of zeros and ones for each."""
    return Field(
        name=name, kind=FieldKind.LABELS, role=role, options=dict(options), preparation=(Step(type="MultiHot"),)
    )
