"""What the Data tab shows while there is no data: a place to drop some, the progress of reading, or why it failed."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from engine.errors import DataError, NetwrightError
from engine.protocol.messages.base import Progress
from gui.models.data import DataModel
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.drop_area import DropArea
from gui.widgets.plain_text import plain_text
from gui.widgets.progress_line import ProgressLine
from gui.widgets.row_list import ROW_HEIGHT, RowList
from gui.widgets.text import Text

_WIDTH = 620
_MOST_ROWS = 12


class ImportPage(QStackedWidget):
    """Shows one of three pages by the state of the data."""

    paths_given = Signal(list)
    chooser_requested = Signal(str)
    refused = Signal(str)

    def __init__(self, data: DataModel) -> None:
        super().__init__()
        self._data = data
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.drop = DropArea(
            "Drop your data here",
            "Pictures, sound, tables, text, series: a folder, a file, several files or an archive.",
            icon="data",
            name="data.drop",
        )
        self.drop.setMinimumHeight(230)
        self.drop.files_dropped.connect(self.paths_given)
        self.drop.chooser_requested.connect(lambda: self.chooser_requested.emit("folder"))
        self.drop.refused.connect(self.refused)
        self.line = ProgressLine(name="data.progress")
        self.line.cancelled.connect(data.cancel)
        self._title = Text("", role="heading", wrap=True)
        self._place = Text("", role="mono", tone="dim", wrap=True)
        self._expected = Text("", tone="dim", wrap=True)
        self._hint = Text("", wrap=True)
        self._empty = self._page(self._empty_parts())
        self._busy = self._page([self._progress_card()])
        self._failed = self._page([self._failure_card()])
        data.changed.connect(self.refresh)
        data.progressed.connect(self._on_progressed)
        self.refresh()

    def refresh(self) -> None:
        """Show the page of the present state."""
        state = self._data.state
        if state in ("importing", "describing"):
            if self.currentWidget() is not self._busy:
                name = plain_text(Path(self._data.importing_path).name, 60) if state == "importing" else ""
                self.line.start(f"Reading {name}" if name else "Reading the data")
            self.setCurrentWidget(self._busy)
        elif state == "failed" and self._data.error is not None:
            self._show_error(self._data.error)
            self.setCurrentWidget(self._failed)
        else:
            self.setCurrentWidget(self._empty)

    def focus_first(self) -> None:
        """The place to drop data; while there is nothing to press, the page itself."""
        (self.drop if self.currentWidget() is self._empty else self).setFocus()

    def _show_error(self, error: NetwrightError) -> None:
        self._title.set_text(error.message)
        self._place.set_text(error.where)
        expected = f"Expected {error.expected}" if error.expected else ""
        found = f"found {error.found}" if error.found else ""
        self._expected.set_text(", ".join(part for part in (expected, found) if part))
        self._hint.set_text(error.hint or "Choose other data, or mend it and try again.")
        choices = error.choices if isinstance(error, DataError) else ()
        for label in (self._place, self._expected):
            label.setVisible(bool(label.whole_text()) and not choices)
        self._title.set_tone("" if choices else "error")
        self._offer(choices)
        self._back.setVisible(self._data.failed_import and self._data.description is not None)

    def _offer(self, paths: tuple[str, ...]) -> None:
        """The files that could be meant, to choose one of them."""
        self.choices.clear()
        for path in paths:
            self.choices.add_row(Path(path).name, key=path)
        self.choices.setVisible(bool(paths))
        self._hint.setVisible(not paths)
        self._one_of.setVisible(bool(paths))
        self._again.setVisible(not paths)
        rows = min(len(paths), _MOST_ROWS)
        self.choices.setFixedHeight(rows * ROW_HEIGHT + 2 * self.choices.frameWidth())

    def _on_chosen(self) -> None:
        path = self.choices.current_key()
        if isinstance(path, str):
            self.paths_given.emit([Path(path)])

    def _page(self, parts: list[QWidget]) -> QWidget:
        page = QWidget()
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for part in parts:
            column.addWidget(part)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(inner, 100)
        middle.addStretch(1)
        outer = QVBoxLayout(page)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.addWidget(page)
        return page

    def _empty_parts(self) -> list[QWidget]:
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch(1)
        for caption, icon, what in (("Choose a folder", "folder", "folder"), ("Choose a file", "file", "file")):
            button = Button(caption, icon=icon, name=f"data.choose_{what}")
            button.clicked.connect(lambda _checked=False, what=what: self.chooser_requested.emit(what))
            row.addWidget(button)
        acting = Button("An environment", icon="target", role="quiet", name="data.choose_environment")
        acting.setToolTip("Learn by acting: name a Gymnasium environment")
        acting.clicked.connect(self.ask_for_environment)
        row.addWidget(acting)
        points = Button("Points to draw", icon="edit", role="quiet", name="data.choose_points")
        points.setToolTip("Points on a plane: spirals, circles, or drawn by hand")
        points.clicked.connect(lambda: self.paths_given.emit([Path("points:Spirals")]))
        row.addWidget(points)
        row.addStretch(1)
        self.environment = QLineEdit()
        self.environment.setObjectName("data.environment")
        self.environment.setPlaceholderText("Name of an environment, as CartPole-v1, then Return")
        self.environment.setAccessibleName("Name of an environment")
        self.environment.returnPressed.connect(self._on_environment)
        self.environment.hide()
        note = Text(
            "It is read where it is. Netwright finds out what it holds and proposes a network.",
            tone="faint",
            wrap=True,
        )
        note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        return [self.drop, buttons, self.environment, note]

    def ask_for_environment(self) -> None:
        """Let the user write the name of an environment to act in."""
        self.environment.show()
        self.environment.setFocus()

    def _on_environment(self) -> None:
        name = self.environment.text().strip().removeprefix("gym:")
        if name:
            self.paths_given.emit([Path(f"gym:{name}")])

    def _progress_card(self) -> QWidget:
        card = Card()
        card.body.addWidget(self.line)
        return card

    def _failure_card(self) -> QWidget:
        card = Card()
        card.setObjectName("data.failure")
        card.body.setSpacing(10)
        self._title.set_tone("error")
        for label in (self._title, self._place, self._expected, self._hint):
            card.body.addWidget(label)
        self._one_of = Text("Choose the one to learn from:")
        self.choices = RowList(name="data.choices", accessible="Files that can be imported", grows=False)
        self.choices.itemActivated.connect(lambda _item: self._on_chosen())
        self.choices.itemClicked.connect(lambda _item: self._on_chosen())
        card.body.addWidget(self._one_of)
        card.body.addWidget(self.choices)
        self._again = again = Button("Try again", role="primary", name="data.again")
        again.clicked.connect(self._on_again)
        other = Button("Choose other data", name="data.other_data")
        other.clicked.connect(lambda: self.chooser_requested.emit("file"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self._back = Button("Keep the data of before", role="quiet", name="data.back")
        self._back.clicked.connect(self._data.give_up_import)
        row.addWidget(self._back)
        row.addWidget(other)
        row.addWidget(again)
        card.body.addLayout(row)
        return card

    def _on_again(self) -> None:
        if self._data.failed_import or (self._data.importing_path and not self._data.has_sources()):
            self._data.import_again()
        else:
            self._data.describe()

    def _on_progressed(self, event: Progress) -> None:
        self.line.set_progress(event.fraction, event.message, left_s=event.left_s)
