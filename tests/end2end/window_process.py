"""A real window in a process of its own, which edits a project as fast as it can until somebody kills it.

`python -m tests.end2end.window_process PROJECT [train]` prints "opened", "edited N" once edit N is shown, and with
`train` "training N" once run N is under way. Edit N is `edit(N)`, so whoever kills the window knows what the document
must hold.
"""

import sys
from pathlib import Path

from engine.document.edits import AddNode, Edit, MoveNodes, SetAttributes
from engine.document.graph import Graph, Node

EVERY_MS = 5
SAVED_EVERY = 7


def edit(number: int) -> Edit:
    """Edit `number`: a new layer, then another width for it, then another place, and so on."""
    node_id, turn = f"drawn{number // 3}", number % 3
    if turn == 0:
        return AddNode(node=Node(id=node_id, type="Linear", attributes={"out_features": 3}, y=900.0))
    if turn == 1:
        return SetAttributes(id=node_id, attributes={"out_features": 4 + number})
    return MoveNodes(positions={node_id: (20.0 * number, 960.0)})


def edits_in(graph: Graph) -> int:
    """How many of the edits the graph holds, taken that they came in their order."""
    drawn = sum(node_id.startswith("drawn") for node_id in graph.nodes)
    if not drawn:
        return 0
    last = graph.nodes[f"drawn{drawn - 1}"]
    return 3 * drawn - 2 + (last.attributes["out_features"] != 3) + (last.y != 900.0)


def main(directory: Path, train: bool) -> int:
    """Open the window; it never closes by itself."""
    from PySide6.QtCore import QTimer

    from gui.app import application
    from gui.engine_client import EngineClient
    from gui.frame.error_reporter import ErrorReporter
    from gui.models.settings import Settings
    from gui.window import MainWindow
    from gui.workbench import Workbench

    app = application()
    settings = Settings()
    bench = Workbench(settings, EngineClient())
    window = MainWindow(bench, ErrorReporter(settings.directory / "errors.log"))
    window.show()
    drawing, done = QTimer(), 0

    def say(*words: object) -> None:
        print(*words, flush=True)

    def draw() -> None:
        nonlocal done
        if bench.project.do(edit(done)):
            say("edited", done)
            done += 1
            if done % SAVED_EVERY == 0:
                bench.project.save()

    def on_opened() -> None:
        nonlocal done
        done = edits_in(bench.project.project.graph)
        say("opened")
        if train:
            bench.engine.ready.connect(lambda _event: bench.runs.start())
            bench.engine.start()
        else:
            drawing.start(EVERY_MS)

    def on_active() -> None:
        if bench.runs.active is not None:
            say("training", bench.runs.active)

    drawing.timeout.connect(draw)
    bench.project.opened.connect(on_opened)
    bench.runs.active_changed.connect(on_active)
    bench.runs.start_failed.connect(lambda error: say("failed", error.message))
    bench.project.open(directory)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "train" in sys.argv[2:]))
