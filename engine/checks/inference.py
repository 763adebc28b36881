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

    Problems are worked out when asked for. What was found well stays so until an edit touches the node; a problem is
    forgotten at every edit, since its repairs hold ids and places that any edit may take.
    """

    def __init__(self, project: Project) -> None:
        self._found: dict[str, tuple[Problem, ...]] = {}
        self._faulty: set[str] = set()
        self._found_project: tuple[Problem, ...] | None = None
        super().__init__(project)

    def refresh(self) -> set[str]:
        """Check everything anew; returns all node ids, those that are gone too."""
        self._found.clear()
        self._found_project = None
        return super().refresh()

    def update(self, change: Change) -> set[str]:
        """Take in an applied edit; returns the ids of nodes whose shapes, problems or cost may have changed."""
        touched = super().update(change)
        for node_id in touched | self._faulty:
            self._found.pop(node_id, None)
        self._faulty.clear()
        self._found_project = None
        return touched

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """What is wrong at a node, errors first, with repairs that fit the project as it is now."""
        if node_id not in self.project.graph.nodes:
            return ()
        found = self._found.get(node_id)
        if found is None:
            found = self._found[node_id] = problems_of(self, node_id)
            if found:
                self._faulty.add(node_id)
        return found

    def problems(self) -> list[Problem]:
        """Everything that is wrong: the project as a whole first, then node by node, sources first."""
        if self._found_project is None:
            self._found_project = project_problems(self)
        found = list(self._found_project)
        known = self._found
        for node_id in (*self.order, *sorted(self.stuck)):
            if known.get(node_id) != ():
                found.extend(self.problems_of(node_id))
        return found
