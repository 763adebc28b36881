"""Reading the canvas: repairs at badges and their ghosts, links with named axes, what a node costs and what glows."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.document.edits import Batch, Connect, Disconnect, SetAttributes
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from gui.design.canvas.glow import Measure, places_of
from gui.design.canvas.hit import Hit, Kind
from gui.design.canvas.menu import CanvasMenu
from gui.design.canvas.repairs_menu import RepairsMenu
from gui.design.canvas.sprites import badge_center
from gui.design.canvas.words import axis_names, link_words, words_at
from gui.design.ghost import ghost_of
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, picture_data, residual_network

CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.close()


def break_add(bench: CanvasBench) -> None:
    """Give the two branches of add1 different widths."""
    bench.model.do(SetAttributes(id="conv3", attributes={"out_channels": 48}))


def badge(bench: CanvasBench, node: str) -> QPoint:
    geometry = bench.canvas.geometry_store
    row = geometry.row_of[node]
    dx, dy = badge_center(geometry.faces[row])
    x, y = geometry.boxes[row, :2].tolist()
    return bench.hand.point(x + dx, y + dy)


def menu_of(bench: CanvasBench) -> RepairsMenu:
    found = bench.canvas.findChild(RepairsMenu)
    assert found is not None and found.isVisible()
    return found


# Badges and ghosts.


def test_a_click_on_a_badge_lists_the_repairs_and_shows_the_first(bench: CanvasBench) -> None:
    break_add(bench)
    at = badge(bench, "add1")
    bench.hand.press(at)
    bench.hand.release(at)
    menu = menu_of(bench)
    assert menu.repairs
    ghost = bench.canvas.mending.previewed
    assert ghost is not None and ghost.title == menu.repairs[0].title
    bench.canvas.grab()
    before = bench.model.history.count()
    QTest.keyClick(menu, Key.Key_Return)
    assert bench.model.history.count() == before + 1
    assert not bench.model.checker.problems_of("add1")
    assert bench.canvas.mending.previewed is None


def test_the_repairs_are_walked_by_keys_and_escape_changes_nothing(bench: CanvasBench) -> None:
    bench.model.do(Connect(edge=Edge(source="add1", target="fc1")))  # pictures go on where one row of numbers is taken
    before = bench.graph.copy()
    bench.selection.set_nodes({"loss"})
    bench.hand.key(Key.Key_Period, CONTROL)
    menu = menu_of(bench)
    assert len(menu.repairs) > 1
    QTest.keyClick(menu, Key.Key_Down)
    ghost = bench.canvas.mending.previewed
    assert ghost is not None and ghost.title == menu.repairs[1].title
    QTest.keyClick(menu, Key.Key_Escape)
    assert bench.canvas.mending.previewed is None
    assert bench.model.history.count() == 1
    assert bench.graph == before


def test_a_node_without_a_problem_has_no_repairs(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_Period, CONTROL)
    assert bench.canvas.findChild(RepairsMenu) is None


def test_the_ordinary_menu_shows_ghosts_too(bench: CanvasBench) -> None:
    break_add(bench)
    bench.selection.set_nodes({"add1"})
    pointer = bench.canvas.pointer_at(bench.hand.card("add1").toPointF(), Qt.KeyboardModifier.NoModifier)
    menu = CanvasMenu(bench.canvas, pointer, Hit(Kind.NODE, node="add1"))
    first = next(action for action in menu.actions() if action.text().startswith("Repair"))
    menu.hovered.emit(first)
    assert bench.canvas.mending.previewed is not None
    menu.hovered.emit(next(action for action in menu.actions() if action.text().startswith("Settings")))
    assert bench.canvas.mending.previewed is None
    menu.deleteLater()


def test_a_repair_in_the_list_of_problems_is_ghosted_under_the_pointer_and_with_the_focus(
    qtbot: QtBot, tmp_path: Path
) -> None:
    model = ProjectModel()
    model.create(tmp_path / "network", residual_network())
    selection = Selection(model)
    tab = DesignTab(project=model, selection=selection)
    qtbot.addWidget(tab)
    tab.resize(1600, 922)
    tab.show()
    qtbot.waitExposed(tab)
    tab.activateWindow()
    model.do(SetAttributes(id="conv3", attributes={"out_channels": 48}))
    tab.problems.refresh()
    qtbot.waitUntil(tab.isActiveWindow)
    button = tab.problems.rows()[0].buttons()[0]
    QApplication.sendEvent(button, QEnterEvent(QPointF(4, 4), QPointF(4, 4), QPointF(4, 4)))
    assert tab.canvas.mending.previewed is not None
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))
    assert tab.canvas.mending.previewed is None
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert tab.canvas.mending.previewed is not None
    QTest.keyClick(button, Key.Key_Space)
    qtbot.waitUntil(lambda: tab.canvas.mending.previewed is None)
    assert not model.checker.problems_of("add1")
    agrees(tab.canvas)
    model.shut_down()


def test_a_ghost_tells_what_comes_goes_and_changes() -> None:
    project = residual_network()
    edit = Batch(
        title="mend",
        edits=(
            SetAttributes(id="conv1", attributes={"out_channels": 8, "kernel_size": 5}),
            Disconnect(target="add1", input="b"),
        ),
    )
    ghost = ghost_of(project, edit, "mend")
    assert ghost.changed == {"conv1": ("Filters: 32 → 8", "Kernel size: 3 → 5")}
    assert ghost.unlinked == (("add1", "b"),)
    assert not ghost.added and not ghost.removed and not ghost.elsewhere


# Links and costs in words.


def test_the_shape_on_a_link_is_told_with_its_axes_when_the_pointer_comes(bench: CanvasBench) -> None:
    QTest.mouseMove(bench.canvas, bench.hand.link("conv2"))
    assert "32 channels × 14 height × 14 width" in QToolTip.text()
    QTest.mouseMove(bench.canvas, bench.hand.point(700, 620))
    assert bench.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


@pytest.mark.parametrize(
    ("target", "port", "words"),
    [
        ("conv1", "input", "1 channel × 28 height × 28 width"),
        ("relu1", "input", "32 channels × 28 height × 28 width"),
        ("add1", "a", "64 channels × 14 height × 14 width"),
        ("fc2", "input", "128 features"),
        ("loss", "target", "1 number, whole numbers"),
    ],
)
def test_axes_have_names_wherever_they_are_known(bench: CanvasBench, target: str, port: str, words: str) -> None:
    edge = bench.graph.inputs_of(target)[port]
    assert words in link_words(bench.canvas.project, edge)


def test_names_of_axes_come_from_the_nearest_port_that_has_them(qtbot: QtBot, tmp_path: Path) -> None:
    nodes = [
        Node(id="images", type="Input", attributes={"fields": ["pixels"]}),
        Node(id="squeeze", type="Select", attributes={"dim": 1, "index": 0}, x=240),
        Node(id="relu", type="ReLU", x=480),
        Node(id="lstm", type="LSTM", x=720),
    ]
    chain = ("images", "squeeze", "relu", "lstm")
    graph = Graph(nodes, [Edge(source=a, target=b) for a, b in pairwise(chain)])
    bench = CanvasBench(qtbot, tmp_path, Project(name="rows", data=picture_data(), graph=graph))
    edge = bench.graph.inputs_of("relu")["input"]
    assert axis_names(bench.canvas.project, edge) == ("N", "time", "features")
    bench.close()


def test_a_node_tells_its_cost_and_its_share(bench: CanvasBench) -> None:
    said = words_at(bench.canvas.project, Hit(Kind.NODE, node="fc1"))
    assert "parameters" in said and "multiply-adds" in said and "%" in said


# Glow.


def test_g_lets_the_dearest_glow_by_one_measure_and_the_other_and_ends(bench: CanvasBench) -> None:
    canvas = bench.canvas
    plain = canvas.grab().toImage()
    bench.hand.key(Key.Key_G)
    assert canvas.costs.glow.measure is Measure.PARAMETERS and canvas.costs.legend.isVisible()
    assert next(iter(canvas.costs.glow.places)) == "fc1"
    assert canvas.costs.glow.places["fc1"].words().startswith("#1 · 9")
    assert canvas.grab().toImage() != plain
    bench.hand.key(Key.Key_G)
    assert canvas.costs.glow.measure is Measure.MULTIPLY_ADDS
    assert next(iter(canvas.costs.glow.places)) != "fc1"
    bench.hand.key(Key.Key_G)
    assert canvas.costs.glow.measure is None and not canvas.costs.legend.isVisible()


def test_the_legend_follows_edits_and_leads_to_the_node(bench: CanvasBench, qtbot: QtBot) -> None:
    canvas = bench.canvas
    canvas.costs.show(Measure.PARAMETERS)
    bench.model.do(SetAttributes(id="fc1", attributes={"out_features": 1}))
    qtbot.waitUntil(lambda: canvas.costs.legend.list.keys()[0] != "fc1")
    first = canvas.costs.legend.list.item(0)
    at = canvas.costs.legend.list.visualItemRect(first).center()
    QTest.mouseClick(canvas.costs.legend.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert bench.selection.nodes == {canvas.costs.legend.list.keys()[0]}


def test_shares_add_up_and_a_network_without_costs_says_so(qtbot: QtBot, tmp_path: Path, bench: CanvasBench) -> None:
    places = places_of(bench.canvas.project, Measure.PARAMETERS)
    assert sum(place.share for place in places.values()) == pytest.approx(1.0)
    assert [place.rank for place in places.values()] == list(range(1, len(places) + 1))
    graph = Graph([Node(id="relu", type="ReLU")])
    empty = CanvasBench(qtbot, tmp_path / "empty", Project(name="free", data=picture_data(), graph=graph))
    empty.canvas.costs.show(Measure.PARAMETERS)
    assert empty.canvas.costs.legend.list.isHidden()
    empty.close()


def test_at_every_zoom_the_glow_is_drawn(bench: CanvasBench) -> None:
    bench.canvas.costs.show(Measure.MULTIPLY_ADDS)
    for zoom in (0.05, 0.15, 0.3, 0.6, 1.0):
        bench.canvas.zoom_to(zoom)
        bench.canvas.grab()
