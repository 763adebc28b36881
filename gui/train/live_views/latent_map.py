"""Where samples lie in the space that a network makes of them, class by class, while it learns."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.legend import Legend
from gui.charts.menu_card import Write
from gui.charts.point_map import PointMap
from gui.charts.series_style import SeriesStyle
from gui.train.class_names import class_names
from gui.train.live_views.arrays import array_of
from gui.train.live_views.view_card import ViewCard
from gui.widgets.class_color import class_color
from gui.widgets.text import Text

_MOST_NAMED: Final = 24
"""Classes that have a name below the map."""


class LatentMapCard(ViewCard):
    """A point a sample, in the colour of its class; a click on a name hides its points."""

    key: ClassVar[str] = "latent_map"
    heading: ClassVar[str] = "Latent map"
    help: ClassVar[str] = "Where samples lie in the space that the network makes of them, while it learns."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.map = PointMap(name="train.latent_map.map")
        self.map.setAccessibleName("Samples in the space of the network")
        self.legend = Legend()
        self.legend.toggled.connect(self._on_toggled)
        self.remark = Text("", role="small", tone="dim", wrap=True)
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        inside.addWidget(self.map, 1)
        inside.addWidget(self.legend)
        inside.addWidget(self.remark)
        self._told: ViewSeen | None = None
        self._names: list[str] = []
        self._groups: NDArray[np.int64] = np.zeros(0, np.int64)
        self._hidden: set[int] = set()
        self._listed: list[str] = []  # the classes that have a name below the map

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        if fixed and fixed[-1] is not self._told:
            self._told = fixed[-1]
            self._take(fixed[-1])
        seen = frame[0]
        places = array_of(seen, "places")
        if places is None or places.ndim != 2 or places.shape[1] != 2:
            return
        groups = self._groups if len(self._groups) == len(places) else np.full(len(places), -1, np.int64)
        words = [self._names[group] if 0 <= group < len(self._names) else "" for group in groups.tolist()]
        colors = [class_color(number) for number in range(max(1, len(self._names)))]
        shown = groups if self._names else np.zeros(len(places), np.int64)
        self.map.set_points(np.nan_to_num(places.astype(np.float64)), shown, colors, words=words)
        self.map.hide_groups(frozenset(self._hidden))
        wide = seen.facts.get("features", 2)
        self.remark.set_text("" if wide == 2 else f"The two main directions of {float(wide):,.0f} numbers.")
        self.remark.setVisible(wide != 2)

    def table(self) -> Write:
        places = array_of(self.shown()[0], "places") if self.shown() else None

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("x", "y", "class"))
                for place, (x, y) in enumerate(places if places is not None and places.ndim == 2 else ()):
                    group = int(self._groups[place]) if place < len(self._groups) else -1
                    writer.writerow(
                        (f"{x:.6g}", f"{y:.6g}", self._names[group] if 0 <= group < len(self._names) else "")
                    )

        return write

    def _take(self, told: ViewSeen) -> None:
        """The classes of the points, from what was told before the first step."""
        groups = array_of(told, "groups")
        self._groups = np.zeros(0, np.int64) if groups is None else groups.astype(np.int64)
        count = told.facts.get("classes", 0)
        whole = int(count) if isinstance(count, int | float) else 0
        self._names = class_names(self.project, str(told.facts.get("field", "")), whole)
        self._hidden.clear()
        for key in self._listed:
            self.legend.remove(key)
        there = sorted({int(group) for group in self._groups.tolist() if 0 <= group < whole})
        there = there if len(there) <= _MOST_NAMED else []  # of more, a point says its class when it is touched
        self._listed = [str(number) for number in there]
        for number in there:
            self.legend.add(str(number), self._names[number], SeriesStyle(color=class_color(number).name()))
        self.legend.setVisible(bool(there))

    def _on_toggled(self, key: str, on: bool) -> None:
        self._hidden = self._hidden - {int(key)} if on else self._hidden | {int(key)}
        self.map.hide_groups(frozenset(self._hidden))
