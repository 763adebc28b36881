"""Fields of dates: the parts that may matter, by how the dates lie."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from engine.document.data_spec import Field, FieldKind, Step
from engine.document.graph import Value

_DAY, _YEAR = 86400.0, 365.25 * 86400.0


def date_field(name: str, options: Mapping[str, Value], seconds: npt.NDArray[np.float64] | None = None) -> Field:
    """A date to learn from: the time of day only where there is one, seasons where the dates span one."""
    known = np.zeros(0) if seconds is None else seconds[np.isfinite(seconds)]
    span = float(known.max() - known.min()) if len(known) else 2 * _YEAR
    days = np.floor(known / _DAY)
    attributes: dict[str, Value] = {
        "year": span > _YEAR / 4,
        "weekday": len(known) == 0 or len(np.unique(np.mod(days[:10_000], 7))) > 1,
        "hour": bool(np.any(np.mod(known[:10_000], _DAY) != 0)),
    }
    step = Step(type="DateParts", attributes=attributes)
    return Field(name=name, kind=FieldKind.DATE, options=dict(options), preparation=(step,))
