"""Importing a foreign model in the window: by menu, by drop, from the start page; progress, report, failure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.document import files
from engine.document.graph import Graph, Node
from engine.document.project import Project
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.importing import ImportModel, ModelChecked, ModelImported
from gui.frame import choosers
from gui.frame.import_dialog import ImportDialog, rows, summary
from gui.window import MainWindow
from tests.gui.fake_engine import FakeEngine, error

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "resnet.onnx"
    path.write_bytes(b"as far as the window knows")
    return path


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()


def engine_of(window: MainWindow) -> FakeEngine:
    found = window.bench.engine
    assert isinstance(found, FakeEngine)
    return found


def made(request: ImportModel) -> ModelImported:
    """As the engine does: the project is in the folder then."""
    graph = Graph([Node(id="relu1", type="ReLU", weights="")])
    files.create(Path(request.project_dir), Project(name="resnet", graph=graph))
    return ModelImported(
        project=request.project_dir,
        mapped={"Conv2d": 20, "ReLU": 17, "Add": 1},
        opaque={"NonZero": 1},
        parameters=11_000_000,
        opset=17,
        checked=ModelChecked(samples=8, max_abs_difference=2.4e-7),
        run=1,
        notes=["The answers have no names."],
    )


def dialog_of(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    qtbot.waitUntil(lambda: window.import_dialog is not None)
    assert window.import_dialog is not None
    return window.import_dialog


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, data, Left, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(event)


def test_a_dropped_model_becomes_a_project(window: MainWindow, model_file: Path, qtbot: QtBot) -> None:
    engine_of(window).answer_with(ImportModel, made)
    drop(window, model_file)
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(lambda: window.bench.project.directory is not None and window.bench.importing.state == "done")
    (request,) = engine_of(window).asked(ImportModel)
    assert request.path == str(model_file) and Path(request.project_dir).name == "resnet"
    assert window.bench.project.directory == Path(request.project_dir) and window.tab() == "design"
    assert dialog.heading.whole_text() == "resnet.onnx is a project now"
    assert "38 layers can be edited. 1 operator has no layer" in dialog.sentence.whole_text()
    told = dict(dialog.facts.rows())
    assert told["Layers"] == "Conv2d 20, ReLU 17, Add" and told["As they are"] == "NonZero"
    assert (
        "8 random samples; largest difference 2.4e-07" in told["Proof"] and told["Note"] == "The answers have no names."
    )
    QTest.mouseClick(dialog.shut, Left)
    qtbot.waitUntil(lambda: window.import_dialog is None)
    assert window.bench.importing.state == "idle"


def test_progress_is_shown_and_can_be_cancelled(window: MainWindow, model_file: Path, qtbot: QtBot) -> None:
    window.bench.importing.start(model_file)
    dialog = dialog_of(window, qtbot)
    (request,) = engine_of(window).asked(ImportModel)
    engine_of(window).answer(request.id, Progress(fraction=0.5, message="Drawing the network"))
    assert dialog.progress.text() == "Drawing the network" and dialog.shut.isHidden()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.import_dialog is None)
    assert engine_of(window).cancelled == [request.id] and window.bench.project.directory is None


def test_a_failure_is_told_with_what_to_do(window: MainWindow, model_file: Path, qtbot: QtBot) -> None:
    told = error("model_import", "It uses operators that are not known here: Foo (2).", hint="Export it again.")
    engine_of(window).answer_with(ImportModel, RequestFailed(error=told))
    drop(window, model_file)
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(lambda: not dialog.notice.isHidden())
    assert "could not be imported" in dialog.heading.whole_text()
    assert "Foo (2)" in dialog.notice.title() and dialog.notice.text() == "Export it again."
    engine_of(window).answer_with(ImportModel, made)
    QTest.mouseClick(dialog.again, Left)
    qtbot.waitUntil(lambda: window.bench.importing.state == "done")
    assert not dialog.facts.isHidden() and dialog.notice.isHidden()
    first, second = (Path(request.project_dir) for request in engine_of(window).asked(ImportModel))
    assert first == second
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.import_dialog is None)


def test_start_page_and_menu_ask_for_a_file(
    window: MainWindow, model_file: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(choosers, "choose_model", lambda _parent: model_file)
    monkeypatch.setattr(window.bench.importing, "start", started.append)
    button = window.findChild(QPushButton, "start.model")
    assert button is not None
    QTest.mouseClick(button, Left)
    window.commands.actions["import_model"].trigger()
    assert started == [model_file, model_file]
    assert window.commands.actions["import_model"] in window.menu.actions()


def test_data_dropped_is_still_data(window: MainWindow, tmp_path: Path) -> None:
    given: list[object] = []
    window.bench.shelf.model_given.connect(given.append)
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    window.bench.shelf.take_in([tmp_path / "a.csv"])
    folder = tmp_path / "odd.onnx"
    folder.mkdir()
    window.bench.shelf.take_in([folder])
    assert given == []


def test_a_folder_that_cannot_be_made_is_told(
    window: MainWindow, model_file: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home-file").write_text("")
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path / "home-file" / "below"))
    monkeypatch.setattr(type(window.bench.shelf), "home", property(lambda _self: tmp_path / "home-file" / "below"))
    window.bench.importing.start(model_file)
    dialog = dialog_of(window, qtbot)
    assert "No folder can be made" in dialog.notice.title()
    dialog.reject()


def test_the_words_of_the_report() -> None:
    whole = ModelImported(project="/p", mapped={f"Layer{n}": 10 - n for n in range(9)})
    assert summary(whole).startswith("All of it became layers that you can edit, 54 of them.")
    assert dict(rows(whole))["Layers"].endswith("Layer6 4, 5 more")
    opaque = ModelImported(project="/p", opaque={"Foo": 3})
    assert "3 operators run as they are" in summary(opaque)
    both = ModelImported(project="/p", mapped={"A": 1}, opaque={"Foo": 3})
    assert "3 operators have no layer of the same kind here and run as they are." in summary(both)
