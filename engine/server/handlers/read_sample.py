"""A sample of the data as an input for Try it: its values as Predict takes them, how it looks, and what is true."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.data.detail import SPLITS
from engine.data.drawing import class_name, date_text, draw_raw, small_mask, words
from engine.document.data_spec import Field, FieldKind, Role
from engine.document.files import load
from engine.errors import DataError
from engine.protocol.messages.data import Shown
from engine.protocol.messages.deployment import Answer
from engine.protocol.messages.sample_input import ReadSample, SampleRead
from engine.server.work import Work

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

_KEPT_HERE = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.MASK)
_DRAWN = (*_KEPT_HERE, FieldKind.SERIES)
_MASK_SIDE = 512


def handle(request: ReadSample, work: Work) -> SampleRead:
    """Raises DataError when there is no such sample, or one of its files cannot be read any more."""
    folder = Path(request.project_dir)
    dataset = work.datasets.shown(folder, load(folder).data, progress=work.progress, cancelled=work.cancelled)
    if not 0 <= request.index < dataset.samples:
        raise DataError("There is no such sample any more.", hint="The data has changed; take another one.")
    size = min(max(32, request.size), 1024)
    values: dict[str, object] = {}
    shown: dict[str, Shown] = {}
    truth: dict[str, Answer] = {}
    for field in dataset.data.fields:
        if field.role is Role.IGNORED:
            continue
        raw = dataset.raw(request.index, field.name)
        values[field.name] = {"sample": request.index} if field.kind in _KEPT_HERE else _value(field, raw)
        if field.kind in _DRAWN:
            shown[field.name] = draw_raw(field, raw, size)
        if field.role is Role.TARGET:
            truth[field.name] = _truth(field, raw)
    return SampleRead(
        request=request.id,
        index=request.index,
        name=dataset.name(request.index),
        split=SPLITS[int(dataset.splits[request.index])],
        values=values,
        shown=shown,
        truth=truth,
    )


def filled(inputs: list[dict[str, object]], dataset: "Dataset") -> list[dict[str, object]]:
    """Inputs with {"sample": index} replaced by what the data holds. Raises DataError."""
    return [
        {name: dataset.raw(_index(value, dataset), name) if is_sample(value) else value for name, value in item.items()}
        for item in inputs
    ]


def is_sample(value: object) -> bool:
    """Whether a value stands for that of a sample."""
    return isinstance(value, dict) and set(value) == {"sample"}


def _index(value: Any, dataset: "Dataset") -> int:
    index = value["sample"]
    if not isinstance(index, int) or not 0 <= index < dataset.samples:
        raise DataError("There is no such sample any more.", hint="The data has changed; take another one.")
    return index


def _value(field: Field, raw: Any) -> object:
    match field.kind:
        case FieldKind.NUMBER:
            number = float(raw)
            return None if math.isnan(number) else float(f"{number:.7g}")
        case FieldKind.DATE:
            return "" if math.isnan(float(raw)) else date_text(float(raw))
        case FieldKind.SERIES | FieldKind.ARRAY:
            return numbers_of(np.asarray(raw, np.float32))
        case _:
            return str(raw)


def numbers_of(values: "np.typing.NDArray[np.float32]") -> list[object]:
    """Nested lists with the digits that 32 bits hold; None where a number is missing."""
    if values.ndim > 1:
        return [numbers_of(part) for part in values]
    return [None if math.isnan(number) else float(f"{number:.7g}") for number in values.tolist()]


def _shares(field: Field, mask: Any) -> str:
    """How much of a mask its classes cover, largest first."""
    numbers, counts = np.unique(mask, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:4].tolist()
    return ", ".join(f"{counts[at] / mask.size:.1%} {class_name(field, int(numbers[at]))}" for at in order)


def _truth(field: Field, raw: Any) -> Answer:
    match field.kind:
        case FieldKind.NUMBER:
            number = float(raw)
            return Answer(value="missing" if math.isnan(number) else float(f"{number:.7g}"))
        case FieldKind.MASK:
            width, height, mask = small_mask(raw[..., 0] if raw.ndim == 3 else raw, _MASK_SIDE)
            return Answer(value=_shares(field, raw), mask=mask, width=width, height=height)
        case FieldKind.SERIES:
            columns = field.options.get("columns")
            names = [str(name) for name in columns] if isinstance(columns, list) else []
            return Answer(value=words(field, raw), series=np.asarray(raw, np.float64).tolist(), names=names)
        case FieldKind.TEXT | FieldKind.CATEGORY | FieldKind.LABELS:
            return Answer(value=str(raw))
        case _:
            return Answer(value=words(field, raw))
