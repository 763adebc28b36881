"""Links made and removed without a mouse."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.errors import GraphError
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, residual_network, unlinked_network

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.close()


@pytest.fixture
def apart(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, unlinked_network())
    yield made
    agrees(made.canvas)
    made.close()


def test_a_node_is_linked_by_name(apart: CanvasBench) -> None:
    apart.selection.set_nodes({"images"})
    apart.hand.key(Key.Key_K, CONTROL)
    finder = apart.canvas.linking.finder
    assert finder.isVisible()
    apart.hand.type("conv")
    assert finder.list.item(0).text() == "→ conv1"
    apart.hand.key(Key.Key_Return)
    assert apart.graph.inputs_of("conv1")["input"].source == "images"
    assert apart.step == "Connect images to conv1"


def test_what_does_not_fit_is_last_and_says_why(apart: CanvasBench) -> None:
    apart.selection.set_nodes({"conv1"})
    apart.hand.key(Key.Key_K, CONTROL)
    finder = apart.canvas.linking.finder
    captions = [finder.list.item(row).text() for row in range(finder.list.count())]
    assert captions[0] == "← images" and "← labels" in captions[1:]
    apart.hand.type("labels")
    assert "decimal numbers" in finder.said()
    apart.hand.key(Key.Key_Return)
    assert not apart.graph.inputs_of("conv1")
    assert len(apart.refused) == 1 and isinstance(apart.refused[0], GraphError)


def test_a_circle_is_refused_with_its_reason(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"relu1"})
    bench.hand.key(Key.Key_K, CONTROL)
    bench.hand.type("conv1")
    finder = bench.canvas.linking.finder
    texts = {finder.list.item(row).text() for row in range(finder.list.count())}
    assert "→ conv1" in texts
    while finder.list.currentItem().text() != "→ conv1":
        bench.hand.key(Key.Key_Down)
    assert "circle" in finder.said()
    bench.hand.key(Key.Key_Escape)
    assert bench.canvas.hasFocus()


def test_several_nodes_are_linked_in_a_row(apart: CanvasBench) -> None:
    hand = apart.hand
    hand.drop_layer("ReLU", hand.point(640, 40))
    apart.selection.set_nodes({"images", "conv1", "relu1"})
    hand.key(Key.Key_K, CONTROL)
    assert apart.graph.inputs_of("conv1")["input"].source == "images"
    assert apart.graph.inputs_of("relu1")["input"].source == "conv1"
    assert apart.step == "Connect 3 nodes"


def test_a_row_that_does_not_fit_says_why(apart: CanvasBench) -> None:
    apart.selection.set_nodes({"images", "labels"})
    apart.hand.key(Key.Key_K, CONTROL)
    assert apart.model.history.count() == 0
    assert len(apart.refused) == 1


def test_a_link_of_a_node_is_removed_by_keys(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv2"})
    bench.hand.key(Key.Key_K, CONTROL | SHIFT)
    finder = bench.canvas.linking.finder
    assert finder.list.count() == 4  # from pool1, to conv3, to add1, all of them
    bench.hand.type("add1")
    bench.hand.key(Key.Key_Return)
    assert "b" not in bench.graph.inputs_of("add1")
    assert bench.model.history.count() == 1


def test_all_links_of_several_nodes_go_in_one_step(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv2", "conv3"})
    bench.hand.key(Key.Key_K, CONTROL | SHIFT)
    assert not bench.graph.inputs_of("conv2") and not bench.graph.inputs_of("conv3")
    assert bench.step == "Remove 4 links"
    bench.model.history.undo()
    assert bench.graph == residual_network().graph
