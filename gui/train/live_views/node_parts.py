"""One part of a card for each node that a view speaks of, side by side, with its title where there are several."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from engine.protocol.run_events import ViewSeen
from gui.widgets.text import Text

Part = TypeVar("Part", bound=QWidget)


class NodeParts(QWidget, Generic[Part]):
    """Keeps a widget of `make` for each node, in the order in which they were told first."""

    def __init__(self, make: Callable[[str], Part], *, across: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._across = across
        self._parts: dict[str, Part] = {}
        self._titles: dict[str, Text] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)

    def of(self, fixed: Sequence[ViewSeen]) -> dict[str, Part]:
        """The part of each node that was told of at the start; others go."""
        told = {seen.node: str(seen.facts.get("title", seen.node)) for seen in fixed}
        if list(told) != list(self._parts):
            self._build(list(told))
        for node, title in self._titles.items():
            title.set_text(told[node])
            title.setVisible(len(told) > 1)
        return self._parts

    def _build(self, nodes: Sequence[str]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._parts, self._titles = {}, {}
        for number, node in enumerate(nodes):
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(4)
            title, part = Text("", role="small", tone="dim"), self._make(node)
            column.addWidget(title)
            column.addWidget(part, 1)
            self._grid.addWidget(box, number // self._across, number % self._across)
            self._parts[node], self._titles[node] = part, title

    def parts(self) -> dict[str, Part]:
        """The parts there are, by node."""
        return self._parts
