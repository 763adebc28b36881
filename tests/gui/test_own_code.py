"""A layer of the user's own in the inspector: begun, read, trusted, checked, changed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.document.edits import SetAttributes
from engine.document.graph import Edge, Graph, Node
from engine.document.own_code import trusted
from engine.document.project import Project
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.code import CheckCode, CodeChecked, CodeFinding
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from tests.gui.fake_engine import FakeEngine

Left = Qt.MouseButton.LeftButton


class Bench:
    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.model = ProjectModel()
        nodes = [Node(id="relu1", type="ReLU"), Node(id="own1", type="PyTorch", x=260)]
        graph = Graph(nodes, [Edge(source="relu1", target="own1")])
        self.model.create(folder / "p", Project(name="p", graph=graph))
        self.folder = folder / "p"
        self.engine = FakeEngine()
        self.selection = Selection(self.model)
        self.tab = DesignTab(project=self.model, selection=self.selection, engine=self.engine)
        qtbot.addWidget(self.tab)
        self.tab.resize(1300, 900)
        self.tab.show()
        qtbot.waitExposed(self.tab)
        self.selection.set_nodes({"own1"})
        self.tab.inspector.refresh()
        self.code = self.tab.inspector.node.code

    @property
    def node(self) -> Node:
        return self.model.project.graph.node("own1")

    def click(self, button: object) -> None:
        QTest.mouseClick(button, Left)  # type: ignore[call-overload]

    def begin_file(self) -> Path:
        """Press New file and wait until it is shown."""
        self.click(self.code.new)
        self.qtbot.waitUntil(lambda: "is new or has changed" in self.code.state.whole_text())
        return self.folder / str(self.node.attributes["file"])

    def trust(self) -> None:
        self.click(self.code.check)
        dialog = self.code.dialog
        assert dialog is not None and "torch.sigmoid" in dialog.text.toPlainText()
        self.click(dialog.trust_button)
        self.qtbot.waitUntil(lambda: "is trusted" in self.code.state.whole_text())


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "config"))
    made = Bench(qtbot, tmp_path)
    yield made
    made.tab.own_code.close()
    made.model.shut_down()


def shown(bench: Bench) -> list[str]:
    return [row.whole_text() for row in bench.code.findings if not row.isHidden()]


def test_a_file_is_begun_read_trusted_and_checked(bench: Bench) -> None:
    assert (bench.code.isVisible() and bench.code.check.isEnabled() is False) or bench.code.check.toolTip()
    path = bench.begin_file()
    assert path.exists() and "class MyLayer(nn.Module)" in path.read_text(encoding="utf-8")
    assert bench.node.attributes["class_name"] == "MyLayer"
    assert bench.code.check.text().startswith("Trust") and not trusted()
    findings = [CodeFinding(subject="Shape"), CodeFinding(subject="Export", failed="It cannot.", warns=True)]
    bench.engine.answer_with(CheckCode, CodeChecked(node="own1", findings=findings, output_shape=[7], parameters=1))
    bench.trust()
    bench.qtbot.waitUntil(lambda: any("✓ Shape" in line for line in shown(bench)))
    assert any("! Export: It cannot." in line for line in shown(bench))
    assert len(trusted()) == 1
    (asked,) = [request for request in bench.engine.requests if isinstance(request, CheckCode)]
    assert asked.node == "own1" and (bench.folder / "project.json").read_text().count("layers/mylayer.py") == 1
    assert bench.node.attributes["parameters"] == 1 and bench.node.attributes["output_shape"] == [7]
    bench.model.history.undo()
    bench.tab.inspector.refresh()
    assert "parameters" not in bench.node.attributes, "what was measured can be taken back"


def test_not_trusting_runs_and_notes_nothing(bench: Bench) -> None:
    bench.begin_file()
    bench.click(bench.code.check)
    dialog = bench.code.dialog
    assert dialog is not None and "Trust only what you have read" in " ".join(
        label.text() for label in dialog.findChildren(type(bench.code.state))
    )
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not bench.engine.requests and not trusted()


def test_what_was_shown_is_trusted_not_what_the_file_holds_by_then(bench: Bench) -> None:
    path = bench.begin_file()
    shown = hashlib.sha256(path.read_bytes()).hexdigest()
    bench.click(bench.code.check)
    dialog = bench.code.dialog
    assert dialog is not None
    path.write_text("import os\n", encoding="utf-8")
    bench.tab.own_code.look("layers/mylayer.py")
    state = bench.tab.own_code.state
    bench.qtbot.waitUntil(lambda: (found := state("layers/mylayer.py")) is not None and "import os" in found.text)
    bench.click(dialog.trust_button)
    bench.qtbot.waitUntil(lambda: trusted() == {shown})
    bench.qtbot.waitUntil(lambda: "is new or has changed" in bench.code.state.whole_text())


def test_a_changed_file_is_asked_about_again(bench: Bench) -> None:
    path = bench.begin_file()
    bench.engine.answer_with(CheckCode, CodeChecked(node="own1", findings=[], output_shape=[], parameters=0))
    bench.trust()
    path.write_text("import os\n", encoding="utf-8")
    bench.tab.own_code.look("layers/mylayer.py")
    bench.qtbot.waitUntil(lambda: "is new or has changed" in bench.code.state.whole_text())
    assert shown(bench) == []


def test_what_cannot_be_read_or_checked_is_told(bench: Bench) -> None:
    bench.model.do(SetAttributes(id="own1", attributes={"file": "layers/gone.py", "class_name": "A"}))
    bench.tab.inspector.refresh()
    bench.qtbot.waitUntil(lambda: "cannot be read" in bench.code.state.whole_text())
    assert not bench.code.check.isEnabled() or bench.code.check.toolTip()
    bench.model.do(SetAttributes(id="own1", attributes={"file": "../evil.py"}))
    bench.tab.inspector.refresh()
    bench.qtbot.waitUntil(lambda: "cannot hold the code" in bench.code.state.whole_text())
    bench.model.history.undo()
    bench.model.history.undo()
    bench.tab.inspector.refresh()
    bench.begin_file()
    error = {"kind": "graph", "where": "own1", "message": "What arrives is not known.", "hint": "Link it."}
    error |= {"expected": "", "found": ""}
    bench.engine.answer_with(CheckCode, RequestFailed(error=error))
    bench.trust()
    bench.qtbot.waitUntil(lambda: shown(bench) == ["What arrives is not known. Link it."])


def test_buttons_can_be_reached_by_keys_and_have_names(bench: Bench) -> None:
    for button in (bench.code.new, bench.code.show_code, bench.code.edit, bench.code.check):
        assert button.accessibleName() and button.objectName().startswith("design.code.")
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
