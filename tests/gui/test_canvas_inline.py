"""Names and settings are changed on the card itself, by mouse and by keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.catalog.registry import layer_type, layers
from gui.design.canvas.inline import TITLE, field_box
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.widgets.number_editor import NumberEditor
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, residual_network

CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.close()


def value_point(bench: CanvasBench, node: str, name: str) -> QPoint:
    """On a value drawn on a card."""
    geometry = bench.canvas.geometry_store
    row = geometry.row_of[node]
    x, y = geometry.boxes[row, :2].tolist()
    left, top, right, bottom = field_box(geometry.faces[row], name, x, y)
    return bench.hand.point((left + right) / 2, (top + bottom) / 2)


def click(bench: CanvasBench, at: QPoint) -> None:
    QTest.mouseMove(bench.canvas, at)
    bench.hand.press(at)
    bench.hand.release(at)


def test_a_click_on_a_value_opens_an_editor_and_return_keeps_it(bench: CanvasBench) -> None:
    click(bench, value_point(bench, "conv1", "out_channels"))
    editor = bench.canvas.card_editor
    assert editor.editing == ("conv1", "out_channels") and editor.isVisible()
    assert isinstance(editor.editor, NumberEditor)
    bench.hand.type("48")
    bench.hand.key(Key.Key_Return)
    assert bench.graph.nodes["conv1"].attributes["out_channels"] == 48
    assert bench.step == "Set out_channels of conv1"
    assert editor.editing is None and bench.canvas.hasFocus()
    assert bench.selection.nodes == {"conv1"}
    bench.model.history.undo()
    assert bench.graph.nodes["conv1"].attributes["out_channels"] == 32


def test_escape_keeps_the_old_value(bench: CanvasBench) -> None:
    click(bench, value_point(bench, "fc1", "out_features"))
    bench.hand.type("7")
    bench.hand.key(Key.Key_Escape)
    assert bench.graph.nodes["fc1"].attributes["out_features"] == 128
    assert bench.model.history.count() == 0
    assert bench.canvas.card_editor.editing is None and bench.canvas.hasFocus()


def test_leaving_the_editor_keeps_what_was_typed(bench: CanvasBench) -> None:
    click(bench, value_point(bench, "fc1", "out_features"))
    bench.hand.type("96")
    click(bench, bench.hand.point(900, 620))
    assert bench.graph.nodes["fc1"].attributes["out_features"] == 96
    assert bench.model.history.count() == 1
    assert bench.canvas.card_editor.editing is None


def test_a_text_that_makes_no_value_stays_and_says_why(bench: CanvasBench) -> None:
    click(bench, value_point(bench, "fc1", "out_features"))
    editor = bench.canvas.card_editor
    bench.hand.type("many")
    bench.hand.key(Key.Key_Return)
    assert editor.editing == ("fc1", "out_features")
    assert "not a number" in editor.problem()
    bench.canvas.grab()
    click(bench, bench.hand.point(900, 620))
    assert editor.editing is None
    assert bench.graph.nodes["fc1"].attributes["out_features"] == 128
    assert len(bench.refused) == 1


def test_a_size_takes_two_sides(bench: CanvasBench) -> None:
    click(bench, value_point(bench, "conv2", "kernel_size"))
    bench.hand.type("5x3")
    bench.hand.key(Key.Key_Return)
    assert bench.graph.nodes["conv2"].attributes["kernel_size"] == [5, 3]


def test_keys_alone_open_walk_and_keep(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_E)
    editor = bench.canvas.card_editor
    assert editor.editing == ("conv1", "kernel_size"), "in the order they are drawn"
    bench.hand.type("5")
    bench.hand.key(Key.Key_Tab)
    assert editor.editing == ("conv1", "out_channels")
    assert bench.graph.nodes["conv1"].attributes["kernel_size"] == 5
    bench.hand.key(Key.Key_Tab)
    assert editor.editing == ("conv1", "stride"), "not drawn while it is 1, and reached all the same"
    bench.hand.key(Key.Key_Backtab)
    assert editor.editing == ("conv1", "out_channels")
    bench.hand.key(Key.Key_Escape)
    assert bench.model.history.count() == 1


def test_f2_renames_in_place(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_F2)
    editor = bench.canvas.card_editor
    assert editor.editing == ("conv1", TITLE)
    assert isinstance(editor.editor, QLineEdit)
    bench.hand.type("Edges")
    bench.hand.key(Key.Key_Return)
    assert bench.graph.nodes["conv1"].title == "Edges"
    assert bench.step == "Rename conv1"
    bench.model.history.undo()
    assert bench.graph.nodes["conv1"].title == ""


def test_a_double_click_on_the_name_renames_and_elsewhere_asks_for_the_settings(
    bench: CanvasBench, qtbot: QtBot
) -> None:
    QTest.mouseDClick(bench.canvas, Qt.MouseButton.LeftButton, pos=bench.hand.card("conv1"))
    assert bench.canvas.card_editor.editing == ("conv1", TITLE)
    bench.hand.key(Key.Key_Escape)
    x, y, width, height = bench.canvas.geometry_store.boxes[bench.canvas.geometry_store.row_of["conv1"]].tolist()
    with qtbot.waitSignal(bench.canvas.inspect_requested) as asked:
        QTest.mouseDClick(bench.canvas, Qt.MouseButton.LeftButton, pos=bench.hand.point(x + width - 30, y + height - 8))
    assert asked.args == ["conv1"]


def test_letters_and_delete_belong_to_the_editor(bench: CanvasBench) -> None:
    before = len(bench.graph.nodes)
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_F2)
    bench.hand.type("CPL")
    bench.hand.key(Key.Key_Backspace)
    bench.hand.key(Key.Key_A, CONTROL)
    bench.hand.key(Key.Key_Down)
    bench.hand.key(Key.Key_K, CONTROL)
    assert not bench.canvas.linking.finder.isVisible()
    bench.hand.key(Key.Key_Return)
    assert len(bench.graph.nodes) == before
    assert bench.graph.nodes["conv1"].title == "CP"
    assert bench.selection.nodes == {"conv1"}


def test_a_stroke_in_a_name_is_no_command_of_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    model = ProjectModel()
    model.create(tmp_path / "network", residual_network())
    selection = Selection(model)
    tab = DesignTab(project=model, selection=selection)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitExposed(tab)
    tab.activateWindow()
    tab.focus_first()
    qtbot.waitUntil(tab.canvas.hasFocus)
    selection.set_nodes({"conv1"})
    QTest.keyClick(tab.canvas, Key.Key_F2)
    editor = tab.canvas.card_editor.editor
    assert editor is not None
    QTest.keyClicks(editor, "3/4 c")
    QTest.keyClick(editor, Key.Key_Return)
    assert model.project.graph.nodes["conv1"].title == "3/4 c"
    model.shut_down()


def test_the_editor_follows_the_view_and_goes_with_its_node(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_E)
    editor = bench.canvas.card_editor
    before = editor.pos()
    bench.canvas.pan_by(60, -40)
    assert editor.pos() - before == QPoint(60, -40)
    from engine.document.edits import RemoveNode

    bench.model.do(RemoveNode(id="fc1"))
    assert editor.editing is None and not editor.isVisible()


def test_far_out_the_key_comes_near_first(bench: CanvasBench) -> None:
    bench.canvas.zoom_to(0.3)
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_E)
    assert bench.canvas.view.zoom >= 0.55
    assert bench.canvas.card_editor.editing == ("fc1", "out_features")


def test_a_drag_on_a_value_moves_the_card(bench: CanvasBench) -> None:
    at = value_point(bench, "answer", "field")
    bench.hand.drag(at, at + QPoint(60, 50))
    assert bench.canvas.card_editor.editing is None
    assert bench.step == "Move answer"


def test_what_is_shown_for_reading_only_is_not_edited(bench: CanvasBench) -> None:
    bench.model.read_only = True
    click(bench, value_point(bench, "fc1", "out_features"))
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_F2)
    assert bench.canvas.card_editor.editing is None
    assert len(bench.refused) == 1, "and says why"
    bench.model.read_only = False


def test_the_field_an_output_answers_is_picked_on_the_card(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"answer"})
    bench.hand.key(Key.Key_E)
    editor = bench.canvas.card_editor
    assert editor.editing == ("answer", "field")
    editor.editor.setCurrentIndex(0)  # type: ignore[union-attr]
    editor.editor.activated.emit(0)  # type: ignore[union-attr]
    assert bench.graph.nodes["answer"].attributes.get("field", "") == ""


def test_three_dots_lead_to_the_settings_that_are_not_drawn(bench: CanvasBench) -> None:
    canvas = bench.canvas
    QTest.mouseMove(canvas, bench.hand.card("conv1"))
    more = canvas.card_hover.more
    assert more is not None and canvas.card_editor.undrawn("conv1") == ["stride"]
    canvas.grab()
    at = bench.hand.point((more.box[0] + more.box[2]) / 2, (more.box[1] + more.box[3]) / 2)
    QTest.mouseMove(canvas, at)
    assert canvas.card_hover.words().startswith("Stride: click")
    click(bench, at)
    assert canvas.card_editor.editing == ("conv1", "stride")
    bench.hand.type("1")
    bench.hand.key(Key.Key_Return)
    QTest.mouseMove(canvas, bench.hand.card("relu1"))
    assert canvas.card_hover.more is None, "a ReLU has nothing to change"


def test_every_layer_has_at_most_three_usual_settings_and_no_advanced_one() -> None:
    for kind in layers():
        usual = [info for info in kind.attributes() if info.on_card]
        assert len(usual) <= 3 and not any(info.advanced for info in usual), kind
    conv = layer_type("Conv2d")
    assert conv is not None
    assert [info.name for info in conv.attributes() if info.on_card] == ["out_channels", "kernel_size", "stride"]
