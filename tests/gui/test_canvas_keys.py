"""The canvas by keyboard alone: add, walk, edit, copy, find, zoom."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.document.edits import AddNode, Connect, SetAttributes, SetBypassed, SetType
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from gui.design.canvas.menu import CanvasMenu
from tests.gui.drawn_networks import agrees, chain_network, picture_data, residual_network, unlinked_network
from tests.gui.test_canvas_gestures import CONTROL, SHIFT, Bench

Key = Qt.Key


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def test_tab_searches_and_return_adds(bench: Bench) -> None:
    bench.hand.key(Key.Key_Tab)
    assert bench.canvas.adding.finder.isVisible()
    bench.hand.type("fully conn")
    assert bench.canvas.adding.finder.keys()[0] == "Linear"
    bench.hand.key(Key.Key_Return)
    assert not bench.canvas.adding.finder.isVisible()
    assert bench.selection.nodes == {"linear1"}
    assert bench.canvas.hasFocus()


def test_space_searches(bench: Bench) -> None:
    QTest.keyClick(bench.canvas, Key.Key_Space)
    assert bench.canvas.adding.finder.isVisible()
    bench.hand.key(Key.Key_Escape)
    assert not bench.canvas.adding.finder.isVisible()
    assert bench.model.history.count() == 0


def test_double_click_searches_at_the_pointer(bench: Bench) -> None:
    at = bench.hand.point(900, 560)
    QTest.mouseDClick(bench.canvas, Qt.MouseButton.LeftButton, pos=at)
    bench.hand.type("gelu")
    bench.hand.key(Key.Key_Return)
    node = bench.graph.nodes["gelu1"]
    assert abs(node.x + 84 - 900) <= 8


def test_arrows_move_in_the_search_list(bench: Bench) -> None:
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("pool")
    keys = bench.canvas.adding.finder.keys()
    bench.hand.key(Key.Key_Down)
    bench.hand.key(Key.Key_Return)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].type == keys[1]


def test_a_word_nobody_knows_says_so(bench: Bench) -> None:
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("qqq")
    assert bench.canvas.adding.finder.keys() == []
    bench.hand.key(Key.Key_Return)
    assert bench.canvas.adding.finder.isVisible(), "there is nothing to pick"


def test_letters_add_the_usual_layers_after_the_selected_one(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_R)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].type == "ReLU"
    assert bench.graph.inputs_of(added)["input"].source == "fc1"
    assert bench.graph.inputs_of("fc2")["input"].source == added


def test_a_chain_is_drawn_by_keys_alone(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, Project(name="new", data=picture_data()))
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("input")
    bench.hand.key(Key.Key_Return)
    for key in (Key.Key_C, Key.Key_R, Key.Key_P, Key.Key_L):
        bench.hand.key(key)
    types = [bench.graph.nodes[node].type for node in ("input1", "conv1", "relu1", "maxpool1", "linear1")]
    assert types == ["Input", "Conv2d", "ReLU", "MaxPool2d", "Linear"]
    assert bench.graph.nodes["input1"].attributes == {"fields": ["pixels"]}
    assert bench.graph.inputs_of("linear1")["input"].source == "maxpool1"
    boxes = bench.canvas.geometry_store.boxes
    assert len({tuple(box[:2]) for box in boxes.tolist()}) == 5, "no card lies on another"
    agrees(bench.canvas)
    bench.model.shut_down()


def test_arrows_walk_along_links(bench: Bench) -> None:
    bench.hand.key(Key.Key_Home)
    assert bench.selection.nodes == {"images"}
    bench.hand.key(Key.Key_Right)
    bench.hand.key(Key.Key_Right)
    assert bench.selection.nodes == {"bn1"}
    bench.hand.key(Key.Key_Left)
    assert bench.selection.nodes == {"conv1"}
    bench.hand.key(Key.Key_Down)
    assert bench.selection.nodes == {"conv3"}
    bench.hand.key(Key.Key_Up)
    assert bench.selection.nodes == {"conv1"}


def test_walking_brings_the_node_into_view(bench: Bench) -> None:
    bench.canvas.zoom_to(2.0)
    bench.selection.set_nodes({"relu1"})
    bench.hand.key(Key.Key_Right)
    assert bench.selection.nodes == {"pool1"}
    assert bench.canvas.rect().contains(bench.hand.card("pool1"))


def test_delete_joins_what_is_left_and_undo_gives_all_back(bench: Bench) -> None:
    bench.selection.set_nodes({"bn1", "relu1"})
    bench.hand.key(Key.Key_Delete)
    assert "bn1" not in bench.graph.nodes
    assert bench.graph.inputs_of("pool1")["input"].source == "conv1"
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_shift_delete_leaves_the_gap(bench: Bench) -> None:
    bench.selection.set_nodes({"bn1"})
    bench.hand.key(Key.Key_Delete, SHIFT)
    assert not bench.graph.inputs_of("relu1")


def test_select_all_and_delete_all(bench: Bench) -> None:
    bench.hand.key(Key.Key_A, CONTROL)
    assert len(bench.selection.nodes) == 15
    bench.hand.key(Key.Key_Delete)
    assert not bench.graph.nodes
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_duplicate_keeps_links_and_feeds(bench: Bench) -> None:
    bench.selection.set_nodes({"conv3", "relu2"})
    bench.hand.key(Key.Key_D, CONTROL)
    copies = bench.selection.nodes
    assert len(copies) == 2 and not copies & {"conv3", "relu2"}
    conv = next(node for node in copies if bench.graph.nodes[node].type == "Conv2d")
    relu = next(node for node in copies if bench.graph.nodes[node].type == "ReLU")
    assert bench.graph.inputs_of(relu)["input"].source == conv
    assert bench.graph.inputs_of(conv)["input"].source == "conv2"
    assert bench.graph.nodes[conv].attributes == bench.graph.nodes["conv3"].attributes
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_copy_and_paste_as_text(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1", "fc2"})
    bench.hand.key(Key.Key_C, CONTROL)
    text = QGuiApplication.clipboard().text()
    assert '"Linear"' in text and '"fc1"' in text
    bench.hand.key(Key.Key_V, CONTROL)
    pasted = bench.selection.nodes
    assert len(pasted) == 2
    links = [edge for node in pasted for edge in bench.graph.inputs_of(node).values()]
    assert len(links) == 1 and links[0].source in pasted


def test_cut_and_paste(bench: Bench) -> None:
    bench.selection.set_nodes({"bn1"})
    bench.hand.key(Key.Key_X, CONTROL)
    assert "bn1" not in bench.graph.nodes
    bench.hand.key(Key.Key_V, CONTROL)
    assert len(bench.graph.nodes) == 15


@pytest.mark.parametrize(
    "text", ["", "hello", "{", '{"netwright": "nodes", "nodes": []}', "[" * 100_000, '{"netwright": "x", "nodes": [1]}']
)
def test_pasting_anything_else_says_so(bench: Bench, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    bench.hand.key(Key.Key_V, CONTROL)
    assert len(bench.refused) == 1
    assert len(bench.graph.nodes) == 15


def test_bypass_shows_and_is_undone(bench: Bench) -> None:
    bench.selection.set_nodes({"relu1", "bn1"})
    bench.hand.key(Key.Key_B, CONTROL)
    assert bench.graph.nodes["relu1"].bypassed and bench.graph.nodes["bn1"].bypassed
    geometry = bench.canvas.geometry_store
    assert geometry.faces[geometry.row_of["relu1"]].bypassed
    bench.hand.key(Key.Key_B, CONTROL)
    assert not bench.graph.nodes["relu1"].bypassed


def test_ctrl_arrows_nudge_and_several_are_one_step(bench: Bench) -> None:
    bench.selection.set_nodes({"conv1"})
    for _ in range(3):
        bench.hand.key(Key.Key_Right, CONTROL)
    assert bench.place("conv1") == (264, 0)
    bench.model.history.undo()
    assert bench.place("conv1") == (240, 0)


def test_find_goes_to_a_node(bench: Bench) -> None:
    bench.hand.key(Key.Key_F, CONTROL)
    assert bench.canvas.find_box.isVisible()
    bench.hand.type("fc2")
    assert bench.canvas.find_box.keys() == ["fc2"]
    bench.hand.key(Key.Key_Return)
    assert bench.selection.nodes == {"fc2"}
    assert bench.canvas.rect().contains(bench.hand.card("fc2"))


def test_enter_asks_for_the_settings(bench: Bench, qtbot: QtBot) -> None:
    bench.selection.set_nodes({"conv1"})
    with qtbot.waitSignal(bench.canvas.inspect_requested) as asked:
        bench.hand.key(Key.Key_Return)
    assert asked.args == ["conv1"]


def test_zoom_keys(bench: Bench) -> None:
    bench.hand.key(Key.Key_0, CONTROL)
    assert bench.canvas.view.zoom == 1.0
    bench.hand.key(Key.Key_Plus, CONTROL)
    assert bench.canvas.view.zoom == pytest.approx(1.2)
    bench.hand.key(Key.Key_Minus, CONTROL)
    assert bench.canvas.view.zoom == pytest.approx(1.0)
    bench.hand.key(Key.Key_F)
    for node in bench.graph.nodes:
        assert bench.canvas.rect().contains(bench.hand.card(node))
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_F, SHIFT)
    assert bench.canvas.view.zoom == 1.0


def test_tidy_is_one_step_and_repeats_itself(bench: Bench) -> None:
    bench.canvas.tidy()
    bench.canvas.tidier.wait()
    assert bench.model.history.count() == 1
    first = {node.id: (node.x, node.y) for node in bench.graph.nodes.values()}
    bench.canvas.tidy()
    bench.canvas.tidier.wait()
    assert {node.id: (node.x, node.y) for node in bench.graph.nodes.values()} == first
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_select_connected_and_same_kind(bench: Bench) -> None:
    bench.selection.set_nodes({"conv1"})
    bench.canvas.commands.select_same_type()
    assert bench.selection.nodes == {"conv1", "conv2", "conv3"}
    bench.canvas.commands.select_connected()
    assert len(bench.selection.nodes) == 15


def test_the_menu_offers_repairs_at_a_node_with_a_problem(bench: Bench) -> None:
    from gui.design.canvas.gestures.gesture import Pointer
    from gui.design.canvas.hit import Hit, Kind

    bench.canvas.commands.delete_link(("loss", "target"))
    bench.selection.set_nodes({"loss"})
    menu = CanvasMenu(bench.canvas, Pointer(0, 0, 0, 0), Hit(Kind.NODE, node="loss"))
    repairs = [action for action in menu.actions() if action.text().startswith("Repair")]
    assert repairs
    repairs[0].trigger()
    assert bench.graph.inputs_of("loss")["target"].source == "labels"
    menu.deleteLater()


def test_an_empty_canvas_says_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, Project(name="new"))
    assert bench.canvas.empty_state.isVisible()
    bench.hand.drop_layer("Linear", QPoint(300, 300))
    assert not bench.canvas.empty_state.isVisible()
    bench.model.history.undo()
    assert bench.canvas.empty_state.isVisible()
    bench.model.shut_down()


def test_another_project_replaces_everything(bench: Bench, tmp_path: Path) -> None:
    bench.selection.set_nodes({"conv1"})
    bench.model.create(tmp_path / "other", Project(name="other", graph=Graph()))
    assert not bench.canvas.geometry_store.ids
    assert bench.selection.nodes == frozenset()


def test_an_edit_from_elsewhere_shows_at_once(bench: Bench) -> None:
    bench.model.do(SetBypassed(ids=("conv2",), bypassed=True))
    geometry = bench.canvas.geometry_store
    assert geometry.faces[geometry.row_of["conv2"]].bypassed
    assert bench.canvas.scene.link_text(bench.graph.inputs_of("conv3")["input"]) == "32×14×14"


def test_an_edit_that_changes_hundreds_of_shapes_reaches_every_card(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, chain_network(400))
    geometry = bench.canvas.geometry_store
    bench.model.do(SetAttributes(id="linear1", attributes={"out_features": 31}))
    for number in (2, 200, 400):
        bench.model.do(SetType(id=f"linear{number}", type="Linear", attributes={"out_features": 31}))
    bench.model.do(AddNode(node=Node(id="images", type="Input", attributes={"fields": ["pixels"]}, x=-500, y=0)))
    bench.model.do(AddNode(node=Node(id="flat", type="Flatten", x=-300, y=200)))
    bench.model.do(Connect(edge=Edge(source="images", target="flat")))
    bench.model.do(Connect(edge=Edge(source="flat", target="linear1")))
    last = geometry.row_of["linear400"]
    qtbot.waitUntil(lambda: geometry.faces[last].line == "128→31")
    assert geometry.faces[geometry.row_of["linear1"]].line == "784→31"
    agrees(bench.canvas)
    bench.model.shut_down()


def test_a_chain_is_typed_into_the_search(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, unlinked_network())
    bench.selection.set_nodes({"images"})
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("conv 64 k5 > bn > relu > pool > linear 10")
    assert len(bench.canvas.adding.finder.keys()) == 1
    bench.hand.key(Key.Key_Return)
    assert bench.model.history.count() == 1
    walked = ["images"]
    while followers := list(bench.graph.consumers_of(walked[-1])):
        walked.append(followers[0].target)
    types = [bench.graph.nodes[node].type for node in walked[1:]]
    assert types == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    assert bench.graph.nodes[walked[1]].attributes == {"out_channels": 64, "kernel_size": 5}
    assert bench.graph.nodes[walked[-1]].attributes == {"out_features": 10}
    assert bench.selection.nodes == {walked[-1]}
    agrees(bench.canvas)
    bench.model.shut_down()


@pytest.mark.parametrize(("text", "word"), [("conv 64 q9 > bn", "q9"), ("zzz > relu", "zzz"), ("dropout 3", "3")])
def test_a_chain_that_is_not_understood_says_which_part(bench: Bench, text: str, word: str) -> None:
    bench.hand.key(Key.Key_Tab)
    bench.hand.type(text)
    assert bench.canvas.adding.finder.keys() == []
    assert word in bench.canvas.adding.finder.said()


def test_tab_with_a_selected_node_adds_after_it(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("dropout")
    bench.hand.key(Key.Key_Return)
    (added,) = bench.selection.nodes
    assert bench.graph.inputs_of(added)["input"].source == "fc1"
    assert bench.graph.inputs_of("fc2")["input"].source == added


def test_what_is_selected_is_said_to_screen_readers(bench: Bench) -> None:
    bench.selection.set_nodes({"conv2"})
    assert bench.canvas.accessibleDescription() == ("Conv2d conv2, 3×3 · 64, input from pool1, output N × 64 × 14 × 14")
    bench.selection.set_nodes({"conv2", "conv3"})
    assert bench.canvas.accessibleDescription() == "2 nodes selected"


def test_a_chain_behind_a_row_of_numbers_needs_no_flatten(bench: Bench) -> None:
    bench.selection.set_nodes({"fc2"})
    bench.hand.key(Key.Key_Tab)
    bench.hand.type("linear 64 > relu > dropout 0.2")
    bench.hand.key(Key.Key_Return)
    (last,) = bench.selection.nodes
    middle = bench.graph.inputs_of(last)["input"].source
    first = bench.graph.inputs_of(middle)["input"].source
    assert [bench.graph.nodes[node].type for node in (first, middle, last)] == ["Linear", "ReLU", "Dropout"]
    assert bench.graph.inputs_of(first)["input"].source == "fc2"
