"""The start page: examples, recent projects, dropping data, new projects."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from engine.protocol.messages.data import ImportData
from gui.frame import choosers
from gui.window import MainWindow


def child(window: MainWindow, name: str) -> Any:
    found = window.start.findChild(QWidget, name)
    assert found is not None, name
    return found


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.fixture
def with_examples(window: MainWindow, qtbot: QtBot) -> MainWindow:
    with qtbot.waitSignal(window.bench.shelf.examples_read):
        window.bench.shelf.read_examples()
    return window


def test_examples_are_cards_that_open_a_copy(with_examples: MainWindow, qtbot: QtBot) -> None:
    window = with_examples
    card = child(window, "example.penguins")
    assert "penguin" in card.accessibleName().lower()
    assert len(card.accessibleDescription()) > 20
    with qtbot.waitSignal(window.bench.project.opened):
        click(qtbot, card)
    assert window.bench.project.directory == window.bench.shelf.home / "penguins"
    assert window.bench.project.project.graph.nodes


def test_a_copy_of_an_example_tells_what_happens_inside(with_examples: MainWindow, qtbot: QtBot) -> None:
    window = with_examples
    with qtbot.waitSignal(window.bench.shelf.example_opened):
        click(qtbot, child(window, "example.penguins"))
    assert "your own copy" in window.toast.text()
    with qtbot.waitSignal(window.bench.shelf.about_read):
        window.commands.actions["about"].trigger()
    shown = window.findChild(QWidget, "help")
    assert shown is not None and shown.isVisible()
    page = shown.findChild(QTextBrowser, "help.page")
    assert page is not None
    text = page.toPlainText()
    assert "The idea" in text and "<!--" not in text
    shown.close()


def test_a_project_without_a_readme_says_so(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.bench.project.opened):
        click(qtbot, child(window, "start.empty"))
    with qtbot.waitSignal(window.bench.shelf.about_read):
        window.commands.actions["about"].trigger()
    assert "no README.md" in window.toast.text()


def test_examples_are_reached_by_keyboard(with_examples: MainWindow, qtbot: QtBot) -> None:
    card = child(with_examples, "example.penguins")
    card.setFocus()
    with qtbot.waitSignal(with_examples.bench.project.opened):
        qtbot.keyClick(card, Qt.Key.Key_Space)


def test_a_new_project_is_empty_and_open(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.bench.project.opened):
        click(qtbot, child(window, "start.empty"))
    assert window.tab() == "data"


def test_data_dropped_on_the_page_makes_a_project(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "flowers"))])
    drop = child(window, "data.drop")
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(drop, QDragEnterEvent(QPoint(20, 20), *how))
    QApplication.sendEvent(drop, QDropEvent(QPointF(20, 20), *how))
    engine = window.bench.engine
    qtbot.waitUntil(lambda: bool(engine.asked(ImportData)))
    assert window.bench.project.directory == window.bench.shelf.home / "flowers"
    assert window.tab() == "data"


def test_data_is_chosen_by_dialog(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    monkeypatch.setattr(choosers, "choose_data_file", lambda _parent: tmp_path / "t.csv")
    click(qtbot, child(window, "start.file"))
    qtbot.waitUntil(lambda: bool(window.bench.engine.asked(ImportData)))


def test_recent_projects_come_back_and_lost_ones_say_why(window: MainWindow, qtbot: QtBot) -> None:
    project = window.bench.project
    with qtbot.waitSignal(project.opened):
        window.bench.shelf.new_project("here")
    with qtbot.waitSignal(project.opened):
        window.bench.shelf.new_project("gone")
    gone = project.directory
    project.close()
    assert gone is not None
    gone.rename(gone.with_name("elsewhere"))
    window.bench.shelf.check_recent()
    rows = window.start.recent
    qtbot.waitUntil(lambda: len(rows.rows) == 2 and not rows.rows[0].open.isEnabled())
    assert rows.rows[0].where.whole_text() == "The folder is gone."
    click(qtbot, rows.rows[0].forget)
    qtbot.waitUntil(lambda: len(rows.rows) == 1)
    with qtbot.waitSignal(project.opened):
        click(qtbot, rows.rows[0].open)
    assert project.project.name == "here"


def test_closing_a_project_leads_back(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.bench.project.opened):
        window.bench.shelf.new_project("one")
    window.commands.actions["close"].trigger()
    assert window.pages.currentWidget() is window.start
