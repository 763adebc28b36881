"""An Input that is moved along its text: whether it can be, and what stands before the text then."""

from engine.catalog.layers.data import Input
from engine.catalog.preparation_text import text_step
from engine.document.data_spec import DataSpec
from engine.errors import ShapeMismatch


def begin_of_shift(data: DataSpec, layer: Input) -> int:
    """The number that comes to stand where a shifted text begins; 0 where nothing is shifted.

    Raises ShapeMismatch unless the Input brings one field of text, prepared as numbers.
    """
    if not layer.shift:
        return 0
    field = data.field(layer.fields[0]) if len(layer.fields) == 1 else None
    step = text_step(field) if field is not None else None
    if step is None:
        raise ShapeMismatch(
            "Only one field of text can be moved.",
            where="shift",
            expected="a field that is prepared with Characters, Words or Byte pairs",
            found=", ".join(layer.fields) or "no field",
            hint="Set Move right to 0.",
        )
    return step.begin
