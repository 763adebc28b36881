"""The menu at a badge: what is wrong with the node, and repairs that are shown on the canvas before they are picked."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget, QWidgetAction

from engine.checks.problem import Problem, Repair, Severity
from gui.widgets.icons import icon
from gui.widgets.plain_text import button_text
from gui.widgets.text import Text

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_MOST_PROBLEMS: Final = 4
_MOST_REPAIRS: Final = 5
_WIDTH: Final = 320


class RepairsMenu(QMenu):
    """Made for one node. Arrows, or the mouse, walk along the repairs, whose ghosts follow."""

    def __init__(self, canvas: "GraphCanvas", node: str) -> None:
        super().__init__(canvas)
        self.setObjectName("design.canvas.repairs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._canvas = canvas
        self._repairs: dict[QAction, Repair] = {}
        problems = canvas.project.checker.problems_of(node)
        for problem in problems[:_MOST_PROBLEMS]:
            self._add_problem(problem)
        left = len(problems) - _MOST_PROBLEMS
        if left > 0:
            self.addAction(f"And {left} more, in the list of problems").setEnabled(False)
        self.hovered.connect(self._on_hovered)
        self.aboutToHide.connect(lambda: canvas.mending.preview(None))

    @property
    def repairs(self) -> list[Repair]:
        """What is offered, in order."""
        return list(self._repairs.values())

    def open_at(self, point: QPoint) -> None:
        """Show the menu with its first repair lit; it deletes itself when it closes."""
        self.popup(point)
        if self._repairs:
            first = next(iter(self._repairs))
            self.setActiveAction(first)
            self._on_hovered(first)

    def _add_problem(self, problem: Problem) -> None:
        if not self.isEmpty():
            self.addSeparator()
        words = QWidgetAction(self)
        words.setDefaultWidget(_words(problem))
        words.setText(problem.message)
        self.addAction(words)
        words.setEnabled(False)
        for repair in problem.repairs[:_MOST_REPAIRS]:
            action = self.addAction(icon("check"), button_text(repair.title))
            action.triggered.connect(lambda _checked=False, repair=repair: self._canvas.mending.do(repair))
            self._repairs[action] = repair
        if not problem.repairs:
            action = self.addAction(icon("settings"), "Show its settings")
            action.triggered.connect(lambda _checked=False: self._canvas.inspect_requested.emit(problem.node))

    def _on_hovered(self, action: QAction) -> None:
        self._canvas.mending.preview(self._repairs.get(action))


def _words(problem: Problem) -> QWidget:
    """The message, wrapped: a menu would make one long line of it."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(12, 8, 12, 6)
    tone = "error" if problem.severity is Severity.ERROR else "warn"
    text = Text(problem.message, tone=tone, wrap=True)
    text.setFixedWidth(_WIDTH)
    text.setFixedHeight(text.heightForWidth(_WIDTH))
    column.addWidget(text)
    return holder
