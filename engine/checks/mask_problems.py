"""Masks and their pictures: both have to be cut and resized alike, or regions lie beside what they mark."""

from collections.abc import Iterator

from engine.catalog.preparation import Resize, preparation_type
from engine.checks.problem import Problem, Repair, Severity
from engine.checks.shapes import ShapeInference
from engine.document.data_edits import SetField
from engine.document.data_spec import Field, FieldKind, Step
from engine.errors import AttributeOutOfRange


def mask_problems(checker: ShapeInference) -> Iterator[Problem]:
    """A mask to be learned whose size or fit is not that of the picture it is learned from."""
    data = checker.project.data
    pictures = [field for field in data.inputs() if field.kind is FieldKind.IMAGE]
    if not pictures:
        return
    picture = pictures[0]
    wanted = _resize(picture)
    for field in data.targets():
        if field.kind is not FieldKind.MASK:
            continue
        own = _resize(field)
        if own == wanted:
            continue
        yield Problem(
            severity=Severity.WARNING,
            node="",
            message=f"The mask '{field.name}' is not resized as the picture '{picture.name}' is, so its regions lie "
            "beside what they mark.",
            expected=_words(wanted),
            found=_words(own),
            repairs=(
                Repair(
                    title=f"Resize '{field.name}' like '{picture.name}'",
                    edit=SetField(name=field.name, preparation=_like(picture, field)),
                ),
            ),
        )


def _resize(field: Field) -> Resize | None:
    """The step that resizes a field, if there is one that makes sense."""
    for step in field.preparation:
        kind = preparation_type(step.type)
        if kind is Resize:
            try:
                return Resize.from_attributes(step.attributes)
            except AttributeOutOfRange:
                return None  # told with the field's own problems
    return None


def _words(resize: Resize | None) -> str:
    return f"{resize.height} × {resize.width}, {resize.mode}" if resize is not None else "no Resize"


def _like(picture: Field, mask: Field) -> tuple[Step, ...]:
    """The mask's preparation with the picture's Resize in front."""
    rest = tuple(step for step in mask.preparation if preparation_type(step.type) is not Resize)
    return (*(step for step in picture.preparation if preparation_type(step.type) is Resize), *rest)
