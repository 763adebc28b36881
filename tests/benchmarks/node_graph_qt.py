"""NodeGraphQt 0.6 on the same graph, for what it can do the same: the peer that bench_canvas.py compares with.

It is no part of Netwright: `pip install --no-deps NodeGraphQt Qt.py` (with its dependencies, type stubs of PySide6 come
along that differ from those PySide6 brings). On Python 3.12 and later it needs setuptools besides.
"""

import os
from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

from engine.document.graph import Graph

os.environ.setdefault("QT_PREFERRED_BINDING", "PySide6")

Measure = Callable[[Callable[[], object], int], float]


def figures(app: QApplication, graph: Graph, cpu_ms: Measure) -> dict[str, float] | None:
    """CPU milliseconds by the names of our table; None when it is not installed."""
    try:
        from NodeGraphQt import BaseNode, NodeGraph  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None

    class Layer(BaseNode):  # type: ignore[misc, unused-ignore]
        """Three inputs and an output, as the largest node of the graph has."""

        __identifier__ = "bench"
        NODE_NAME = "layer"

        def __init__(self) -> None:
            super().__init__()
            for port in "abc":
                self.add_input(port)
            self.add_output("output")

    peer = NodeGraph()
    peer.register_node(Layer)
    viewer = peer.viewer()
    viewer.resize(1600, 1000)
    found: dict[str, float] = {}

    def build() -> None:
        made = {
            node.id: peer.create_node(
                "bench.Layer", name=node.id, pos=(node.x, node.y), selected=False, push_undo=False
            )
            for node in graph.nodes.values()
        }
        for edge in graph.edges:
            port = {"b": 1, "c": 2}.get(edge.input, 0)
            made[edge.source].output(0).connect_to(made[edge.target].input(port), push_undo=False)
        viewer.show()
        viewer.viewport().repaint()

    found["open: file to first frame"] = cpu_ms(build, 1)

    def look_at(x: float, y: float, width: float, height: float) -> None:
        viewer._scene_range = QRectF(x, y, width, height)  # its own command for this takes minutes (see the facts)
        viewer._update_scene()
        app.processEvents()

    def frame() -> None:
        viewer.viewport().repaint()

    right = max(node.x for node in graph.nodes.values()) + 200
    bottom = max(node.y for node in graph.nodes.values()) + 120
    for name, view in (
        ("fit", (-60.0, -60.0, right + 120, (right + 120) * 1000 / 1600)),
        ("1.0", (0.0, 0.0, 1600.0, 1000.0)),
    ):
        look_at(*view)
        frame()
        found[f"full frame, zoom {name}"] = cpu_ms(frame, 9)
        node = peer.all_nodes()[len(graph.nodes) // 2 if name == "fit" else 3].view

        def drag(node: object = node) -> None:
            node.moveBy(9, 0)  # type: ignore[attr-defined]
            app.processEvents()

        found[f"drag 1 node, zoom {name}"] = cpu_ms(drag, 9)
    look_at(-60.0, -60.0, right + 120, bottom + 120)
    found["select all"] = cpu_ms(lambda: (peer.select_all(), frame()), 1)
    found["delete all"] = cpu_ms(lambda: (peer.delete_nodes(peer.all_nodes()), frame()), 1)
    found["undo the deletion"] = cpu_ms(lambda: (peer.undo_stack().undo(), frame()), 1)
    viewer.close()
    return found
