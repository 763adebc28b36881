"""A card around a chart with a menu behind dots: saving as PNG, SVG or CSV, and what others add to it."""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui.charts.widget_picture import save_png, save_svg
from gui.widgets.button import Button
from gui.widgets.card import Card

Write = Callable[[Path], None]


class MenuCard(Card):
    """A subclass says what is saved as picture, and gives a function that writes the table."""

    failed = Signal(str)
    """A sentence: a file could not be written."""
    saved = Signal(str)
    _written = Signal(str, str)

    def __init__(self, title: str, note: str = "", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(title, note, name=name, parent=parent)
        self.more = Button(role="icon", icon="more", tooltip=f"More for {title.lower()}", small=True)
        self.menu = QMenu(self)
        """What stands behind the dots; others may add to it."""
        self.menu.addAction("Save as PNG...", lambda: self._ask("PNG picture (*.png)", ".png"))
        self.menu.addAction("Save as SVG...", lambda: self._ask("SVG drawing (*.svg)", ".svg"))
        self.menu.addAction("Save as CSV...", lambda: self._ask("CSV table (*.csv)", ".csv"))
        self.more.clicked.connect(lambda: self.open_menu(self.menu, self.more))
        self._written.connect(self._on_written)
        self.add_to_header(self.more)

    def picture(self) -> QWidget:
        """What is saved as picture: the whole card, unless a subclass says otherwise."""
        return self

    def table(self) -> Write:
        """A function that writes the numbers as CSV on a thread; it must hold all that it needs."""
        raise NotImplementedError

    def save(self, path: Path) -> None:
        """Save as PNG, SVG or CSV, by the ending; tells the outcome by signal. A table is written on a thread."""
        ending = path.suffix.lower()
        if ending == ".csv":
            threading.Thread(target=self._write, args=(self.table(), path), name="save-table").start()
        else:
            self._write(lambda to: (save_svg if ending == ".svg" else save_png)(self.picture(), to), path)

    def open_menu(self, menu: QMenu, button: Button) -> None:
        """Open a menu under a button of the header."""
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _write(self, write: Write, path: Path) -> None:
        """Here or on a thread: the outcome is told in the window's thread either way."""
        problem = ""
        try:
            write(path)
        except OSError as error:
            problem = f"{path.name} could not be written: {error.strerror or error}. Pick another folder."
        try:
            self._written.emit(str(path), problem)
        except RuntimeError:
            pass  # the chart is gone because the window is: nobody is left to tell

    def _on_written(self, path: str, problem: str) -> None:
        if problem:
            self.failed.emit(problem)
        else:
            self.saved.emit(path)

    def _ask(self, kinds: str, ending: str) -> None:
        start = self.title().lower().replace(" ", "_") + ending
        chosen, _ = QFileDialog.getSaveFileName(self, f"Save {self.title().lower()}", start, kinds)
        if chosen:
            self.save(Path(chosen).with_suffix(ending))
