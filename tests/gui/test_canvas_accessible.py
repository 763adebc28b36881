"""The canvas as screen readers see it: a list with an item for each node, true through edits, never a crash."""

import gc
import random
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from pytestqt.qtbot import QtBot

from engine.document.edits import AddNode, Disconnect, SetBypassed
from engine.document.graph import Node
from gui.design.canvas import accessible
from gui.design.canvas.accessible import CanvasInterface, NodeInterface
from gui.design.canvas.canvas import GraphCanvas
from gui.design.reading_order import reading_order
from gui.models.selection import Selection
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import Bench

Name = QAccessible.Text.Name


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    QAccessible.setActive(True)
    yield made
    QAccessible.setActive(False)
    agrees(made.canvas)
    made.model.shut_down()


def interface(bench: Bench) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(bench.canvas)
    assert isinstance(found, CanvasInterface)
    return found


def item(bench: Bench, node_id: str) -> QAccessibleInterface:
    whole = interface(bench)
    found = whole.child(reading_order(bench.graph).index(node_id))
    assert isinstance(found, NodeInterface) and found.node_id == node_id
    return found


def test_every_node_is_an_item_in_reading_order(bench: Bench) -> None:
    whole = interface(bench)
    assert whole.role() == QAccessible.Role.List
    assert whole.text(Name) == "Network"
    assert whole.childCount() == 15
    children = [whole.child(number) for number in range(15)]
    assert [child.node_id for child in children] == reading_order(bench.graph)  # type: ignore[union-attr]
    for number, child in enumerate(children):
        assert child is not None and child.isValid()
        assert child.role() == QAccessible.Role.ListItem
        assert whole.indexOfChild(child) == number
        parent = child.parent()
        assert parent is not None and parent.object() is bench.canvas
        assert child.childCount() == 0 and child.child(0) is None
    assert whole.child(15) is None and whole.child(-1) is None


def test_an_item_says_what_it_is(bench: Bench) -> None:
    assert item(bench, "conv2").text(Name) == "Conv2d conv2, input from pool1, output 64×14×14"
    assert "3×3 · 64" in item(bench, "conv2").text(QAccessible.Text.Description)
    assert item(bench, "images").text(Name) == "Images in images, output 1×28×28"
    bench.model.do(Disconnect(target="loss", input="target"))
    assert item(bench, "loss").text(Name).endswith("1 problem")
    bench.model.do(SetBypassed(ids=("relu1",), bypassed=True))
    assert item(bench, "relu1").text(Name).endswith("bypassed")


def test_items_lie_where_the_cards_are(bench: Bench) -> None:
    for zoom in (1.0, 0.4):
        bench.canvas.zoom_to(zoom)
        at = bench.canvas.mapToGlobal(bench.hand.card("fc1"))
        assert item(bench, "fc1").rect().contains(at)
        found = interface(bench).childAt(at.x(), at.y())
        assert isinstance(found, NodeInterface) and found.node_id == "fc1"
    nowhere = bench.canvas.mapToGlobal(QPoint(3, 3))
    assert interface(bench).childAt(nowhere.x(), nowhere.y()) is None
    bench.canvas.zoom_to(3.0)
    bench.canvas.center_on(0, 0)
    assert item(bench, "loss").state().offscreen and not item(bench, "images").state().offscreen  # type: ignore[attr-defined]


def test_walking_by_keys_tells_where_the_focus_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[QAccessible.Event, int]] = []
    monkeypatch.setattr(
        accessible.QAccessible, "updateAccessibility", lambda event: told.append((event.type(), event.child()))
    )
    bench.hand.key(Qt.Key.Key_Home)
    bench.hand.key(Qt.Key.Key_Right)
    focus = [child for kind, child in told if kind == QAccessible.Event.Focus]
    order = reading_order(bench.graph)
    assert [order[child] for child in focus] == ["images", "conv1"]
    focused = interface(bench).focusChild()
    assert isinstance(focused, NodeInterface) and focused.node_id == "conv1"
    state = focused.state()
    assert state.focused and state.selected and state.focusable  # type: ignore[attr-defined]
    assert not item(bench, "bn1").state().focused  # type: ignore[attr-defined]


def test_nothing_is_told_while_nobody_listens(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    QAccessible.setActive(False)
    monkeypatch.setattr(
        accessible.QAccessible, "updateAccessibility", lambda _event: pytest.fail("told although nobody listens")
    )
    if QAccessible.isActive():
        pytest.skip("this platform listens always")
    bench.hand.key(Qt.Key.Key_Home)
    bench.hand.key(Qt.Key.Key_Right)


def test_items_of_deleted_nodes_are_invalid_and_come_back_with_undo(bench: Bench) -> None:
    gone = item(bench, "bn1")
    bench.selection.set_nodes({"bn1"})
    bench.canvas.commands.delete()
    assert interface(bench).childCount() == 14
    assert not gone.isValid()
    assert gone.text(Name) == "" and gone.rect().isEmpty() and gone.state().invalid  # type: ignore[attr-defined]
    assert interface(bench).indexOfChild(gone) == -1
    bench.model.history.undo()
    assert gone.isValid() and item(bench, "bn1") is gone
    bench.model.do(AddNode(node=Node(id="extra", type="ReLU")))
    assert interface(bench).childCount() == 16


def test_canvases_come_and_go(qtbot: QtBot, tmp_path: Path) -> None:
    """Interfaces outlive what they stand for; asking them afterwards answers nothing and does not crash."""
    QAccessible.setActive(True)
    bench = Bench(qtbot, tmp_path, residual_network())
    kept: list[QAccessibleInterface] = []
    gone: list[weakref.ref[GraphCanvas]] = []
    for number in range(25):
        canvas = GraphCanvas(bench.model, Selection(bench.model))
        canvas.resize(400, 300)
        canvas.show()
        whole = QAccessible.queryAccessibleInterface(canvas)
        assert whole is not None
        kept += [child for child in (whole.child(index) for index in range(whole.childCount())) if child is not None]
        canvas.close()
        canvas.deleteLater()
        gone.append(weakref.ref(canvas))
        del canvas, whole
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if number % 5 == 0:
            gc.collect()
    for child in kept:
        assert not child.isValid() and child.parent() is None
        assert child.text(Name) == "" and child.rect().isEmpty()
        assert child.window() is None
    QAccessible.setActive(False)
    bench.model.shut_down()


def test_random_edits_while_a_reader_walks_about(bench: Bench) -> None:
    chance = random.Random(5)
    seen: list[QAccessibleInterface] = []
    commands = bench.canvas.commands
    deeds = [
        *(commands.delete, commands.duplicate, commands.toggle_bypassed, commands.select_connected),
        *(bench.model.history.undo, bench.model.history.redo),
        lambda: bench.canvas.add_layer(chance.choice(("ReLU", "Linear", "Add"))),
        lambda: (
            bench.model.create(bench.model.directory.parent / f"n{chance.random()}", residual_network())  # type: ignore[union-attr]
            if chance.random() < 0.1
            else None
        ),
    ]
    for _step in range(80):
        ids = sorted(bench.graph.nodes)
        bench.selection.set_nodes(chance.sample(ids, min(len(ids), chance.randint(0, 2))))
        if len(ids) < 60 or chance.random() < 0.5:
            chance.choice(deeds)()
        whole = interface(bench)
        count = whole.childCount()
        assert count == len(bench.graph.nodes)
        if count:
            child = whole.child(chance.randrange(count))
            assert child is not None and child.isValid() and child.text(Name)
            seen.append(child)
        old = chance.choice(seen) if seen else None
        if old is not None:
            assert old.isValid() == (old.node_id in bench.graph.nodes)  # type: ignore[attr-defined]
            old.text(Name), old.rect(), old.state(), old.parent()
