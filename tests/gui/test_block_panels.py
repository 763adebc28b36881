"""Blocks in the panels beside the canvas: the inspector of an instance and of an open block, problems, the palette."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from engine.document.edits import Inside, RemoveNode, SetAttributes
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.models.settings import Settings
from gui.widgets.button import Button
from gui.widgets.motion import set_less_motion
from gui.widgets.row_list import KeyRole
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_design_tab import TabBench

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Nothing glides: where a card is shown is where it can be clicked."""
    set_less_motion(True)
    yield
    set_less_motion(False)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[TabBench]:
    made = TabBench(qtbot, tmp_path, residual_network())
    made.select("conv3", "relu2")
    made.hand.key(Key.Key_G, CONTROL)
    made.tab.inspector.refresh()
    yield made
    agrees(made.tab.canvas)
    made.model.shut_down()


def press(button: Button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(editor: object, text: str) -> None:
    line = editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)  # type: ignore[attr-defined]
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Key.Key_Return)


def test_the_inspector_repeats_a_block_and_names_it(bench: TabBench) -> None:
    node = bench.tab.inspector.node
    assert node.form.names() == ("repeat", "tied")
    bench.set("repeat", "3")
    assert bench.graph.nodes["block1"].attributes == {"block": "block1", "repeat": 3}
    type_into(node.block.name, "Stage")
    assert bench.model.project.blocks["block1"].title == "Stage"
    geometry = bench.tab.canvas.geometry_store
    assert geometry.faces[geometry.row_of["block1"]].title == "Stage × 3"
    bench.tab.inspector.refresh()
    bench.set("repeat", "1")
    assert bench.graph.nodes["block1"].attributes == {"block": "block1"}, "a default is not written"


def test_an_eye_exposes_a_setting_and_each_instance_sets_its_own(bench: TabBench) -> None:
    bench.hand.key(Key.Key_D, CONTROL)
    bench.select("block1")
    press(bench.tab.inspector.node.block.buttons["open"])
    assert bench.tab.scope.path == ("block1",)
    bench.select("conv3")
    eye = bench.tab.inspector.node.form.row("out_channels").aside
    assert isinstance(eye, Button)
    press(eye)
    definition = bench.model.project.blocks["block1"]
    assert [(item.name, item.node, item.attribute) for item in definition.exposed] == [
        ("out_channels", "conv3", "out_channels")
    ]
    bench.tab.canvas.blocks.leave()
    bench.select("block2")
    form = bench.tab.inspector.node.form
    assert form.names() == ("out_channels", "repeat", "tied")
    assert bench.editor("out_channels").text() == "64", "the inner layer's value is the default"
    bench.set("out_channels", "16")
    assert bench.graph.nodes["block2"].attributes == {"block": "block1", "out_channels": 16}
    flat = bench.model.checker.project.graph.nodes
    assert flat["block2__conv3"].attributes["out_channels"] == 16
    assert flat["block1__conv3"].attributes["out_channels"] == 64
    bench.tab.canvas.blocks.open("block1")
    bench.select("conv3")
    eye = bench.tab.inspector.node.form.row("out_channels").aside
    assert isinstance(eye, Button)
    press(eye)
    assert definition.exposed == ()
    assert bench.graph.nodes["block2"].attributes == {"block": "block1"}, "nothing is left that nobody reads"
    bench.model.history.undo()
    assert bench.graph.nodes["block2"].attributes == {"block": "block1", "out_channels": 16}
    bench.tab.canvas.blocks.leave()


def test_linked_instances_are_listed_and_one_made_independent(bench: TabBench) -> None:
    block = bench.tab.inspector.node.block
    assert "only instance" in block.linked.whole_text()
    assert "No other instance" in block.buttons["independent"].blocked_reason()
    bench.hand.key(Key.Key_D, CONTROL)
    bench.hand.key(Key.Key_D, CONTROL)
    bench.tab.inspector.refresh()
    assert block.linked.whole_text() == "2 more instances change with it: block1, block2"
    press(block.buttons["independent"])
    assert bench.graph.nodes["block3"].attributes["block"] == "block2"
    bench.tab.inspector.refresh()
    assert "only instance" in block.linked.whole_text()


def test_an_instance_uses_the_weights_of_another(bench: TabBench) -> None:
    before = bench.model.checker.total_cost().parameters
    bench.hand.key(Key.Key_D, CONTROL)
    bench.tab.inspector.refresh()
    weights = bench.tab.inspector.node.block.weights
    assert weights.values() == ["", "block1"]
    weights.setFocus()
    QTest.keyClick(weights, Key.Key_Down)
    assert bench.graph.nodes["block2"].shares == "block1"
    assert bench.model.checker.total_cost().parameters <= before * 2


def test_an_open_block_shows_name_ports_and_what_is_exposed(bench: TabBench) -> None:
    bench.hand.key(Key.Key_Return, CONTROL)
    bench.select()
    page = bench.tab.inspector.summary.block
    assert page.isVisibleTo(bench.tab)
    type_into(page.name, "Residual part")
    type_into(page.ports["input"], "features")
    bench.tab.inspector.refresh()
    definition = bench.model.project.blocks["block1"]
    assert definition.title == "Residual part"
    assert definition.graph.nodes["input"].title == "features"
    assert bench.tab.canvas._path.text() == "garments › Residual part"
    bench.tab.canvas.blocks.leave()
    bench.select()
    assert not page.isVisibleTo(bench.tab)


def test_ports_change_places_and_links_keep_their_meaning(bench: TabBench) -> None:
    bench.select("add1", "flatten1")
    bench.hand.key(Key.Key_G, CONTROL)
    assert {name: edge.source for name, edge in bench.graph.inputs_of("block2").items()} == {
        "input1": "block1",
        "input2": "conv2",
    }
    bench.hand.key(Key.Key_Return, CONTROL)
    bench.select()
    down = bench.tab.inspector.findChild(Button, "port.input1.down")
    assert down is not None
    press(down)
    assert {name: edge.source for name, edge in bench.graph.inputs_of("block2").items()} == {
        "input1": "conv2",
        "input2": "block1",
    }
    inner = bench.model.project.blocks["block2"].graph.inputs_of("add1")
    assert {name: edge.source for name, edge in inner.items()} == {"a": "input2", "b": "input1"}
    assert bench.model.checker.problems() == []
    bench.model.history.undo()
    assert bench.graph.inputs_of("block2")["input1"].source == "block1"
    bench.tab.canvas.blocks.leave()


def test_a_problem_inside_is_shown_on_the_card_and_jumps_into_the_block(bench: TabBench) -> None:
    bench.model.do(Inside(block="block1", inner=SetAttributes(id="conv3", attributes={"out_channels": 7, "groups": 3})))
    tab = bench.tab
    tab.problems.refresh()
    geometry = tab.canvas.geometry_store
    assert geometry.faces[geometry.row_of["block1"]].badge == "error"
    (row,) = [row for row in tab.problems.rows() if row.problem is not None and row.problem.node == "block1__conv3"]
    assert row.problem is not None and "block1 › conv3" in row.problem.message
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(30, 8))
    assert tab.scope.path == ("block1",)
    assert bench.selection.nodes == {"conv3"}
    assert geometry.faces[geometry.row_of["conv3"]].badge == "error"
    if row.problem.repairs:
        steps = bench.model.history.count()
        press(row.buttons()[0])
        assert bench.model.history.count() == steps + 1
    tab.canvas.blocks.leave()


def test_a_block_that_lost_its_port_is_told(bench: TabBench) -> None:
    bench.model.do(Inside(block="block1", inner=RemoveNode(id="input")))
    problems = bench.model.checker.problems()
    assert any("does not have any more" in problem.message for problem in problems)
    assert bench.tab.scope.checker.problems_of("block1")


# The palette.


def row_of(bench: TabBench, key: str) -> QPoint:
    rows = bench.tab.palette_panel.list
    number = next(n for n in range(rows.count()) if rows.item(n).data(KeyRole) == key)
    rows.setCurrentRow(number)
    rows.scrollToItem(rows.item(number))
    return rows.visualItemRect(rows.item(number)).center()


def choose(bench: TabBench, key: str, words: str) -> None:
    """Pick an entry of the menu of a row, as with the right button."""
    palette = bench.tab.palette_panel
    palette.list.customContextMenuRequested.emit(row_of(bench, key))
    menu = palette.blocks.menu
    assert menu is not None
    (action,) = [action for action in menu.actions() if action.text().startswith(words)]
    action.trigger()
    menu.close()


def test_the_palette_lists_the_blocks_of_the_project_first(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    assert palette.all_names()[0] == "Block:block1"
    QTest.keyClicks(palette.search, "block 1")
    assert "Block:block1" in palette.all_names()
    palette.search.clear()
    bench.select()
    at = row_of(bench, "Block:block1")
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].attributes == {"block": "block1"}


def test_a_block_of_the_project_is_deleted_only_when_nothing_uses_it(bench: TabBench) -> None:
    refused: list[object] = []
    bench.model.refused.connect(refused.append)
    choose(bench, "Block:block1", "Delete")
    assert "in use" in str(refused[0]) and "block1" in bench.model.project.blocks
    bench.select("block1")
    bench.hand.key(Key.Key_Delete)
    row_of(bench, "Block:block1")
    QTest.keyClick(bench.tab.palette_panel.list, Key.Key_Delete)
    assert bench.model.project.blocks == {}
    assert "Block:block1" not in bench.tab.palette_panel.all_names()
    bench.model.history.undo()
    assert "Block:block1" in bench.tab.palette_panel.all_names(), "undo gives it back"


def test_f2_renames_a_block_in_its_row(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    row_of(bench, "Block:block1")
    palette.list.setFocus()
    QTest.keyClick(palette.list, Key.Key_F2)
    assert palette.blocks.editor.isVisible()
    palette.blocks.editor.selectAll()
    QTest.keyClicks(palette.blocks.editor, "Twice")
    QTest.keyClick(palette.blocks.editor, Key.Key_Return)
    assert bench.model.project.blocks["block1"].title == "Twice"
    assert palette.list.item(1).text() == "Twice"


def test_my_blocks_are_offered_in_every_project_and_dragged_from_there(bench: TabBench) -> None:
    said: list[str] = []
    bench.tab.said.connect(said.append)
    choose(bench, "Block:block1", "Save to My blocks")
    assert "My blocks" in said[0]
    palette = bench.tab.palette_panel
    assert palette.all_names()[:2] == ["Block:block1", "mine/block-1"]
    while bench.model.history.canUndo():
        bench.model.history.undo()
    assert bench.model.project.blocks == {}
    assert palette.all_names()[0] == "mine/block-1"
    canvas = bench.tab.canvas
    start = palette.list.viewport().mapToGlobal(row_of(bench, "mine/block-1"))
    end = canvas.mapToGlobal(bench.hand.link("flatten1"))
    rows = palette.list
    QTest.mousePress(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.viewport().mapFromGlobal(start))
    for at in (start + QPoint(30, 20), end - QPoint(3, 0), end):
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            QPointF(rows.viewport().mapFromGlobal(at)),
            QPointF(at),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(rows.viewport(), move)
    QTest.mouseRelease(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.viewport().mapFromGlobal(end))
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].attributes == {"block": "block1"}
    assert bench.graph.inputs_of(added)["input"].source == "add1", "it went into the link it was dropped on"
    assert bench.graph.inputs_of("flatten1")["input"].source == added
    assert bench.model.history.count() == 1, "definition and instance are one step"
    bench.model.history.undo()
    assert bench.model.project.blocks == {}


def test_tab_finds_my_blocks(bench: TabBench) -> None:
    bench.hand.key(Key.Key_Escape)
    choose(bench, "Block:block1", "Save to My blocks")
    bench.tab.canvas.setFocus()
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("block 1")
    assert bench.tab.canvas.adding.finder.keys()[:2] == ["Block:block1", "mine/block-1"]
    bench.hand.key(Key.Key_Down)
    bench.hand.key(Key.Key_Return)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].attributes == {"block": "block1"}, "same content, same definition"


def test_ports_are_offered_inside_and_get_the_names_of_ports(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    assert "BlockInput" not in palette.names()
    bench.hand.key(Key.Key_Return, CONTROL)
    assert {"BlockInput", "BlockOutput"} <= set(palette.names())
    assert "Block:block1" not in palette.all_names(), "it cannot hold itself"
    bench.select()
    bench.tab.canvas.add_layer("BlockOutput")
    assert bench.selection.nodes == {"output1"}
    bench.tab.canvas.blocks.leave()
    geometry = bench.tab.canvas.geometry_store
    face = geometry.faces[geometry.row_of["block1"]]
    assert face.outputs == ("output", "output1") and face.output_names == ("output", "output1")


def test_a_problem_of_a_port_jumps_to_the_instance(bench: TabBench) -> None:
    bench.hand.key(Key.Key_D, CONTROL)
    bench.select()
    bench.tab.problems.refresh()
    (row,) = [
        row for row in bench.tab.problems.rows() if row.problem is not None and "nothing uses" in row.problem.message
    ]
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(30, 8))
    assert bench.tab.scope.path == () and bench.selection.nodes == {"block2"}


def test_a_damaged_file_among_my_blocks_is_named_and_the_others_work(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "config")
    folder = settings.directory / "blocks"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text("{")
    model = ProjectModel()
    model.create(tmp_path / "network", residual_network())
    tab = DesignTab(project=model, selection=Selection(model), settings=settings)
    qtbot.addWidget(tab)
    rows = tab.palette_panel.list
    (row,) = [rows.item(n) for n in range(rows.count()) if rows.item(n).text() == "broken.json"]
    assert "not a block that Netwright can read" in row.toolTip() and str(folder) in row.toolTip()
    rows.setCurrentItem(row)
    QTest.keyClick(rows, Key.Key_Return)
    assert model.history.count() == 0, "there is nothing to add"
    QTest.keyClick(rows, Key.Key_Delete)
    assert (folder / "broken.json").exists()
    model.shut_down()
