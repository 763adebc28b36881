"""The tensors that the fields of the data become: as read, and as prepared for the network."""

from collections.abc import Sequence

from engine.catalog.preparation import preparation_type
from engine.catalog.tensors import DType, TensorSpec, axes_text
from engine.document.data_spec import DataSpec, Field, FieldKind, Role
from engine.errors import AttributeOutOfRange, DataError, ShapeMismatch


def raw_spec(field: Field) -> TensorSpec:
    """The tensor of a field as read: picture (N, height, width, channels), single value (N,), else (N, *shape)."""
    sizes = field.statistics.shape
    match field.kind:
        case FieldKind.IMAGE:
            return TensorSpec((None, *(sizes if len(sizes) == 3 else (None, None, None))), DType.INT)
        case FieldKind.MASK:
            return TensorSpec((None, *(sizes[:2] if len(sizes) >= 2 else (None, None))), DType.INT, _classes(field))
        case FieldKind.NUMBER:
            return TensorSpec((None,))
        case FieldKind.CATEGORY:
            return TensorSpec((None,), DType.INT, _classes(field))
        case FieldKind.TEXT | FieldKind.LABELS:
            return TensorSpec((None,), DType.INT)
        case FieldKind.DATE:
            return TensorSpec((None,))
        case FieldKind.AUDIO | FieldKind.SERIES | FieldKind.ARRAY:
            return TensorSpec((None, *sizes))


def _classes(field: Field) -> int | None:
    return len(field.statistics.classes) or None


def prepared_spec(field: Field) -> TensorSpec:
    """The tensor of a field after its preparation; a number is always (N, 1).

    Raises AttributeOutOfRange for an unknown step or a wrong attribute, ShapeMismatch for a step that does not fit;
    `where` names field and step.
    """
    spec = raw_spec(field)
    for number, step in enumerate(field.preparation, 1):
        where = f"{field.name}: step {number} ({step.type[:80]})"
        found = preparation_type(step.type)
        if found is None:
            raise AttributeOutOfRange(
                f"The field '{field.name}' has a preparation step '{step.type[:80]}', which is not known.",
                where=where,
                found=step.type[:80],
                hint="Remove the step in the tab Data.",
            )
        if field.kind not in found.kinds:
            raise ShapeMismatch(
                f"{found.label()} does not fit the field '{field.name}'.",
                where=where,
                expected=" or ".join(found.kinds),
                found=field.kind.value,
                hint="Remove the step in the tab Data.",
            )
        if found.inputs_only and field.role is Role.TARGET:
            raise ShapeMismatch(
                f"{found.label()} cannot be turned back, so an answer would not be in its own unit.",
                where=where,
                hint="Remove the step in the tab Data.",
            )
        try:
            prepared = found.from_attributes(step.attributes)
            spec = prepared.output_spec(spec, field.statistics)
        except (AttributeOutOfRange, ShapeMismatch) as error:
            raise type(error)(
                f"The field '{field.name}' cannot be prepared: {error.message}",
                where=where,
                expected=error.expected,
                found=error.found,
                hint=error.hint,
            ) from None
        count = getattr(prepared, "index_count", None)
        if spec.dtype is DType.INT and spec.classes is None and count is not None:
            spec = TensorSpec(spec.shape, spec.dtype, count(field.statistics))
    if field.kind is FieldKind.NUMBER and spec.rank == 1:
        return TensorSpec((*spec.shape, 1), spec.dtype)
    return spec


def input_spec(data: DataSpec, fields: Sequence[str]) -> TensorSpec:
    """The tensor of an Input node: one field's, or several joined along the last axis into (N, K).

    Raises DataError when a field does not exist or none is named, ShapeMismatch when they cannot be joined, and what
    `prepared_spec` raises.
    """
    if not fields:
        raise DataError("No field is chosen.", hint="Choose the field of the data that flows in here.")
    specs = []
    for name in fields:
        field = data.field(name)
        if field is None:
            raise DataError(
                f"The data has no field '{name[:80]}'.",
                where=name[:80],
                expected=", ".join(field.name for field in data.fields) or "a field of the data",
                found=name[:80],
                hint="Choose another field." if data.fields else "Add data in the tab Data.",
            )
        specs.append(prepared_spec(field))
    if len(specs) == 1:
        return specs[0]
    width = 0
    for name, spec in zip(fields, specs, strict=True):
        if spec.rank != 2 or spec.dtype is not DType.FLOAT or spec.shape[1] is None:
            axes = ("N", "height", "width", "channels") if spec.rank == 4 else ()
            words = " of whole numbers" if spec.dtype is DType.INT else ""
            raise ShapeMismatch(
                f"The field '{name}' cannot be joined with others.",
                where=name,
                expected="2 dimensions (N, features) of decimal numbers",
                found=axes_text(spec.shape, axes) + words,
                hint="Prepare a category with One-hot, or give the field an Input of its own.",
            )
        width += spec.shape[1]
    return TensorSpec((specs[0].shape[0], width))


def answer_spec(data: DataSpec, name: str, answer: str = "none") -> tuple[TensorSpec, tuple[str, ...]] | None:
    """What an Output for this field expects, and its axes; None where any tensor will do.

    A category wants one score a class, a number one value; anything else what its own preparation makes. An `answer`
    that is an embedding may have any width. Raises DataError when there is no such field.
    """
    field = data.field(name)
    if field is None:
        raise DataError(
            f"The data has no field '{name[:80]}'." if name else "No field is chosen.",
            where=name[:80],
            expected=", ".join(field.name for field in data.fields) or "a field of the data",
            found=name[:80],
            hint="Choose the field that is answered here.",
        )
    if answer == "embedding":
        return TensorSpec((None, None)), ("N", "features")
    if field.kind in (FieldKind.CATEGORY, FieldKind.LABELS):
        return TensorSpec((None, _classes(field))), ("N", "classes")
    if field.kind is FieldKind.NUMBER:
        return TensorSpec((None, 1)), ("N", "value")
    if field.kind in (FieldKind.MASK, FieldKind.TEXT):
        return None
    return prepared_spec(field), ()
