"""What the tour can ask of the window: each condition by its name, a plain look at the models, at any time."""

from collections.abc import Callable
from typing import Final

from gui.models.worked_step import Part
from gui.workbench import Workbench

FEW: Final = 0.15
"""A train split up to this share is few."""


class Conditions:
    """`holds` answers by name. `runs_before` is how many runs there were when the step began."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.runs_before = 0
        self._plain: dict[str, Callable[[], bool]] = {
            "step.open": lambda: bench.worked.is_open,
            "step.forward": lambda: self._walked(Part.FORWARD),
            "step.loss": self._at_loss,
            "step.backward": lambda: self._walked(Part.BACKWARD),
            "step.update": lambda: self._reached(Part.UPDATE),
            "step.after": lambda: self._reached(Part.AFTER),
            "step.second": lambda: bench.worked.is_open and bench.worked.step > 1,
            "step.conv": self._at_convolution,
            "run.any": lambda: self.runs() > 0,
            "run.over": lambda: self.runs() > 0 and bench.runs.active is None and not bench.runs.starting,
            "run.new": lambda: self.runs() > self.runs_before,
            "scored": lambda: bench.evaluation.result is not None,
            "few": lambda: bench.project.project.data.split.train <= FEW,
            "many": lambda: bench.project.project.data.split.train > FEW,
        }

    def holds(self, name: str) -> bool:
        """Whether a condition holds now; an empty one always. Raises KeyError for a name there is not."""
        what, _, of = name.partition(":")
        if of:
            return {"example": self.is_example, "selected": self._selected}[what](of)
        return not name or self._plain[name]()

    def runs(self) -> int:
        """How many runs there are, with one that is being started."""
        runs = self._bench.runs
        return len(runs.summaries) + int(runs.starting)

    def is_example(self, name: str) -> bool:
        """Whether a project made from an example is open, whatever its folder is called."""
        project = self._bench.project
        if project.directory is None:
            return False
        folder = project.directory.name
        return project.project.name == name or folder == name or folder.startswith(f"{name}-")

    def _selected(self, kind: str) -> bool:
        nodes = self._bench.project.project.graph.nodes
        return any(name in nodes and nodes[name].type == kind for name in self._bench.selection.nodes)

    def _walked(self, part: Part) -> bool:
        """Whether the walk stands at the last frame of a part, or beyond it."""
        worked = self._bench.worked
        if not worked.frames:
            return False
        last = [at for at, frame in enumerate(worked.frames) if frame.part is part]
        return bool(last) and (worked.at >= last[-1] or worked.step > 1)

    def _reached(self, part: Part) -> bool:
        worked = self._bench.worked
        first = next((at for at, frame in enumerate(worked.frames) if frame.part is part), None)
        return first is not None and (worked.at >= first or worked.step > 1)

    def _at_loss(self) -> bool:
        worked, node = self._bench.worked, self._bench.worked.node
        beyond = worked.frame is not None and worked.frame.part is not Part.FORWARD
        return beyond or (node is not None and node.family == "loss")

    def _at_convolution(self) -> bool:
        node = self._bench.worked.node
        return node is not None and node.family == "convolution"
