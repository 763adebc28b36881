"""What an exported file takes and gives: names, kinds of number and sizes, as they follow from data and drawing.

Imports neither torch nor onnx, so that the window can tell while one draws.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from engine.catalog.preparation import preparation_type
from engine.catalog.tensors import DType, Shape, TensorSpec
from engine.document.data_spec import Field, FieldKind

OLDEST_OPSET: Final = 13
"""The oldest with a scale for each channel of int8 weights."""
NEWEST_OPSET: Final = 22
"""The newest that all of onnxruntime runs."""
USUAL_OPSET: Final = 20
_TEXTUAL: Final = (FieldKind.CATEGORY, FieldKind.TEXT, FieldKind.LABELS)
_DTYPES: Final = {DType.FLOAT: "float", DType.INT: "int64", DType.BOOL: "bool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawInput:
    """An input of a file. Text in `shape` names a free size; `prepared` inputs take what the preparation gives."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    prepared: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} {' × '.join(map(str, self.shape))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputNames:
    """What the outputs for one Output node are called; empty where there is none of that kind.

    `raw` is the only one where the network stands alone. `next_of` is the text that `label` goes on with.
    """

    label: str = ""
    scores: str = ""
    value: str = ""
    raw: str = ""
    next_of: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that are in the file."""
        return (self.raw,) if self.raw else tuple(filter(None, (self.label or self.value, self.scores)))


def needed_opset(field: Field) -> int:
    """The oldest opset in which the preparation of a field can be written; 0 where there is none."""
    kinds = [preparation_type(step.type) for step in field.preparation]
    return max((kind.opset for kind in kinds if kind is not None), default=0)


def raw_input(field: Field) -> RawInput:
    """The input for a field as it is read: pictures as bytes, numbers, strings."""
    sizes = field.statistics.shape
    dtype, rest = "float", tuple("size" if size is None else size for size in sizes)
    if field.kind is FieldKind.IMAGE:
        dtype, rest = "uint8", ("height", "width", "channels")
    elif field.kind is FieldKind.MASK:
        dtype, rest = "uint8", ("height", "width")
    elif field.kind is FieldKind.AUDIO:
        cut = bool(field.preparation) and field.preparation[0].type == "Length"
        rest = ("samples" if cut or not sizes or sizes[0] is None else sizes[0],)
    elif field.kind in _TEXTUAL:
        dtype, rest = "string", ()
    elif field.kind is FieldKind.DATE:
        dtype, rest = "double", ()
    elif field.kind is FieldKind.NUMBER:
        rest = ()
    return RawInput(name=field.name, dtype=dtype, shape=("N", *rest))


def prepared_input(name: str, spec: TensorSpec) -> RawInput:
    """The input for numbers that are prepared already."""
    sizes = [f"size_{axis}" if size is None else size for axis, size in enumerate(spec.shape)]
    return RawInput(name=name, dtype=_DTYPES[spec.dtype], shape=("N", *sizes[1:]), prepared=True)


def gives_mask(field: Field, shape: Shape) -> bool:
    """Whether a tensor holds a score for each class and point; one alone stands for the second of two classes."""
    classes = len(field.statistics.classes)
    one = (1,) if classes == 2 else ()
    return field.kind is FieldKind.MASK and len(shape) == 4 and classes > 0 and shape[1] in (classes, *one)


def output_names(
    outputs: Sequence[tuple[Field, str, Shape]],
    taken: Collection[str],
    written: Collection[str] = (),
    *,
    raw: bool = False,
) -> list[OutputNames]:
    """Name the file's outputs: `label` and `scores` when the network has one Output, else with the field in front.

    `outputs` are field, function (softmax, sigmoid, exp, embedding, none) and shape of each Output; names in `taken`
    belong to the file's inputs. `written` are the fields of text that the network looks back at while it writes them:
    `next` is their next token. With `raw` the file gives the tensors as they are: `logits` where scores are made of
    them, else the field's name.
    """
    alone = len(outputs) == 1
    used = set(taken)

    def free(name: str) -> str:
        candidate, number = name, 2
        while candidate in used:
            candidate, number = f"{name}_{number}", number + 1
        used.add(candidate)
        return candidate

    found = []
    for field, function, shape in outputs:
        prefix = "" if alone else f"{field.name}_"
        plain = free(f"{prefix}logits" if function != "none" else field.name) if raw else ""
        if field.kind is FieldKind.TEXT and field.name in written and len(shape) == 3:
            label, scores = free(f"{prefix}next"), free(f"{prefix}scores")
            found.append(OutputNames(raw=plain, label=label, scores=scores, next_of=field.name))
        elif function == "embedding":
            found.append(OutputNames(raw=plain, value=free(f"{prefix}embedding")))
        elif field.kind is FieldKind.LABELS and field.statistics.classes:
            found.append(OutputNames(raw=plain, label=free(f"{prefix}labels"), scores=free(f"{prefix}scores")))
        elif field.kind is FieldKind.CATEGORY and field.statistics.classes:
            label, scores = free(f"{prefix}label"), free(f"{prefix}scores")
            found.append(OutputNames(raw=plain, label=label, scores=scores))
        elif gives_mask(field, shape):
            scores = free("scores" if alone else f"{field.name}_scores")
            found.append(OutputNames(raw=plain, value=free(field.name), scores=scores))
        else:
            found.append(OutputNames(raw=plain, value=free(field.name)))
    return found
