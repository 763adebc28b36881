"""The live pictures of weights on cards: shown while a run tells of them, told in numbers too, and left out on wish."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document.block import BLOCK, DrawnBlock
from engine.document.edits import AddBlock, AddNode, Batch, SetBypassed
from engine.document.graph import Node
from engine.protocol.messages.training import StartTraining
from engine.protocol.run_events import RunFinished, WeightHistogram, WeightsSeen
from gui.design.canvas.canvas import GraphCanvas
from gui.design.canvas.face import CARD_WIDTH, NodeFace
from gui.design.canvas.live import picture_box
from gui.design.tab import DesignTab
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.selection import Selection
from gui.models.settings import Settings
from tests.gui.drawn_networks import Hand, residual_network
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog

Key = Qt.Key


def bell(width: float = 0.3, count: int = 18_432) -> WeightHistogram:
    """Bars as of a trained layer."""
    bars = [max(1, round(99 * math.exp(-(((n - 11.5) / 6) ** 2)))) for n in range(24)]
    return WeightHistogram(low=-width, high=width, mean=0.001, deviation=width / 3, count=count, bars=bars)


class Watched:
    """A canvas with a run that goes on."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.model = ProjectModel()
        self.model.create(folder / "network", residual_network())
        self.engine = FakeEngine()
        self.runs = RunsModel(self.model, self.engine)
        self.settings = Settings(folder / "config")
        self.selection = Selection(self.model)
        self.canvas = GraphCanvas(self.model, self.selection, self.runs)
        self.canvas.live.follow(self.settings)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(1200, 800)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)
        self.canvas.zoom_to(1.0)
        self.canvas.center_on(360, 60)
        self.canvas.setFocus()
        self.hand = Hand(self.canvas)
        assert self.model.directory is not None
        self.log = RunLog(self.model.directory, 1, epochs=4, steps=10)
        self.log.prepare()
        self.qtbot = qtbot

    def tell(self, step: int, epoch: int, **nodes: WeightHistogram) -> None:
        self.log.say(WeightsSeen(step=step, epoch=epoch, nodes=nodes))
        self.qtbot.waitUntil(lambda: (seen := self.runs.curves(1).weights) is not None and seen.step == step)

    def card(self, node: str) -> QImage:
        """What the canvas shows of a card."""
        self.canvas.grab()
        self.qtbot.waitUntil(lambda: self.canvas.settled)
        geometry = self.canvas.geometry_store
        x, y, width, height = geometry.boxes[geometry.row_of[node]].tolist()
        corner = self.hand.point(x, y)
        return self.canvas.grab().toImage().copy(corner.x(), corner.y(), round(width), round(height))


@pytest.fixture
def watched(qtbot: QtBot, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(qtbot, tmp_path)
    yield made
    made.model.shut_down()
    made.settings.close()


def test_cards_show_weights_as_they_come_and_keep_their_size(watched: Watched) -> None:
    before, size = watched.card("conv1"), watched.canvas.geometry_store.boxes.copy()
    other = watched.card("relu1")
    watched.tell(0, 1, conv1=bell())
    first = watched.card("conv1")
    assert first != before
    flat = WeightHistogram(low=-1, high=1, mean=0, deviation=0.5, count=9, bars=[99] * 24)
    watched.tell(10, 1, conv1=flat)
    assert watched.card("conv1") != first
    assert watched.card("relu1") == other
    assert (watched.canvas.geometry_store.boxes == size).all()


def test_a_finished_run_shows_its_last_weights(watched: Watched) -> None:
    before = watched.card("fc1")
    watched.tell(40, 4, conv1=bell())
    watched.log.say(RunFinished(epochs=4, seconds=3.0, samples_per_s=100.0, best_epoch=4, best={}))
    watched.qtbot.waitUntil(lambda: watched.runs.active is None)
    assert watched.canvas.live.of("conv1") is not None
    assert watched.card("fc1") == before


def test_the_numbers_stand_in_the_tooltip_and_are_said(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.tell(20, 2, conv1=bell(), conv2=bell(0.1, 1))
    shown: list[str] = []
    monkeypatch.setattr("gui.design.canvas.canvas.QToolTip.showText", lambda _at, text, _widget: shown.append(text))
    at = watched.hand.card("conv1") + QPoint(0, 20)
    QApplication.sendEvent(watched.canvas, QHelpEvent(QHelpEvent.Type.ToolTip, at, watched.canvas.mapToGlobal(at)))
    assert "18,432 weights in run 1, epoch 2" in shown[-1]
    assert "-0.3 to 0.3, mean 0.001, deviation 0.1" in shown[-1]
    watched.selection.set_nodes({"conv2"})
    assert "1 weight in run 1, epoch 2" in watched.canvas.accessibleDescription()


def test_a_key_leaves_them_out_and_new_runs_do_not_tell(watched: Watched, qtbot: QtBot) -> None:
    before = watched.card("conv1")
    watched.tell(20, 2, conv1=bell())
    with_weights = watched.card("conv1")
    watched.hand.key(Key.Key_W)
    assert watched.card("conv1") == before
    assert not watched.settings.values.live_pictures and not watched.runs.pictures
    assert watched.canvas.live.words("conv1") == ""
    watched.hand.key(Key.Key_W)
    assert watched.card("conv1") == with_weights
    assert watched.runs.pictures


def test_the_engine_is_asked_for_pictures_only_when_they_are_wanted(qtbot: QtBot, tmp_path: Path) -> None:
    from tests.unit.models.test_runs import FINISHED

    made = Watched(qtbot, tmp_path)
    made.log.say(FINISHED)
    qtbot.waitUntil(lambda: made.runs.active is None and made.runs.summary(1) is not None)
    qtbot.waitUntil(lambda: made.runs.summary(1).state == "finished")  # type: ignore[union-attr]
    made.canvas.live.toggle()
    made.runs.resume(1)
    if made.runs.starting:
        qtbot.waitUntil(lambda: any(isinstance(request, StartTraining) for request in made.engine.requests))
        (request,) = [request for request in made.engine.requests if isinstance(request, StartTraining)]
        assert request.pictures is False
    made.model.shut_down()
    made.settings.close()


def test_bypassed_nodes_and_small_cards_show_none(watched: Watched) -> None:
    watched.tell(20, 2, conv1=bell())
    with_weights = watched.card("conv1")
    watched.model.do(SetBypassed(ids=("conv1",), bypassed=True))
    bypassed = watched.card("conv1")
    assert bypassed != with_weights
    watched.tell(21, 2, conv1=WeightHistogram(low=0, high=1, mean=0, deviation=0, count=1, bars=[99] * 24))
    assert watched.card("conv1") == bypassed


@pytest.mark.parametrize("line", ["", "3×3 · 64", "a very long line of set"])
def test_bars_stand_clear_of_the_settings(line: str) -> None:
    face = NodeFace(id="a", title="Conv2d", line=line, inputs=("input",), outputs=("output",))
    left, top, right, bottom = picture_box(face)
    assert 0 < left < right < CARD_WIDTH and 26 < top < bottom < face.height
    words_end = 14 + len(line) * 7.2
    assert left >= words_end or top >= 26 + 6 + 20


def test_inside_a_block_the_weights_of_the_opened_instance_are_shown(watched: Watched) -> None:
    watched.model.do(
        Batch(
            title="Add a block",
            edits=(
                AddBlock(block=DrawnBlock(id="stage", title="Stage", nodes=(Node(id="conv1", type="Conv2d"),))),
                AddNode(node=Node(id="block1", type=BLOCK, attributes={"block": "stage"}, x=0, y=700)),
            ),
        )
    )
    watched.tell(20, 2, conv1=bell(0.3), block1__conv1=bell(0.1))
    assert watched.canvas.live.of("conv1") == bell(0.3)
    assert watched.canvas.project.enter("block1")
    assert watched.canvas.live.of("conv1") == bell(0.1)
    watched.canvas.project.leave()
    assert watched.canvas.live.of("conv1") == bell(0.3)


def test_the_form_beside_the_canvas_shows_them_large(watched: Watched, qtbot: QtBot) -> None:
    tab = DesignTab(project=watched.model, selection=watched.selection, runs=watched.runs, settings=watched.settings)
    qtbot.addWidget(tab)
    tab.show()
    panel = tab.inspector.node.weights
    watched.selection.set_nodes({"conv2"})
    tab.inspector.refresh()
    assert not panel.isVisibleTo(tab.inspector.node)
    watched.tell(20, 2, conv2=bell())
    assert panel.isVisibleTo(tab.inspector.node)
    assert panel.heading.whole_text() == "Weights · epoch 2"
    assert panel.numbers.whole_text() == "mean 0.001, deviation 0.1"
    watched.selection.set_nodes({"relu1"})
    tab.inspector.refresh()
    assert not panel.isVisibleTo(tab.inspector.node)
