"""The sheet of a self-organising map (U-matrix): valleys of alike units, ridges between them, and whom each holds."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.class_legend import ClassLegend
from gui.charts.map_sheet import NOBODY, MapSheet
from gui.charts.menu_card import Write
from gui.train.class_names import class_names
from gui.train.live_views.arrays import array_of
from gui.train.live_views.node_parts import NodeParts
from gui.train.live_views.view_card import ViewCard
from gui.widgets.class_color import class_color
from gui.widgets.text import Text


class MapUnitsCard(ViewCard):
    """A sign stands at each unit that holds samples, the larger the more; its form is that of their class."""

    key: ClassVar[str] = "map_units"
    heading: ClassVar[str] = "U-matrix"
    help: ClassVar[str] = "How far the units of a map lie from their neighbours, and which samples each unit holds."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.sheets = NodeParts(lambda node: MapSheet(name=f"train.map_units.{node}"))
        self.legend = ClassLegend()
        self.remark = Text("The stronger the shade, the further neighbours lie apart", role="small", tone="dim")
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(self.sheets, 1)
        inside.addWidget(self.legend)
        inside.addWidget(self.remark)

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        parts = self.sheets.of(fixed)
        names = self._names(fixed)
        colors = [class_color(number) for number in range(len(names))]
        self.legend.set_classes(names, colors)
        for seen in frame:
            heights = array_of(seen, "heights")
            if seen.node in parts and heights is not None and heights.ndim == 2 and heights.size:
                parts[seen.node].set_classes(names, colors)
                parts[seen.node].set_sheet(heights, array_of(seen, "hits"), array_of(seen, "classes"))

    def _names(self, fixed: Sequence[ViewSeen]) -> list[str]:
        facts = fixed[0].facts if fixed else {}
        count, field = facts.get("classes", 0), str(facts.get("field", ""))
        return class_names(self.project, field, int(count)) if field and isinstance(count, int | float) else []

    def table(self) -> Write:
        told = [
            (seen.node, array_of(seen, "heights"), array_of(seen, "hits"), array_of(seen, "classes"))
            for seen in self.shown()
        ]
        names = self._names(self.fixed())

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("map", "row", "column", "distance to neighbours", "samples", "class"))
                for node, heights, hits, classes in told:
                    if heights is None or heights.ndim != 2:
                        continue
                    for row, column in np.ndindex((heights.shape[0] + 1) // 2, (heights.shape[1] + 1) // 2):
                        number = int(classes[row, column]) if classes is not None else NOBODY
                        writer.writerow(
                            (
                                node,
                                row + 1,
                                column + 1,
                                f"{heights[2 * row, 2 * column]:.5g}",
                                "" if hits is None else int(hits[row, column]),
                                names[number] if number < len(names) else "",
                            )
                        )

        return write
