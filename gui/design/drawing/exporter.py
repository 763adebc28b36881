"""Exports and prints the drawing of a canvas: asks how and where, paints on a thread, says how it went."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
from PySide6.QtWidgets import QFileDialog, QFrame, QVBoxLayout, QWidget

from engine.document.atomic import megabytes, write_atomically
from engine.errors import Cancelled, NetwrightError
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.marks import marks_of, surrounding
from gui.design.canvas.viewport import Box
from gui.design.drawing.draw_file import draw_elsewhere
from gui.design.drawing.export_dialog import ExportDialog
from gui.design.drawing.formats import Drawing, draw, page_orientation, print_on
from gui.design.drawing.paint import Progress
from gui.design.drawing.snapshot import take_sketch
from gui.models.background import Background
from gui.models.scope import Scope
from gui.models.selection import Selection
from gui.models.settings import Settings
from gui.widgets.guarded import guarded
from gui.widgets.progress_line import ProgressLine

_LOOK_EVERY_MS: Final = 50
_SHOW_AFTER_MS: Final = 300
MOST_HERE: Final = 150
"""Nodes up to which a thread of the window draws; more are drawn by another process, so that nothing waits for them."""
_NAMES: Final = {"svg": "SVG drawing (*.svg)", "png": "PNG picture (*.png)", "pdf": "PDF document (*.pdf)"}

_T = TypeVar("_T")
Choose = Callable[[QWidget, Path, Drawing], Path | None]


def choose_file(parent: QWidget, suggested: Path, drawing: Drawing) -> Path | None:
    """Ask where the drawing goes; None when the user changed their mind."""
    filters = _NAMES[drawing.format]
    text, _ = QFileDialog.getSaveFileName(parent, "Export the drawing", str(suggested), filters)
    if not text:
        return None
    path = Path(text)
    return path if path.suffix else path.with_suffix(f".{drawing.format}")


class DrawingExporter(QObject):
    """One for a canvas. `choose` asks for the file, `printers` names those there are; tests answer for both."""

    said = Signal(str)
    """One line for the user: done, or why not."""
    finished = Signal(bool)
    """A drawing was exported or printed, or was not."""

    def __init__(
        self,
        project: Scope,
        selection: Selection,
        geometry: Geometry,
        settings: Settings | None,
        canvas: QWidget,
    ) -> None:
        super().__init__(canvas)
        self._project = project
        self._selection = selection
        self._geometry = geometry
        self._settings = settings
        self._canvas = canvas
        self._background: Background | None = None  # lives while a drawing is made
        self._progress = Progress()
        self._drawing = Drawing()  # what was picked last
        self._folder: Path | None = None  # where the last one went, without settings to remember it
        self.choose: Choose = choose_file
        self.printers: Callable[[], list[str]] = QPrinterInfo.availablePrinterNames
        self.veil = _Working(canvas)
        self.veil.line.cancelled.connect(self.cancel)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._look.timeout.connect(self._on_look)
        self._waited_ms = 0

    @property
    def busy(self) -> bool:
        """Whether a drawing is being made."""
        return self._background is not None

    def ask(self) -> ExportDialog | None:
        """Open the dialog; None, and a word why, when there is nothing to draw or one is being made."""
        if not self._may_start("export"):
            return None
        dialog = ExportDialog(self._drawing, self._extent, self._selection.nodes, self._canvas)
        dialog.chosen.connect(self._on_chosen)
        dialog.open()
        return dialog

    def export(self, drawing: Drawing, path: Path, only: Collection[str] = ()) -> None:
        """Write the drawing to a file; `finished` follows."""
        if self.busy:
            return
        sketch = take_sketch(self._project, self._geometry, only)
        progress = self._progress = Progress()

        def work() -> tuple[str, int]:
            if sketch.node_count() > MOST_HERE:
                return draw_elsewhere(sketch, drawing, path, progress)
            drawn = draw(sketch.snapshot(), drawing, progress)
            write_atomically(path, drawn.data)
            return drawn.note, len(drawn.data)

        def done(result: tuple[str, int]) -> None:
            note, size = result
            self._end(True, f"Saved {path.name}, {megabytes(size)}, in {path.parent}. {note}".strip())

        self._start(work, done, f"Drawing {path.name}")

    def ask_to_print(self) -> QPrintDialog | None:
        """Open the system's print dialog; None, and a word why, when there is nothing to print."""
        if not self._may_start("print"):
            return None
        if not self.printers():
            self.said.emit("No printer is set up on this computer. Export the drawing as PDF and print that elsewhere.")
            return None
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(self._project.project.name or "network")
        printer.setCreator("Netwright")
        box = self._extent(False)
        if box is not None:
            printer.setPageOrientation(page_orientation(box[2] - box[0], box[3] - box[1]))
        dialog = QPrintDialog(printer, self._canvas)
        dialog.setObjectName("design.print")
        dialog.setWindowTitle("Print the drawing")
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.setOption(QPrintDialog.PrintDialogOption.PrintPageRange, False)
        dialog.accepted.connect(lambda: self.print_on(printer))
        dialog.finished.connect(dialog.deleteLater)
        dialog.setVisible(True)  # QPrintDialog.open wants a slot; this opens it the same way, as a window-modal sheet
        return dialog

    def print_on(self, printer: QPrinter) -> None:
        """Print the whole drawing; `finished` follows."""
        if self.busy:
            return
        sketch = take_sketch(self._project, self._geometry)
        progress = self._progress = Progress()
        to = printer.printerName() or "the printer"
        if printer.outputFileName():
            to = Path(printer.outputFileName()).name
        self._start(
            lambda: print_on(printer, sketch.snapshot(), progress),
            lambda _nothing: self._end(True, f"The drawing was sent to {to}."),
            "Printing",
        )

    def cancel(self) -> None:
        """Stop; nothing is written."""
        self._progress.cancel()

    def _may_start(self, verb: str) -> bool:
        if self.busy:
            self.said.emit("The last drawing is still being made.")
            return False
        if not self._geometry.ids:
            self.said.emit(f"There is nothing to {verb} yet. Add a layer first.")
            return False
        return True

    def _extent(self, selected: bool) -> Box | None:
        if selected:
            return self._geometry.extent(self._geometry.rows(self._selection.nodes))
        boxes = (self._geometry.drawn_extent(), marks_of(self._project.project.graph).extent())
        return surrounding(box for box in boxes if box is not None)

    def _on_chosen(self, drawing: Drawing, only: frozenset[str]) -> None:
        self._drawing = drawing
        name = "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in self._project.project.name)
        path = self.choose(
            self._canvas, self._start_folder() / f"{name.strip() or 'network'}.{drawing.format}", drawing
        )
        if path is None:
            return
        self._folder = path.parent
        if self._settings is not None:
            self._settings.update(drawings_folder=str(path.parent))
        self.export(drawing, path, only)

    def _start_folder(self) -> Path:
        """Where the last drawing went, if that is still there; else the project's folder."""
        kept = self._settings.values.drawings_folder if self._settings is not None else ""
        for folder in (Path(kept) if kept else self._folder, self._project.directory):
            if folder is not None and folder.is_dir():
                return folder
        return Path.home()

    def _start(self, work: Callable[[], _T], done: Callable[[_T], None], words: str) -> None:
        self._background = Background("netwright-drawing", self)
        self._waited_ms = 0
        self.veil.line.start(words)
        self._look.start()
        self._background.run(work, done, self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        match error:
            case Cancelled():
                self._end(False, error.message)
            case NetwrightError():
                self._end(False, f"{error.message} {error.hint}".strip())
            case _:
                self._end(False, f"The drawing was not made: {error}.")

    def _end(self, well: bool, words: str) -> None:
        background, self._background = self._background, None
        self._look.stop()
        self.veil.hide()
        if background is not None:
            background.close()
            background.deleteLater()
        self.said.emit(words)
        self.finished.emit(well)

    def _on_look(self) -> None:
        self._waited_ms += _LOOK_EVERY_MS
        self.veil.line.set_progress(self._progress.fraction)
        if self._waited_ms >= _SHOW_AFTER_MS and self.veil.isHidden():
            self.veil.come_up()


class _Working(QFrame):
    """How far a long drawing is, at the top of the canvas, which stays free to be worked on."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("design.export.progress")
        self.setAccessibleName("Export of the drawing")
        self.setProperty("role", "floating")
        self._canvas = canvas
        self.line = ProgressLine()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.addWidget(self.line)
        canvas.installEventFilter(self)
        self.hide()

    def come_up(self) -> None:
        """Show it."""
        self._place()
        self.raise_()
        self.show()

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._canvas and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        width = min(380, self._canvas.width() - 32)
        self.setGeometry((self._canvas.width() - width) // 2, 16, width, self.sizeHint().height())
