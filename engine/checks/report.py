"""The result of checking a project as plain values, for `netwright check`."""

from pathlib import Path

import msgspec

from engine.catalog import registry
from engine.checks.inference import Cost, ShapeChecker
from engine.checks.problem import Problem, Severity
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import NetwrightError

FLOAT_BYTES = 4
LARGEST = 2**63 - 1
"""What JSON readers hold in a whole number; absurd networks are reported as this large."""


class NodeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One node: a shape an output port, batch first, None for a free size or the whole where unknown.

    `resting`: it only leads to what a Switch does not choose, and counts in no sum.
    """

    id: str
    type: str
    output_shapes: list[list[int | None] | None]
    parameters: int
    multiply_adds: int
    resting: bool = False


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `netwright check --json` prints. `memory_bytes` is an estimate for a training step."""

    problems: list[Problem]
    nodes: list[NodeReport]
    parameters: int
    multiply_adds: int
    memory_bytes: int

    @property
    def can_train(self) -> bool:
        """Whether nothing stands in the way of training."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)


def check(project: Project, folder: Path | None = None) -> CheckReport:
    """Check a project, and the files in its folder where that is said; nodes in order, those on a cycle last."""
    checker = ShapeChecker(project, folder)
    graph = checker.project.graph
    left = [node_id for node_id in graph.nodes if checker.position(node_id) is None]
    nodes = []
    for node_id in (*checker.order, *left):
        cost = checker.cost_of(node_id)
        nodes.append(
            NodeReport(
                id=node_id,
                type=graph.nodes[node_id].type,
                output_shapes=[
                    None if spec is None else [None if size is None else min(size, LARGEST) for size in spec.shape]
                    for spec in checker.output_specs(node_id)
                ],
                parameters=min(cost.parameters, LARGEST),
                multiply_adds=min(cost.multiply_adds, LARGEST),
                resting=checker.rests(node_id),
            )
        )
    total = checker.total_cost()
    return CheckReport(
        problems=checker.problems(),
        nodes=nodes,
        parameters=min(total.parameters, LARGEST),
        multiply_adds=min(total.multiply_adds, LARGEST),
        memory_bytes=min(memory_bytes(total, project.recipe), LARGEST),
    )


_STATES = {"SGD": 0, "Adagrad": 1, "RMSprop": 1}
"""Numbers an optimizer keeps for each weight, where it is not 2."""


def memory_bytes(cost: Cost, recipe: Recipe) -> int:
    """A training step's memory: weights, gradients, the optimizer's numbers, and outputs kept for the way back.

    An estimate: outputs are counted twice, for their gradients; libraries and working space come on top.
    """
    states, batch = 0, 1
    for phase in recipe.phases:
        batch = max(batch, phase.batch_size)
        for player in phase.players:
            count = _STATES.get(player.optimizer.type, 2)
            try:
                optimizer = registry.optimizer(player.optimizer)
            except NetwrightError:  # told by the problems of the recipe
                pass
            else:
                count += bool(getattr(optimizer, "momentum", 0))
            states = max(states, count)
    return FLOAT_BYTES * cost.parameters * (2 + states) + 2 * batch * cost.output_bytes
