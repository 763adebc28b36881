"""Blocks on the canvas by mouse and keyboard: fold, open, edit inside, leave, repeat, unpack, copy, undo."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.document.edits import PutFrame, SetAttributes
from engine.document.graph import Frame
from engine.document.project_json import to_bytes
from gui.design.block_edits import expose
from gui.design.canvas.hit import Hit, Kind
from gui.design.canvas.words import words_at
from gui.models.scope import Scope
from gui.widgets.motion import set_less_motion
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import CONTROL, SHIFT, Bench

Key = Qt.Key


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Nothing glides: where a card is shown is where it can be clicked."""
    set_less_motion(True)
    yield
    set_less_motion(False)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def scope_of(bench: Bench) -> Scope:
    return bench.canvas.project


def fold(bench: Bench, *ids: str) -> str:
    """Select by mouse and press Ctrl+G; returns the instance."""
    hand = bench.hand
    hand.drag(hand.card(ids[0]), hand.card(ids[0]))
    for name in ids[1:]:
        hand.drag(hand.card(name), hand.card(name), keys=SHIFT)
    assert bench.selection.nodes == set(ids)
    hand.key(Key.Key_G, CONTROL)
    (made,) = bench.selection.nodes
    return made


def without_view(bench: Bench) -> bytes:
    return to_bytes(bench.model.project).split(b'"view"')[0]


def test_ctrl_g_folds_the_selection_in_one_step(bench: Bench) -> None:
    before = without_view(bench)
    cost = bench.model.checker.total_cost()
    block = fold(bench, "conv1", "bn1", "relu1")
    assert block == "block1"
    assert bench.graph.nodes[block].type == "Block"
    assert {"conv1", "bn1", "relu1"}.isdisjoint(bench.graph.nodes)
    assert bench.graph.inputs_of(block)["input"].source == "images"
    assert bench.graph.inputs_of("pool1")["input"].source == block
    definition = bench.model.project.blocks["block1"]
    assert set(definition.graph.nodes) == {"conv1", "bn1", "relu1", "input", "output"}
    assert bench.model.checker.total_cost().parameters == cost.parameters
    assert bench.model.checker.problems() == []
    agrees(bench.canvas)
    assert bench.model.history.undoText() == "Fold 3 nodes into Block 1"
    bench.hand.key(Key.Key_Z, CONTROL)
    assert without_view(bench) == before
    assert bench.model.history.count() == 1


def test_a_skip_connection_becomes_ports_of_the_card(bench: Bench) -> None:
    block = fold(bench, "conv3", "relu2", "add1")
    geometry = bench.canvas.geometry_store
    face = geometry.faces[geometry.row_of[block]]
    assert face.inputs == ("input",), "one outer source, one port"
    assert {edge.target for edge in bench.model.project.blocks["block1"].graph.consumers_of("input")} == {
        "conv3",
        "add1",
    }
    assert face.line == "3 layers"


def test_what_lies_between_refuses_the_fold_and_is_named(bench: Bench) -> None:
    hand = bench.hand
    hand.drag(hand.card("conv1"), hand.card("conv1"))
    hand.drag(hand.card("relu1"), hand.card("relu1"), keys=SHIFT)
    hand.key(Key.Key_G, CONTROL)
    assert bench.model.history.count() == 0
    (error,) = bench.refused
    assert "bn1 lies between" in str(error)


def test_data_answers_and_losses_stay_outside_and_are_named(bench: Bench) -> None:
    said: list[str] = []
    bench.canvas.blocks.said.connect(said.append)
    bench.hand.key(Key.Key_A, CONTROL)
    bench.hand.key(Key.Key_G, CONTROL)
    assert {node.type for node in bench.graph.nodes.values()} == {"Input", "Output", "CrossEntropyLoss", "Block"}
    assert said and "stayed outside" in said[0]
    assert bench.model.checker.problems() == []


def test_double_click_opens_and_escape_leaves(bench: Bench) -> None:
    block = fold(bench, "conv1", "bn1", "relu1")
    hand, canvas = bench.hand, bench.canvas
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=hand.card(block))
    assert scope_of(bench).path == (block,)
    assert set(canvas.geometry_store.row_of) == {"conv1", "bn1", "relu1", "input", "output"}
    assert canvas._path.text() == "garments › Block 1"
    agrees(canvas)
    hand.key(Key.Key_Escape)
    assert scope_of(bench).path == ()
    assert bench.selection.nodes == {block}
    assert canvas._path.text() == "garments › main graph"
    agrees(canvas)


@pytest.mark.parametrize("key", [(Key.Key_Backspace, Qt.KeyboardModifier.NoModifier), (Key.Key_Up, CONTROL)])
def test_ctrl_return_opens_and_other_keys_leave(bench: Bench, key: tuple[Qt.Key, Qt.KeyboardModifier]) -> None:
    fold(bench, "conv1", "bn1")
    bench.hand.key(Key.Key_Return, CONTROL)
    assert scope_of(bench).path == ("block1",)
    bench.hand.key(*key)
    assert scope_of(bench).path == ()
    assert bench.graph.nodes["block1"], "Backspace left the block and deleted nothing"


def test_the_breadcrumb_leads_back_by_mouse(bench: Bench) -> None:
    fold(bench, "conv1", "bn1", "relu1")
    bench.hand.key(Key.Key_Return, CONTROL)
    inner = fold(bench, "conv1", "bn1")
    bench.hand.key(Key.Key_Return, CONTROL)
    assert scope_of(bench).path == ("block1", inner)
    canvas = bench.canvas
    assert canvas._path.text() == "garments › Block 1 › Block 2"
    QTest.mouseClick(canvas._path.buttons[1], Qt.MouseButton.LeftButton)
    assert scope_of(bench).path == ("block1",)
    assert bench.selection.nodes == {inner}
    QTest.mouseClick(canvas._path.buttons[0], Qt.MouseButton.LeftButton)
    assert scope_of(bench).path == ()
    assert bench.model.checker.problems() == []


def test_edits_inside_go_into_the_definition_and_undo_comes_back_to_them(bench: Bench) -> None:
    before = without_view(bench)
    fold(bench, "conv1", "bn1", "relu1")
    bench.hand.key(Key.Key_Return, CONTROL)
    hand = bench.hand
    hand.drag(hand.card("relu1"), hand.card("relu1"))
    hand.key(Key.Key_Delete)
    definition = bench.model.project.blocks["block1"]
    assert "relu1" not in definition.graph.nodes
    assert definition.graph.inputs_of("output")["input"].source == "bn1", "the gap is healed inside, too"
    agrees(bench.canvas)
    hand.key(Key.Key_Escape)
    hand.key(Key.Key_Escape)
    assert scope_of(bench).path == ()
    hand.key(Key.Key_Z, CONTROL)
    assert scope_of(bench).path == ("block1",), "undo shows what it gives back"
    assert "relu1" in definition.graph.nodes
    agrees(bench.canvas)
    hand.key(Key.Key_Z, CONTROL)
    assert scope_of(bench).path == (), "the block is gone, and so one stands outside"
    assert without_view(bench) == before
    agrees(bench.canvas)
    hand.key(Key.Key_Z, CONTROL | SHIFT)
    hand.key(Key.Key_Z, CONTROL | SHIFT)
    assert scope_of(bench).path == ("block1",)
    assert "relu1" not in bench.model.project.blocks["block1"].graph.nodes
    agrees(bench.canvas)


def test_layers_are_added_inside_by_keys_with_shapes_known(bench: Bench) -> None:
    fold(bench, "conv1", "bn1", "relu1")
    bench.hand.key(Key.Key_Return, CONTROL)
    bench.selection.set_nodes({"relu1"})
    bench.hand.key(Key.Key_P)
    (added,) = bench.selection.nodes
    scope = scope_of(bench)
    assert scope.project.graph.nodes[added].type == "MaxPool2d"
    spec = scope.checker.specs.get((added, "output"))
    assert spec is not None and spec.shape == (None, 32, 14, 14)
    assert scope.project.graph.inputs_of("output")["input"].source == added
    bench.hand.key(Key.Key_Escape)
    bench.hand.key(Key.Key_Escape)
    spec = scope.checker.specs.get(("block1", "output"))
    assert spec is not None and spec.shape == (None, 32, 14, 14), "the card gives what is inside"


def test_copies_are_linked_and_change_together(bench: Bench) -> None:
    fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_D, CONTROL)
    (copy,) = bench.selection.nodes
    assert copy == "block2"
    assert bench.graph.nodes[copy].attributes == {"block": "block1"}
    assert [node.id for _holder, node in bench.canvas.blocks.linked(copy)] == ["block1"]
    assert bench.canvas.blocks.make_independent()
    assert bench.graph.nodes[copy].attributes == {"block": "block2"}
    assert bench.canvas.blocks.linked(copy) == []
    assert bench.model.project.blocks["block2"].title == "Block 2"


def test_copies_travel_with_their_definition_to_another_project(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_C, CONTROL)
    other = Bench(qtbot, tmp_path / "other", residual_network())
    other.hand.key(Key.Key_V, CONTROL)
    assert list(other.model.project.blocks) == ["block1"]
    (pasted,) = other.selection.nodes
    other.hand.key(Key.Key_V, CONTROL)
    assert list(other.model.project.blocks) == ["block1"], "the same content is the same block"
    assert other.model.project.blocks["block1"].drawn() == bench.model.project.blocks["block1"].drawn()
    other.hand.key(Key.Key_Z, CONTROL)
    other.hand.key(Key.Key_Z, CONTROL)
    assert other.model.project.blocks == {} and pasted not in other.graph.nodes
    agrees(other.canvas)
    other.model.shut_down()


def test_a_block_cannot_be_pasted_into_itself(bench: Bench) -> None:
    fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_C, CONTROL)
    bench.hand.key(Key.Key_Return, CONTROL)
    steps = bench.model.history.count()
    bench.hand.key(Key.Key_V, CONTROL)
    assert bench.model.history.count() == steps
    assert "cannot hold itself" in str(bench.refused[-1])
    assert QGuiApplication.clipboard().text()


def test_ctrl_u_unpacks_a_repeated_block_and_undo_packs_it_again(bench: Bench) -> None:
    block = fold(bench, "conv3", "relu2")
    bench.model.do(SetAttributes(id=block, attributes={"repeat": 3}))
    geometry = bench.canvas.geometry_store
    face = geometry.faces[geometry.row_of[block]]
    assert face.title == "Block 1 × 3" and face.stack == 3
    packed = without_view(bench)
    parameters = bench.model.checker.total_cost().parameters
    bench.hand.key(Key.Key_U, CONTROL)
    assert len(bench.selection.nodes) == 6
    assert bench.model.project.blocks == {}
    assert bench.model.checker.total_cost().parameters == parameters
    assert bench.model.checker.problems() == []
    agrees(bench.canvas)
    bench.hand.key(Key.Key_Z, CONTROL)
    assert without_view(bench) == packed


def test_an_exposed_attribute_is_set_for_each_instance(bench: Bench) -> None:
    block = fold(bench, "conv3", "relu2")
    bench.model.do(expose(bench.model.project, "block1", "conv3", "kernel_size"))
    bench.model.do(SetAttributes(id=block, attributes={"kernel_size": 5}))
    assert bench.model.checker.project.graph.nodes["block1__conv3"].attributes["kernel_size"] == 5
    geometry = bench.canvas.geometry_store
    assert geometry.faces[geometry.row_of[block]].line == "kernel size 5"


def test_the_last_instance_may_go_and_its_definition_stays(bench: Bench) -> None:
    fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_Delete)
    assert "block1" not in bench.graph.nodes
    assert list(bench.model.project.blocks) == ["block1"]
    assert [item.key for item in bench.canvas.blocks.stock.items()] == ["Block:block1"]
    bench.canvas.add_layer("Block:block1")
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].attributes == {"block": "block1"}
    assert set(bench.graph.inputs_of(added)) <= {"input"}


def test_ctrl_f_finds_nodes_inside_blocks_and_goes_there(bench: Bench) -> None:
    fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_F, CONTROL)
    bench.hand.type("conv3")
    assert bench.canvas.find_box.keys() == ["in block1__conv3"]
    bench.hand.key(Key.Key_Return)
    assert scope_of(bench).path == ("block1",)
    assert bench.selection.nodes == {"conv3"}
    bench.hand.key(Key.Key_F, CONTROL)
    bench.hand.type("images")
    bench.hand.key(Key.Key_Return)
    assert scope_of(bench).path == () and bench.selection.nodes == {"images"}


def test_ports_are_not_pasted_outside_of_blocks(bench: Bench) -> None:
    fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_Return, CONTROL)
    bench.hand.key(Key.Key_A, CONTROL)
    bench.hand.key(Key.Key_C, CONTROL)
    bench.hand.key(Key.Key_Escape)
    bench.hand.key(Key.Key_Escape)
    bench.hand.key(Key.Key_V, CONTROL)
    assert {bench.graph.nodes[name].type for name in bench.selection.nodes} == {"Conv2d", "ReLU"}


def test_the_pointer_on_a_block_says_what_is_in_it(bench: Bench) -> None:
    block = fold(bench, "conv3", "relu2")
    words = words_at(scope_of(bench), Hit(Kind.NODE, node=block))
    assert words.startswith("Block 1: Conv2d, ReLU.")
    assert "36.9" in words or "parameters" in words


def test_what_cannot_be_done_is_refused_with_a_reason_and_nothing_changes(bench: Bench) -> None:
    block = fold(bench, "conv3", "relu2")
    bench.hand.key(Key.Key_B, CONTROL)
    bench.hand.key(Key.Key_U, CONTROL)
    assert "bypassed" in str(bench.refused[-1]) and block in bench.graph.nodes
    bench.hand.key(Key.Key_Z, CONTROL)
    bench.selection.set_nodes({"images", "loss"})
    bench.hand.key(Key.Key_G, CONTROL)
    assert "cannot stand inside a block" in str(bench.refused[-1])
    bench.selection.set_nodes(())
    bench.hand.key(Key.Key_G, CONTROL)
    assert "nothing to fold" in str(bench.refused[-1])


def test_a_read_only_project_is_opened_and_not_folded(bench: Bench) -> None:
    fold(bench, "conv3", "relu2")
    bench.model.read_only = True
    bench.hand.key(Key.Key_Return, CONTROL)
    assert scope_of(bench).path == ("block1",)
    bench.hand.key(Key.Key_A, CONTROL)
    bench.hand.key(Key.Key_G, CONTROL)
    assert bench.model.history.count() == 1
    bench.model.read_only = False


def test_a_selected_frame_is_folded_with_all_in_it(bench: Bench) -> None:
    bench.model.do(PutFrame(frame=Frame(id="frame1", title="Stem", x=230, y=-30, width=680, height=130)))
    bench.selection.set_both((), ("frame1",))
    bench.hand.key(Key.Key_G, CONTROL)
    definition = bench.model.project.blocks["block1"]
    assert {"conv1", "bn1", "relu1"} < set(definition.graph.nodes) and definition.title == "Stem"
    assert "frame1" in definition.graph.marks and not bench.graph.marks


def test_typing_inside_a_block_is_one_step(bench: Bench) -> None:
    fold(bench, "conv1", "bn1")
    bench.hand.key(Key.Key_Return, CONTROL)
    steps = bench.model.history.count()
    for width in (8, 16, 24):
        scope_of(bench).do(SetAttributes(id="conv1", attributes={"out_channels": width}), merge="conv1.out_channels")
    assert bench.model.history.count() == steps + 1
    bench.hand.key(Key.Key_Z, CONTROL)
    assert scope_of(bench).project.graph.nodes["conv1"].attributes["out_channels"] == 32
    assert bench.canvas.accessibleName() == "Inside Block 1"


def test_e_changes_the_settings_of_an_instance_on_its_card(bench: Bench) -> None:
    block = fold(bench, "conv3", "relu2")
    bench.model.do(expose(bench.model.project, "block1", "conv3", "kernel_size"))
    names = bench.canvas.card_editor.names(block)
    assert "kernel_size" in names and "block" not in names
    bench.canvas.card_editor.edit_value(block)
    while bench.canvas.card_editor._name != "kernel_size":
        bench.hand.key(Key.Key_Tab)
    bench.hand.type("5")
    bench.hand.key(Key.Key_Return)
    assert bench.graph.nodes[block].attributes == {"block": "block1", "kernel_size": 5}


def test_opening_and_leaving_glide_to_where_they_would_be_at_once(bench: Bench, qtbot: QtBot) -> None:
    fold(bench, "conv3", "relu2")
    canvas = bench.canvas
    canvas.blocks.open()
    inside = canvas.view.state()
    canvas.blocks.leave()
    outside = canvas.view.state()
    set_less_motion(False)
    canvas.blocks.open()
    glide = canvas.tidier.glide
    assert glide.going_on and canvas.view.zoom < inside[0]
    qtbot.waitUntil(lambda: not glide.going_on)
    assert canvas.view.state() == pytest.approx(inside, abs=1)
    agrees(canvas)
    canvas.blocks.leave()
    assert glide.going_on and canvas.view.zoom > outside[0]
    bench.hand.key(Key.Key_Return, CONTROL)
    assert scope_of(bench).path == ("block1",), "a key does not wait for the picture"
    qtbot.waitUntil(lambda: not glide.going_on)
    canvas.blocks.leave()
    qtbot.waitUntil(lambda: not glide.going_on)
    assert canvas.view.state() == pytest.approx(outside, abs=1)


def test_each_graph_is_shown_as_it_was_left(bench: Bench) -> None:
    canvas = bench.canvas
    fold(bench, "conv3", "relu2")
    canvas.zoom_to(0.5)
    outside = canvas.view.state()
    canvas.blocks.open()
    canvas.zoom_to(2.0)
    inside = canvas.view.state()
    canvas.blocks.leave()
    assert canvas.view.state() == pytest.approx(outside, abs=1)
    canvas.blocks.open()
    assert canvas.view.state() == pytest.approx(inside, abs=1)
    canvas.zoom_to(1.5)
    bench.model.history.undo()
    assert scope_of(bench).path == () and "block1" not in bench.graph.nodes
    assert canvas.view.state() == pytest.approx(outside, abs=1), "what was open is gone; its view goes with it"
