"""The fields of samples that were read: one a column, and which of them is learned."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from engine.data.guessing.categories import category_field, category_target
from engine.data.guessing.numbers import array_field, number_field, number_target
from engine.data.guessing.pictures import picture_field
from engine.data.guessing.sounds import sound_field
from engine.data.guessing.text import text_field
from engine.data.readers.files import FileTree
from engine.data.readers.idx import LABEL
from engine.data.readers.npz import VALUES
from engine.data.readers.sniffing import is_number
from engine.data.samples import PictureArray, Pictures, Samples
from engine.data.sounds import SoundFiles
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role, Split, SplitMethod
from engine.errors import DataError

TARGET_NAMES = (
    *("target", "label", "class", "y", "species", "outcome", "category", "diagnosis", "survived", "churn"),
    *("quality", "rating", "sentiment", "result", "type", "price"),
)
"""Names that speak for a column to learn, the most telling first."""


def fields_of(samples: Samples, target: str, task: str, tree: FileTree) -> tuple[Field, ...]:
    """A field for each column; `label`, or the one named `target`, is learned. Raises DataError when nothing can be."""
    fields = [_input(name, samples) for name in samples.columns if name != LABEL]
    if LABEL in samples.columns:
        fields.append(_label(LABEL, samples, task))
    names = [field.name for field in fields]
    if target and target not in names:
        raise no_target(target, names, tree)
    if target and target != LABEL:
        fields = [as_target(field) if field.name == target else as_input(field) for field in fields]
    if not any(field.role is Role.TARGET for field in fields):
        raise DataError(
            "There is nothing to learn here: the data has no labels.",
            where=str(tree.root),
            expected="labels (an array y or labels)",
            found=", ".join(names),
        )
    return tuple(fields)


def guess_split(samples: Samples, fields: Sequence[Field]) -> Split:
    """As the source says; else in proportion of the classes, where there are classes."""
    if samples.given is not None:
        return Split(method=SplitMethod.GIVEN)
    categories = any(field.role is Role.TARGET and field.kind is FieldKind.CATEGORY for field in fields)
    return Split(method=SplitMethod.STRATIFIED if categories else SplitMethod.RANDOM)


def refuse_single_class(samples: Samples, tree: FileTree, hint: str = "Add more classes.") -> None:
    """Raises DataError when all samples are of one class."""
    labels = samples.columns.get(LABEL)
    if isinstance(labels, Strings) and len(labels.values) == 1:
        raise DataError(
            f"There is only one class, {labels.values[0]}.",
            where=str(tree.root),
            expected="two classes or more",
            found=labels.values[0],
            hint=hint,
        )


def no_target(target: str, names: Sequence[str], tree: FileTree) -> DataError:
    """There is no field of the name that was asked for."""
    return DataError(
        f"There is no column '{target[:80]}' to learn.",
        where=tree.root.name,
        expected=", ".join(list(names)[:20]),
        found=target[:80],
        hint="Choose one of those named.",
    )


def _input(name: str, samples: Samples) -> Field:
    column = samples.columns[name]
    if isinstance(column, Strings):
        return text_field(name, column)
    if isinstance(column, np.ndarray):
        return array_field(name) if name == VALUES or column.ndim > 1 else number_field(name)
    if isinstance(column, SoundFiles):
        return sound_field(name, column)
    return picture_field(name, cast(PictureArray | Pictures, column), samples)


def _label(name: str, samples: Samples, task: str) -> Field:
    column = samples.columns[name]
    if isinstance(column, np.ndarray):
        if task == "classification":
            raise DataError(f"{name} holds numbers, not classes.", where=name, expected="whole numbers or text")
        return number_target(name)
    if task == "regression" and isinstance(column, Strings):
        if not all(is_number(text) for text in column.values):
            raise DataError(
                f"{name} cannot be learned as a number.",
                where=name,
                expected="numbers",
                found=", ".join(column.values[:5]),
            )
        return number_target(name)
    return category_target(name)


def as_target(field: Field) -> Field:
    """The field as one to be learned. Raises DataError for a kind that cannot be."""
    if field.kind is FieldKind.NUMBER:
        return number_target(field.name)
    if field.kind is FieldKind.CATEGORY:
        return category_target(field.name)
    raise DataError(
        f"The field '{field.name}' cannot be learned yet.",
        where=field.name,
        expected="a category or a number",
        found=field.kind.value,
    )


def as_input(field: Field) -> Field:
    """The field as one to learn from."""
    if field.role is not Role.TARGET:
        return field
    return category_field(field.name) if field.kind is FieldKind.CATEGORY else number_field(field.name)
