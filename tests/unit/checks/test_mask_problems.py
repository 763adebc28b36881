"""A mask that is not resized as its picture is told of, and mended with one click."""

import pytest

from engine.checks.report import check
from engine.data.proposals import propose
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Statistics, Step
from engine.document.edits import apply
from engine.document.project import Project


def project(mask: tuple[Step, ...], **picture: int | str) -> Project:
    """A network for a picture of 32 × 32 with a mask."""
    size = {"height": 32, "width": 32, "mode": "stretch", **picture}
    pixels = Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Channels"), Step(type="Resize", attributes=size), Step(type="Scale")),
        statistics=Statistics(shape=(None, None, 3)),
    )
    statistics = Statistics(classes=("background", "object"), counts=(9, 9), shape=(None, None))
    target = Field(name="mask", kind=FieldKind.MASK, role=Role.TARGET, preparation=mask, statistics=statistics)
    source = Source(kind=SourceKind.MASKS, path="/nowhere")
    return propose("x", DataSpec(sources=(source,), fields=(pixels, target)))


LIKE = Step(type="Resize", attributes={"height": 32, "width": 32, "mode": "stretch"})


def told(of: Project) -> list[str]:
    return [problem.message for problem in check(of).problems if "is not resized as" in problem.message]


def test_a_mask_resized_like_its_picture_is_well() -> None:
    assert not told(project((LIKE,)))
    assert not told(project((LIKE, Step(type="Region"))))


@pytest.mark.parametrize(
    "mask",
    [
        (),
        (Step(type="Resize", attributes={"height": 64, "width": 32, "mode": "stretch"}),),
        (Step(type="Resize", attributes={"height": 32, "width": 32, "mode": "cover"}),),
        (Step(type="Resize", attributes={"height": 64, "width": 64}), Step(type="Region", attributes={"number": 1})),
    ],
)
def test_another_size_or_fit_is_told_and_mended(mask: tuple[Step, ...]) -> None:
    made = project(mask)
    (problem,) = [problem for problem in check(made).problems if "is not resized as" in problem.message]
    assert problem.expected == "32 × 32, stretch"
    (repair,) = problem.repairs
    apply(made, repair.edit)
    assert not told(made)
    field = made.data.field("mask")
    assert field is not None and field.preparation[0] == LIKE
    assert [step.type for step in field.preparation[1:]] == [step.type for step in mask if step.type == "Region"]
