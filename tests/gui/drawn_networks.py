"""Small networks for the tests of the tab Design, and a hand that works on the canvas with real events."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from gui.design.canvas.canvas import GraphCanvas
from gui.design.canvas.flow import runs_down
from gui.design.canvas.geometry import Flag

CLASSES = ("bag", "boot", "coat", "dress", "pullover", "sandal", "shirt", "sneaker", "top", "trousers")


def picture_data() -> DataSpec:
    """Grey pictures of 28 by 28 in ten classes."""
    return DataSpec(
        fields=(
            Field(
                name="pixels",
                kind=FieldKind.IMAGE,
                preparation=(Step(type="Scale"),),
                statistics=Statistics(shape=(28, 28, 1)),
            ),
            Field(
                name="label",
                kind=FieldKind.CATEGORY,
                role=Role.TARGET,
                preparation=(Step(type="ClassIndex"),),
                statistics=Statistics(classes=CLASSES, counts=(10,) * 10),
            ),
        )
    )


def residual_network() -> Project:
    """A small CNN with a skip connection, in three rows; nothing is wrong with it."""
    nodes = [
        Node(id="images", type="Input", attributes={"fields": ["pixels"]}, x=0, y=0),
        Node(id="conv1", type="Conv2d", attributes={"out_channels": 32, "padding": "same"}, x=240, y=0),
        Node(id="bn1", type="BatchNorm2d", x=480, y=0),
        Node(id="relu1", type="ReLU", x=720, y=0),
        Node(id="pool1", type="MaxPool2d", x=960, y=0),
        Node(id="conv2", type="Conv2d", attributes={"out_channels": 64, "padding": "same"}, x=0, y=232),
        Node(id="conv3", type="Conv2d", attributes={"out_channels": 64, "padding": "same"}, x=240, y=232),
        Node(id="relu2", type="ReLU", x=480, y=232),
        Node(id="add1", type="Add", x=720, y=232),
        Node(id="flatten1", type="Flatten", x=960, y=232),
        Node(id="fc1", type="Linear", attributes={"out_features": 128}, x=0, y=464),
        Node(id="fc2", type="Linear", attributes={"out_features": 10}, x=240, y=464),
        Node(id="loss", type="CrossEntropyLoss", x=480, y=464),
        Node(id="labels", type="Input", attributes={"fields": ["label"]}, x=240, y=576),
        Node(id="answer", type="Output", attributes={"field": "label"}, x=480, y=576),
    ]
    chain = ("images", "conv1", "bn1", "relu1", "pool1", "conv2", "conv3", "relu2")
    edges = [Edge(source=a, target=b) for a, b in pairwise(chain)]
    edges += [
        Edge(source="relu2", target="add1", input="a"),
        Edge(source="conv2", target="add1", input="b"),
        Edge(source="add1", target="flatten1"),
        Edge(source="flatten1", target="fc1"),
        Edge(source="fc1", target="fc2"),
        Edge(source="fc2", target="loss", input="prediction"),
        Edge(source="labels", target="loss", input="target"),
        Edge(source="fc2", target="answer", input="prediction"),
    ]
    return Project(name="garments", data=picture_data(), graph=Graph(nodes, edges))


def chain_network(length: int) -> Project:
    """Linear layers one after the other."""
    nodes = [Node(id=f"linear{n}", type="Linear", x=240.0 * n, y=0) for n in range(1, length + 1)]
    edges = [Edge(source=f"linear{n}", target=f"linear{n + 1}") for n in range(1, length)]
    return Project(name="chain", data=picture_data(), graph=Graph(nodes, edges))


def unlinked_network() -> Project:
    """Two layers apart, and the pictures."""
    nodes = [
        Node(id="images", type="Input", attributes={"fields": ["pixels"]}, x=0, y=0),
        Node(id="conv1", type="Conv2d", attributes={"out_channels": 8}, x=320, y=0),
        Node(id="labels", type="Input", attributes={"fields": ["label"]}, x=0, y=200),
    ]
    return Project(name="apart", data=picture_data(), graph=Graph(nodes))


class Hand:
    """Mouse and keyboard on a canvas, in canvas units or by node and port."""

    def __init__(self, canvas: GraphCanvas) -> None:
        self.canvas = canvas

    def point(self, x: float, y: float) -> QPoint:
        """A canvas point on the widget."""
        return QPointF(*self.canvas.view.to_screen(x, y)).toPoint()

    def card(self, node: str) -> QPoint:
        """On the title of a card."""
        x, y, width, _height = self.canvas.geometry_store.boxes[self.canvas.geometry_store.row_of[node]].tolist()
        return self.point(x + width / 2, y + 12)

    def output(self, node: str, port: str = "output") -> QPoint:
        """On an output port."""
        return self.point(*self.canvas.geometry_store.output_point(node, port))

    def input(self, node: str, port: str = "input") -> QPoint:
        """On an input port."""
        return self.point(*self.canvas.geometry_store.input_point(node, port))

    def link(self, target: str, port: str = "input") -> QPoint:
        """On the middle of a link."""
        geometry = self.canvas.geometry_store
        index = geometry.link_of[(target, port)]
        for _links, points in geometry.curves(np.array([index]), 16):
            x, y = points[0].mean(axis=0) if len(points[0]) == 2 else points[0][len(points[0]) // 2]
            return self.point(float(x), float(y))
        raise AssertionError("no such link")

    def press(self, at: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton, keys: object = None) -> None:
        """Press a button."""
        QTest.mousePress(self.canvas, button, keys or Qt.KeyboardModifier.NoModifier, at)

    def move(self, to: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Move with a button held; QTest.mouseMove would hold none."""
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            QPointF(to),
            QPointF(self.canvas.mapToGlobal(to)),
            Qt.MouseButton.NoButton,
            button,
            self._keys,
        )
        QApplication.sendEvent(self.canvas, event)

    _keys = Qt.KeyboardModifier.NoModifier

    def release(self, at: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton, keys: object = None) -> None:
        """Let the button go."""
        QTest.mouseRelease(self.canvas, button, keys or Qt.KeyboardModifier.NoModifier, at)

    def drag(
        self,
        start: QPoint,
        end: QPoint,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        steps: int = 4,
    ) -> None:
        """Press, move in steps, release."""
        with self.dragging(start, end, button, keys, steps):
            pass

    @contextmanager
    def dragging(
        self,
        start: QPoint,
        end: QPoint,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        steps: int = 4,
    ) -> Iterator[None]:
        """The same, with something to look at before the release."""
        self._keys = keys
        self.press(start, button, keys)
        for step in range(1, steps + 1):
            self.move(start + (end - start) * step / steps, button)
        yield
        self._keys = Qt.KeyboardModifier.NoModifier
        self.release(end, button, keys)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key on whatever has the focus, the canvas by default."""
        QTest.keyClick(self.focused(), key, keys)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        QTest.keyClicks(self.focused(), text)

    def focused(self) -> QWidget:
        """What has the focus in the canvas's window."""
        return self.canvas.window().focusWidget() or self.canvas

    def drop_layer(self, name: str, at: QPoint, *, leave: bool = False) -> None:
        """What the tab does when a layer of the palette is dragged over the canvas, and dropped or taken away again."""
        self.canvas.drag_layer(name, at - QPoint(40, 20))
        self.canvas.drag_layer(name, at)
        if leave:
            self.canvas.cancel_gesture()
        else:
            self.canvas.drop_layer(name, at)


def agrees(canvas: GraphCanvas) -> None:
    """Assert that the drawn graph is the document: nodes, places, links, ports, frames and notes, selection."""
    graph = canvas.project.project.graph
    geometry = canvas.geometry_store
    assert set(geometry.row_of) == set(graph.nodes)
    assert len(geometry.ids) == len(graph.nodes)
    for node in graph.nodes.values():
        row = geometry.row_of[node.id]
        assert geometry.ids[row] == node.id
        assert geometry.faces[row].id == node.id
        assert tuple(geometry.boxes[row, :2]) == (node.x, node.y)
        assert tuple(geometry.boxes[row, 2:]) == (geometry.faces[row].width, geometry.faces[row].height)
    edges = {(edge.target, edge.input): edge for edge in graph.edges}
    assert {key: geometry.edges[row] for key, row in geometry.link_of.items()} == edges
    assert len(geometry.edges) == len(edges)
    for key, edge in edges.items():
        source, target = geometry.ends[geometry.link_of[key]].tolist()
        assert (geometry.ids[source], geometry.ids[target]) == (edge.source, edge.target)
        link = np.array([geometry.link_of[key]])
        ports = (*geometry.output_point(edge.source, edge.output), *geometry.input_point(edge.target, edge.input))
        assert tuple(geometry.end_points(link)[0]) == pytest.approx(ports)
    assert geometry.downwards == runs_down(geometry)
    assert all(face.downwards == geometry.downwards for face in geometry.faces)
    drawn = {geometry.ids[row] for row in geometry.flagged(Flag.SELECTED).tolist()}
    assert drawn == set(canvas.selection.nodes)
    assert canvas.marks.by_id == graph.marks
    assert canvas.marks.selected == canvas.selection.marks
    assert canvas.gesture is not None or not canvas.marks.hidden
