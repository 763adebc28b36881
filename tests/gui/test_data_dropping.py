"""Dropping anything anywhere on the window: a folder, several files, the name of an environment."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from pytestqt.qtbot import QtBot

from engine.document.project import Project
from engine.protocol.messages.data import DescribeData, ImportData
from gui.window import MainWindow
from tests.gui.data_scene import engine_of


def drop(window: MainWindow, data: QMimeData) -> bool:
    """A drag over the window's frame and its end; False when the window does not want it."""
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(300, 20).toPoint(), Qt.DropAction.CopyAction, data, buttons, modifiers)
    enter.ignore()
    window.dragEnterEvent(enter)
    if not enter.isAccepted():
        return False
    window.dropEvent(QDropEvent(QPointF(300, 20), Qt.DropAction.CopyAction, data, buttons, modifiers))
    return True


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.fixture
def project(window: MainWindow, tmp_path: Path) -> Path:
    window.bench.project.create(tmp_path / "p", Project(name="p"))
    engine_of(window).answer_with(ImportData, None)
    engine_of(window).answer_with(DescribeData, None)
    return tmp_path


def test_several_files_of_a_folder_are_read_together(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    paths = [project / name for name in ("t10k-labels", "train-images", "train-labels")]
    for path in paths:
        path.write_bytes(b"x")
    assert drop(window, files(*reversed(paths)))
    engine = engine_of(window)
    qtbot.waitUntil(lambda: len(engine.asked(ImportData)) == 1)
    asked: ImportData = engine.asked(ImportData)[0]
    assert (asked.path, asked.options) == (str(project), {"files": sorted(path.name for path in paths)})
    assert window.tab() == "data"


def test_files_of_different_folders_are_refused_in_words(window: MainWindow, project: Path) -> None:
    (project / "a").mkdir()
    assert drop(window, files(project / "x.csv", project / "a" / "y.csv"))
    assert "different folders" in window.toast.text()
    assert not engine_of(window).asked(ImportData)


def test_the_name_of_an_environment_can_be_dropped_as_text(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setText(" gym:CartPole-v1\n")
    assert drop(window, data)
    engine = engine_of(window)
    qtbot.waitUntil(lambda: len(engine.asked(ImportData)) == 1)
    assert engine.asked(ImportData)[0].path == "gym:CartPole-v1"


def test_other_text_is_not_taken(window: MainWindow, project: Path) -> None:
    data = QMimeData()
    data.setText("a line of a letter")
    assert not drop(window, data)


def test_an_environment_can_be_named_by_keyboard(window: MainWindow, project: Path, qtbot: QtBot) -> None:
    from gui.data.tab import DataTab

    window.show_tab("data")
    tab = window.tab_widget("data")
    assert isinstance(tab, DataTab)
    tab.importing.ask_for_environment()
    qtbot.keyClicks(tab.importing.environment, "CartPole-v1")
    qtbot.keyClick(tab.importing.environment, Qt.Key.Key_Return)
    engine = engine_of(window)
    qtbot.waitUntil(lambda: len(engine.asked(ImportData)) == 1)
    assert engine.asked(ImportData)[0].path == "gym:CartPole-v1"
