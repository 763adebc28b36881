"""Picks the nodes that a player trains: a list with names, found by words; none ticked means all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from gui.train.run_dialogs import RunDialog
from gui.widgets.button import Button
from gui.widgets.plain_text import plain_text
from gui.widgets.text import Text

_IdRole = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, kw_only=True)
class TrainableNode:
    """A node with parameters, as it is listed."""

    id: str
    label: str
    parameters: int


class NodeDialog(RunDialog):
    """`chosen` gives the ids ticked, in the order of the list; empty when all are."""

    def __init__(
        self, player: str, nodes: Sequence[TrainableNode], chosen: Collection[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "train.nodes", f"What {player} trains", "Tick the nodes whose weights this player changes.", "Use", parent
        )
        self.search = QLineEdit()
        self.search.setPlaceholderText("Name or kind of layer")
        self.search.setAccessibleName("Find nodes")
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.setObjectName("train.nodes.list")
        self.list.setAccessibleName("Nodes")
        self.list.setMinimumHeight(240)
        for node in nodes:
            item = QListWidgetItem(plain_text(f"{node.id} · {node.label} · {node.parameters:,} weights"), self.list)
            item.setData(_IdRole, node.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            ticked = not chosen or node.id in chosen
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        every, none = Button("All", small=True), Button("None", small=True)
        every.clicked.connect(lambda: self._tick(True))
        none.clicked.connect(lambda: self._tick(False))
        self._words = Text("", role="note")
        bar = QHBoxLayout()
        bar.addWidget(every)
        bar.addWidget(none)
        bar.addWidget(self._words, 1)
        self.form.addWidget(self.search)
        self.form.addWidget(self.list)
        self.form.addLayout(bar)
        self.list.itemChanged.connect(lambda _item: self._say())
        self._say()

    def chosen(self) -> tuple[str, ...]:
        """The ids ticked; empty when all are."""
        items = [self.list.item(row) for row in range(self.list.count())]
        ticked = [str(item.data(_IdRole)) for item in items if item.checkState() == Qt.CheckState.Checked]
        return () if len(ticked) == len(items) else tuple(ticked)

    def _tick(self, on: bool) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            if not item.isHidden():
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(not all(word in item.text().lower() for word in words))

    def _say(self) -> None:
        count = self.list.count()
        ticked = sum(self.list.item(row).checkState() == Qt.CheckState.Checked for row in range(count))
        self._words.set_text(f"{ticked} of {count}")
        self.do.set_blocked("" if ticked else "A player has to train something.")
