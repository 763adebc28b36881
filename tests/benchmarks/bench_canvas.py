"""What the canvas costs at 10,000 nodes and 13,700 links: CPU milliseconds, medians, offscreen.

Run it alone: `python tests/benchmarks/bench_canvas.py [nodes]`. The graph is rows of residual chains; the budgets are
those of the canvas issue, for a quiet core.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import psutil
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.files import create
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from gui.design.canvas.canvas import GraphCanvas
from gui.design.canvas.hit import hit
from gui.design.canvas.layout import Card, Wire, tidy
from gui.design.graph_edits import delete
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.widgets.theme import apply_theme

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


def show(name: str, value: float, budget: float, unit: str = "ms") -> None:
    """One line of the table."""
    print(f"{name:<50}{value:>10.2f} {unit:<3}{budget:>9g}   x{value / budget:.2f}")


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


def frames(bench: Bench, ratio: int) -> None:
    canvas = bench.canvas
    for zoom in ("fit", 0.1, 0.15, 0.25, 0.5, 1.0):
        if zoom == "fit":
            canvas.fit()
        else:
            canvas.zoom_to(float(zoom))
            canvas.center_on(12_000, 8_000)
        bench.settle()
        show(f"full frame, zoom {zoom}", cpu_ms(bench.frame), 6 if ratio == 1 else 12)


def doubled(bench: Bench) -> None:
    """Frames at pixel ratio 2, into an image, since the offscreen screen has 1."""
    canvas = bench.canvas
    from gui.design.canvas.painter import draw_grid

    image = QImage(3200, 2000, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2.0)
    canvas.view.ratio = 2.0
    for zoom in ("fit", 0.25, 1.0):
        if zoom == "fit":
            canvas.fit()
        else:
            canvas.view.zoom = float(zoom)
            canvas.view.center_on(12_000, 8_000, 1600, 1000)

        def draw() -> None:
            with QPainter(image) as painter:
                painter.fillRect(0, 0, 1600, 1000, Qt.GlobalColor.black)
                box = canvas.view.visible(1600, 1000)
                draw_grid(painter, canvas.view, box)
                canvas.graph_painter.draw(painter, canvas.view, box, budget_ms=1000)

        draw()
        show(f"full frame, zoom {zoom}, pixel ratio 2", cpu_ms(draw), 12)
    canvas.view.ratio = 1.0
    canvas.graph_painter.sprites.clear()


def gestures(bench: Bench) -> None:
    canvas = bench.canvas
    geometry = canvas.geometry_store
    for zoom in ("fit", 1.0):
        if zoom == "fit":
            canvas.fit()
        else:
            canvas.zoom_to(1.0)
            canvas.center_on(12_000, 8_000)
        bench.settle()
        middle = canvas.view.center(canvas.width(), canvas.height())
        row = int(np.hypot(*(geometry.boxes[:, :2] - middle).T).argmin())
        for count in (1, 1000):
            rows = np.argsort(np.hypot(*(geometry.boxes[:, :2] - middle).T))[:count]
            canvas.selection.set_nodes(geometry.ids[k] for k in rows.tolist())
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
            show(f"drag {count:,} node(s), zoom {zoom}", cpu_ms(step), 1 if count == 1 else 4)
            canvas.cancel_gesture()
            bench.mouse(QEvent.Type.MouseButtonRelease, x, y, held=False)
            canvas.selection.set_nodes(())
            bench.settle()
        show(f"pan 12 px, zoom {zoom}", cpu_ms(lambda: (canvas.pan_by(12, 0), bench.paint())), 1)
        bench.settle()

        def zoom_step() -> None:
            zoom_step.up = not zoom_step.up  # type: ignore[attr-defined]
            canvas.zoom_to(canvas.view.zoom * (1.08 if zoom_step.up else 1 / 1.08))  # type: ignore[attr-defined]
            bench.paint()

        zoom_step.up = False  # type: ignore[attr-defined]
        show(f"zoom step, zoom {zoom}", cpu_ms(zoom_step), 8)
        bench.settle()

        points = iter([(middle[0] + k * 37 % 400, middle[1] + k * 37 % 300) for k in range(60)])
        show(f"hover, zoom {zoom}", cpu_ms(lambda p=points: hit(geometry, *next(p), canvas.view.zoom), 60), 0.5)


def edits(bench: Bench, model: ProjectModel, folder: Path) -> None:
    canvas = bench.canvas
    canvas.fit()
    bench.settle()
    show("select all, painted", cpu_ms(lambda: (canvas.commands.select_all(), bench.paint()), 1), 30)

    def clock(work: Callable[[], object]) -> float:
        before = time.process_time()
        work()
        bench.paint()
        return (time.process_time() - before) * 1000

    # The same without a canvas, to tell what document, journal and shape checks take of it.
    chosen = sorted(model.project.graph.nodes)
    edit = delete(model.project, model.checker, chosen)
    assert edit is not None
    alone = ProjectModel()
    alone.create(folder, model.project.copy())
    without = clock(lambda: alone.do(edit)), clock(alone.history.undo)
    alone.shut_down()
    show("delete all, painted", clock(canvas.commands.delete), 150)
    print(f"{'  without the canvas':<50}{without[0]:>10.2f} ms")
    show("undo the delete, painted", clock(model.history.undo), 200)
    print(f"{'  without the canvas':<50}{without[1]:>10.2f} ms")


def machine() -> None:
    """How busy the machine is: a blit of the whole screen, 0.21 ms on the quiet core the budgets are meant for."""
    source, target = QPixmap(1600, 1000), QPixmap(1600, 1000)
    source.fill(Qt.GlobalColor.black)

    def blit() -> None:
        with QPainter(target) as painter:
            painter.drawPixmap(0, 0, source)

    show("a blit of the screen (how busy is this machine?)", cpu_ms(blit, 200), 0.21)


def layouts() -> None:
    for count, budget in ((200, 20), (5_000, 300)):
        project = residual_rows(count)
        cards = [Card(node.id, 168, 64) for node in project.graph.nodes.values()]
        wires = [Wire(edge.source, edge.target) for edge in project.graph.edges]
        show(f"tidy {count:,} nodes", cpu_ms(lambda cards=cards, wires=wires: tidy(cards, wires), 3), budget)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    app = QApplication(sys.argv[:1])
    apply_theme(app, "dark")
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        project = residual_rows(count)
        create(Path(folder) / "bench", project)
        print(f"{len(project.graph.nodes):,} nodes, {sum(1 for _ in project.graph.edges):,} links")
        print(f"{'':<50}{'median':>10}    {'budget':>9}")
        machine()
        model = ProjectModel()
        before = time.process_time()
        model.open(Path(folder) / "bench")
        opened = time.process_time()
        memory = process.memory_info().rss
        canvas = GraphCanvas(model, Selection(model))
        canvas.resize(1600, 1000)
        canvas.show()
        canvas.repaint()
        shown = time.process_time()
        show("read the file and check shapes", (opened - before) * 1000, 500)
        show("canvas from document to first frame", (shown - opened) * 1000, 300)
        show("memory beyond the document", (process.memory_info().rss - memory) / 1e6, 104, "MB")
        bench = Bench(app, canvas)
        bench.settle()
        frames(bench, 1)
        doubled(bench)
        gestures(bench)
        edits(bench, model, Path(folder) / "alone")
        layouts()
        machine()
        model.shut_down()


if __name__ == "__main__":
    main()
