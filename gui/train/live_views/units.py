"""What each unit of a small network says all over the plane of its two numbers, and the weights between them."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.menu_card import Write
from gui.charts.unit_planes import UnitPlanes, UnitPlanesMap, planes_of
from gui.train.live_views.arrays import array_of
from gui.train.live_views.view_card import ViewCard


class UnitsCard(ViewCard):
    """The network drawn unit by unit."""

    key: ClassVar[str] = "units"
    heading: ClassVar[str] = "Units"
    help: ClassVar[str] = "What each unit of a small network says over the plane, and its weights."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.map = UnitPlanesMap(name="train.units.map")
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.map)

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        told = sorted((*fixed[-1:], *frame), key=lambda seen: float(seen.facts.get("layer", 0)))
        layers = []
        for seen in told:
            plane = array_of(seen, "plane")
            if plane is None or plane.ndim != 3 or not plane.size:
                continue
            weights, biases = array_of(seen, "weights"), array_of(seen, "biases")
            title = str(seen.facts.get("title", ""))
            names = title.split(" and ") if seen.fixed else ()
            layers.append(UnitPlanes(title=title, planes=planes_of(plane), weights=weights, biases=biases, names=names))
        self.map.set_layers(layers)

    def table(self) -> Write:
        layers = list(self.map.layers)

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("layer", "unit", "of", "weight"))
                for layer in layers:
                    if layer.weights is None:
                        continue
                    for unit, row in enumerate(layer.weights, start=1):
                        for of, weight in enumerate(row, start=1):
                            writer.writerow((layer.title, unit, of, f"{float(weight):.6g}"))
                        if layer.biases is not None and unit <= len(layer.biases):
                            writer.writerow((layer.title, unit, "bias", f"{float(layer.biases[unit - 1]):.6g}"))

        return write
