"""The page without a project: drop data, open an example, go on with what was open before."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui.models.shelf import Example, Recent, Shelf
from gui.start.example_card import ExampleCard
from gui.start.recent_list import RecentList
from gui.widgets.button import Button
from gui.widgets.drop_area import DropArea
from gui.widgets.plain_text import set_tooltip
from gui.widgets.section_label import SectionLabel
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.text import Text

_WIDTH = 960
_CARDS_IN_A_ROW = 3


class StartPage(QWidget):
    """Shows what the shelf found and passes on what the user picks."""

    chooser_requested = Signal(str)
    """folder, file, model or project: which chooser is wanted."""
    open_requested = Signal(object)
    """Path of a project."""
    refused = Signal(str)
    """Why something dropped was not taken."""

    def __init__(self, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self.setObjectName("start")
        self.setProperty("role", "page")
        self.drop = DropArea(
            "Drop your data here",
            "A folder of pictures, a table, an archive. Netwright finds out what it holds and proposes a network.",
            icon="data",
            name="data.drop",
        )
        self.drop.setFixedHeight(170)
        self.drop.files_dropped.connect(self._on_dropped)
        self.drop.chooser_requested.connect(lambda: self.chooser_requested.emit("folder"))
        self.drop.refused.connect(self.refused)
        self.recent = RecentList()
        self.recent.open_requested.connect(self.open_requested)
        self.recent.forget_requested.connect(shelf.forget_recent)
        self.cards: list[ExampleCard] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        scroll = ScrollColumn(margins=(24, 32, 24, 32), spacing=12)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Text("What do you want to teach?", role="heading"))
        column.addWidget(self.drop)
        column.addLayout(self._buttons())
        column.addSpacing(14)
        column.addWidget(SectionLabel("Examples · a copy is opened, so you can change everything"))
        column.addLayout(self._grid)
        column.addSpacing(14)
        column.addWidget(SectionLabel("Recent projects"))
        column.addWidget(self.recent)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(inner, 100)
        middle.addStretch(1)
        scroll.column.addStretch(2)
        scroll.column.addLayout(middle)
        scroll.column.addStretch(3)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        shelf.examples_read.connect(self._on_examples)
        shelf.recent_checked.connect(self._on_recent)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for caption, icon, name, what in (
            ("Choose a folder", "folder", "start.folder", "folder"),
            ("Choose a file", "file", "start.file", "file"),
        ):
            button = Button(caption, icon=icon, name=name)
            button.clicked.connect(lambda _checked=False, what=what: self.chooser_requested.emit(what))
            row.addWidget(button)
        model = Button("Import a model", icon="network", name="start.model")
        set_tooltip(
            model, "An ONNX file from another program becomes a project with its weights. You can also drop it here."
        )
        model.clicked.connect(lambda: self.chooser_requested.emit("model"))
        row.addWidget(model)
        row.addStretch(1)
        empty = Button("New empty project", role="quiet", icon="plus", name="start.empty")
        empty.clicked.connect(lambda: self._shelf.new_project())
        existing = Button("Open a project", role="quiet", icon="folder", name="start.open")
        existing.clicked.connect(lambda: self.chooser_requested.emit("project"))
        row.addWidget(empty)
        row.addWidget(existing)
        return row

    def _on_dropped(self, paths: list[Path]) -> None:
        wrong = self._shelf.take_in(paths)
        if wrong:
            self.refused.emit(wrong)

    def _on_examples(self, found: list[Example]) -> None:
        for card in self.cards:
            card.deleteLater()
        self.cards = []
        for number, example in enumerate(found):
            card = ExampleCard(example.title, example.sentence, example.icon)
            card.setObjectName(f"example.{example.path.name}")
            card.clicked.connect(lambda _checked=False, path=example.path: self._shelf.open_example(path))
            self._grid.addWidget(card, number // _CARDS_IN_A_ROW, number % _CARDS_IN_A_ROW, Qt.AlignmentFlag.AlignTop)
            self.cards.append(card)
        if not found:
            self._grid.addWidget(Text("No examples were installed.", tone="faint"), 0, 0)

    def _on_recent(self, recent: list[Recent]) -> None:
        self.recent.show_recent(recent)
