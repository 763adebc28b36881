"""A shown canvas with its models and a hand, for the tests of what is done on it."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from engine.document.project import Project
from gui.design.canvas.canvas import GraphCanvas
from gui.models.layer_uses import LayerUses
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from tests.gui.drawn_networks import Hand


class CanvasBench:
    """The canvas, what it shows, and what was refused."""

    def __init__(
        self,
        qtbot: QtBot,
        folder: Path,
        project: Project,
        *,
        uses: LayerUses | None = None,
        size: tuple[int, int] = (1200, 800),
    ) -> None:
        self.qtbot = qtbot
        self.model = ProjectModel()
        self.model.create(folder / "network", project)
        self.selection = Selection(self.model)
        self.canvas = GraphCanvas(self.model, self.selection, uses=uses)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(*size)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)
        self.canvas.activateWindow()
        self.canvas.setFocus()
        qtbot.waitUntil(self.canvas.hasFocus)
        self.hand = Hand(self.canvas)
        self.refused: list[object] = []
        self.model.refused.connect(self.refused.append)

    @property
    def graph(self):  # type: ignore[no-untyped-def]
        return self.model.project.graph

    @property
    def step(self) -> str:
        """The name of the step that undo would take back."""
        return self.model.history.undoText()

    def place(self, node: str) -> tuple[float, float]:
        return self.graph.nodes[node].x, self.graph.nodes[node].y

    def close(self) -> None:
        self.model.shut_down()
