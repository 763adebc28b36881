"""Ctrl+V on the canvas with text from elsewhere: code, a printed network, and text that holds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.errors import GraphError
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import CONTROL, Bench


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def paste(bench: Bench, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    bench.hand.key(Qt.Key.Key_V, CONTROL)


def test_code_is_pasted_linked_selected_and_one_step(bench: Bench) -> None:
    paste(bench, "nn.Sequential(nn.Conv2d(3, 24, 5, padding=2), nn.BatchNorm2d(24), nn.ReLU(), nn.Foo())")
    made = bench.selection.nodes
    assert sorted(bench.graph.nodes[name].type for name in made) == ["BatchNorm2d", "Conv2d", "ReLU"]
    conv = next(name for name in made if bench.graph.nodes[name].type == "Conv2d")
    assert bench.graph.nodes[conv].attributes == {"out_channels": 24, "kernel_size": 5, "padding": 2}
    (edge,) = bench.graph.consumers_of(conv)
    assert edge.target in made
    (note,) = bench.refused
    assert isinstance(note, GraphError)
    assert "Foo is not among the layers here" in note.message and note.hint == "The rest is pasted."
    assert bench.model.history.count() == 1
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_a_printed_network_is_pasted(bench: Bench) -> None:
    paste(bench, "Net(\n  (fc): Linear(in_features=4, out_features=8, bias=True)\n  (act): Tanh()\n)")
    assert len(bench.selection.nodes) == 2 and bench.refused == []


def test_other_text_changes_nothing_and_says_so(bench: Bench) -> None:
    paste(bench, "milk, eggs, flour")
    assert bench.model.history.count() == 0
    (error,) = bench.refused
    assert isinstance(error, GraphError) and "holds no layers" in error.message and "nn.Sequential" in error.hint


def test_code_can_be_pasted_into_the_search(bench: Bench) -> None:
    bench.hand.key(Qt.Key.Key_Escape)
    bench.hand.key(Qt.Key.Key_Tab)
    QGuiApplication.clipboard().setText("nn.Sequential(\n  nn.Linear(4, 8),\n  nn.ReLU(),\n)")
    bench.hand.key(Qt.Key.Key_V, CONTROL)
    finder = bench.canvas.adding.finder
    assert finder.isVisible() and len(finder.keys()) == 1
    assert "2 layers" in finder.said()
    bench.hand.key(Qt.Key.Key_Return)
    assert sorted(bench.graph.nodes[name].type for name in bench.selection.nodes) == ["Linear", "ReLU"]
    assert bench.model.history.count() == 1
