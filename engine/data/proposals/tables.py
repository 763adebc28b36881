"""Branches for the columns of a table and for arrays."""

from collections.abc import Sequence

from engine.data.proposals.drawing import Drawing
from engine.document.data_spec import Field, FieldKind

COLUMNS = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.DATE, FieldKind.ARRAY)
"""Kinds that are prepared into columns and go in together."""


def table_branch(drawing: Drawing, fields: Sequence[Field], *, alone: bool, count: int) -> str:
    """Two hidden layers, wider for more rows."""
    wide = 32 if count < 500 else 64 if count < 5000 else 128
    end = drawing.put("columns", "Input", title="Columns", fields=[field.name for field in fields])
    end = drawing.put("hidden1", "Linear", end, out_features=wide)
    end = drawing.put("relu_hidden1", "ReLU", end)
    if alone:
        end = drawing.put("dropout1", "Dropout", end, p=0.1)
        end = drawing.put("hidden2", "Linear", end, out_features=wide // 2)
        end = drawing.put("relu_hidden2", "ReLU", end)
    return end


def array_branch(drawing: Drawing, field: Field) -> str:
    """An array of any shape, flattened."""
    end = drawing.put("array", "Input", title=field.name, fields=[field.name])
    end = drawing.put("flatten", "Flatten", end)
    end = drawing.put("hidden_array", "Linear", end, out_features=128)
    return drawing.put("relu_array", "ReLU", end)
