"""What a network makes of the same random numbers as it learns."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.protocol.run_events import ViewSeen
from gui.charts.menu_card import Write
from gui.charts.picture_sheet import PictureSheet
from gui.train.live_views.arrays import array_of
from gui.train.live_views.view_card import ViewCard

_MOST_ROWS = 64


class MadeSamplesCard(ViewCard):
    """Each picture belongs to random numbers that stay the same, so one sees it come about."""

    key: ClassVar[str] = "made_samples"
    heading: ClassVar[str] = "Made from noise"
    help: ClassVar[str] = "What the network makes of the same random numbers, again and again while it learns."
    columns: ClassVar[int] = 3

    def set_up(self) -> None:
        self.sheet = PictureSheet(name="train.made_samples.sheet", spoken="Pictures made from noise")
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.sheet)
        self._told: ViewSeen | None = None
        self._across = 1

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        if fixed and fixed[-1] is not self._told:
            self._told = fixed[-1]
            facts = fixed[-1].facts
            self._across = max(1, int(_number(facts.get("across"))))
            names = (facts.get(f"row{row}") for row in range(min(_MOST_ROWS, int(_number(facts.get("rows"))))))
            self.sheet.set_captions([str(name) for name in names if name is not None])
        pictures = array_of(frame[0], "pictures")
        self.sheet.set_pictures(np.zeros((0, 1, 1, 1), np.uint8) if pictures is None else pictures, self._across)

    def table(self) -> Write:
        pictures = array_of(self.shown()[0], "pictures") if self.shown() else None

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("picture", "row", "column", "channel", "value"))
                if pictures is None or pictures.ndim != 4:
                    return
                for place in np.ndindex(pictures.shape):
                    writer.writerow((*(number + 1 for number in place), int(pictures[place])))

        return write


def _number(value: float | str | None) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
