"""The order of preparation steps is checked where it is set: a step that does not fit says which comes first."""

import pytest

from engine.checks.field_specs import prepared_spec
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.errors import ShapeMismatch


def picture(*steps: str) -> Field:
    return Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=tuple(Step(type=step) for step in steps),
        statistics=Statistics(shape=(28, 28, 3), mean=(1.0, 1.0, 1.0), std=(1.0, 1.0, 1.0)),
    )


def test_the_usual_order_gives_what_a_convolution_takes() -> None:
    assert prepared_spec(picture("Channels", "Resize", "Scale", "Normalize")).shape == (None, 3, 64, 64)


@pytest.mark.parametrize(
    ("steps", "hint"),
    [
        (("Scale", "Resize"), "before the step that scales"),
        (("Scale", "Channels"), "before the step that scales"),
        (("Scale", "Scale"), "before the step that scales"),
        (("Normalize", "Scale"), "Put Scale before it"),
    ],
)
def test_a_step_in_the_wrong_place_says_where_it_belongs(steps: tuple[str, ...], hint: str) -> None:
    with pytest.raises(ShapeMismatch) as refused:
        prepared_spec(picture(*steps))
    assert hint in refused.value.hint
