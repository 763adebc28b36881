"""Tidy by key, button and menu: one step, cards that glide, ports that follow the flow, no link under a card."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.document.edits import MoveNodes, PutFrame, Route, SetTitle
from engine.document.graph import Frame
from engine.document.project import Project
from gui.design.canvas import tidying
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.menu import CanvasMenu
from gui.models.background import Background
from gui.widgets.motion import may_move, set_less_motion
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import Bench
from tests.known_networks import dense, resnet, transformer, unet

Key = Qt.Key
TIDY = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier

Places = dict[str, tuple[float, float]]


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    made.canvas.tidier.wait()
    agrees(made.canvas)
    made.model.shut_down()


@pytest.fixture
def at_once() -> Iterator[None]:
    set_less_motion(True)
    yield
    set_less_motion(False)


def places(bench: Bench) -> Places:
    return {node.id: (node.x, node.y) for node in bench.graph.nodes.values()}


def drawn_places(bench: Bench) -> Places:
    geometry = bench.canvas.geometry_store
    return {node: tuple(geometry.boxes[row, :2].tolist()) for node, row in geometry.row_of.items()}  # type: ignore[misc]


def overlapping(geometry: Geometry) -> list[tuple[str, str]]:
    x, y, width, height = geometry.boxes.T
    apart = (x[:, None] >= (x + width)[None]) | (y[:, None] >= (y + height)[None])
    hit = ~(apart | apart.T)
    return [(geometry.ids[a], geometry.ids[b]) for a, b in np.argwhere(np.triu(hit, 1)).tolist()]


def under_cards(geometry: Geometry) -> list[tuple[str, str, str]]:
    """Links that run under a card: (source, target, card). Their own cards count too, but for the ports."""
    links = np.arange(len(geometry.edges))
    assert geometry.resolve(links)
    found = []
    for rows, curves in geometry.curves(links, 48):
        for link, curve in zip(rows.tolist(), curves, strict=True):
            curve = np.linspace(curve[0], curve[1], 80) if len(curve) == 2 else curve
            for card, (x, y, width, height) in enumerate(geometry.boxes.tolist()):
                own = card in geometry.ends[link]
                rim = 9.0 if own else 1.0
                inside = (curve[:, 0] > x + rim) & (curve[:, 0] < x + width - rim)
                inside &= (curve[:, 1] > y + rim) & (curve[:, 1] < y + height - rim)
                if inside.any():
                    edge = geometry.edges[link]
                    found.append((edge.source, edge.target, geometry.ids[card]))
    return found


def by_key(bench: Bench) -> None:
    bench.hand.key(Key.Key_T, TIDY)


def by_button(bench: Bench) -> None:
    button = bench.canvas.findChild(QWidget, "design.tidy")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def by_menu(bench: Bench) -> None:
    choose(bench, "Tidy to the right")


def choose(bench: Bench, caption: str) -> None:
    """Open the menu on empty canvas with the right button and choose an entry."""
    at = QPoint(6, bench.canvas.height() // 2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, bench.canvas.mapToGlobal(at))
    QApplication.sendEvent(bench.canvas, event)
    (menu,) = (menu for menu in bench.canvas.findChildren(CanvasMenu) if menu.isVisible())
    action = next(action for action in menu.actions() if action.text().split("\t")[0] == caption)
    menu.setActiveAction(action)
    QTest.keyClick(menu, Key.Key_Return)


@pytest.mark.parametrize("how", [by_key, by_button, by_menu])
def test_tidy_is_one_named_step_that_glides_and_is_undone(
    bench: Bench, qtbot: QtBot, how: Callable[[Bench], None]
) -> None:
    before = places(bench)
    with qtbot.waitSignal(bench.canvas.tidier.finished) as finished:
        how(bench)
        assert places(bench) == before, "it is worked out elsewhere"
    assert finished.args == [True]
    after = places(bench)
    assert after != before
    assert bench.model.history.undoText() == "Tidy the network"
    assert bench.canvas.tidier.glide.going_on
    assert drawn_places(bench) != after, "the cards are on their way"
    qtbot.waitUntil(lambda: not bench.canvas.tidier.busy)
    assert drawn_places(bench) == after
    bench.hand.key(Key.Key_T, TIDY)
    with qtbot.waitSignal(bench.canvas.tidier.finished) as again:
        pass
    assert again.args == [False], "what is tidy stays as it is"
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert places(bench) == before
    assert drawn_places(bench) == before
    assert bench.graph == residual_network().graph


def test_whoever_wants_less_motion_sees_the_result_at_once(bench: Bench, qtbot: QtBot, at_once: None) -> None:
    with qtbot.waitSignal(bench.canvas.tidier.finished):
        by_key(bench)
    assert not bench.canvas.tidier.glide.going_on
    assert drawn_places(bench) == places(bench)


def test_the_desktop_can_ask_for_less_motion_too(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    assert may_move()
    monkeypatch.setattr(type(QApplication.style()), "styleHint", lambda *_given: 0)
    assert not may_move()


@pytest.mark.parametrize("interrupt", ["press", "undo", "edit", "wheel"])
def test_whatever_else_is_done_ends_the_movement(bench: Bench, qtbot: QtBot, interrupt: str) -> None:
    with qtbot.waitSignal(bench.canvas.tidier.finished):
        by_key(bench)
    assert bench.canvas.tidier.glide.going_on
    if interrupt == "press":
        bench.hand.press(QPoint(5, 5))
        bench.hand.release(QPoint(5, 5))
    elif interrupt == "undo":
        bench.model.history.undo()
    elif interrupt == "edit":
        bench.model.do(SetTitle(id="conv1", title="first"))
    else:
        middle = QPointF(bench.canvas.rect().center())
        turned = QWheelEvent(
            middle,
            QPointF(bench.canvas.mapToGlobal(middle.toPoint())),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(bench.canvas, turned)
    assert not bench.canvas.tidier.glide.going_on
    agrees(bench.canvas)


def test_a_graph_that_changes_meanwhile_is_laid_out_again(
    bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = tidying.laid_out

    def counting(drawn: object, *, downwards: bool) -> Places:
        asked.append(1)
        return real(drawn, downwards=downwards)  # type: ignore[arg-type]

    monkeypatch.setattr(tidying, "laid_out", counting)
    by_key(bench)
    bench.model.do(MoveNodes(positions={"loss": (9000.0, 9000.0)}))
    with qtbot.waitSignal(bench.canvas.tidier.finished) as finished:
        pass
    assert finished.args == [True]
    assert len(asked) == 2
    assert places(bench)["loss"] != (9000.0, 9000.0)
    assert bench.model.history.count() == 2
    bench.model.history.undo()
    assert places(bench)["loss"] == (9000.0, 9000.0)


def test_a_project_that_is_closed_meanwhile_is_let_go(bench: Bench, qtbot: QtBot) -> None:
    by_key(bench)
    bench.model.close()
    bench.canvas.tidier.wait()
    assert not bench.canvas.tidier.busy
    assert bench.model.history.count() == 0


def test_the_thread_ends_with_the_work(bench: Bench, qtbot: QtBot) -> None:
    by_key(bench)
    bench.canvas.tidier.wait()
    QApplication.sendPostedEvents()
    assert all(not worker.busy for worker in bench.canvas.tidier.findChildren(Background))


def test_only_the_selection_is_tidied(bench: Bench, qtbot: QtBot) -> None:
    chosen = {"fc1", "fc2", "loss", "labels"}
    bench.selection.set_nodes(chosen)
    before = places(bench)
    with qtbot.waitSignal(bench.canvas.tidier.finished):
        by_key(bench)
    after = places(bench)
    assert {node for node in after if after[node] != before[node]} <= chosen
    assert bench.model.history.undoText() == "Tidy 4 nodes"
    corner = min(before[node][0] for node in chosen), min(before[node][1] for node in chosen)
    assert corner == (min(after[node][0] for node in chosen), min(after[node][1] for node in chosen))


def test_a_read_only_project_says_so(bench: Bench, qtbot: QtBot) -> None:
    before = places(bench)
    bench.model.read_only = True
    with qtbot.waitSignals([bench.model.refused, bench.canvas.tidier.finished]):
        by_key(bench)
    assert places(bench) == before
    bench.model.read_only = False


def test_ways_made_by_hand_go_and_frames_follow_what_they_hold(bench: Bench, qtbot: QtBot, at_once: None) -> None:
    bench.model.do(Route(target="add1", input="b", via=((300.0, 500.0), (600.0, 480.0))))
    bench.model.do(PutFrame(frame=Frame(id="frame1", title="Head", x=-24, y=424, width=700, height=130)))
    with qtbot.waitSignal(bench.canvas.tidier.finished):
        by_key(bench)
    assert bench.graph.inputs_of("add1")["b"].via == ()
    (frame,) = bench.graph.frames
    for node in ("fc1", "fc2", "loss"):
        x, y = places(bench)[node]
        assert frame.x < x < frame.x + frame.width
        assert frame.y < y < frame.y + frame.height
    bench.model.history.undo()
    assert bench.graph.inputs_of("add1")["b"].via == ((300.0, 500.0), (600.0, 480.0))
    assert bench.graph.frames[0].x == -24


@pytest.mark.parametrize("how", ["key", "menu"])
def test_downwards_the_ports_lie_at_top_and_bottom(bench: Bench, qtbot: QtBot, at_once: None, how: str) -> None:
    with qtbot.waitSignal(bench.canvas.tidier.finished):
        if how == "key":
            bench.hand.key(Key.Key_D, TIDY)
        else:
            choose(bench, "Tidy downwards")
    geometry = bench.canvas.geometry_store
    assert geometry.downwards
    _x, y, _width, height = geometry.boxes[geometry.row_of["conv1"]].tolist()
    assert geometry.input_point("conv1", "input")[1] == y
    assert geometry.output_point("conv1", "output")[1] == y + height
    after = places(bench)
    assert after["bn1"][1] > after["conv1"][1] + height
    # A link is taken at its port there, and a new one ends there.
    bench.hand.drag(bench.hand.output("relu1"), bench.hand.input("flatten1"))
    assert bench.graph.inputs_of("flatten1")["input"].source == "relu1"
    bench.model.history.undo()
    bench.model.history.undo()
    assert not geometry.downwards
    assert geometry.input_point("conv1", "input") == (240.0, 32.0)


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("network", [resnet, unet, transformer, dense])
def test_no_card_on_another_and_no_link_under_one(
    qtbot: QtBot, tmp_path: Path, network: Callable[[], Project], downwards: bool, at_once: None
) -> None:
    bench = Bench(qtbot, tmp_path, network())
    bench.canvas.tidy(downwards=downwards)
    bench.canvas.tidier.wait()
    geometry = bench.canvas.geometry_store
    assert geometry.downwards == downwards
    assert overlapping(geometry) == []
    assert under_cards(geometry) == []
    first = places(bench)
    bench.canvas.tidy(downwards=downwards)
    bench.canvas.tidier.wait()
    assert places(bench) == first
    assert bench.model.history.count() == 1
    bench.model.shut_down()


def test_where_a_graph_runs_down_the_arrow_keys_do_too(bench: Bench, qtbot: QtBot, at_once: None) -> None:
    bench.canvas.tidy(downwards=True)
    bench.canvas.tidier.wait()
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_Down)
    assert bench.selection.nodes == {"bn1"}
    bench.hand.key(Key.Key_Up)
    assert bench.selection.nodes == {"conv1"}
    bench.selection.set_nodes({"loss"})
    beside = min(
        (node for node, (x, _y) in places(bench).items() if x > places(bench)["loss"][0]),
        key=lambda node: (
            abs(places(bench)[node][0] - places(bench)["loss"][0])
            + 3 * abs(places(bench)[node][1] - places(bench)["loss"][1])
        ),
        default=None,
    )
    bench.hand.key(Key.Key_Right)
    assert bench.selection.nodes == {beside if beside is not None else "loss"}
    # A link that is being drawn leaves its port as the others do.
    with bench.hand.dragging(bench.hand.output("relu1"), QPoint(40, bench.canvas.height() - 40)):
        bench.canvas.grab()
    bench.canvas.adding.finder.close_quietly()


def test_where_a_graph_runs_down_new_layers_go_below(bench: Bench, at_once: None) -> None:
    bench.canvas.tidy(downwards=True)
    bench.canvas.tidier.wait()
    before = places(bench)
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_R)  # between conv1 and bn1
    after = places(bench)
    (made,) = set(after) - set(before)
    assert bench.graph.inputs_of("bn1")["input"].source == made
    assert after[made][0] == before["conv1"][0] and after[made][1] > before["conv1"][1]
    assert after["bn1"][1] > after[made][1] and after["bn1"][0] == before["bn1"][0]
    assert bench.canvas.geometry_store.downwards
    assert overlapping(bench.canvas.geometry_store) == []
    bench.model.history.undo()
    bench.selection.set_nodes({"add1"})
    bench.canvas.commands.delete_link(("flatten1", "input"))
    bench.hand.key(Key.Key_N)  # behind add1, where nothing follows any more
    (made,) = set(places(bench)) - set(before)
    assert bench.graph.inputs_of(made)["input"].source == "add1"
    assert places(bench)[made][1] > before["add1"][1]
    assert overlapping(bench.canvas.geometry_store) == []
