"""The one who knows what fits in a drawn network: shapes, cost and problems, kept up to date edit by edit."""

import re
from pathlib import Path
from typing import Final

import msgspec

from engine.checks.drawn_edits import drawn_edit
from engine.checks.node_problems import problems_of
from engine.checks.problem import Problem, Repair
from engine.checks.project_problems import project_problems
from engine.checks.shapes import Cost, ShapeInference
from engine.document.edits import Change
from engine.document.flat import in_words
from engine.document.project import Project

_INNER: Final = re.compile(r"[a-z][a-z0-9_]*__[a-z0-9_]*[a-z0-9]")

__all__ = ["Cost", "ShapeChecker"]


class ShapeChecker(ShapeInference):
    """Shapes and cost, and what is wrong, with repairs.

    Problems are worked out when asked for. What was found well stays so until an edit touches the node; a problem is
    forgotten at every edit, since its repairs hold ids and places that any edit may take.
    """

    def __init__(self, project: Project, folder: Path | None = None) -> None:
        self._found: dict[str, tuple[Problem, ...]] = {}
        self._faulty: set[str] = set()
        self._found_project: tuple[Problem, ...] | None = None
        super().__init__(project, folder)

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
            found = self._found[node_id] = self._as_drawn(problems_of(self, node_id))
            if found:
                self._faulty.add(node_id)
        return found

    def problems_of_project(self) -> tuple[Problem, ...]:
        """What is wrong with the project as a whole, and with instances that cannot be opened as they are drawn."""
        if self._found_project is None:
            self._found_project = self._as_drawn(project_problems(self))
        return self._found_project

    def problems(self) -> list[Problem]:
        """Everything that is wrong: the project as a whole first, then node by node, sources first."""
        found = list(self.problems_of_project())
        known = self._found
        for node_id in (*self.order, *sorted(self.stuck)):
            if known.get(node_id) != ():
                found.extend(self.problems_of(node_id))
        return found

    def _as_drawn(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Problems of a network with blocks: repairs edit the drawing, and inner nodes are named by their way."""
        flat = self.flattening
        if flat.project is flat.source or not problems:
            return problems

        def readable(text: str) -> str:
            return _INNER.sub(lambda found: in_words(found[0]) if found[0] in flat.places else found[0], text)

        def as_drawn(problem: Problem) -> Problem:
            repairs = tuple(
                Repair(title=readable(repair.title), edit=edit)
                for repair in problem.repairs
                if (edit := drawn_edit(repair.edit, flat)) is not None
            )
            return msgspec.structs.replace(
                problem, message=readable(problem.message), found=readable(problem.found), repairs=repairs
            )

        return tuple(map(as_drawn, problems))
