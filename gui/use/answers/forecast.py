"""A forecast as curves: what was, what is to come, and what came indeed where that is known."""

import math
from collections.abc import Sequence
from typing import Final

from gui.charts.line_chart import LineChart
from gui.charts.series_style import DOTTED, SeriesStyle, series_style
from gui.use.answers.context import AnswerContext

_DRAWN: Final = 4
"""How many curves are drawn with their history and truth; more would hide each other."""
_BEFORE: Final = 4
"""How many times the forecast's length is shown before it."""


class Forecast(LineChart):
    """Moment 1 is the first to come; 0 and less are past."""

    def __init__(self) -> None:
        super().__init__(x_label="moment ahead", name="use.curves", accessible="Forecast")
        self.setFixedHeight(240)

    def show_forecast(
        self, series: Sequence[Sequence[float]], names: Sequence[str], field: str, context: AnswerContext
    ) -> None:
        """Draw a curve for each value that is forecast; curves that are there already move."""
        width = len(series[0]) if series else 0
        ahead = list(range(1, len(series) + 1))
        truth = context.truth[field].series if field in context.truth else []
        wanted: dict[str, tuple[str, SeriesStyle, bool, list[int], list[float]]] = {}
        for place in range(width):
            name = names[place] if len(names) == width else f"value {place + 1}"
            style = series_style(place, marked=width > 1 and len(series) <= 48)
            past = self._past(place, name, width, context, len(series)) if place < _DRAWN else []
            if past:
                at = list(range(1 - len(past), 1))
                wanted[f"past {place}"] = (f"{name}, past", SeriesStyle(color=style.color), True, at, past)
            if place < _DRAWN and len(truth) == len(series) and len(truth[0]) == width:
                dotted = SeriesStyle(color=style.color, dash=DOTTED)
                wanted[f"true {place}"] = (f"{name}, in truth", dotted, False, ahead, [row[place] for row in truth])
            joined = past[-1:] if past and math.isfinite(past[-1]) else []
            values = joined + [row[place] for row in series]
            wanted[str(place)] = (name, style, False, ([0] if joined else []) + ahead, values)
        if self.keys() != list(wanted) or any(self.series(key).name != found[0] for key, found in wanted.items()):
            self.clear()
            for key, (name, style, back, _, _) in wanted.items():
                self.add_series(key, name, style, smoothed=False, back=back)
        for key, (_, _, _, at, values) in wanted.items():
            self.set_points(key, at, values)
        # What lies at the back does not count for the view by itself, but a forecast is read against its history.
        there = [value for *_, values in wanted.values() for value in values if math.isfinite(value)]
        room = 0.06 * (max(there) - min(there)) if there else 0.0
        self.set_y_limits((min(there) - room, max(there) + room) if room > 0 else None)

    def _past(self, place: int, name: str, width: int, context: AnswerContext, length: int) -> list[float]:
        """The values before, of the same name or at the same place."""
        rows = context.history[-_BEFORE * max(length, 6) :]
        if not rows:
            return []
        names = list(context.history_names)
        column = names.index(name) if name in names else place if len(rows[0]) == width else -1
        if not 0 <= column < len(rows[0]):
            return []
        return [math.nan if (value := row[column]) is None else float(value) for row in rows]
