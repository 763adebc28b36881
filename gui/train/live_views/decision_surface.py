"""What a network of two numbers answers all over their plane, with the training points on it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.menu_card import Write
from gui.charts.surface_map import Classes, Surface, SurfaceMap
from gui.samples.class_colours import palette
from gui.train.class_names import class_names
from gui.train.live_views.arrays import array_of, plane_of, surface_of
from gui.train.live_views.view_card import ViewCard


class DecisionSurfaceCard(ViewCard):
    """Shades say how sure the network is; the line is where it changes its mind."""

    key: ClassVar[str] = "decision_surface"
    heading: ClassVar[str] = "Decision surface"
    help: ClassVar[str] = "What a network of two numbers answers all over their plane, while it learns."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.map = SurfaceMap(name="train.decision_surface.map")
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.map)
        self._told: ViewSeen | None = None

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        if fixed and fixed[-1] is not self._told:
            self._told = fixed[-1]
            self.map.set_plane(plane_of(fixed[-1]), self._classes(fixed[-1]))
            points, truth = array_of(fixed[-1], "points"), array_of(fixed[-1], "truth")
            if points is not None and truth is not None and len(points) == len(truth):
                self.map.set_points(points, truth)
        self.map.set_surface(surface_of(frame[0]))

    def _classes(self, told: ViewSeen) -> Classes:
        if told.facts.get("kind") != "category":
            return Classes()
        answer = str(told.facts.get("answer", ""))
        names = class_names(self.project, answer, int(float(told.facts.get("classes", 0))))
        return Classes(names=names, colors=palette(self.project.project.data.field(answer), names))

    def table(self) -> Write:
        surface = surface_of(self.shown()[0]) if self.shown() else Surface()
        plane, names = self.map.plane, self.map.classes.names

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow((plane.x_label, plane.y_label, "answer", "share"))
                grid = surface.best if surface.best is not None else surface.values
                if grid is None:
                    return
                rows, columns = grid.shape
                for row, column in np.ndindex(rows, columns):
                    x = plane.x[0] + (column + 0.5) / columns * (plane.x[1] - plane.x[0])
                    y = plane.y[0] + (row + 0.5) / rows * (plane.y[1] - plane.y[0])
                    value = grid[row, column]
                    named = names[int(value)] if surface.best is not None and int(value) < len(names) else value
                    share = "" if surface.surety is None else f"{surface.surety[row, column]:.3f}"
                    writer.writerow((f"{x:.6g}", f"{y:.6g}", named, share))

        return write
