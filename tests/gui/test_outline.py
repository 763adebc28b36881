"""The outline beside the canvas: order, words, selection both ways, keys, edits, ten thousand nodes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document.edits import AddNode, Connect, Disconnect, RemoveNode, SetBypassed, SetFrozen
from engine.document.graph import Edge, Node
from engine.document.project import Project
from gui.design.canvas.menu import CanvasMenu
from gui.design.outline import Outline
from gui.design.reading_order import reading_order
from tests.gui.drawn_networks import agrees, chain_network, residual_network
from tests.gui.test_design_tab import TabBench

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


class OutlineBench(TabBench):
    """A shown tab with its outline open."""

    def __init__(self, qtbot: QtBot, folder: Path, project: Project) -> None:
        super().__init__(qtbot, folder, project)
        self.outline: Outline = self.tab.outline
        self.tester = QAbstractItemModelTester(self.outline.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
        QTest.keyClick(
            self.tab.canvas, Key.Key_O, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
        qtbot.waitUntil(self.outline.list.hasFocus)

    def ids(self) -> list[str]:
        self.outline.model.refresh()
        return list(self.outline.model.ids)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.outline.list, key, keys)

    def current(self) -> str:
        return self.outline.model.ids[self.outline.list.currentIndex().row()]


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[OutlineBench]:
    made = OutlineBench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.tab.canvas)
    made.model.shut_down()


def in_order(bench: OutlineBench) -> None:
    """Every node once, behind its sources."""
    ids = bench.ids()
    assert sorted(ids) == sorted(bench.graph.nodes)
    place = {node_id: number for number, node_id in enumerate(ids)}
    for edge in bench.graph.edges:
        assert place[edge.source] < place[edge.target]


def test_it_is_folded_at_first_and_costs_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    tab = TabBench(qtbot, tmp_path, residual_network())
    outline = tab.tab.outline
    assert outline.folded and outline.model.rowCount() == 0
    assert outline.height() == 38
    QTest.mouseClick(outline.fold_button, Qt.MouseButton.LeftButton)
    assert not outline.folded and outline.model.rowCount() == 15
    assert outline.list.isVisible() and outline.height() > 200
    QTest.mouseClick(outline.fold_button, Qt.MouseButton.LeftButton)
    assert outline.folded and outline.height() == 38
    tab.model.shut_down()


def test_sources_come_first_and_chains_stay_together(bench: OutlineBench) -> None:
    in_order(bench)
    assert bench.ids()[:8] == ["images", "conv1", "bn1", "relu1", "pool1", "conv2", "conv3", "relu2"]


def test_a_row_says_name_sources_shape_and_problems(bench: OutlineBench) -> None:
    words = bench.outline.model.words
    assert words("images") == "Images in images – 1×28×28"
    assert words("conv3") == "Conv2d conv3 – from conv2 – 64×14×14"
    assert words("add1") == "Add add1 – from relu2, conv2 – 64×14×14"
    bench.model.do(Disconnect(target="loss", input="target"))
    assert words("loss").endswith("1 problem")
    bench.model.do(SetFrozen(ids=("fc1",), frozen=True))
    bench.model.do(SetBypassed(ids=("fc1",), bypassed=True))
    assert words("fc1").endswith("bypassed – frozen")


def test_screen_readers_hear_the_rows(bench: OutlineBench) -> None:
    interface = QAccessible.queryAccessibleInterface(bench.outline.list)
    assert interface.text(QAccessible.Text.Name) == "Nodes in the order in which data flows"
    row = bench.outline.model.row("conv3")
    assert bench.outline.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) == (
        "Conv2d conv3 – from conv2 – 64×14×14"
    )
    names = [interface.child(number).text(QAccessible.Text.Name) for number in range(interface.childCount())]
    assert "Conv2d conv3 – from conv2 – 64×14×14" in names


def test_selecting_here_selects_there_and_back(bench: OutlineBench) -> None:
    bench.key(Key.Key_Home)
    bench.key(Key.Key_Down)
    assert bench.selection.nodes == {"conv1"}
    bench.key(Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert bench.selection.nodes == {"conv1", "bn1"}
    bench.selection.set_nodes({"fc1", "fc2"})
    rows = {index.row() for index in bench.outline.list.selectedIndexes()}
    assert rows == {bench.outline.model.row("fc1"), bench.outline.model.row("fc2")}
    bench.key(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert bench.selection.nodes == set(bench.graph.nodes)
    bench.selection.set_nodes(())
    assert bench.outline.list.selectedIndexes() == []


def test_a_click_shows_the_node_on_the_canvas(bench: OutlineBench) -> None:
    canvas = bench.tab.canvas
    canvas.zoom_to(2.5)
    index = bench.outline.model.index(bench.outline.model.row("images"))
    bench.outline.list.scrollTo(index)
    QTest.mouseClick(
        bench.outline.list.viewport(), Qt.MouseButton.LeftButton, pos=bench.outline.list.visualRect(index).center()
    )
    assert bench.selection.nodes == {"images"}
    assert canvas.rect().contains(bench.hand.card("images"))


def test_left_and_right_walk_along_links(bench: OutlineBench) -> None:
    bench.selection.set_nodes({"pool1"})
    bench.key(Key.Key_Right)
    assert bench.current() == "conv2"
    bench.key(Key.Key_Left)
    assert bench.current() == "pool1"


def test_typing_jumps_to_a_name(bench: OutlineBench) -> None:
    QTest.keyClicks(bench.outline.list, "flat")
    assert bench.selection.nodes == {"flatten1"}


def test_enter_goes_to_the_settings_and_escape_to_the_canvas(bench: OutlineBench, qtbot: QtBot) -> None:
    bench.selection.set_nodes({"conv2"})
    bench.key(Key.Key_Return)
    focused = QApplication.focusWidget()
    assert focused is not None and bench.tab.inspector.isAncestorOf(focused)
    bench.outline.focus_first()
    assert bench.current() == "conv2"
    bench.key(Key.Key_Escape)
    qtbot.waitUntil(bench.tab.canvas.hasFocus)


def test_delete_heals_and_the_keyboard_stays_near(bench: OutlineBench) -> None:
    bench.selection.set_nodes({"bn1"})
    row = bench.outline.model.row("bn1")
    bench.key(Key.Key_Delete)
    assert "bn1" not in bench.graph.nodes
    assert bench.graph.inputs_of("relu1")["input"].source == "conv1"
    assert bench.outline.list.currentIndex().row() == row
    assert bench.current() == "relu1" and bench.selection.nodes == frozenset()
    bench.model.history.undo()
    in_order(bench)
    bench.selection.set_nodes({"bn1"})
    bench.key(Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    assert not bench.graph.inputs_of("relu1")


def test_the_menu_key_opens_the_canvas_menu_of_the_node(bench: OutlineBench) -> None:
    bench.selection.set_nodes({"conv2"})
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(bench.outline.list.viewport(), event)
    menu = bench.tab.canvas.findChild(CanvasMenu)
    assert menu is not None and menu.isVisible()
    assert "Bypass" in [action.text().partition("\t")[0] for action in menu.actions()]
    menu.close()


def test_edits_insert_and_remove_only_the_rows_they_touch(bench: OutlineBench) -> None:
    seen: list[tuple[str, int, int]] = []
    bench.outline.model.rowsInserted.connect(lambda _parent, first, last: seen.append(("+", first, last)))
    bench.outline.model.rowsRemoved.connect(lambda _parent, first, last: seen.append(("-", first, last)))
    bench.outline.model.modelReset.connect(lambda: seen.append(("reset", 0, 0)))
    row = bench.outline.model.row("relu1")
    bench.model.do(RemoveNode(id="relu1"))
    in_order(bench)
    assert all(kind != "reset" for kind, _first, _last in seen)
    assert ("-", row, row) in seen or len(seen) <= 2
    seen.clear()
    bench.model.do(AddNode(node=Node(id="alone", type="ReLU")))
    in_order(bench)
    assert len(seen) == 1 and seen[0][0] == "+" and seen[0][1] == seen[0][2]
    bench.model.do(Connect(edge=Edge(source="bn1", target="alone")))
    in_order(bench)


def test_a_cycle_and_another_project_are_listed_too(bench: OutlineBench, tmp_path: Path) -> None:
    nodes = [Node(id="a", type="ReLU"), Node(id="b", type="ReLU"), Node(id="c", type="ReLU")]
    edges = [Edge(source="a", target="b"), Edge(source="b", target="a")]
    from engine.document.graph import Graph

    bench.model.create(tmp_path / "cycle", Project(name="cycle", graph=Graph(nodes, edges)))
    assert bench.ids() == ["c", "a", "b"]
    bench.model.create(tmp_path / "empty", Project(name="empty"))
    assert bench.ids() == []
    assert bench.outline.nothing.isVisible() and not bench.outline.list.isVisible()
    bench.model.do(AddNode(node=Node(id="first", type="ReLU")))
    bench.outline.model.refresh()
    assert bench.outline.list.isVisible() and not bench.outline.nothing.isVisible()


def test_ten_thousand_nodes(qtbot: QtBot, tmp_path: Path) -> None:
    bench = TabBench(qtbot, tmp_path, chain_network(10_000))
    outline = bench.tab.outline
    start = time.perf_counter()
    outline.set_folded(False)
    opened = time.perf_counter()
    outline.grab()
    shown = time.perf_counter()
    assert outline.model.rowCount() == 10_000
    bench.model.do(AddNode(node=Node(id="extra", type="ReLU")))
    before = time.perf_counter()
    outline.model.refresh()
    refreshed = time.perf_counter()
    outline.list.selectAll()
    selected = time.perf_counter()
    assert len(bench.selection.nodes) == 10_001
    bench.selection.set_nodes({"linear9000"})
    assert outline.list.selectionModel().isSelected(outline.model.index(outline.model.row("linear9000")))
    print(
        f"open {(opened - start) * 1e3:.1f} ms, paint {(shown - opened) * 1e3:.1f} ms, "
        f"refresh {(refreshed - before) * 1e3:.1f} ms, select all {(selected - refreshed) * 1e3:.1f} ms"
    )
    flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
    outline.list.selectionModel().setCurrentIndex(outline.model.index(5), flags)
    assert bench.selection.nodes == {"linear6"}
    bench.model.shut_down()


def test_inside_a_block_its_own_nodes_are_listed(bench: OutlineBench) -> None:
    scope = bench.tab.scope
    bench.selection.set_nodes({"conv3", "relu2"})
    QTest.keyClick(bench.tab.canvas, Key.Key_G, CONTROL)
    (block,) = bench.selection.nodes
    assert block in bench.ids() and "conv3" not in bench.ids()
    assert bench.outline.model.words(block).count("from conv2") == 1
    QTest.keyClick(bench.tab.canvas, Key.Key_Return, CONTROL)
    assert scope.path == (block,)
    assert bench.ids() == reading_order(scope.project.graph)
    assert {"Conv2d", "ReLU"} <= {scope.project.graph.nodes[name].type for name in bench.ids()}
    conv = next(name for name in bench.ids() if scope.project.graph.nodes[name].type == "Conv2d")
    assert bench.outline.model.words(conv).endswith("64×14×14")
    bench.outline.focus_first()
    bench.outline.list.setCurrentIndex(bench.outline.model.index(bench.outline.model.row(conv)))
    assert bench.selection.nodes == {conv}
    agrees(bench.tab.canvas)
    bench.key(Key.Key_Escape)
    bench.selection.set_nodes(())
    QTest.keyClick(bench.tab.canvas, Key.Key_Escape)
    assert scope.path == () and block in bench.ids()
