"""Base of cards that show a sheet of small pictures for each node."""

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
from gui.train.live_views.node_parts import NodeParts
from gui.train.live_views.view_card import ViewCard


class SheetsCard(ViewCard):
    """A subclass declares the key, the words, and what the pictures are called aloud."""

    spoken: ClassVar[str]

    def set_up(self) -> None:
        self.sheets = NodeParts(
            lambda node: PictureSheet(name=f"train.{self.key}.{node}", spoken=f"{self.spoken} of {node}")
        )
        inside = QVBoxLayout(self.stage)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.sheets)

    def draw(self, fixed: Sequence[ViewSeen], frame: Sequence[ViewSeen]) -> None:
        parts = self.sheets.of(fixed)
        across = {seen.node: seen.facts.get("across", 8) for seen in fixed}
        for seen in frame:
            pictures = array_of(seen, "pictures")
            if seen.node in parts and pictures is not None:
                wide = across[seen.node]
                parts[seen.node].set_pictures(pictures, int(wide) if isinstance(wide, int | float) else 8)

    def table(self) -> Write:
        told = [(seen.node, array_of(seen, "pictures")) for seen in self.shown()]

        def write(path: Path) -> None:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(("node", "picture", "row", "column", "channel", "value"))
                for node, pictures in told:
                    if pictures is not None and pictures.ndim == 4:
                        for place in np.ndindex(pictures.shape):
                            writer.writerow((node, *(number + 1 for number in place), int(pictures[place])))

        return write
