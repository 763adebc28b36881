"""What a card says: the caption of a node, and its main settings in one short line.

The line is made from the declared attributes by their names, which torch's layers share, so a new layer needs nothing
here.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.catalog.layer import Family, Layer
from engine.catalog.layers.data import Noise
from engine.catalog.layers.merge import Switch
from engine.catalog.tensors import TensorSpec, edge_text
from engine.catalog.titles import title_of
from engine.document.data_spec import DataSpec, FieldKind, Role
from engine.document.graph import Node
from engine.errors import NetwrightError

_KIND_CAPTIONS: Final[dict[FieldKind, str]] = {
    FieldKind.IMAGE: "Images in",
    FieldKind.MASK: "Masks in",
    FieldKind.NUMBER: "Numbers in",
    FieldKind.CATEGORY: "Categories in",
    FieldKind.LABELS: "Labels in",
    FieldKind.DATE: "Dates in",
    FieldKind.TEXT: "Text in",
    FieldKind.AUDIO: "Sound in",
    FieldKind.SERIES: "Series in",
    FieldKind.ARRAY: "Arrays in",
}
_MOST_PARTS: Final = 3


def caption(node: Node, layer_type: type[Layer] | None, data: DataSpec) -> str:
    """The name on the card: the user's, or the layer's; an Input is named after what comes in."""
    named = _input_caption(node, data) if node.type == "Input" and not node.title and layer_type is not None else ""
    return named or title_of(node, layer_type)


def _input_caption(node: Node, data: DataSpec) -> str:
    names = node.attributes.get("fields")
    fields = [data.field(str(name)) for name in names] if isinstance(names, list | tuple) else []
    found = [field for field in fields if field is not None]
    if not found:
        return ""
    if len(found) > 1:
        return "Table in"
    field = found[0]
    if field.role is Role.TARGET:
        return "Labels in" if field.kind in (FieldKind.CATEGORY, FieldKind.LABELS) else "Targets in"
    return _KIND_CAPTIONS[field.kind]


@dataclass(frozen=True, slots=True)
class LinePart:
    """Some words of a card's line, and the attribute whose value they are; no name for words that are none."""

    text: str
    name: str = ""


def main_parts(
    node: Node, layer: Layer | None, inputs: Sequence[TensorSpec | None], output: TensorSpec | None, data: DataSpec
) -> tuple[LinePart, ...]:
    """The settings that matter most: "3×3 · 32", "12544→128", "28×28×1", "10 classes"."""
    if layer is None:
        return ()
    if node.type in ("Input", "Output"):
        text = _data_line(node, output, data)
        return (LinePart(text, "fields" if node.type == "Input" else "field"),) if text else ()
    if isinstance(layer, Noise):
        spread = (LinePart(f"spread {layer.std:g}", "std"),) if layer.std != 1.0 else ()
        return LinePart(_size(layer.size), "size"), LinePart(layer.distribution, "distribution"), *spread
    if isinstance(layer, Switch):
        return LinePart(f"takes {layer.active}", "active"), LinePart(f"{layer.count} inputs", "count")
    return _settings_parts(layer, tuple(inputs))


SEPARATOR: Final = " · "
"""Between the parts of a line."""


def line_of(parts: Sequence[LinePart]) -> str:
    """The line that parts make."""
    return SEPARATOR.join(part.text for part in parts)


def line_fields(parts: Sequence[LinePart]) -> tuple[tuple[str, int, int], ...]:
    """Where in the line the values stand that can be changed there: attribute, first sign, number of signs."""
    found: list[tuple[str, int, int]] = []
    start = 0
    for part in parts:
        if part.name:
            found.append((part.name, start, len(part.text)))
        start += len(part.text) + len(SEPARATOR)
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def _settings_parts(layer: Layer, inputs: tuple[TensorSpec | None, ...]) -> tuple[LinePart, ...]:
    known = [spec for spec in inputs if spec is not None]
    computed = _computed(layer, known) if len(known) == len(inputs) and known else {}
    parts: list[LinePart] = []
    # The window of a layer before its width: "3×3 · 32".
    for info in sorted(layer.attributes(), key=lambda item: item.name != "kernel_size"):
        value = getattr(layer, info.name)
        text = _part(info.name, value, computed, sides=info.sides)
        if text is None and not info.advanced and value != info.default and info.name not in _QUIET:
            text = _fallback(info.label, value)
        if text:
            parts.append(LinePart(text, info.name))
    if not parts:
        parts = [
            LinePart(_size(computed[name]))
            for name in ("num_features", "num_channels", "normalized_shape")
            if name in computed
        ]
    return tuple(parts[:_MOST_PARTS])


_QUIET: Final = frozenset({"padding", "dilation", "groups", "bias", "padding_mode", "eps", "momentum"})


def _part(name: str, value: Any, computed: dict[str, Any], *, sides: int) -> str | None:
    """The words for an attribute every reader knows by its look; None for the others."""
    match name:
        case "kernel_size":
            return _size(value, sides) if sides else f"k {value}"
        case "output_size":
            return "" if value is None else f"to {_size(value, sides)}"
        case "stride":
            return "" if value in (None, 1) else f"/{_size(value)}"
        case "out_channels" | "hidden_size" | "embedding_dim":
            return str(value)
        case "out_features":
            source = computed.get("in_features")
            return f"{source}→{value}" if source else f"→{value}"
        case "num_heads":
            return f"{value} heads"
        case "num_layers":
            return f"{value} layers" if value != 1 else ""
        case "p":
            return f"p {value:g}"
        case "count":
            return f"{value} inputs"
        case "scale_factor" | "upscale_factor":
            return f"×{value:g}"
        case "dim" | "dim0" | "dim1":
            return f"dim {value}"
        case "num_groups":
            return f"{value} groups"
        case "shape" | "unflattened_size" | "dims":
            return _size(value)
        case "sizes" | "levels" | "indices" | "boundaries":
            return f"{name} {', '.join(f'{item:g}' for item in value)}"
    return None


def _fallback(label: str, value: Any) -> str:
    if isinstance(value, bool):
        return label.lower() if value else f"no {label.lower()}"
    if value is None:
        return f"no {label.lower()}"
    if isinstance(value, float):
        return f"{label.lower()} {value:g}"
    if isinstance(value, str):
        return value
    return f"{label.lower()} {_size(value)}"


def _size(value: Any, sides: int = 1) -> str:
    if isinstance(value, tuple | list):
        return "×".join(str(item) for item in value)
    return "×".join([str(value)] * max(1, sides)) if isinstance(value, int) else str(value)


def _computed(layer: Layer, inputs: list[TensorSpec]) -> dict[str, Any]:
    try:
        return layer.computed(*inputs)
    except (NetwrightError, IndexError):
        return {}  # the problem is on the node's badge


def _data_line(node: Node, output: TensorSpec | None, data: DataSpec) -> str:
    if node.type == "Output":
        name = str(node.attributes.get("field") or "")
        field = data.field(name)
        if field is None:
            return name or "pick a field"
        if field.kind is FieldKind.LABELS:
            return f"{len(field.statistics.classes)} labels"
        return f"{len(field.statistics.classes)} classes" if field.kind is FieldKind.CATEGORY else name
    names = node.attributes.get("fields")
    if not names:
        return "pick a field"
    field = data.field(str(names[0])) if isinstance(names, list | tuple) and len(names) == 1 else None
    if field is not None and field.kind is FieldKind.CATEGORY and output is not None and len(output.shape) == 1:
        return f"{len(field.statistics.classes)} classes"
    if output is None:
        return ", ".join(str(name) for name in names) if isinstance(names, list | tuple) else ""
    return edge_text(output.shape)


def is_loss(layer_type: type[Layer] | None) -> bool:
    """Whether the node computes a loss, whose value the card shows during training."""
    return layer_type is not None and layer_type.family is Family.LOSS
