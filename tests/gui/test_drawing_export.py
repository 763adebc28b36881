"""The drawing on paper: SVG, PNG, PDF and print, whole, off the window's thread, and every way it can fail."""

import os
import re
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.document.edits import SetBypassed, SetFrozen, SetTitle
from engine.document.project import Project
from engine.errors import Cancelled, ExportError
from gui.design.canvas.hit import NOTHING
from gui.design.canvas.menu import CanvasMenu
from gui.design.drawing import exporter as exporter_module
from gui.design.drawing.exporter import DrawingExporter
from gui.design.drawing.formats import MARGIN, Drawing, Format, draw, png_scale
from gui.design.drawing.paint import Progress
from gui.design.drawing.snapshot import take_snapshot
from gui.models.settings import Settings
from gui.widgets.theme import current_theme
from gui.window import MainWindow
from tests.gui.drawn_networks import chain_network, residual_network
from tests.gui.test_canvas_gestures import Bench

SVG = "{http://www.w3.org/2000/svg}"


class Exports:
    """A canvas with an exporter whose file is chosen by the test."""

    def __init__(self, qtbot: QtBot, folder: Path, project: Project) -> None:
        self.qtbot = qtbot
        self.folder = folder
        self.bench = Bench(qtbot, folder, project)
        self.settings = Settings(folder / "config")
        canvas = self.bench.canvas
        self.exporter = DrawingExporter(
            self.bench.model, self.bench.selection, canvas.geometry_store, self.settings, canvas
        )
        self.said: list[str] = []
        self.exporter.said.connect(self.said.append)

    def make(self, drawing: Drawing, name: str, only: tuple[str, ...] = ()) -> Path:
        path = self.folder / name
        with self.qtbot.waitSignal(self.exporter.finished) as done:
            self.exporter.export(drawing, path, only)
        assert done.args == [True], self.said
        return path


@pytest.fixture
def exports(qtbot: QtBot, tmp_path: Path) -> Iterator[Exports]:
    made = Exports(qtbot, tmp_path, residual_network())
    yield made
    made.settings.close()
    made.bench.model.shut_down()


def texts(svg: bytes) -> list[str]:
    return ["".join(item.itertext()) for item in ET.fromstring(svg).iter(f"{SVG}text")]


def test_svg_holds_every_node_link_and_shape_as_lines_and_text(exports: Exports) -> None:
    svg = exports.make(Drawing(format=Format.SVG), "net.svg").read_bytes()
    words = texts(svg)
    for node in exports.bench.graph.nodes:
        assert node in words, node
    assert words.count("64×14×14") == 5
    assert "3×3 · 64" in words
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}image")), "no picture of cards"
    assert root.findtext(f"{SVG}title") == "garments"
    assert "15 nodes" in (root.findtext(f"{SVG}desc") or "")
    assert all(item.get("textLength") for item in root.iter(f"{SVG}text"))


def test_svg_renders_white_with_cards_on_it(exports: Exports) -> None:
    path = exports.make(Drawing(format=Format.SVG), "net.svg")
    renderer = QSvgRenderer(str(path))
    assert renderer.isValid()
    picture = QImage(renderer.defaultSize(), QImage.Format.Format_RGB32)
    with QPainter(picture) as painter:
        renderer.render(painter)
    assert picture.pixelColor(2, 2) == QColor("white")
    extent = exports.bench.canvas.geometry_store.drawn_extent()
    assert extent is not None
    box = exports.bench.canvas.geometry_store.boxes[exports.bench.canvas.geometry_store.row_of["conv2"]]
    scale = picture.width() / (extent[2] - extent[0] + 2 * MARGIN)
    x, y = float(box[0] - extent[0] + MARGIN + 4) * scale, float(box[1] - extent[1] + MARGIN + 30) * scale
    assert picture.pixelColor(round(x), round(y)).blue() > 200 > picture.pixelColor(round(x), round(y)).red()


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_png_has_the_size_asked_for_and_both_colours(exports: Exports, scale: float) -> None:
    extent = exports.bench.canvas.geometry_store.drawn_extent()
    assert extent is not None
    light = QImage(str(exports.make(Drawing(format=Format.PNG, scale=scale), "light.png")))
    dark = QImage(str(exports.make(Drawing(format=Format.PNG, scale=scale, dark=True), "dark.png")))
    assert abs(light.width() - (extent[2] - extent[0] + 2 * MARGIN) * scale) <= 2 * scale
    assert abs(light.height() - (extent[3] - extent[1] + 2 * MARGIN) * scale) <= 2 * scale
    assert light.size() == dark.size()
    assert light.pixelColor(0, 0) == QColor("white")
    assert dark.pixelColor(0, 0).lightness() < 40


def test_pdf_is_one_page_with_its_fonts_and_no_pictures(exports: Exports) -> None:
    pdf = exports.make(Drawing(format=Format.PDF), "net.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert b"/FontFile" in pdf
    assert b"/Subtype /Image" not in pdf


def test_the_window_keeps_its_theme_while_paper_is_white(exports: Exports) -> None:
    window_theme = current_theme()
    seen: list[bool] = []

    def step(_fraction: float) -> None:
        seen.append(current_theme() is window_theme)

    snapshot = take_snapshot(exports.bench.model, exports.bench.canvas.geometry_store)
    thread = threading.Thread(target=lambda: draw(snapshot, Drawing(), step))
    thread.start()
    assert current_theme() is window_theme
    thread.join()
    assert seen and not any(seen)
    assert current_theme() is window_theme


def test_only_the_selection(exports: Exports) -> None:
    svg = exports.make(Drawing(), "part.svg", ("conv2", "conv3", "relu2")).read_bytes()
    words = texts(svg)
    assert "conv3" in words and "fc1" not in words
    assert words.count("64×14×14") == 2, "links among them alone"


def test_frozen_bypassed_and_odd_titles_are_drawn(exports: Exports) -> None:
    model = exports.bench.model
    model.do(SetFrozen(ids=("conv1",), frozen=True))
    model.do(SetBypassed(ids=("relu1",), bypassed=True))
    model.do(SetTitle(id="fc1", title='<b>&"x" \N{SNOWMAN}'))
    svg = exports.make(Drawing(), "odd.svg").read_bytes()
    assert any("<b>" in word for word in texts(svg))


def test_a_snapshot_is_not_touched_by_edits_after_it(exports: Exports) -> None:
    snapshot = take_snapshot(exports.bench.model, exports.bench.canvas.geometry_store)
    first = draw(snapshot, Drawing(), lambda _fraction: None).data
    snapshot = take_snapshot(exports.bench.model, exports.bench.canvas.geometry_store)
    exports.bench.canvas.commands.select_all()
    exports.bench.canvas.commands.delete()
    assert draw(snapshot, Drawing(), lambda _fraction: None).data == first


def test_the_dialog_exports_where_the_user_says_and_remembers_the_folder(exports: Exports) -> None:
    asked: list[Path] = []
    to = exports.folder / "pictures"
    to.mkdir()

    def choose(_parent: object, suggested: Path, _drawing: Drawing) -> Path:
        asked.append(suggested)
        return to / suggested.name

    exports.exporter.choose = choose
    dialog = exports.exporter.ask()
    assert dialog is not None and dialog.isVisible()
    assert not dialog.part.isVisible(), "nothing is selected"
    dialog.format.set_value(Format.PNG)
    dialog.format.committed.emit(Format.PNG)
    assert dialog.scale.isVisible() and "pixels" in dialog.hint()
    button = dialog.findChild(QPushButton, "design.export.save")
    with exports.qtbot.waitSignal(exports.exporter.finished) as done:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done.args == [True]
    assert asked == [exports.bench.model.directory / "garments.png"]  # type: ignore[operator]
    assert (to / "garments.png").exists()
    assert exports.settings.values.drawings_folder == str(to)
    assert "Saved garments.png" in exports.said[-1]
    dialog = exports.exporter.ask()
    assert dialog is not None
    assert dialog.format.value() == Format.PNG, "the last choice is kept"
    with exports.qtbot.waitSignal(exports.exporter.finished):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert asked[-1].parent == to


def test_escape_and_no_file_export_nothing(exports: Exports) -> None:
    exports.exporter.choose = lambda *_: None
    dialog = exports.exporter.ask()
    assert dialog is not None
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not exports.exporter.busy
    dialog = exports.exporter.ask()
    assert dialog is not None
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not exports.exporter.busy and exports.said == []


def test_an_empty_canvas_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    exports = Exports(qtbot, tmp_path, Project(name="empty"))
    assert exports.exporter.ask() is None
    assert exports.exporter.ask_to_print() is None
    assert exports.said == [f"There is nothing to {verb} yet. Add a layer first." for verb in ("export", "print")]
    with pytest.raises(ExportError):
        draw(take_snapshot(exports.bench.model, exports.bench.canvas.geometry_store), Drawing(), lambda _done: None)
    exports.settings.close()
    exports.bench.model.shut_down()


def fail(exports: Exports, path: Path) -> str:
    with exports.qtbot.waitSignal(exports.exporter.finished) as done:
        exports.exporter.export(Drawing(), path)
    assert done.args == [False]
    assert not exports.exporter.busy
    return exports.said[-1]


def test_a_folder_that_is_gone_is_told_in_words(exports: Exports) -> None:
    said = fail(exports, exports.folder / "nowhere" / "net.svg")
    assert said == "net.svg was not saved: its folder is gone. Put the folder back, or save elsewhere."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_and_the_old_file_stays(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exports.make(Drawing(), "net.svg")
    before = path.read_bytes()
    full = os.open("/dev/full", os.O_WRONLY)
    real = os.write
    monkeypatch.setattr("engine.document.atomic.os.write", lambda _descriptor, data: real(full, data))
    said = fail(exports, path)
    os.close(full)
    assert "the disk is full" in said
    assert path.read_bytes() == before
    assert sorted(item.name for item in exports.folder.iterdir() if item.name.startswith(".save")) == []


def test_cancel_writes_nothing(exports: Exports) -> None:
    progress = Progress(cancelled=True)
    with pytest.raises(Cancelled):
        draw(take_snapshot(exports.bench.model, exports.bench.canvas.geometry_store), Drawing(), progress)
    path = exports.folder / "never.svg"
    with exports.qtbot.waitSignal(exports.exporter.finished) as done:
        exports.exporter.export(Drawing(), path)
        exports.exporter.cancel()
    assert done.args == [False] and not path.exists()
    assert exports.said == ["The drawing was not exported."]


def test_progress_comes_up_when_it_takes_long_and_goes_again(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = threading.Event()
    real = exporter_module.draw

    def slow(*what: object) -> object:
        wait.wait(10)
        return real(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(exporter_module, "draw", slow)
    exports.exporter.export(Drawing(), exports.folder / "slow.svg")
    exports.qtbot.waitUntil(exports.exporter.veil.isVisible)
    assert exports.exporter.ask() is None, "one at a time"
    with exports.qtbot.waitSignal(exports.exporter.finished):
        wait.set()
    assert not exports.exporter.veil.isVisible()


def test_huge_pictures_are_drawn_smaller_and_say_so() -> None:
    assert png_scale(1000, 500, 4) == 4
    scale = png_scale(120_000, 3_000, 2)
    assert scale < 0.3 and 120_000 * scale <= 32_000
    assert png_scale(20_000, 20_000, 1) ** 2 * 4e8 <= 80_000_000


def test_a_thousand_nodes_do_not_hold_up_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    exports = Exports(qtbot, tmp_path, chain_network(1000))
    before = time.perf_counter()
    with qtbot.waitSignal(exports.exporter.finished, timeout=60_000) as done:
        exports.exporter.export(Drawing(), tmp_path / "long.svg")
        asked_s = time.perf_counter() - before
    assert done.args == [True]
    print(f"asking took {asked_s * 1e3:.1f} ms")
    assert texts((tmp_path / "long.svg").read_bytes()).count("linear1000") == 1
    path = tmp_path / "long.png"
    with qtbot.waitSignal(exports.exporter.finished, timeout=60_000):
        exports.exporter.export(Drawing(format=Format.PNG, scale=1), path)
    assert QImage(str(path)).width() <= 32_000
    assert "instead of 1×" in exports.said[-1]
    exports.settings.close()
    exports.bench.model.shut_down()


def test_another_process_draws_the_same(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    here = exports.make(Drawing(), "here.svg").read_bytes()
    monkeypatch.setattr(exporter_module, "MOST_HERE", 0)
    seen: list[float] = []
    exports.exporter._look.timeout.connect(lambda: seen.append(exports.exporter._progress.fraction))
    there = exports.make(Drawing(), "there.svg").read_bytes()
    assert texts(there) == texts(here)
    assert there.count(b"<path") == here.count(b"<path") and there.count(b"<rect") == here.count(b"<rect")
    assert max(seen) > 0, "it tells how far it is"
    png = QImage(str(exports.make(Drawing(format=Format.PNG, dark=True), "there.png", ("conv2", "conv3"))))
    assert png.pixelColor(0, 0).lightness() < 40


def test_another_process_tells_what_went_wrong(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter_module, "MOST_HERE", 0)
    said = fail(exports, exports.folder / "nowhere" / "net.svg")
    assert said == "net.svg was not saved: its folder is gone. Put the folder back, or save elsewhere."


def test_another_process_is_ended_by_cancel(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter_module, "MOST_HERE", 0)
    path = exports.folder / "never.svg"
    with exports.qtbot.waitSignal(exports.exporter.finished) as done:
        exports.exporter.export(Drawing(), path)
        exports.qtbot.waitUntil(lambda: exports.exporter._progress.stop is not None)
        exports.exporter.cancel()
    assert done.args == [False] and not path.exists()
    assert exports.said == ["The drawing was not exported."]


def test_a_process_that_dies_is_told(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter_module, "MOST_HERE", 0)
    monkeypatch.setattr("gui.design.drawing.draw_file.sys.executable", "/bin/false")
    reported: list[str] = []
    monkeypatch.setattr("sys.excepthook", lambda _kind, error, _trace: reported.append(str(error)))
    said = fail(exports, exports.folder / "never.svg")
    assert "was not made" in said and len(reported) == 1


def test_print_puts_the_whole_drawing_on_one_page(exports: Exports) -> None:
    exports.exporter.printers = lambda: ["one"]
    dialog = exports.exporter.ask_to_print()
    assert isinstance(dialog, QPrintDialog) and dialog.isVisible()
    printer = dialog.printer()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(exports.folder / "printed.pdf"))
    with exports.qtbot.waitSignal(exports.exporter.finished) as done:
        dialog.accepted.emit(printer)  # pressing Print would ask the widgets of a printer that is not there
    dialog.reject()
    assert done.args == [True]
    pdf = (exports.folder / "printed.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert exports.said == ["The drawing was sent to printed.pdf."]


def test_without_a_printer_pdf_is_proposed(exports: Exports) -> None:
    exports.exporter.printers = list
    assert exports.exporter.ask_to_print() is None
    assert "as PDF" in exports.said[-1]


def test_a_printer_that_refuses_is_told(exports: Exports) -> None:
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(exports.folder / "nowhere" / "printed.pdf"))
    with exports.qtbot.waitSignal(exports.exporter.finished) as done:
        exports.exporter.print_on(printer)
    assert done.args == [False]
    assert "printer does not take" in exports.said[-1]


def test_the_menus_lead_there(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.bench.project.create(tmp_path / "p", residual_network())
    assert {"export_drawing", "print"} <= set(window.commands.actions)
    window.commands.actions["export_drawing"].trigger()
    tab = window.tab_widget("design")
    assert tab is not None
    dialog = window.findChild(exporter_module.ExportDialog)
    assert dialog is not None and dialog.isVisible()
    dialog.reject()
    canvas = tab.canvas  # type: ignore[attr-defined]
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().topLeft())
    canvas.selection.set_nodes(())
    menu = CanvasMenu(canvas, canvas.pointer_for_keys(), NOTHING)
    words = [action.text().partition("\t")[0] for action in menu.actions()]
    assert "Export the drawing…" in words and "Print the drawing…" in words
    menu.deleteLater()
    tab.said.emit("Saved.")  # type: ignore[attr-defined]
    assert window.toast.text() == "Saved."
