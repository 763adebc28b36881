"""Help: the page of the tab or of what has the focus, and nothing from outside the help folder."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document.graph import Graph, Node
from engine.document.project import Project
from gui.design.inspector import Inspector
from gui.frame import catalog_page, help_window
from gui.frame.help_window import HelpWindow, inside_help, pages
from gui.window import MainWindow


def test_every_tab_has_a_page() -> None:
    assert pages()[:6] == ["index", "data", "design", "train", "evaluate", "use"]


def test_f1_opens_the_page_of_the_tab(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.bench.project.create(tmp_path / "p", Project(name="p"))
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)
    assert isinstance(window._help, HelpWindow)
    assert window._help.isVisible()
    assert window._help.page() == "data"
    window._help.close()


def test_links_lead_from_page_to_page_and_back(qtbot: QtBot) -> None:
    window = HelpWindow()
    qtbot.addWidget(window)
    window.open_page("index")
    window._on_link(QUrl("train.md"))
    assert window.page() == "train"
    window.back.click()
    assert window.page() == "index"
    assert not window.back.isEnabled()
    window.list.select_key("use")
    assert window.page() == "use"


def test_an_unknown_page_shows_the_first(qtbot: QtBot) -> None:
    window = HelpWindow()
    qtbot.addWidget(window)
    window.open_page("../../../../etc/passwd")
    assert window.page() == "index"


@pytest.mark.parametrize("name", ["../README.md", "/etc/passwd", "../../pyproject.toml", "nothing.md", "\0"])
def test_nothing_outside_the_folder_is_read(name: str) -> None:
    assert inside_help(name) is None


def test_addresses_are_never_opened(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = HelpWindow()
    qtbot.addWidget(window)
    window.open_page("index")
    window._on_link(QUrl("https://example.org/x"))
    assert window.page() == "index"
    assert "example.org" in window.windowTitle()
    image = QTextDocument.ResourceType.ImageResource.value
    assert window.browser.loadResource(image, QUrl("https://example.org/x.png")) is None
    assert window.browser.loadResource(image, QUrl("file:///etc/passwd")) is None


def test_tags_in_a_page_stay_text(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(help_window, "page_text", lambda _page: "# T\n\n<b>bold</b> <img src='x.png'>")
    window = HelpWindow()
    qtbot.addWidget(window)
    window.open_page("index")
    assert "<b>bold</b>" in window.browser.toPlainText()


def test_every_entry_of_the_catalog_has_a_page(qtbot: QtBot) -> None:
    window = HelpWindow()
    qtbot.addWidget(window)
    window.open_page("layers")
    assert "Conv2d" in window.browser.toPlainText()
    window._on_link(QUrl("layers.Conv2d.md"))
    assert window.page() == "layers.Conv2d"
    assert "kernel" in window.browser.toPlainText().lower()
    assert window.list.current_key() == "layers"
    for group, (_, entries) in catalog_page.GROUPS.items():
        for entry in entries():
            page = catalog_page.markdown(f"{group}.{entry.type_name()}")
            assert page is not None and entry.formula in page and catalog_page.page_of(entry)


def test_f1_on_a_node_explains_its_layer(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    graph = Graph([Node(id="conv1", type="Conv2d")])
    window.bench.project.create(tmp_path / "p", Project(name="p", graph=graph))
    window.show_tab("design")
    window.bench.selection.set_nodes(("conv1",))
    inspector = window.findChild(Inspector)
    assert inspector is not None
    inspector.focus_first()
    with qtbot.waitActive(window):
        window.activateWindow()
    inspector.focus_first()
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)
    assert isinstance(window._help, HelpWindow)
    assert window._help.page() == "layers.Conv2d"
    window._help.close()
