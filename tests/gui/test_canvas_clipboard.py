"""Nodes travel between two windows as text on the clipboard."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, residual_network, unlinked_network

CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


@pytest.fixture
def two(qtbot: QtBot, tmp_path: Path) -> Iterator[tuple[CanvasBench, CanvasBench]]:
    first = CanvasBench(qtbot, tmp_path / "one", residual_network())
    second = CanvasBench(qtbot, tmp_path / "two", unlinked_network())
    yield first, second
    for bench in (first, second):
        agrees(bench.canvas)
        bench.close()


def test_a_copy_is_pasted_in_another_window_with_its_links(two: tuple[CanvasBench, CanvasBench]) -> None:
    first, second = two
    first.selection.set_nodes({"conv2", "conv3", "relu2"})
    first.canvas.setFocus()
    first.hand.key(Key.Key_C, CONTROL)
    assert json.loads(QGuiApplication.clipboard().text())["netwright"] == "nodes"
    second.canvas.activateWindow()
    second.canvas.setFocus()
    second.hand.key(Key.Key_V, CONTROL)
    made = second.selection.nodes
    assert len(made) == 3 and len(second.graph.nodes) == 6
    types = {second.graph.nodes[node].type for node in made}
    assert types == {"Conv2d", "ReLU"}
    relu = next(node for node in made if second.graph.nodes[node].type == "ReLU")
    assert second.graph.inputs_of(relu)["input"].source in made
    assert second.step == "Paste 3 nodes"
    second.model.history.undo()
    assert second.graph == unlinked_network().graph
    assert first.graph == residual_network().graph


def test_a_cut_leaves_one_window_and_comes_to_the_other(two: tuple[CanvasBench, CanvasBench]) -> None:
    first, second = two
    first.selection.set_nodes({"bn1"})
    first.hand.key(Key.Key_X, CONTROL)
    assert "bn1" not in first.graph.nodes
    assert first.graph.inputs_of("relu1")["input"].source == "conv1", "the gap is closed"
    second.hand.key(Key.Key_V, CONTROL)
    assert [second.graph.nodes[node].type for node in second.selection.nodes] == ["BatchNorm2d"]
