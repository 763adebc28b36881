"""The small map in the corner of the canvas: it leads through what is out of view, and covers nothing that is in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.document.edits import MoveNodes, PutNote
from engine.document.graph import Note
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import residual_network


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, residual_network())
    made.canvas.fit()
    yield made
    made.close()


def beneath_map(bench: CanvasBench) -> tuple[float, float]:
    """The canvas point where a card lies under the map, with all of it in view."""
    place = bench.canvas._minimap.geometry()
    return bench.canvas.view.to_canvas(place.left() + 4, place.top() + 4)


def put_under_the_map(bench: CanvasBench) -> tuple[float, float]:
    old = bench.place("answer")
    assert bench.model.do(MoveNodes(positions={"answer": beneath_map(bench)}))
    return old


def test_it_goes_where_it_would_cover_a_node_and_all_is_in_view(bench: CanvasBench) -> None:
    small = bench.canvas._minimap
    assert small.isVisible()
    old = put_under_the_map(bench)
    assert not small.isVisible()
    bench.canvas.pan_by(-bench.canvas.width() / 2, 0)
    assert small.isVisible(), "a part is out of view: the map leads there"
    bench.canvas.pan_by(bench.canvas.width() / 2, 0)
    assert not small.isVisible()
    bench.canvas.zoom_to(2.0)
    assert small.isVisible()
    bench.canvas.zoom_to(bench.canvas.view.zoom / 8)
    assert small.isVisible(), "all is in view, and nothing lies beneath it"
    assert bench.model.do(MoveNodes(positions={"answer": old}))
    bench.canvas.fit()
    assert small.isVisible()


def test_it_goes_for_a_note_too(bench: CanvasBench) -> None:
    x, y = beneath_map(bench)
    assert bench.model.do(PutNote(note=Note(id="note1", text="Read me", x=x, y=y, width=40, height=20)))
    assert not bench.canvas._minimap.isVisible()
    bench.model.history.undo()
    assert bench.canvas._minimap.isVisible()


def test_it_stays_under_the_mouse_that_holds_it(bench: CanvasBench) -> None:
    small = bench.canvas._minimap
    put_under_the_map(bench)
    state = bench.canvas.view.state()
    bench.canvas.zoom_to(1.5)
    assert small.isVisible()
    QTest.mousePress(small, Qt.MouseButton.LeftButton, pos=QPoint(80, 50))
    bench.canvas.look_at(state, arrived=True)
    assert small.isVisible(), "all is in view now, but it is being dragged"
    QTest.mouseRelease(small, Qt.MouseButton.LeftButton, pos=QPoint(80, 50))
    assert not small.isVisible()
