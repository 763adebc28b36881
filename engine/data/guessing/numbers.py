"""Fields of numbers."""

from engine.document.data_spec import Field, FieldKind, Role, Step

NUMBER_STEPS = (Step(type="FillMissing"), Step(type="Standardize"))


def number_field(name: str) -> Field:
    """A number to learn from."""
    return Field(name=name, kind=FieldKind.NUMBER, preparation=NUMBER_STEPS)


def array_field(name: str) -> Field:
    """Several numbers to learn from."""
    return Field(name=name, kind=FieldKind.ARRAY, preparation=NUMBER_STEPS)


def number_target(name: str) -> Field:
    """A number to be learned."""
    return Field(name=name, kind=FieldKind.NUMBER, role=Role.TARGET, preparation=(Step(type="Standardize"),))
