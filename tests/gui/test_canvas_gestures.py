"""The canvas under a real mouse: select, move, connect, splice, cut, pan, zoom; each undone in one step."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document.project import Project
from gui.design.canvas.canvas import GraphCanvas
from gui.design.canvas.gestures.connect import ConnectPorts
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from tests.gui.drawn_networks import Hand, agrees, residual_network, unlinked_network

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


class Bench:
    """A shown canvas with its models and a hand."""

    def __init__(self, qtbot: QtBot, folder: Path, project: Project) -> None:
        self.model = ProjectModel()
        self.model.create(folder / "network", project)
        self.selection = Selection(self.model)
        self.canvas = GraphCanvas(self.model, self.selection)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(1200, 800)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)
        self.canvas.activateWindow()
        self.canvas.setFocus()
        qtbot.waitUntil(self.canvas.hasFocus)
        self.hand = Hand(self.canvas)
        self.refused: list[object] = []
        self.model.refused.connect(self.refused.append)

    @property
    def graph(self):  # type: ignore[no-untyped-def]
        return self.model.project.graph

    def place(self, node: str) -> tuple[float, float]:
        return self.graph.nodes[node].x, self.graph.nodes[node].y


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


@pytest.fixture
def apart(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, unlinked_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


# Selecting.


def test_click_selects_one_and_empty_canvas_none(bench: Bench) -> None:
    bench.hand.drag(bench.hand.card("conv1"), bench.hand.card("conv1"))
    assert bench.selection.nodes == {"conv1"}
    empty = bench.hand.point(900, 600)
    bench.hand.drag(empty, empty)
    assert bench.selection.nodes == frozenset()


def test_shift_click_adds_and_takes_out(bench: Bench) -> None:
    bench.hand.drag(bench.hand.card("conv1"), bench.hand.card("conv1"))
    bench.hand.drag(bench.hand.card("bn1"), bench.hand.card("bn1"), keys=SHIFT)
    assert bench.selection.nodes == {"conv1", "bn1"}
    bench.hand.drag(bench.hand.card("conv1"), bench.hand.card("conv1"), keys=SHIFT)
    assert bench.selection.nodes == {"bn1"}


def test_click_on_one_of_several_selects_it_alone(bench: Bench) -> None:
    bench.selection.set_nodes({"conv1", "bn1"})
    bench.hand.drag(bench.hand.card("bn1"), bench.hand.card("bn1"))
    assert bench.selection.nodes == {"bn1"}


def test_rubber_band_selects_what_it_touches_and_shift_adds(bench: Bench) -> None:
    hand = bench.hand
    hand.drag(hand.point(-20, -30), hand.point(420, 100))
    assert bench.selection.nodes == {"images", "conv1"}
    hand.drag(hand.point(700, -30), hand.point(1150, 100), keys=SHIFT)
    assert bench.selection.nodes == {"images", "conv1", "relu1", "pool1"}


def test_escape_gives_the_selection_before_a_band_back(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1"})
    hand = bench.hand
    hand.press(hand.point(-20, -30))
    hand.move(hand.point(420, 100))
    assert bench.selection.nodes == {"images", "conv1"}
    hand.key(Qt.Key.Key_Escape)
    assert bench.selection.nodes == {"fc1"}
    hand.release(hand.point(420, 100))


# Moving.


def test_a_drag_moves_snaps_and_is_one_step(bench: Bench) -> None:
    hand = bench.hand
    start = hand.card("answer")
    hand.drag(start, start + QPoint(63, 38))
    x, y = bench.place("answer")
    assert (x, y) != (480, 576)
    assert x % 8 == 0 and y % 8 == 0
    assert bench.model.history.count() == 1
    assert bench.model.history.undoText() == "Move answer"
    bench.model.history.undo()
    assert bench.place("answer") == (480, 576)


def test_alt_moves_without_snapping(bench: Bench) -> None:
    hand = bench.hand
    start = hand.card("answer")
    hand.drag(start, start + QPoint(61, 3), keys=ALT)
    x, _y = bench.place("answer")
    assert x == pytest.approx(480 + 61 / bench.canvas.view.zoom)


def test_the_whole_selection_moves_together(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1", "fc2", "loss"})
    hand = bench.hand
    start = hand.card("fc2")
    hand.drag(start, start + QPoint(0, 80))
    moved = bench.place("fc2")[1] - 464
    assert moved > 0
    assert bench.place("fc1") == (0, 464 + moved)
    assert bench.place("loss") == (480, 464 + moved)
    assert bench.model.history.count() == 1


def test_escape_puts_moving_nodes_back_without_a_step(bench: Bench) -> None:
    hand = bench.hand
    start = hand.card("conv1")
    hand.press(start)
    hand.move(start + QPoint(90, 60))
    assert bench.canvas.gesture is not None
    hand.key(Qt.Key.Key_Escape)
    hand.release(start + QPoint(90, 60))
    assert bench.place("conv1") == (240, 0)
    assert bench.model.history.count() == 0


def test_a_project_for_reading_only_cannot_be_moved(bench: Bench) -> None:
    bench.model.read_only = True
    hand = bench.hand
    start = hand.card("conv1")
    hand.drag(start, start + QPoint(90, 60))
    assert bench.place("conv1") == (240, 0)


# Connecting.


def test_connect_from_output_to_input(apart: Bench) -> None:
    apart.hand.drag(apart.hand.output("images"), apart.hand.input("conv1"))
    assert apart.graph.inputs_of("conv1")["input"].source == "images"
    assert apart.model.history.undoText() == "Connect images to conv1"
    apart.model.history.undo()
    assert not apart.graph.inputs_of("conv1")


def test_connect_from_input_to_output(apart: Bench) -> None:
    apart.hand.drag(apart.hand.input("conv1"), apart.hand.output("images"))
    assert apart.graph.inputs_of("conv1")["input"].source == "images"


def test_dropping_on_the_card_takes_the_port_that_fits(apart: Bench) -> None:
    apart.hand.drag(apart.hand.output("images"), apart.hand.card("conv1"))
    assert apart.graph.inputs_of("conv1")["input"].source == "images"


def test_a_port_near_the_pointer_catches_the_link(apart: Bench) -> None:
    apart.hand.drag(apart.hand.output("images"), apart.hand.input("conv1") - QPoint(12, 6))
    assert "input" in apart.graph.inputs_of("conv1")


def test_what_fits_lights_up_while_a_link_is_drawn(apart: Bench) -> None:
    hand = apart.hand
    with hand.dragging(hand.output("labels"), hand.point(200, 120)):
        gesture = apart.canvas.gesture
        assert isinstance(gesture, ConnectPorts)
        assert gesture.glowing == []  # labels are whole numbers, a Conv2d takes decimals
    apart.canvas.adding.finder.close_quietly()
    with hand.dragging(hand.output("images"), hand.point(200, 120)):
        gesture = apart.canvas.gesture
        assert isinstance(gesture, ConnectPorts)
        assert gesture.glowing == [("conv1", "input")]
    apart.canvas.adding.finder.close_quietly()


def test_a_refused_link_says_why_and_changes_nothing(apart: Bench) -> None:
    hand = apart.hand
    with hand.dragging(hand.output("labels"), hand.input("conv1")):
        gesture = apart.canvas.gesture
        assert isinstance(gesture, ConnectPorts)
        assert "decimal numbers" in gesture.reason
        apart.canvas.grab()  # the label is drawn without a fault
    assert not apart.graph.inputs_of("conv1")
    assert apart.model.history.count() == 0


def test_a_circle_is_refused(bench: Bench) -> None:
    hand = bench.hand
    with hand.dragging(hand.output("relu1"), hand.input("conv1")):
        gesture = bench.canvas.gesture
        assert isinstance(gesture, ConnectPorts)
        assert "circle" in gesture.reason
    assert bench.graph.inputs_of("conv1")["input"].source == "images"


def test_a_link_to_a_taken_input_replaces_it_in_one_step(bench: Bench) -> None:
    bench.hand.drag(bench.hand.output("relu1"), bench.hand.input("conv2"))
    assert bench.graph.inputs_of("conv2")["input"].source == "relu1"
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert bench.graph.inputs_of("conv2")["input"].source == "pool1"


def test_a_link_is_picked_up_at_its_end_and_put_elsewhere(bench: Bench) -> None:
    bench.hand.drag(bench.hand.input("bn1"), bench.hand.input("relu1"))
    assert "input" not in bench.graph.inputs_of("bn1")
    assert bench.graph.inputs_of("relu1")["input"].source == "conv1"
    assert bench.model.history.count() == 1


def test_a_link_picked_up_and_dropped_on_nothing_is_removed(bench: Bench) -> None:
    bench.hand.drag(bench.hand.input("bn1"), bench.hand.point(450, 140))
    assert "input" not in bench.graph.inputs_of("bn1")
    bench.model.history.undo()
    assert bench.graph.inputs_of("bn1")["input"].source == "conv1"


def test_escape_puts_a_picked_up_link_back(bench: Bench) -> None:
    hand = bench.hand
    hand.press(hand.input("bn1"))
    hand.move(hand.point(450, 140))
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.point(450, 140))
    assert bench.graph.inputs_of("bn1")["input"].source == "conv1"
    assert bench.model.history.count() == 0


def test_a_link_dropped_on_empty_canvas_offers_what_fits_and_connects(bench: Bench) -> None:
    hand = bench.hand
    hand.drag(hand.output("pool1"), hand.point(1100, 140))
    search = bench.canvas.adding.finder
    assert search.isVisible()
    offered = search.keys()
    assert "Conv2d" in offered and "LSTM" not in offered and "Input" not in offered
    hand.type("batch")
    assert search.keys()[0] == "BatchNorm2d"
    hand.key(Qt.Key.Key_Return)
    added = next(iter(bench.selection.nodes))
    assert bench.graph.nodes[added].type == "BatchNorm2d"
    assert bench.graph.inputs_of(added)["input"].source == "pool1"
    assert bench.model.history.count() == 1


def test_a_reverse_link_dropped_on_empty_canvas_feeds_the_input(apart: Bench) -> None:
    hand = apart.hand
    hand.drag(hand.input("conv1"), hand.point(150, -120))
    hand.type("relu")
    hand.key(Qt.Key.Key_Return)
    added = next(iter(apart.selection.nodes))
    assert apart.graph.nodes[added].type == "ReLU"
    assert apart.graph.inputs_of("conv1")["input"].source == added


# Splicing and cutting.


def test_a_layer_dropped_on_a_link_goes_into_it(bench: Bench) -> None:
    bench.hand.drop_layer("Dropout", bench.hand.link("fc2"))
    added = next(iter(bench.selection.nodes))
    assert bench.graph.inputs_of(added)["input"].source == "fc1"
    assert bench.graph.inputs_of("fc2")["input"].source == added
    assert bench.place("fc2")[0] >= bench.place(added)[0] + 168, "what follows makes room"
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert bench.graph.inputs_of("fc2")["input"].source == "fc1"
    assert bench.place("fc2") == (240, 464)


def test_a_layer_dropped_on_empty_canvas_lies_where_it_was_dropped(bench: Bench) -> None:
    bench.hand.drop_layer("Linear", bench.hand.point(960, 500))
    assert bench.selection.nodes == {"linear1"}
    x, y = bench.place("linear1")
    assert abs(x + 84 - 960) <= 8 and abs(y + 26 - 500) <= 8
    assert not bench.graph.inputs_of("linear1")


def test_a_dragged_layer_that_leaves_adds_nothing(bench: Bench) -> None:
    before = len(bench.graph.nodes)
    bench.hand.drop_layer("Linear", bench.hand.point(960, 500), leave=True)
    assert len(bench.graph.nodes) == before
    assert bench.canvas.gesture is None


def test_a_free_node_moved_onto_a_link_goes_into_it(bench: Bench) -> None:
    hand = bench.hand
    hand.drop_layer("Dropout", hand.point(960, 500))
    (added,) = bench.selection.nodes
    hand.drag(hand.card(added), hand.link("fc2") - QPoint(0, 14))
    assert bench.graph.inputs_of(added)["input"].source == "fc1"
    assert bench.graph.inputs_of("fc2")["input"].source == added
    bench.model.history.undo()
    assert not bench.graph.inputs_of(added)
    assert bench.graph.inputs_of("fc2")["input"].source == "fc1"


def test_a_stroke_cuts_the_links_it_crosses(bench: Bench) -> None:
    hand = bench.hand
    hand.drag(hand.point(444, -40), hand.point(444, 400), Qt.MouseButton.RightButton, CONTROL, steps=12)
    assert "input" not in bench.graph.inputs_of("bn1")
    assert "input" not in bench.graph.inputs_of("relu2")
    assert "b" not in bench.graph.inputs_of("add1"), "the skip that passes below"
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_a_link_is_selected_by_click_and_removed_by_delete(bench: Bench) -> None:
    at = bench.hand.link("conv2")
    bench.hand.drag(at, at)
    bench.hand.key(Qt.Key.Key_Delete)
    assert "input" not in bench.graph.inputs_of("conv2")
    assert len(bench.graph.nodes) == 15


# Looking around.


def test_the_wheel_zooms_about_the_pointer(bench: Bench) -> None:
    at = bench.hand.card("conv3")
    before = bench.canvas.view.to_canvas(at.x(), at.y())
    zoom = bench.canvas.view.zoom
    event = QWheelEvent(
        QPointF(at),
        QPointF(bench.canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(bench.canvas, event)
    assert bench.canvas.view.zoom > zoom
    assert bench.canvas.view.to_canvas(at.x(), at.y()) == pytest.approx(before, abs=1.0)


def test_two_fingers_pan(bench: Bench) -> None:
    at = QPointF(300, 300)
    before = bench.canvas.view.state()
    event = QWheelEvent(
        at,
        at,
        QPoint(30, -20),
        QPoint(60, -40),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.ScrollUpdate,
        False,
    )
    QApplication.sendEvent(bench.canvas, event)
    assert bench.canvas.view.state() == (before[0], before[1] + 30, before[2] - 20)


def test_the_middle_button_pans(bench: Bench) -> None:
    zoom, x, y = bench.canvas.view.state()
    bench.hand.drag(QPoint(300, 300), QPoint(340, 250), Qt.MouseButton.MiddleButton)
    assert bench.canvas.view.state() == (zoom, x + 40, y - 50)
    assert bench.model.history.count() == 0


def test_space_and_drag_pans_and_does_not_search(bench: Bench, qtbot: QtBot) -> None:
    zoom, x, y = bench.canvas.view.state()
    qtbot.keyPress(bench.canvas, Qt.Key.Key_Space)
    bench.hand.drag(bench.hand.card("conv1"), bench.hand.card("conv1") + QPoint(25, 35))
    qtbot.keyRelease(bench.canvas, Qt.Key.Key_Space)
    assert bench.canvas.view.state() == (zoom, x + 25, y + 35)
    assert not bench.canvas.adding.finder.isVisible()
    assert bench.place("conv1") == (240, 0)


def test_the_picture_after_panning_is_the_picture_drawn_anew(bench: Bench, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bench.canvas.settled)
    bench.canvas.grab()
    bench.canvas.pan_by(37, -53)
    bench.canvas.pan_by(-11, 20)
    bench.canvas.grab()
    qtbot.waitUntil(lambda: bench.canvas.settled)
    panned = bench.canvas.grab().toImage()
    bench.canvas.redraw(None)
    assert bench.canvas.grab().toImage() == panned


def test_the_picture_after_an_edit_is_the_picture_drawn_anew(bench: Bench, qtbot: QtBot) -> None:
    bench.canvas.grab()
    start = bench.hand.card("relu2")
    bench.hand.drag(start, start + QPoint(20, 90))
    bench.hand.drag(bench.hand.output("relu1"), bench.hand.input("conv3"))
    bench.selection.set_nodes({"add1"})
    bench.canvas.commands.delete()
    bench.canvas.grab()
    qtbot.waitUntil(lambda: bench.canvas.settled)
    edited = bench.canvas.grab().toImage()
    bench.canvas.redraw(None)
    assert bench.canvas.grab().toImage() == edited


def test_holding_a_drag_at_the_edge_moves_the_view(bench: Bench, qtbot: QtBot) -> None:
    hand = bench.hand
    start = hand.card("conv1")
    hand.press(start)
    hand.move(QPoint(5, 300))
    before = bench.canvas.view.x
    qtbot.waitUntil(lambda: bench.canvas.view.x > before + 30)
    hand.key(Qt.Key.Key_Escape)
    assert bench.place("conv1") == (240, 0)
    hand.release(QPoint(5, 300))


def test_tooltips_name_shapes_ports_and_problems(bench: Bench) -> None:
    from gui.design.canvas.hit import Hit, Kind
    from gui.design.canvas.words import words_at

    assert "N × 32 × 14 × 14" in words_at(bench.model, Hit(Kind.LINK, link=("conv2", "input")))
    assert "channels" in words_at(bench.model, Hit(Kind.INPUT, node="conv1", port="input"))
    bench.canvas.commands.delete_link(("loss", "target"))
    assert "target" in words_at(bench.model, Hit(Kind.BADGE, node="loss"))


def test_the_loss_card_tells_the_last_loss_of_the_shown_run(qtbot: QtBot, tmp_path: Path) -> None:
    """A real run folder, followed by the real model."""
    import msgspec

    from engine.protocol.run_events import RunPrepared, RunStarted, StepsReported
    from gui.models.runs import RunsModel
    from tests.gui.fake_engine import FakeEngine

    model = ProjectModel()
    model.create(tmp_path / "network", residual_network())
    run = tmp_path / "network" / "runs" / "0001"
    run.mkdir(parents=True)
    started = [
        RunStarted(run=1, name="", pid=0, epochs=1, seed=7),
        RunPrepared(
            device="cpu",
            precision="float32",
            samples=10,
            val_samples=2,
            steps_per_epoch=5,
            batch_size=2,
            parameters=1,
        ),
        StepsReported(first_step=1, loss=[2.3, 0.2141], learning_rate=0.1, samples_per_s=1.0, epoch=1),
    ]
    (run / "events.jsonl").write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in started))
    runs = RunsModel(model, FakeEngine())
    canvas = GraphCanvas(model, Selection(model), runs)
    qtbot.addWidget(canvas)
    geometry = canvas.geometry_store
    qtbot.waitUntil(lambda: geometry.faces[geometry.row_of["loss"]].line == "loss 0.214")
    model.shut_down()
