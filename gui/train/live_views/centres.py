"""Where the centres of a layer, or the units of a map, lie among the samples."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.centre_map import CentreMap, Placed
from gui.charts.class_legend import ClassLegend
from gui.charts.menu_card import Write
from gui.train.class_names import class_names
from gui.train.live_views.arrays import array_of
from gui.train.live_views.node_parts import NodeParts
from gui.train.live_views.view_card import ViewCard
from gui.widgets.class_color import class_color
from gui.widgets.text import Text


class CentresCard(ViewCard):
    """Samples as points, centres as diamonds; a circle is how far a centre reaches, lines join neighbours of a map."""

    key: ClassVar[str] = "centres"
    heading: ClassVar[str] = "Centres"
    help: ClassVar[str] = "Where the centres of a layer lie among the samples, along the two directions of most spread."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.maps = NodeParts(lambda node: CentreMap(name=f"train.centres.{node}"))
        self.legend = ClassLegend()
        self.remark = Text("", role="small", tone="dim", wrap=True)
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(self.maps, 1)
        inside.addWidget(self.legend)
        inside.addWidget(self.remark)

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        parts = self.maps.of(fixed)
        facts = {seen.node: seen.facts for seen in fixed}
        names = self._names(fixed)
        colors = [class_color(number) for number in range(len(names))]
        self.legend.set_classes(names, colors)
        for seen in frame:
            points, centres = array_of(seen, "points"), array_of(seen, "centres")
            if seen.node not in parts or points is None or centres is None or points.ndim != 2 or centres.ndim != 2:
                continue
            told = facts[seen.node]
            sheet = (_whole(told.get("rows", 0)), _whole(told.get("columns", 0)))
            placed = Placed(
                points=points,
                truth=array_of(seen, "truth"),
                centres=centres,
                reach=array_of(seen, "reach"),
                sheet=sheet,
            )
            parts[seen.node].show_placed(placed, colors)
        if fixed:
            x, y = (fixed[0].facts.get(f"{axis}_share", 0.0) for axis in "xy")
            share = sum(value for value in (x, y) if isinstance(value, int | float))
            self.remark.set_text(f"Seen along two directions, which show {share:.0%} of the spread")

    def _names(self, fixed: Sequence[ViewSeen]) -> list[str]:
        facts = fixed[0].facts if fixed else {}
        field = str(facts.get("field", ""))
        return class_names(self.project, field, _whole(facts.get("classes", 0))) if field else []

    def table(self) -> Write:
        told = [(seen.node, array_of(seen, "centres"), array_of(seen, "reach")) for seen in self.shown()]

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("node", "centre", "x", "y", "reach"))
                for node, centres, reach in told:
                    for number, (x, y) in enumerate(np.zeros((0, 2)) if centres is None else centres):
                        far = f"{float(reach[number]):.5g}" if reach is not None and number < len(reach) else ""
                        writer.writerow((node, number + 1, f"{float(x):.5g}", f"{float(y):.5g}", far))

        return write


def _whole(value: float | str) -> int:
    return int(value) if isinstance(value, int | float) else 0
