"""The one who knows what fits in a drawn network: shapes, cost and problems, kept up to date edit by edit."""

from engine.checks.node_problems import problems_of
from engine.checks.problem import Problem
from engine.checks.project_problems import project_problems
from engine.checks.shapes import Cost, ShapeInference
from engine.document.edits import Change
from engine.document.project import Project

__all__ = ["Cost", "ShapeChecker"]


class ShapeChecker(ShapeInference):
    """Shapes and cost, and what is wrong, with repairs.

    Problems are worked out when asked for, and kept until the next edit: a repair holds ids that an edit may take.
    """

    def __init__(self, project: Project) -> None:
        self._found: dict[str, tuple[Problem, ...]] = {}
        self._found_project: tuple[Problem, ...] | None = None
        super().__init__(project)

    def refresh(self) -> set[str]:
        """Check everything anew; returns all node ids, those that are gone too."""
        self._forget()
        return super().refresh()

    def update(self, change: Change) -> set[str]:
        """Take in an applied edit; returns the ids of nodes whose shapes, problems or cost may have changed."""
        self._forget()
        return super().update(change)

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """What is wrong at a node, errors first, with repairs that fit the project as it is now."""
        if node_id not in self.project.graph.nodes:
            return ()
        found = self._found.get(node_id)
        if found is None:
            found = self._found[node_id] = problems_of(self, node_id)
        return found

    def problems(self) -> list[Problem]:
        """Everything that is wrong: the project as a whole first, then node by node, sources first."""
        if self._found_project is None:
            self._found_project = project_problems(self)
        found = list(self._found_project)
        for node_id in (*self.order, *sorted(self.stuck)):
            found.extend(self.problems_of(node_id))
        return found

    def _forget(self) -> None:
        self._found.clear()
        self._found_project = None
