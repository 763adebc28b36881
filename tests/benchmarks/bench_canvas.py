"""What the canvas costs at 1,000, 5,000 and 10,000 nodes: CPU milliseconds, medians, offscreen, beside the limits.

Run it alone: `python tests/benchmarks/bench_canvas.py [nodes ...]`. The graph is rows of residual chains with 1.37
links a node. The limits are for 10,000 nodes on a quiet core; how quiet the machine is, the first line tells.
NodeGraphQt draws the same graph of 1,000 nodes in the same run, fast-sugiyama lays the same graphs out, where they are
installed.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import psutil
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from engine.checks.connection import refusal
from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.edits import Connect, Disconnect
from engine.document.files import create
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.tidying.layered import Layered
from engine.document.tidying.layout import Card, Wire, tidy
from gui.design.canvas.canvas import GraphCanvas
from gui.design.canvas.hit import hit
from gui.models.loading import load
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.widgets.theme import apply_theme
from tests.benchmarks import node_graph_qt
from tests.known_networks import dense, residual_chain, resnet, transformer, unet

ROW = 100
ROUNDS = 15


def residual_rows(count: int) -> Project:
    """Conv2d, BatchNorm2d, Add, ... on a grid; every third node is fed twice."""
    kinds = ("Conv2d", "BatchNorm2d", "Add")
    nodes = [Node(id="images", type="Input", attributes={"fields": ["pixels"]}, x=-240)]
    edges = [Edge(source="images", target="node1")]
    for number in range(1, count):
        kind = kinds[(number - 1) % 3]
        attributes: dict[str, object] = {"out_channels": 8, "padding": "same"} if kind == "Conv2d" else {}
        place = {"x": (number % ROW) * 240.0, "y": (number // ROW) * 160.0}
        nodes.append(Node(id=f"node{number}", type=kind, attributes=attributes, **place))  # type: ignore[arg-type]
        if number > 1:
            port = "a" if kind == "Add" else "input"
            edges.append(Edge(source=f"node{number - 1}", target=f"node{number}", input=port))
        if kind == "Add":
            edges.append(Edge(source=f"node{number - 2}", target=f"node{number}", input="b"))
    extra = max(0, int(count * 1.37) - len(edges))
    # Some inputs more, as U-Nets and dense blocks have them.
    for number in range(6, min(count, 6 + 9 * extra), 9):
        nodes[number] = Node(
            id=nodes[number].id, type="Add", attributes={"count": 3}, x=nodes[number].x, y=nodes[number].y
        )
        edges.append(Edge(source=f"node{number - 5}", target=nodes[number].id, input="c"))
    data = DataSpec(
        fields=(
            Field(
                name="pixels",
                kind=FieldKind.IMAGE,
                preparation=(Step(type="Scale"),),
                statistics=Statistics(shape=(16, 16, 8)),
            ),
        )
    )
    kept = {(edge.target, edge.input): edge for edge in edges}
    return Project(name="bench", data=data, graph=Graph(nodes, kept.values()))


def cpu_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median CPU milliseconds of the process."""
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        work()
        spent.append((time.process_time() - before) * 1000)
    return statistics.median(spent)


LIMITS: dict[str, float] = {}
"""In the order of the table."""
for name, limit in (
    ("open: file to first frame", 600),
    ("memory beyond the document", 104),
    *((f"full frame, zoom {zoom}", 6) for zoom in ("fit", "0.1", "0.15", "0.3", "0.5", "1.0")),
    *((f"full frame, zoom {zoom}, ratio 2", 12) for zoom in ("fit", "0.1", "0.3", "0.5", "1.0")),
    *(
        (f"{deed}, zoom {zoom}", limit)
        for zoom in ("fit", "1.0")
        for deed, limit in (
            ("drag 1 node", 1),
            ("drag 1,000 nodes", 4),
            ("pan 12 px", 1),
            ("zoom step", 8),
            ("hover", 0.5),
        )
    ),
    ("select all", 30),
    ("delete all", 150),
    ("undo the deletion", 200),
):
    LIMITS[name] = limit

Figures = dict[str, float]


class Bench:
    """A canvas on one screen of 1600 by 1000."""

    def __init__(self, app: QApplication, canvas: GraphCanvas) -> None:
        self.app = app
        self.canvas = canvas

    def settle(self) -> None:
        """Let pictures and routes be finished."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.app.processEvents()
            if self.canvas.settled:
                return
            time.sleep(0.002)

    def paint(self) -> None:
        """What is out of date is drawn now."""
        self.canvas.repaint()

    def frame(self) -> None:
        """Everything is drawn."""
        self.canvas.redraw(None)
        self.canvas.repaint()

    def mouse(self, kind: QEvent.Type, x: float, y: float, held: bool = True) -> None:
        """One event of the left button."""
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        moving = kind == QEvent.Type.MouseMove
        point = QPointF(x, y)
        event = QMouseEvent(
            kind, point, point, none if moving else left, left if held else none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(self.canvas, event)


def zoom_to(bench: Bench, zoom: str) -> None:
    """Look at all, or into the middle of the graph."""
    canvas = bench.canvas
    if zoom == "fit":
        canvas.fit()
    else:
        canvas.zoom_to(float(zoom))
        x, y = canvas.geometry_store.boxes[len(canvas.geometry_store.ids) // 2, :2].tolist()
        canvas.center_on(x, y)
    bench.settle()


def frames(bench: Bench, found: Figures) -> None:
    """Everything drawn anew, at each level of detail."""
    for zoom in ("fit", "0.1", "0.15", "0.3", "0.5", "1.0"):
        zoom_to(bench, zoom)
        found[f"full frame, zoom {zoom}"] = cpu_ms(bench.frame)


def doubled(bench: Bench, found: Figures) -> None:
    """The same at pixel ratio 2: the layer and all pictures have it, though the offscreen window has not."""
    canvas = bench.canvas
    canvas.view.set_ratio(2.0)
    canvas.graph_painter.sprites.clear()
    for zoom in ("fit", "0.1", "0.3", "0.5", "1.0"):
        zoom_to(bench, zoom)
        found[f"full frame, zoom {zoom}, ratio 2"] = cpu_ms(bench.frame)
    canvas.view.set_ratio(1.0)
    canvas.graph_painter.sprites.clear()


def gestures(bench: Bench, found: Figures) -> None:
    """Dragging, panning, zooming and pointing."""
    canvas = bench.canvas
    geometry = canvas.geometry_store
    for zoom in ("fit", "1.0"):
        zoom_to(bench, zoom)
        middle = canvas.view.center(canvas.width(), canvas.height())
        by_distance = np.argsort(np.hypot(*(geometry.boxes[:, :2] - middle).T))
        row = int(by_distance[0])
        for count, words in ((1, "1 node"), (1000, "1,000 nodes")):
            canvas.selection.set_nodes(geometry.ids[k] for k in by_distance[:count].tolist())
            bench.paint()
            x, y = canvas.view.to_screen(*(geometry.boxes[row, :2] + (80, 12)).tolist())
            bench.mouse(QEvent.Type.MouseButtonPress, x, y)
            bench.mouse(QEvent.Type.MouseMove, x + 30, y)
            bench.paint()
            at = [x + 30]

            def step(at: list[float] = at, y: float = y) -> None:
                at[0] += 9
                bench.mouse(QEvent.Type.MouseMove, at[0], y)
                bench.app.processEvents()

            for _ in range(6):
                step()
            found[f"drag {words}, zoom {zoom}"] = cpu_ms(step)
            canvas.cancel_gesture()
            bench.mouse(QEvent.Type.MouseButtonRelease, x, y, held=False)
            canvas.selection.set_nodes(())
            bench.settle()
        found[f"pan 12 px, zoom {zoom}"] = cpu_ms(lambda: (canvas.pan_by(12, 0), bench.paint()), 33)
        bench.settle()
        turns = iter([1.08, 1 / 1.08] * 50)

        def zoom_step(turns: Iterator[float] = turns) -> None:
            canvas.zoom_to(canvas.view.zoom * next(turns))
            bench.paint()

        found[f"zoom step, zoom {zoom}"] = cpu_ms(zoom_step)
        bench.settle()
        points = iter([(middle[0] + k * 37 % 400, middle[1] + k * 37 % 300) for k in range(60)])
        found[f"hover, zoom {zoom}"] = cpu_ms(lambda p=points: hit(geometry, *next(p), canvas.view.zoom), 60)


def edits(bench: Bench, model: ProjectModel, found: Figures) -> None:
    """Everything selected, deleted and brought back, each painted."""
    canvas = bench.canvas
    canvas.fit()
    bench.settle()

    def clock(work: Callable[[], object]) -> float:
        return cpu_ms(lambda: (work(), bench.paint()), 1)

    found["select all"] = clock(canvas.commands.select_all)
    rounds = []
    for _ in range(3):
        canvas.commands.select_all()
        deleted = clock(canvas.commands.delete)
        rounds.append((deleted, clock(model.history.undo)))
        bench.settle()
    found["delete all"] = statistics.median(deleted for deleted, _undone in rounds)
    found["undo the deletion"] = statistics.median(undone for _deleted, undone in rounds)


def measure(app: QApplication, count: int) -> Figures:
    """All figures for a graph of that size."""
    found: Figures = {}
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        create(Path(folder) / "bench", residual_rows(count))
        model = ProjectModel()
        canvas = GraphCanvas(model, Selection(model))
        canvas.resize(1600, 1000)
        canvas.show()
        canvas.repaint()
        before = process.memory_info().rss
        other = load(Path(folder) / "bench")  # a second one like it, to tell what the document takes
        document = process.memory_info().rss - before
        other.discard()

        def open_it() -> None:
            model.open(Path(folder) / "bench")
            canvas.repaint()

        found["open: file to first frame"] = cpu_ms(open_it, 1)
        bench = Bench(app, canvas)
        bench.settle()
        frames(bench, found)
        doubled(bench, found)
        beyond = process.memory_info().rss - before - 2 * document
        found["memory beyond the document"] = max(0.0, beyond / 1e6)
        del other
        gestures(bench, found)
        edits(bench, model, found)
        model.shut_down()
        canvas.close()
        canvas.deleteLater()
        app.processEvents()
    return found


def machine() -> float:
    """How busy the machine is: a blit of the whole screen, 0.21 ms on the quiet core the limits are meant for."""
    source, target = QPixmap(1600, 1000), QPixmap(1600, 1000)
    source.fill(Qt.GlobalColor.black)

    def blit() -> None:
        with QPainter(target) as painter:
            painter.drawPixmap(0, 0, source)

    return cpu_ms(blit, 200)


def show_table(found: dict[int, Figures], peer: Figures | None) -> None:
    """A row a figure, a column a size; what is over its limit at 10,000 nodes is marked."""
    largest = max(found)
    columns = "".join(f"{count:>10,}" for count in found)
    print(f"{'CPU ms, medians':<36}{columns}{'limit':>9}{'':>10}{'NodeGraphQt 1,000':>20}")
    for name, limit in LIMITS.items():
        values = "".join(f"{figures[name]:>10.2f}" for figures in found.values())
        share = f"x{found[largest][name] / limit:.2f}" if largest >= 10_000 else ""
        other = f"{peer[name]:>12.1f}" if peer is not None and name in peer else ""
        if other and peer is not None and 1_000 in found:
            other += f" x{peer[name] / max(1e-9, found[1_000][name]):.0f}"
        print(f"{name + (' (MB)' if name.startswith('memory') else ''):<36}{values}{limit:>9g}{share:>10}{other}")
    if peer is None:
        print("NodeGraphQt is not installed: not compared.")


def layouts() -> None:
    """Tidy beside fast-sugiyama, and what a long residual chain costs."""
    try:
        import fast_sugiyama
    except ImportError:
        fast_sugiyama = None  # type: ignore[assignment, unused-ignore]
        print("fast-sugiyama is not installed: not compared.")
    print(f"{'tidy':<36}{'CPU ms':>10}{'limit':>9}{'crossings':>12}{'fast-sugiyama: CPU ms, crossings':>36}")
    networks = [(f"{count:,} nodes", residual_rows(count), limit) for count, limit in ((200, 20.0), (5_000, 300.0))]
    networks += [(made.name, made, 20.0) for made in (resnet(), unet(), transformer(), dense())]
    for name, project, limit in networks:
        cards = [Card(node.id, 168, 64) for node in project.graph.nodes.values()]
        links = sorted({(edge.source, edge.target) for edge in project.graph.edges})
        wires = [Wire(*link) for link in links]
        spent = cpu_ms(lambda cards=cards, wires=wires: tidy(cards, wires), 3)
        row = f"{name:<36}{spent:>10.1f}{limit:>9g}{Layered(cards, wires).crossings():>12}"
        if fast_sugiyama is not None:
            other = cpu_ms(lambda links=links: fast_sugiyama.from_edges(links), 3)
            row += f"{other:>24.1f}{crossings_of(fast_sugiyama.from_edges(links)):>12}"
        print(row)


def crossings_of(layouts: Iterable[Any]) -> int:
    """How many pairs of steps cross in what fast-sugiyama gives: (places, width, height, steps) for each part."""
    total = 0
    for places, _width, _height, steps in layouts:
        at = dict(places)
        rows: dict[float, list[tuple[float, float]]] = {}
        for step in steps:
            (x1, y1), (x2, _y2) = sorted((at[step[0]], at[step[1]]), key=lambda point: -point[1])
            rows.setdefault(y1, []).append((x1, x2))
        for found in rows.values():
            starts, ends = np.array(found).T
            total += int((np.subtract.outer(starts, starts) * np.subtract.outer(ends, ends) < 0).sum()) // 2
    return total


def chain(blocks: int) -> None:
    """A chain of residual blocks: a link at its beginning, whether one would close a circle, and tidy."""
    project = residual_chain(blocks)
    model = ProjectModel()
    model.project = project
    first = project.graph.inputs_of("add1")["b"]
    edge = Edge(source="flatten1", target="conv2")

    def connect() -> None:
        model.do(Disconnect(target=first.target, input=first.input))
        model.do(Connect(edge=first))

    assert refusal(project, model.checker, edge), "it would close a circle"
    cards = [Card(node.id, 168, 64) for node in project.graph.nodes.values()]
    wires = [Wire(item.source, item.target) for item in project.graph.edges]
    for name, spent in (
        ("disconnect and connect", cpu_ms(connect, 5)),
        ("cycle check", cpu_ms(lambda: refusal(project, model.checker, edge), 5)),
        ("tidy", cpu_ms(lambda: tidy(cards, wires), 5)),
    ):
        print(f"{f'{blocks} residual blocks, {name}':<46}{spent:>10.2f}{20 if blocks == 100 else '':>9}")


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or [1_000, 5_000, 10_000]
    app = QApplication(sys.argv[:1])
    apply_theme(app, "dark")
    print(f"a blit of the screen: {machine():.2f} ms; 0.21 on the quiet core that the limits are meant for")
    found = {count: measure(app, count) for count in counts}
    show_table(found, node_graph_qt.figures(app, residual_rows(1_000).graph, cpu_ms))
    print()
    layouts()
    print()
    for blocks in (50, 100, 200):
        chain(blocks)
    print(f"a blit of the screen: {machine():.2f} ms")


if __name__ == "__main__":
    main()
