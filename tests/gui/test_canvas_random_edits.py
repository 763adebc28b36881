"""Whatever is edited, undone and redone, the canvas shows the document, and undoing all gives the first one back."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from engine.catalog.registry import layers
from engine.document.edits import Connect, SetAttributes, SetTitle, SetType
from engine.document.files import to_bytes
from engine.document.graph import Edge, Mark
from gui.design.arrange import Direction, Side
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import Bench

STEPS = 300
NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


class Monkey:
    """Does things at random, by gestures, commands and edits from elsewhere."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self.random = random.Random(seed)
        self.names = [kind.type_name() for kind in layers()]
        self.deeds: list[Callable[[], object]] = [
            self.select_some,
            self.select_some,
            self.drop,
            self.add_after,
            self.move,
            self.connect,
            self.connect_any,
            self.cut_link,
            self.set_title,
            self.set_type,
            self.set_count,
            bench.canvas.commands.duplicate,
            bench.canvas.commands.delete,
            bench.canvas.commands.toggle_bypassed,
            bench.canvas.commands.toggle_frozen,
            bench.model.history.undo,
            bench.model.history.undo,
            bench.model.history.redo,
            self.tidy,
            bench.canvas.fit,
            self.pan,
            self.abandon,
            self.arrange,
            self.lasso,
            self.take_out,
            self.copy_and_paste,
            self.mend,
            self.type_on_card,
            self.link_row,
            self.unlink,
            bench.canvas.costs.next,
            self.frame,
            self.note,
            self.drag_mark,
            self.size_mark,
            self.lead_link,
            self.select_marks,
            self.color_marks,
        ]

    def step(self) -> None:
        self.random.choice(self.deeds)()

    def node(self) -> str | None:
        ids = sorted(self.bench.graph.nodes)
        return self.random.choice(ids) if ids else None

    def select_some(self) -> None:
        ids = sorted(self.bench.graph.nodes)
        self.bench.selection.set_nodes(self.random.sample(ids, min(len(ids), self.random.randint(0, 3))))

    def spot(self) -> QPoint:
        return QPoint(self.random.randint(40, 1150), self.random.randint(60, 740))

    def drop(self) -> None:
        if len(self.bench.graph.nodes) < 60:
            self.bench.hand.drop_layer(self.random.choice(self.names), self.spot())

    def add_after(self) -> None:
        if len(self.bench.graph.nodes) < 60:
            self.bench.canvas.add_layer(self.random.choice(self.names))

    def move(self) -> None:
        node = self.node()
        if node is not None:
            self.bench.hand.drag(self.bench.hand.card(node), self.spot())
        self.close()

    def connect(self) -> None:
        a, b = self.node(), self.node()
        if a is None or b is None:
            return
        face = self.bench.canvas.geometry_store.faces[self.bench.canvas.geometry_store.row_of[b]]
        if face.inputs:
            self.bench.hand.drag(self.bench.hand.output(a), self.bench.hand.input(b, self.random.choice(face.inputs)))
        self.close()

    def connect_any(self) -> None:
        a, b = self.node(), self.node()
        if a is not None and b is not None and a != b:
            port = self.random.choice(("input", "a", "b", "prediction", "target", "nowhere"))
            self.bench.model.do(Connect(edge=Edge(source=a, target=b, input=port)))

    def cut_link(self) -> None:
        links = sorted((edge.target, edge.input) for edge in self.bench.graph.edges)
        if links:
            self.bench.canvas.commands.delete_link(self.random.choice(links))

    def set_title(self) -> None:
        node = self.node()
        if node is not None:
            self.bench.model.do(SetTitle(id=node, title="a much longer caption than fits" * self.random.randint(0, 1)))

    def set_type(self) -> None:
        node = self.node()
        if node is not None:
            self.bench.model.do(SetType(id=node, type=self.random.choice([*self.names, "Unheard"])))

    def set_count(self) -> None:
        node = self.node()
        if node is not None and self.bench.graph.nodes[node].type in ("Add", "Concatenate", "Multiply"):
            self.bench.model.do(SetAttributes(id=node, attributes={"count": self.random.randint(2, 6)}))

    def tidy(self) -> None:
        self.bench.canvas.tidy(downwards=self.random.random() < 0.5)
        self.bench.canvas.tidier.wait()

    def pan(self) -> None:
        self.bench.hand.drag(self.spot(), self.spot(), Qt.MouseButton.MiddleButton)

    def abandon(self) -> None:
        """Begin a gesture and give it up."""
        node = self.node()
        if node is not None:
            self.bench.hand.press(self.bench.hand.card(node))
            self.bench.hand.move(self.spot())
            self.bench.canvas.cancel_gesture()
            self.bench.hand.release(self.spot())

    def arrange(self) -> None:
        if self.random.random() < 0.5:
            self.bench.canvas.commands.align(self.random.choice(list(Side)))
        else:
            self.bench.canvas.commands.distribute(self.random.choice(list(Direction)))

    def lasso(self) -> None:
        self.bench.hand._keys = Qt.KeyboardModifier.AltModifier
        self.bench.hand.press(self.spot(), keys=Qt.KeyboardModifier.AltModifier)
        for _ in range(5):
            self.bench.hand.move(self.spot())
        self.bench.hand._keys = Qt.KeyboardModifier.NoModifier
        self.bench.hand.release(self.spot())
        self.close()

    def take_out(self) -> None:
        """Move a node with Shift held, over a link when there is one."""
        node = self.node()
        links = sorted((edge.target, edge.input) for edge in self.bench.graph.edges)
        if node is None or not links:
            return
        hand, to = self.bench.hand, self.bench.hand.link(*self.random.choice(links))
        hand.press(hand.card(node))
        hand._keys = Qt.KeyboardModifier.ShiftModifier
        hand.move(self.spot())
        hand.move(to)
        hand._keys = Qt.KeyboardModifier.NoModifier
        hand.release(to, keys=Qt.KeyboardModifier.ShiftModifier)
        self.close()

    def copy_and_paste(self) -> None:
        text = self.bench.canvas.commands.copy()
        if text and len(self.bench.graph.nodes) < 60:
            self.bench.canvas.commands.paste(text, self.random.randint(-400, 400), self.random.randint(-400, 400))

    def mend(self) -> None:
        repairs = [repair for problem in self.bench.model.checker.problems() for repair in problem.repairs]
        if repairs:
            repair = self.random.choice(repairs)
            self.bench.canvas.mending.preview(repair)
            self.bench.canvas.grab()
            self.bench.canvas.mending.do(repair)
            self.bench.canvas.mending.preview(None)

    def type_on_card(self) -> None:
        """Open a value or the name of a node, type something and keep it or not."""
        node = self.node()
        if node is None:
            return
        editor = self.bench.canvas.card_editor
        names = editor.names(node)
        if names and self.random.random() < 0.7:
            editor.edit_value(node, self.random.choice(names))
        else:
            editor.edit_title(node)
        if editor.editing is not None:
            self.bench.hand.type(self.random.choice(("3", "64", "nonsense", "0.25", "")))
            self.bench.hand.key(self.random.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab)))
        editor.cancel()

    def frame(self) -> None:
        if len(self.bench.graph.marks) < 12:
            self.bench.canvas.mark_tools.add_frame()
            self.bench.hand.type("abc")
            self.bench.hand.key(self.random.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape)))

    def note(self) -> None:
        if len(self.bench.graph.marks) < 12:
            self.bench.canvas.mark_tools.add_note(self.bench.canvas.pointer_at(QPointF(self.spot()), NONE))
            self.bench.hand.type(self.random.choice(("", "words of a note")))
            self.bench.hand.key(Qt.Key.Key_Return, CONTROL)

    def mark(self) -> Mark | None:
        marks = self.bench.graph.sorted_marks()
        return self.random.choice(marks) if marks else None

    def drag_mark(self) -> None:
        mark = self.mark()
        if mark is not None:
            self.bench.hand.drag(self.bench.hand.point(mark.x + 24, mark.y + 16), self.spot())
        self.close()

    def size_mark(self) -> None:
        mark = self.mark()
        if mark is not None:
            corner = self.bench.hand.point(mark.x + mark.width, mark.y + mark.height)
            self.bench.hand.drag(corner, corner + QPoint(self.random.randint(-90, 90), self.random.randint(-60, 60)))
        self.close()

    def lead_link(self) -> None:
        """Pull at a link, sometimes give it up; or take a point out."""
        links = sorted((edge.target, edge.input) for edge in self.bench.graph.edges)
        if not links:
            return
        link = self.random.choice(links)
        edge = self.bench.graph.inputs_of(link[0])[link[1]]
        if edge.via and self.random.random() < 0.3:
            self.bench.canvas.link_points.remove(link, 0)
            return
        hand = self.bench.hand
        hand.press(hand.link(*link))
        hand.move(self.spot())
        if self.random.random() < 0.2:
            self.bench.canvas.cancel_gesture()
        hand.release(self.spot())
        self.close()

    def select_marks(self) -> None:
        if self.random.random() < 0.4:
            self.bench.canvas.commands.select_all()
        else:
            self.bench.canvas.mark_tools.walk(forward=self.random.random() < 0.5)
        self.bench.canvas.commands.nudge(8.0, 0.0)

    def color_marks(self) -> None:
        self.bench.canvas.mark_tools.recolor(self.random.choice(("", "linear", "loss")))

    def link_row(self) -> None:
        if len(self.bench.selection.nodes) > 1:
            self.bench.canvas.linking.connect()

    def unlink(self) -> None:
        if len(self.bench.selection.nodes) > 1:
            self.bench.canvas.linking.disconnect()

    def close(self) -> None:
        self.bench.canvas.adding.finder.close_quietly()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_document_and_canvas_always_agree(qtbot: QtBot, tmp_path: Path, seed: int) -> None:
    bench = Bench(qtbot, tmp_path, residual_network())
    first = to_bytes(bench.model.project)
    monkey = Monkey(bench, seed)
    for number in range(STEPS):
        monkey.step()
        agrees(bench.canvas)
        if number % 25 == 0:
            bench.canvas.grab()
    last = to_bytes(bench.model.project)
    history = bench.model.history
    done = history.index()
    while history.canUndo():
        history.undo()
    agrees(bench.canvas)
    assert _without_view(to_bytes(bench.model.project)) == _without_view(first)
    while history.index() < done:
        history.redo()
    agrees(bench.canvas)
    assert _without_view(to_bytes(bench.model.project)) == _without_view(last)
    bench.model.shut_down()


def _without_view(data: bytes) -> bytes:
    """How one looks at a project is no step of the history."""
    return data.split(b'"view"')[0]
