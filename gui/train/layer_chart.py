"""Heat maps over the layers of the shown run: norm of the gradient, and how far a step moves the weights."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from engine.document.flat import in_words
from gui.charts.heat_map import HeatMap
from gui.charts.menu_card import MenuCard, Write
from gui.models.curves import RunCurves, XAxis
from gui.models.runs import RunsModel
from gui.train.chart_kinds import kind_of
from gui.train.curve_chart import AXIS_LABELS

_MOST = 60
Columns = list[tuple[float, dict[str, float]]]
Item = TypeVar("Item")


class LayerChart(MenuCard):
    """`flow` or `ratio`."""

    def __init__(self, kind: str, runs: RunsModel, parent: QWidget | None = None) -> None:
        found = kind_of(kind)
        note = "norm per layer" if kind == "flow" else "1e-3 is usual"
        super().__init__(found.title if found else kind, note, name=f"train.{kind}", parent=parent)
        self.kind = kind
        self._runs = runs
        self._run: int | None = None
        self._axis: XAxis = "epoch"
        self._seen: tuple[object, ...] = ()
        self.heat = HeatMap(empty="Comes with the first steps")
        self.heat.setAccessibleName(self.title())
        self.body.addWidget(self.heat, 1)

    def show_runs(self, compared: Sequence[int]) -> None:
        """Show the first of these runs."""
        self._run = compared[0] if compared else None
        self.refresh()

    def set_axis(self, axis: XAxis) -> None:
        """Let the columns be counted in something else."""
        self._axis = axis
        self.heat.set_x_label(AXIS_LABELS[axis])
        self._seen = ()
        self.refresh()

    def refresh(self) -> None:
        """Bring what has come since."""
        curves = self._runs.curves(self._run) if self._run is not None else RunCurves()
        seen = (self._run, len(curves.layers), len(curves.epochs), curves.step if not curves.layers else 0)
        if seen != self._seen:
            self._seen = seen
            self.heat.set_columns(
                [
                    (x, {in_words(name): value for name, value in values.items()})
                    for x, values in _thinned(self._columns(curves))
                ]
            )

    def _columns(self, curves: RunCurves) -> Columns:
        scale = curves.scale(self._axis)

        def place(step: int) -> float:
            return float(step) if scale is None else float(scale.shown([step])[0])

        if curves.layers:
            return [
                (place(seen.step), seen.gradient_norms if self.kind == "flow" else seen.update_ratios)
                for seen in _thinned(curves.layers)
            ]
        if self.kind != "flow":
            return []
        return [
            (place(step), {name: values[at] for name, values in curves.gradient_norms.items() if at < len(values)})
            for at, step in enumerate(curves.epoch_steps)
            if curves.gradient_norms
        ]

    def table(self) -> Write:
        columns = self._columns(self._runs.curves(self._run) if self._run is not None else RunCurves())
        label = AXIS_LABELS[self._axis]

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("layer", label, "value"))
                for x, values in columns:
                    writer.writerows((name, repr(x), repr(value)) for name, value in values.items())

        return write


def _thinned(items: Sequence[Item], most: int = _MOST) -> list[Item]:
    """At most some sixty, evenly, the last one among them."""
    if len(items) <= most:
        return list(items)
    every = -(-len(items) // most)
    return list(items[(len(items) - 1) % every :: every])
