"""Fields of categories."""

from engine.document.data_spec import Field, FieldKind, Role, Step


def category_field(name: str) -> Field:
    """A category to learn from."""
    return Field(name=name, kind=FieldKind.CATEGORY, preparation=(Step(type="OneHot"),))


def category_target(name: str) -> Field:
    """A category to be learned."""
    return Field(name=name, kind=FieldKind.CATEGORY, role=Role.TARGET, preparation=(Step(type="ClassIndex"),))
