"""Numbers of a network that move while it is trained: set before each step, from the steps done alone."""

from collections.abc import Sequence

from engine.catalog import registry
from engine.catalog.layers.special import MovingValue
from engine.compiler import modules
from engine.compiler.generated import module_names
from engine.training.task import Task


class MovingValues:
    """The Moving values of a task. `steps` is how many steps each phase of the recipe takes."""

    def __init__(self, task: Task, steps: Sequence[int]) -> None:
        self._steps = list(steps)
        self._found: list[tuple[modules.special.MovingValue, int]] = []
        nodes = task.project.graph.nodes
        held, names = dict(task.network.named_children()), module_names(nodes)
        for node in nodes.values():
            module = held.get(names[node.id])
            if node.type == MovingValue.type_name() and isinstance(module, modules.special.MovingValue):
                layer = registry.layer(node)
                assert isinstance(layer, MovingValue)
                self._found.append((module, layer.phase))

    def __bool__(self) -> bool:
        return bool(self._found)

    def move(self, phase: int, step: int) -> None:
        """Set them for a step of a phase, both from 0; the last step of their phase has the number at the end."""
        for module, chosen in self._found:
            if chosen == 0:
                done, steps = sum(self._steps[:phase]) + step, sum(self._steps)
            elif chosen - 1 == phase:
                done, steps = step, self._steps[phase]
            else:
                done, steps = int(phase >= chosen), 2
            module.move(min(1.0, done / max(1, steps - 1)))
