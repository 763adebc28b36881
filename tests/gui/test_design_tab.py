"""The tab Design as a whole: palette, inspector and problems work on the canvas's network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from engine.catalog.registry import layers
from engine.document.edits import Disconnect, RemoveNode, SetAttributes
from engine.document.project import Project
from gui.design.palette import Palette
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.widgets.theme import apply_theme
from tests.gui.drawn_networks import Hand, agrees, picture_data, residual_network, unlinked_network

Key = Qt.Key


class TabBench:
    """A shown tab with its models."""

    def __init__(self, qtbot: QtBot, folder: Path, project: Project, size: tuple[int, int] = (1600, 922)) -> None:
        self.qtbot = qtbot
        self.model = ProjectModel()
        self.model.create(folder / "network", project)
        self.selection = Selection(self.model)
        self.tab = DesignTab(project=self.model, selection=self.selection)
        qtbot.addWidget(self.tab)
        self.tab.resize(*size)
        self.tab.show()
        qtbot.waitExposed(self.tab)
        self.tab.activateWindow()
        self.tab.focus_first()
        qtbot.waitUntil(self.tab.canvas.hasFocus)
        self.hand = Hand(self.tab.canvas)

    @property
    def graph(self):  # type: ignore[no-untyped-def]
        return self.model.project.graph

    def select(self, *ids: str) -> None:
        self.selection.set_nodes(ids)
        self.tab.inspector.refresh()

    def editor(self, name: str) -> QLineEdit:
        """The line a setting is typed into."""
        editor = self.tab.inspector.node.form.editor(name)
        line = editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)
        assert line is not None
        return line

    def set(self, name: str, text: str) -> None:
        """Type a setting and press Return."""
        line = self.editor(name)
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Key.Key_Return)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[TabBench]:
    made = TabBench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.tab.canvas)
    made.model.shut_down()


# Palette.


def press_more(palette: Palette, title: str) -> None:
    """Click the row that shows more, or fewer, of a shelf."""
    keys = [str(key) for key in palette.list.keys()]  # noqa: SIM118 - a widget
    item = palette.list.item(keys.index(f"more/{title}"))
    palette.list.scrollToItem(item)
    at = palette.list.visualItemRect(item).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def shelves(palette: Palette) -> list[str]:
    """The shelves of which there is more to show."""
    keys = [str(key) for key in palette.list.keys()]  # noqa: SIM118 - a widget
    return [key.removeprefix("more/") for key in keys if key.startswith("more/")]


def test_the_palette_lists_every_layer_the_common_ones_at_once(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    outside = {kind.type_name() for kind in layers()} - {"Block", "BlockInput", "BlockOutput"}
    few = palette.names()
    assert len(few) < 150 and {"Conv2d", "Linear", "ReLU", "LSTM", "CrossEntropyLoss", "Formula"} <= set(few)
    assert {node.type for node in bench.graph.nodes.values()} <= set(few), "what the project uses is shown"
    for title in shelves(palette):
        before = palette.names()
        press_more(palette, title)
        bench.qtbot.waitUntil(lambda before=before: palette.names() != before)
    assert sorted(palette.names()) == sorted(outside)
    for title in shelves(palette):
        before = palette.names()
        press_more(palette, title)
        bench.qtbot.waitUntil(lambda before=before: palette.names() != before)
    assert palette.names() == few


def test_more_of_a_shelf_is_shown_by_key(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    keys = [str(key) for key in palette.list.keys()]  # noqa: SIM118 - a widget
    palette.list.setFocus()
    palette.list.setCurrentRow(keys.index("more/Pooling"))
    assert "LPPool2d" not in palette.names()
    QTest.keyClick(palette.list, Key.Key_Return)
    bench.qtbot.waitUntil(lambda: "LPPool2d" in palette.names())
    assert not bench.model.history.canUndo(), "nothing was added"


def test_slash_searches_the_palette_by_synonym_and_return_adds_after_the_selection(bench: TabBench) -> None:
    bench.select("fc2")
    bench.tab.canvas.commands.delete_link(("loss", "prediction"))
    bench.tab.canvas.commands.delete_link(("answer", "prediction"))
    QTest.keyClick(bench.tab.canvas, Key.Key_Slash)
    palette = bench.tab.palette_panel
    assert palette.search.hasFocus()
    QTest.keyClicks(palette.search, "fully connected")
    assert palette.names()[0] == "Linear"
    QTest.keyClick(palette.search, Key.Key_Return)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].type == "Linear"
    assert bench.graph.inputs_of(added)["input"].source == "fc2"


def test_a_double_click_in_the_palette_adds(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    palette.search.setText("flatten")
    item = palette.list.item(0)
    at = palette.list.visualItemRect(item).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].type == "Flatten"


def test_the_palette_is_walked_by_keys(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    palette.focus_search()
    QTest.keyClicks(palette.search, "pool")
    second = palette.all_names()[1]
    QTest.keyClick(palette.search, Key.Key_Down)
    assert palette.list.hasFocus()
    QTest.keyClick(palette.list, Key.Key_Return)
    (added,) = bench.selection.nodes
    assert bench.graph.nodes[added].type == ("Block" if "/" in second else second)
    palette.list.setFocus()
    palette.list.setCurrentRow(0)
    QTest.keyClick(palette.list, Key.Key_Up)
    assert palette.search.hasFocus()


def test_a_search_without_result_says_so(bench: TabBench) -> None:
    palette = bench.tab.palette_panel
    palette.search.setText("qqqq")
    assert palette.names() == []
    assert palette.nothing.isVisible()
    QTest.keyClick(palette.search, Key.Key_Escape)
    assert palette.names()


def test_a_layer_is_dragged_from_the_palette_with_the_mouse(bench: TabBench) -> None:
    palette, canvas = bench.tab.palette_panel, bench.tab.canvas
    palette.search.setText("flatten")
    window = bench.tab.window().windowHandle()
    origin = palette.list.viewport().mapTo(bench.tab, palette.list.visualItemRect(palette.list.item(0)).center())
    target = canvas.mapTo(bench.tab, QPoint(700, 700))
    QTest.mousePress(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, origin)
    QTest.mouseMove(window, origin + QPoint(30, 4))
    assert bench.tab.ghost.isVisible()
    for step in range(1, 5):
        QTest.mouseMove(window, origin + (target - origin) * step / 4)
    assert not bench.tab.ghost.isVisible()
    assert canvas.gesture is not None
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, target)
    assert bench.selection.nodes == {"flatten2"}
    x, y = canvas.view.to_screen(bench.graph.nodes["flatten2"].x + 84, bench.graph.nodes["flatten2"].y + 26)
    assert abs(x - 700) < 12 and abs(y - 700) < 12
    assert canvas.hasFocus()


def test_escape_gives_up_dragging_a_layer(bench: TabBench) -> None:
    palette, canvas = bench.tab.palette_panel, bench.tab.canvas
    window = bench.tab.window().windowHandle()
    origin = palette.list.viewport().mapTo(bench.tab, palette.list.visualItemRect(palette.list.item(1)).center())
    target = canvas.mapTo(bench.tab, QPoint(600, 700))
    QTest.mousePress(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, origin)
    QTest.mouseMove(window, origin + QPoint(30, 4))
    QTest.mouseMove(window, target)
    assert canvas.gesture is not None
    QTest.keyClick(palette.list, Key.Key_Escape)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, target)
    assert canvas.gesture is None
    assert len(bench.graph.nodes) == 15


# Inspector.


def test_a_setting_is_typed_and_everything_follows(bench: TabBench) -> None:
    bench.select("conv1")
    bench.set("out_channels", "48")
    assert bench.graph.nodes["conv1"].attributes["out_channels"] == 48
    assert bench.tab.canvas.scene.link_text(bench.graph.inputs_of("bn1")["input"]) == "48×28×28"
    geometry = bench.tab.canvas.geometry_store
    assert geometry.faces[geometry.row_of["conv1"]].line == "3×3 · 48"
    bench.model.history.undo()
    bench.tab.inspector.refresh()
    assert bench.editor("out_channels").text() == "32"


def test_a_setting_put_back_to_its_default_leaves_the_file(bench: TabBench) -> None:
    bench.select("conv1")
    default = next(
        info.default for info in type(bench.model.checker.layers["conv1"]).attributes() if info.name == "kernel_size"
    )
    bench.set("kernel_size", "5")
    assert bench.graph.nodes["conv1"].attributes["kernel_size"] == 5
    bench.set("kernel_size", str(default))
    assert "kernel_size" not in bench.graph.nodes["conv1"].attributes


def test_the_inspector_tells_shapes_and_cost(bench: TabBench) -> None:
    bench.select("conv2")
    node = bench.tab.inspector.node
    assert ("in", "N × 32 × 14 × 14") in node.shapes.rows()
    assert ("out", "N × 64 × 14 × 14") in node.shapes.rows()
    assert ("parameters", "18,496") in node.cost.rows()
    bench.select("fc1")
    assert ("in", "N × 12544") in node.shapes.rows()


def test_an_activation_is_added_swapped_and_taken_away(bench: TabBench) -> None:
    bench.select("fc1")
    combo = bench.tab.inspector.node.activation
    assert isinstance(combo, QComboBox)

    def pick(label: str) -> None:
        combo.setFocus()
        combo.setCurrentIndex(combo.findText(label))
        combo.activated.emit(combo.currentIndex())
        bench.tab.inspector.refresh()

    pick("ReLU")
    added = bench.graph.inputs_of("fc2")["input"].source
    assert bench.graph.nodes[added].type == "ReLU"
    assert bench.graph.inputs_of(added)["input"].source == "fc1"
    assert combo.currentText() == "ReLU"
    pick("GELU")
    assert bench.graph.nodes[added].type == "GELU"
    pick("none")
    assert added not in bench.graph.nodes
    assert bench.graph.inputs_of("fc2")["input"].source == "fc1"
    assert bench.model.history.count() == 3
    while bench.model.history.canUndo():
        bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_an_activation_goes_between_a_layer_and_all_that_reads_it(bench: TabBench) -> None:
    bench.select("conv2")
    combo = bench.tab.inspector.node.activation
    combo.setCurrentIndex(combo.findText("Tanh"))
    combo.activated.emit(combo.currentIndex())
    added = bench.graph.inputs_of("conv3")["input"].source
    assert bench.graph.nodes[added].type == "Tanh"
    assert bench.graph.inputs_of("add1")["b"].source == added


def test_several_nodes_change_together_in_one_step(bench: TabBench) -> None:
    bench.select("conv1", "conv2", "conv3")
    form = bench.tab.inspector.several.form
    line = form.editor("kernel_size").findChild(QLineEdit) or form.editor("kernel_size")
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "5")
    QTest.keyClick(line, Key.Key_Return)
    assert all(bench.graph.nodes[node].attributes["kernel_size"] == 5 for node in ("conv1", "conv2", "conv3"))
    assert bench.model.history.count() == 1


def test_caption_freeze_and_bypass(bench: TabBench) -> None:
    bench.select("fc1")
    node = bench.tab.inspector.node
    line = node.title_editor.findChild(QLineEdit) or node.title_editor
    line.setFocus()
    QTest.keyClicks(line, "Head")
    QTest.keyClick(line, Key.Key_Return)
    QTest.keyClick(node.frozen, Key.Key_Space)
    QTest.keyClick(node.bypassed, Key.Key_Space)
    shown = bench.graph.nodes["fc1"]
    assert (shown.title, shown.frozen, shown.bypassed) == ("Head", True, True)
    geometry = bench.tab.canvas.geometry_store
    face = geometry.faces[geometry.row_of["fc1"]]
    assert (face.title, face.frozen, face.bypassed) == ("Head", True, True)


def test_enter_on_the_canvas_goes_to_the_first_setting(bench: TabBench) -> None:
    bench.select("conv1")
    QTest.keyClick(bench.tab.canvas, Key.Key_Return)
    focused = bench.tab.window().focusWidget()
    assert bench.tab.inspector.isAncestorOf(focused)


def test_without_a_selection_the_network_is_summed_up(bench: TabBench) -> None:
    bench.select()
    rows = dict(bench.tab.inspector.summary.facts.rows())
    assert rows["nodes"] == "15"
    assert "parameters" in rows and "multiply-adds" in rows


# Problems.


def test_a_problem_appears_in_words_and_its_repair_mends_it(bench: TabBench) -> None:
    problems = bench.tab.problems
    assert problems.rows() == [] and problems.folded
    bench.model.do(SetAttributes(id="fc2", attributes={"out_features": 7}))
    bench.qtbot.waitUntil(lambda: bool(problems.rows()))
    assert not problems.folded
    geometry = bench.tab.canvas.geometry_store
    row = next(row for row in problems.rows() if row.problem.node == "loss")
    assert geometry.faces[geometry.row_of["loss"]].badge == "error"
    assert "10" in row.problem.message
    QTest.mouseClick(row.buttons()[0], Qt.MouseButton.LeftButton)
    bench.qtbot.waitUntil(lambda: problems.rows() == [])
    assert bench.graph.nodes["fc2"].attributes["out_features"] == 10
    assert geometry.faces[geometry.row_of["loss"]].badge == ""
    bench.model.history.undo()
    assert bench.graph.nodes["fc2"].attributes["out_features"] == 7


def test_a_click_on_a_problem_goes_to_its_node(bench: TabBench) -> None:
    bench.model.do(Disconnect(target="loss", input="target"))
    bench.qtbot.waitUntil(lambda: bool(bench.tab.problems.rows()))
    row = next(row for row in bench.tab.problems.rows() if row.problem.node == "loss")
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert bench.selection.nodes == {"loss"}


def test_problems_are_reached_and_folded_by_keys(bench: TabBench) -> None:
    bench.model.do(RemoveNode(id="flatten1"))
    bench.qtbot.waitUntil(lambda: bool(bench.tab.problems.rows()))
    bench.tab.show_problems()
    focused = bench.tab.window().focusWidget()
    assert focused in bench.tab.problems.rows()
    QTest.keyClick(focused, Key.Key_Return)
    assert len(bench.selection.nodes) == 1


def test_the_inspector_shows_the_problem_of_the_node_with_its_repair(bench: TabBench) -> None:
    bench.model.do(SetAttributes(id="conv3", attributes={"out_channels": 48}))
    bench.select("add1")
    rows = [row for row in bench.tab.inspector.node.problem_rows if not row.isHidden()]
    assert rows and rows[0].buttons()
    QTest.mouseClick(rows[0].buttons()[0], Qt.MouseButton.LeftButton)
    assert not bench.model.checker.problems_of("add1")


# The whole.


def test_a_network_is_drawn_from_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    """The path of a beginner: drag, connect, set, mend what is told, until nothing is wrong."""
    bench = TabBench(qtbot, tmp_path, Project(name="new", data=picture_data()))
    hand = bench.hand
    for name, x in (("Input", 120), ("Conv2d", 330), ("Flatten", 540), ("Linear", 750)):
        hand.drop_layer(name, hand.point(x - 500, -200))
    for source, target in (("input1", "conv1"), ("conv1", "flatten1"), ("flatten1", "linear1")):
        hand.drag(hand.output(source), hand.input(target))
    hand.drop_layer("CrossEntropyLoss", hand.point(300, 60))
    hand.drag(hand.output("linear1"), hand.input("crossentropyloss1", "prediction"))
    for _ in range(6):
        bench.tab.problems.refresh()
        buttons = [button for row in bench.tab.problems.rows() for button in row.buttons()]
        if not buttons:
            break
        QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert bench.model.checker.problems() == []
    agrees(bench.tab.canvas)
    bench.model.shut_down()


def test_undo_and_redo_by_keys(bench: TabBench) -> None:
    bench.select("bn1")
    QTest.keyClick(bench.tab.canvas, Key.Key_Delete)
    QTest.keyClick(bench.tab.canvas, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bench.graph == residual_network().graph
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(bench.tab.canvas, Key.Key_Z, both)
    assert "bn1" not in bench.graph.nodes


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1600, 922), (1100, 622), (700, 400)])
def test_every_size_and_theme_is_drawn(
    qtbot: QtBot, tmp_path: Path, theme: str, size: tuple[int, int], qapp: object
) -> None:
    apply_theme(qapp, theme)  # type: ignore[arg-type]
    bench = TabBench(qtbot, tmp_path, residual_network(), size)
    bench.select("conv2")
    picture = bench.tab.grab().toImage()
    assert not picture.isNull()
    assert bench.tab.canvas.width() >= 200
    colors = {picture.pixel(x, picture.height() // 2) for x in range(0, picture.width(), 3)}
    assert len(colors) > 3
    bench.model.shut_down()


def test_names_and_accessible_names(bench: TabBench) -> None:
    for name in ("design.canvas", "design.palette", "design.palette.search", "design.inspector", "design.problems"):
        widget = bench.tab.findChild(object, name)
        assert widget is not None, name
        assert widget.accessibleName(), name  # type: ignore[attr-defined]


def test_two_tabs_on_two_projects_do_not_mix(qtbot: QtBot, tmp_path: Path) -> None:
    one = TabBench(qtbot, tmp_path / "one", residual_network())
    two = TabBench(qtbot, tmp_path / "two", unlinked_network())
    one.select("conv1")
    one.tab.canvas.commands.delete()
    assert "conv1" in two.graph.nodes
    agrees(one.tab.canvas)
    agrees(two.tab.canvas)
    one.model.shut_down()
    two.model.shut_down()
