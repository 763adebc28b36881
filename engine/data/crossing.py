"""Windows of a series that reach over a border of a split by time: what one is to answer, none before it has seen."""

import numpy as np
import numpy.typing as npt

from engine.data.rows.rows import Rows
from engine.data.rows.series import SeriesRows
from engine.data.samples import POOL, TEST
from engine.document.data_spec import DataSpec, SplitMethod


def crossing(data: DataSpec, rows: dict[str, Rows], splits: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """(N,), true for samples whose answer reaches to where the answers of a later split begin."""
    found = np.zeros(len(splits), bool)
    if data.split.method is not SplitMethod.TIME:
        return found
    for field in data.targets():
        values = rows[field.name]
        spans = values.spans() if isinstance(values, SeriesRows) else None
        if spans is None:
            continue
        begins, ends = spans
        for split in range(TEST):
            later = (splits > split) & (splits != POOL)
            if later.any():
                found |= (splits == split) & (ends >= begins[later].min())
    return found
