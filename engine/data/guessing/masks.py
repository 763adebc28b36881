"""Fields of pictures with masks: both of one size that a U-Net can halve, and changes that move them together."""

from engine.data.guessing.pictures import look
from engine.data.mask_values import MaskValues
from engine.data.samples import Pictures
from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.document.graph import Value

HALVINGS = 8
"""The U-Net that is proposed halves three times."""


def mask_fields(picture: str, mask: str, pictures: Pictures, values: MaskValues) -> tuple[Field, Field]:
    """A picture to learn from and its mask, to be learned."""
    sizes, gray = look(pictures)
    heights, widths = zip(*sizes, strict=True)
    height, width = sorted(heights)[len(heights) // 2], sorted(widths)[len(widths) // 2]
    # Regions need finer pictures than classes do: 128 points a side where a class is told from 64.
    scale = min(1.0, (128 if len(pictures) <= 3000 else 96) / max(height, width))
    size: dict[str, Value] = {
        "height": _fitting(height * scale),
        "width": _fitting(width * scale),
        "mode": "stretch",  # the answer then lies over the whole picture
    }
    resize = Step(type="Resize", attributes=size)
    shown = Field(
        name=picture,
        kind=FieldKind.IMAGE,
        preparation=(
            Step(type="Channels", attributes={"mode": "gray" if gray else "rgb"}),
            resize,
            Step(type="Scale"),
            Step(type="Normalize"),
        ),
        augmentation=(Step(type="RandomFlip"),),
    )
    target = Field(name=mask, kind=FieldKind.MASK, role=Role.TARGET, options=values.options(), preparation=(resize,))
    return shown, target


def _fitting(side: float) -> int:
    return max(2 * HALVINGS, round(side / HALVINGS) * HALVINGS)
