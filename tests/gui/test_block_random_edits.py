"""Random gestures with blocks among them: the picture is the document all the way, and undoing all gives it back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.checks.inference import ShapeChecker
from engine.document.edits import SetAttributes
from engine.document.files import to_bytes
from engine.document.graph import Graph
from engine.document.project_json import from_bytes
from gui.widgets.motion import set_less_motion
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import Bench
from tests.gui.test_canvas_random_edits import Monkey

STEPS = 120


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Nothing glides: where a card is shown is where it can be clicked."""
    set_less_motion(True)
    yield
    set_less_motion(False)


class InnerBench(Bench):
    """Its graph is the one that is shown."""

    @property
    def graph(self) -> Graph:
        return self.canvas.project.project.graph


class BlockMonkey(Monkey):
    """Folds, opens, leaves, unpacks, copies and links as well."""

    def __init__(self, bench: Bench, seed: int) -> None:
        super().__init__(bench, seed)
        blocks = bench.canvas.blocks
        more: list[Callable[[], object]] = [
            self.fold,
            self.fold,
            self.fold,
            self.open,
            self.open,
            self.leave,
            self.unpack,
            self.repeat,
            self.paste,
            blocks.make_independent,
            lambda: bench.canvas.add_layer(self.random.choice(["BlockInput", "BlockOutput", "ReLU"])),
        ]
        self.deeds += more

    def fold(self) -> None:
        if len(self.bench.model.project.blocks) < 8:
            ids = sorted(self.bench.graph.nodes)
            self.bench.selection.set_nodes(self.random.sample(ids, min(len(ids), self.random.randint(1, 4))))
            self.bench.canvas.blocks.fold()

    def open(self) -> None:
        found = [name for name, node in self.bench.graph.nodes.items() if node.type == "Block"]
        if found:
            self.bench.canvas.blocks.open(self.random.choice(sorted(found)))

    def leave(self) -> None:
        self.bench.canvas.blocks.leave()

    def unpack(self) -> None:
        self.bench.canvas.blocks.unpack()

    def repeat(self) -> None:
        for name in self.bench.canvas.blocks.chosen()[:1]:
            self.bench.canvas.project.do(
                SetAttributes(id=name, attributes={"repeat": self.random.randint(1, 3), "tied": True})
            )

    def paste(self) -> None:
        if len(self.bench.model.project.blocks) < 8:
            self.bench.canvas.copy()
            self.bench.canvas.paste()


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_document_and_canvas_agree_with_blocks(qtbot: QtBot, tmp_path: Path, seed: int) -> None:
    bench = InnerBench(qtbot, tmp_path, residual_network())
    first = to_bytes(bench.model.project)
    monkey = BlockMonkey(bench, seed)
    for number in range(STEPS):
        monkey.step()
        agrees(bench.canvas)
        if number % 20 == 0:
            bench.canvas.grab()
            checked_anew(bench)
    last = to_bytes(bench.model.project)
    assert to_bytes(from_bytes(last, "x")) == last
    history = bench.model.history
    done = history.index()
    while history.canUndo():
        history.undo()
        agrees(bench.canvas)
    assert _without_view(to_bytes(bench.model.project)) == _without_view(first)
    assert bench.canvas.project.path == ()
    while history.index() < done:
        history.redo()
    agrees(bench.canvas)
    checked_anew(bench)
    assert _without_view(to_bytes(bench.model.project)) == _without_view(last)
    bench.model.shut_down()


def checked_anew(bench: Bench) -> None:
    """The checks kept up to date edit by edit know what fresh ones find."""
    fresh, kept = ShapeChecker(bench.model.project), bench.model.checker
    assert dict(kept.specs) == dict(fresh.specs)
    assert sorted(problem.message for problem in kept.problems()) == sorted(p.message for p in fresh.problems())
    assert kept.total_cost() == fresh.total_cost()


def _without_view(data: bytes) -> bytes:
    return data.split(b'"view"')[0]
