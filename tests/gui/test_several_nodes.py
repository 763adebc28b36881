"""Many nodes are changed at once in the inspector: common settings, mixed values, one step each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.document.edits import SetBypassed, SetTitle
from engine.document.graph import Node
from gui.design.common_attributes import common_attributes
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.widgets.choice_editor import ChoiceEditor
from gui.widgets.number_editor import NumberEditor
from gui.widgets.parsed_editor import MIXED, ParsedEditor
from gui.widgets.switch import Switch
from tests.gui.drawn_networks import agrees, residual_network

Key = Qt.Key


class Bench:
    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.model = ProjectModel()
        self.model.create(folder / "network", residual_network())
        self.selection = Selection(self.model)
        self.tab = DesignTab(project=self.model, selection=self.selection)
        qtbot.addWidget(self.tab)
        self.tab.resize(1600, 922)
        self.tab.show()
        qtbot.waitExposed(self.tab)
        self.panel = self.tab.inspector.several

    def select(self, *ids: str) -> None:
        self.selection.set_nodes(ids)
        self.tab.inspector.refresh()

    def node(self, name: str) -> Node:
        return self.model.project.graph.nodes[name]

    def type(self, editor: QWidget, text: str) -> None:
        line = editor.findChild(QLineEdit)
        assert line is not None
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Key.Key_Return)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path)
    yield made
    agrees(made.tab.canvas)
    made.model.shut_down()


def test_values_that_differ_are_mixed_and_say_how(bench: Bench) -> None:
    bench.select("conv1", "conv2", "conv3")
    filters = bench.panel.form.editor("out_channels")
    assert isinstance(filters, NumberEditor) and filters.mixed
    assert filters.lineEdit().text() == "" and filters.lineEdit().placeholderText() == MIXED
    rows = bench.panel.form._rows
    assert rows["out_channels"].below() == "2 have 64, 1 has 32"
    kernel = bench.panel.form.editor("kernel_size")
    assert isinstance(kernel, ParsedEditor) and not kernel.mixed
    assert kernel.lineEdit().text() == "3 × 3"


def test_a_mixed_value_typed_goes_to_all_even_where_it_is_the_first_ones(bench: Bench) -> None:
    bench.select("conv1", "conv2", "conv3")
    bench.type(bench.panel.form.editor("out_channels"), "32")
    assert all(bench.node(name).attributes.get("out_channels", 32) == 32 for name in ("conv1", "conv2", "conv3"))
    assert bench.model.history.count() == 1
    assert bench.model.history.undoText() == "Set out_channels of 2 nodes"
    bench.tab.inspector.refresh()
    assert not bench.panel.form.editor("out_channels").mixed  # type: ignore[union-attr]
    bench.model.history.undo()
    assert bench.node("conv2").attributes["out_channels"] == 64
    bench.tab.inspector.refresh()
    assert bench.panel.form.editor("out_channels").mixed  # type: ignore[union-attr]


def test_looking_at_mixed_values_changes_nothing(bench: Bench) -> None:
    bench.select("conv1", "conv2")
    editor = bench.panel.form.editor("out_channels")
    editor.setFocus()
    bench.panel.title_editor.setFocus()
    QTest.keyClick(bench.panel.title_editor, Key.Key_Return)
    assert bench.model.history.count() == 0


def test_layers_of_different_kinds_share_what_they_both_have(bench: Bench) -> None:
    bench.select("conv1", "pool1")
    names = bench.panel.form.names()
    assert "kernel_size" in names and "out_channels" not in names
    bench.type(bench.panel.form.editor("kernel_size"), "5")
    assert bench.node("conv1").attributes["kernel_size"] == 5
    assert bench.node("pool1").attributes["kernel_size"] == 5
    assert bench.model.history.undoText() == "Set kernel_size of 2 nodes"


def test_layers_without_a_common_setting_say_so(bench: Bench) -> None:
    bench.select("relu1", "conv1")
    assert bench.panel.form.isHidden()
    assert "no setting in common" in bench.panel._note.whole_text()


def test_freeze_and_bypass_show_three_states_and_are_one_step(bench: Bench) -> None:
    bench.model.do(SetBypassed(ids=("bn1",), bypassed=True))
    bench.select("bn1", "relu1", "conv3")
    switch = bench.panel.bypassed
    assert switch.mixed and bench.panel._rows["Bypass"].below() == "on in 1 of 3"
    QTest.keyClick(switch, Key.Key_Space)
    assert all(bench.node(name).bypassed for name in ("bn1", "relu1", "conv3"))
    assert bench.model.history.undoText() == "Bypass 3 nodes"
    bench.tab.inspector.refresh()
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert not any(bench.node(name).bypassed for name in ("bn1", "relu1", "conv3"))
    QTest.mouseClick(bench.panel.frozen, Qt.MouseButton.LeftButton)
    assert all(bench.node(name).frozen for name in ("bn1", "relu1", "conv3"))
    assert bench.model.history.count() == 4


def test_a_caption_for_all(bench: Bench) -> None:
    bench.model.do(SetTitle(id="conv1", title="Edges"))
    bench.select("conv1", "conv2")
    assert bench.panel.title_editor.mixed
    bench.type(bench.panel.title_editor, "Filters")
    assert bench.node("conv1").title == bench.node("conv2").title == "Filters"
    assert bench.model.history.undoText() == "Rename 2 nodes"


def test_enter_on_the_canvas_goes_to_the_first_common_setting(bench: Bench) -> None:
    bench.select("conv1", "conv2")
    bench.tab.inspector.focus_first()
    focused = bench.tab.window().focusWidget()
    assert focused is not None and bench.panel.form.isAncestorOf(focused)


def test_a_refused_change_gives_the_old_values_back(bench: Bench) -> None:
    bench.select("conv1", "conv2")
    bench.model.read_only = True
    bench.type(bench.panel.form.editor("kernel_size"), "7")
    assert bench.panel.form.editor("kernel_size").value() == 3  # type: ignore[union-attr]
    bench.model.read_only = False


def test_ranges_narrow_to_what_suits_all() -> None:
    nodes = [Node(id="a", type="Dropout"), Node(id="b", type="Dropout2d", attributes={"p": 0.25})]
    common = common_attributes(nodes)
    assert [info.name for info in common.attributes][:1] == ["p"]
    assert common.mixed["p"] in ("1 has 0.5, 1 has 0.25", "1 has 0.25, 1 has 0.5")
    assert common_attributes([Node(id="a", type="NoSuchLayer"), nodes[0]]).attributes == ()


def test_mixed_editors_of_every_kind_commit_the_next_value(qtbot: QtBot) -> None:
    choice = ChoiceEditor(["zeros", "reflect"], "zeros")
    switch = Switch(True)
    for widget in (choice, switch):
        qtbot.addWidget(widget)
        widget.set_mixed()
        assert widget.mixed
        widget.grab()
    with qtbot.waitSignal(choice.committed) as picked:
        choice.activated.emit(0)
    assert picked.args == ["zeros"]
    with qtbot.waitSignal(switch.committed) as clicked:
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert clicked.args == [True]
    choice.set_value("reflect")
    assert not choice.mixed and not switch.mixed
