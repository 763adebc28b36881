"""Blocks from the first key to the exported file: folded and repeated by hand, trained, exported, and undone again."""

from collections.abc import Iterator
from pathlib import Path

import onnxruntime
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.document.data_spec import DataSpec
from engine.document.edits import SetAttributes, SetData
from engine.document.project_json import to_bytes
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.widgets.button import Button
from gui.widgets.motion import set_less_motion
from tests.end2end.command import netwright
from tests.end2end.test_bad_input import pictures
from tests.gui.drawn_networks import Hand, agrees

pytestmark = pytest.mark.slow

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Bench:
    """The tab Design on a project folder, worked by mouse and keys."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.model = ProjectModel()
        self.model.open(folder)
        self.selection = Selection(self.model)
        self.tab = DesignTab(project=self.model, selection=self.selection)
        qtbot.addWidget(self.tab)
        self.tab.resize(1600, 920)
        self.tab.show()
        qtbot.waitExposed(self.tab)
        self.tab.activateWindow()
        self.tab.focus_first()
        qtbot.waitUntil(self.tab.canvas.hasFocus)
        self.hand = Hand(self.tab.canvas)

    def content(self) -> bytes:
        return to_bytes(self.model.project).split(b'"view"')[0]

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.tab.canvas, key, held)

    def select(self, *ids: str) -> None:
        for number, name in enumerate(ids):
            at = self.hand.card(name)
            self.hand.drag(at, at, keys=SHIFT if number else Qt.KeyboardModifier.NoModifier)
        assert self.selection.nodes == set(ids)
        self.tab.inspector.refresh()

    def set(self, name: str, value: str) -> None:
        line = self.tab.inspector.node.form.editor(name).findChild(QLineEdit)
        assert line is not None
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, value)
        QTest.keyClick(line, Key.Key_Return)
        self.tab.inspector.refresh()


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Nothing glides: where a card is shown is where it can be clicked."""
    set_less_motion(True)
    yield
    set_less_motion(False)


@pytest.fixture
def garments(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The project that ships, with few pictures in the place of its seventy thousand."""
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "settings"))
    project = tmp_path / "garments"
    netwright("new", project, "--from", "garments")
    netwright("new", tmp_path / "few", "--data", pictures(tmp_path / "pictures"))
    few = ProjectModel()
    few.open(tmp_path / "few")
    data = few.project.data
    few.shut_down()
    bench = Bench(qtbot, project)
    graph = bench.model.project.graph
    assert {"picture", "truth", "answer", "scores"} <= set(graph.nodes)
    _take_over(bench.model, data)
    yield bench
    bench.model.shut_down()


def _take_over(model: ProjectModel, data: DataSpec) -> None:
    """Let the network work on other data."""
    names = {field.role: field.name for field in data.fields}
    model.do(SetData(data=data))
    model.do(SetAttributes(id="picture", attributes={"fields": [names["input"]]}))
    model.do(SetAttributes(id="truth", attributes={"fields": [names["target"]]}))
    model.do(SetAttributes(id="answer", attributes={"field": names["target"]}))
    classes = len(next(field for field in data.fields if field.role == "target").statistics.classes)
    model.do(SetAttributes(id="scores", attributes={"out_features": classes}))
    model.history.clear()


def test_a_folded_repeated_network_trains_and_its_export_answers_the_same(garments: Bench, tmp_path: Path) -> None:
    bench, model = garments, garments.model
    first = bench.content()
    assert [p for p in model.checker.problems() if p.severity == "error"] == []
    parameters = model.checker.total_cost().parameters

    bench.select("conv2", "norm2", "relu2")
    bench.key(Key.Key_G, CONTROL)
    assert bench.selection.nodes == {"block1"}
    assert model.checker.total_cost().parameters == parameters
    bench.tab.inspector.refresh()
    bench.set("repeat", "2")
    assert model.checker.total_cost().parameters > parameters

    QTest.mouseDClick(bench.tab.canvas, Qt.MouseButton.LeftButton, pos=bench.hand.card("block1"))
    assert bench.tab.scope.path == ("block1",)
    bench.select("conv2")
    eye = bench.tab.inspector.node.form.row("kernel_size").aside
    assert isinstance(eye, Button)
    QTest.mouseClick(eye, Qt.MouseButton.LeftButton)
    bench.select("relu2")
    bench.key(Key.Key_D, CONTROL)  # a copy beside it, taken away again
    bench.key(Key.Key_Delete)
    bench.tab.canvas.setFocus()
    bench.key(Key.Key_Escape)
    bench.key(Key.Key_Escape)
    assert bench.tab.scope.path == ()
    bench.select("block1")
    bench.set("kernel_size", "1")
    agrees(bench.tab.canvas)
    assert [p.message for p in model.checker.problems() if p.severity == "error"] == []

    last, steps = bench.content(), model.history.count()
    assert steps >= 6
    while model.history.canUndo():
        bench.key(Key.Key_Z, CONTROL)
    assert bench.content() == first
    for _ in range(steps):
        bench.key(Key.Key_Z, CONTROL | SHIFT)
    assert bench.content() == last
    agrees(bench.tab.canvas)
    model.close()

    project = tmp_path / "garments"
    checked = netwright("check", project)
    ids = {node["id"] for node in checked["nodes"]}
    assert {"block1__conv2", "block1__2__conv2"} <= ids
    trained = netwright("train", project, "--epochs", "1", "--device", "cpu", "--set", "recipe.phases.0.batch_size=4")
    assert trained["state"] == "finished"
    file = tmp_path / "garments.onnx"
    exported = netwright("export", project, "--to", file)
    verified = exported["verified"]
    assert verified["same_answers"] == verified["samples"]
    picture = next((tmp_path / "pictures").rglob("*.png"))
    from_project = netwright("predict", project, picture)["predictions"][0]["outputs"]
    from_file = netwright("predict", file, picture)["predictions"][0]["outputs"]
    assert {name: out["value"] for name, out in from_project.items()} == {
        name: out["value"] for name, out in from_file.items()
    }
    assert onnxruntime.InferenceSession(str(file)).get_inputs()
    code = netwright("code", project, "--to", tmp_path / "network.py")
    assert code and "block1" in (tmp_path / "network.py").read_text(encoding="utf-8")
