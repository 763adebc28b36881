"""The page without a project: drop data, open an example, go on with what was open before."""

import itertools
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.document.examples import Example
from gui.models.shelf import Recent, Shelf
from gui.start.example_card import ExampleCard
from gui.start.network_picture import NetworkPicture
from gui.start.recent_list import RecentList
from gui.widgets.button import Button
from gui.widgets.drop_area import DropArea
from gui.widgets.plain_text import set_tooltip
from gui.widgets.section_label import SectionLabel
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.text import Text

_WIDTH = 960
_CARDS_IN_A_ROW = 4


class StartPage(QWidget):
    """Shows what the shelf found and passes on what the user picks."""

    chooser_requested = Signal(str)
    """folder, file, model or project: which chooser is wanted."""
    open_requested = Signal(object)
    """Path of a project."""
    tour_requested = Signal()
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
        self.drop.setFixedHeight(140)
        self.drop.files_dropped.connect(self._on_dropped)
        self.drop.chooser_requested.connect(lambda: self.chooser_requested.emit("folder"))
        self.drop.refused.connect(self.refused)
        self.recent = RecentList()
        self.recent.open_requested.connect(self.open_requested)
        self.recent.forget_requested.connect(shelf.forget_recent)
        self.cards: list[ExampleCard] = []
        self._examples = QVBoxLayout()
        self._examples.setSpacing(6)
        scroll = ScrollColumn(margins=(24, 32, 24, 32), spacing=12)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(Text("What do you want to teach?", role="heading"), 1)
        self.tour = Button("Guided tour", icon="bulb", name="start.tour")
        set_tooltip(self.tour, "New to this? From the input to overfitting, on the real window, in ten minutes.")
        self.tour.clicked.connect(lambda: self.tour_requested.emit())
        head.addWidget(self.tour)
        column.addLayout(head)
        column.addWidget(self.drop)
        column.addLayout(self._buttons())
        column.addSpacing(14)
        column.addWidget(SectionLabel("Recent projects"))
        column.addWidget(self.recent)
        column.addSpacing(14)
        column.addWidget(Text("Examples", role="heading"))
        column.addWidget(Text("A copy is opened, so you can change everything.", tone="dim"))
        column.addLayout(self._examples)
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
        while (item := self._examples.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.cards = []
        for title, group in itertools.groupby(found, lambda example: example.group):
            self._examples.addWidget(SectionLabel(title))
            self._examples.addWidget(self._cards_of(list(group)))
        if not found:
            self._examples.addWidget(Text("No examples were installed.", tone="faint"))

    def _cards_of(self, group: list[Example]) -> QWidget:
        """The cards of a group, in rows."""
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 8)
        grid.setSpacing(12)
        for column in range(_CARDS_IN_A_ROW):
            grid.setColumnStretch(column, 1)  # a row that is not full has cards of the same width
        for number, example in enumerate(group):
            card = ExampleCard(
                example.title,
                f"{example.question} {example.sentence}".strip(),
                example.kind,
                NetworkPicture.of(example.graph),
            )
            card.setObjectName(f"example.{example.name}")
            card.clicked.connect(lambda _checked=False, path=example.folder: self._shelf.open_example(path))
            grid.addWidget(card, *divmod(number, _CARDS_IN_A_ROW), Qt.AlignmentFlag.AlignTop)
            self.cards.append(card)
        return made

    def _on_recent(self, recent: list[Recent]) -> None:
        self.recent.show_recent(recent)
