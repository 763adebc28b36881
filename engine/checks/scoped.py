"""What the checks know, seen from one drawn graph: the project's own, or that of a block inside an instance."""

import functools
from typing import Final

from engine.catalog.layer import InputPort, Layer
from engine.catalog.layers.block import Block
from engine.catalog.tensors import TensorSpec
from engine.checks.inference import Cost, ShapeChecker
from engine.checks.knowledge import Checks, Layers, Specs
from engine.checks.problem import Problem
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, definition_id
from engine.document.flat import SEPARATOR, prefixes
from engine.document.graph import Graph, Node
from engine.document.project import Project
from engine.errors import NetwrightError


@functools.cache
def _instance_type(title: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> type[Block]:
    """The layer an instance is, its ports being those of the definition."""
    ports = tuple(InputPort(name=name, dtype=None) for name in inputs)
    members = {"__slots__": (), "__doc__": Block.__doc__, "inputs": ports, "outputs": outputs}
    return type("Block", (Block,), {**members, "caption": title or Block.caption})


def instance_layer(definition: BlockDefinition, node: Node) -> Block:
    """An instance of a block as a layer."""
    repeat = node.attributes.get("repeat", 1)
    kind = _instance_type(definition.title, definition.ports(BLOCK_INPUT), definition.ports(BLOCK_OUTPUT))
    return kind(
        block=definition.id,
        repeat=repeat if type(repeat) is int and repeat >= 1 else 1,
        tied=node.attributes.get("tied") is True,
    )


class ScopedChecks:
    """A graph of a project with blocks. `prefix` and `block` are those of the instance it is seen through.

    Both are empty for the project's own graph; of a repeated instance the first copy is seen. Node ids are those of the
    drawing. Everything is asked of the checker anew, so nothing has to be kept up to date here.
    """

    def __init__(self, checker: ShapeChecker, prefix: str = "", block: str = "") -> None:
        source = checker.flattening.source
        self._checker = checker
        self._source = source
        self._prefix: Final = prefix
        self._block: Final = block
        self.specs: Specs = _ScopedSpecs(self)
        self.layers: Layers = _ScopedLayers(self)

    @property
    def graph(self) -> Graph:
        """The drawn graph; empty when the block is gone."""
        if not self._block:
            return self._source.graph
        definition = self._source.blocks.get(self._block)
        return Graph() if definition is None else definition.graph

    @property
    def project(self) -> Project:
        """The project with the drawn graph in the place of its own."""
        source = self._source
        return Project(
            name=source.name,
            data=source.data,
            graph=self.graph,
            recipe=source.recipe,
            view=source.view,
            blocks=source.blocks,
        )

    def definition_of(self, node_id: str) -> BlockDefinition | None:
        """The definition of an instance that could be opened."""
        node = self.graph.nodes.get(node_id)
        if (
            node is None
            or node.type != BLOCK
            or self._prefix + node_id + SEPARATOR not in self._checker.flattening.instances
        ):
            return None
        return self._source.blocks.get(definition_id(node))

    def flat_id(self, node_id: str) -> str:
        """The id of a node (not an instance) in the flat form."""
        return self._prefix + node_id

    def local_id(self, flat_id: str) -> str | None:
        """The drawn node a flat id belongs to: itself or the instance it lies in; None when it is elsewhere."""
        if not flat_id.startswith(self._prefix):
            return None
        local = flat_id[len(self._prefix) :]
        name = local.partition(SEPARATOR)[0]
        return name if name in self.graph.nodes else None

    def output_id(self, node_id: str, port: str) -> tuple[str, str]:
        """Node and port of the flat form that give what an output port gives."""
        definition = self.definition_of(node_id)
        if definition is None:
            return self._prefix + node_id, port
        node = self.graph.node(node_id)
        copies = prefixes(self._prefix, node)
        return copies[0 if node.bypassed else -1] + port, "output"

    def position(self, node_id: str) -> int | None:
        return None

    def ports(self, node_id: str) -> tuple[InputPort, ...]:
        layer = self.layers.get(node_id)
        return () if layer is None else layer.input_ports()

    def input_specs(self, node_id: str) -> tuple[TensorSpec | None, ...]:
        edges = self.graph.inputs_of(node_id)
        found: list[TensorSpec | None] = []
        for port in self.ports(node_id):
            edge = edges.get(port.name)
            found.append(None if edge is None else self.specs.get((edge.source, edge.output)))
        return tuple(found)

    def output_specs(self, node_id: str) -> tuple[TensorSpec | None, ...]:
        layer = self.layers.get(node_id)
        return () if layer is None else tuple(self.specs.get((node_id, port)) for port in layer.output_ports())

    def error_of(self, node_id: str) -> NetwrightError | None:
        flat = self.flat_id(node_id)
        return self._checker.error_of(flat) if flat in self._checker.project.graph.nodes else None

    def cost_of(self, node_id: str) -> Cost:
        if self.definition_of(node_id) is None:
            return self._checker.cost_of(self.flat_id(node_id))
        total = Cost()
        for flat_id in self._inside(node_id):
            total += self._checker.cost_of(flat_id)
        return total

    def _inside(self, node_id: str) -> list[str]:
        start = self._prefix + node_id + SEPARATOR
        return [flat_id for flat_id in self._checker.project.graph.nodes if flat_id.startswith(start)]

    def total_cost(self) -> Cost:
        if not self._prefix:
            return self._checker.total_cost()
        total = Cost()
        for flat_id in self._checker.project.graph.nodes:
            if flat_id.startswith(self._prefix) and not flat_id[len(self._prefix)].isdigit():  # no later copy
                total += self._checker.cost_of(flat_id)
        return total

    def rests(self, node_id: str) -> bool:
        resting = self._checker.resting
        if self.definition_of(node_id) is None:
            return self.flat_id(node_id) in resting
        return bool(resting) and all(flat_id in resting for flat_id in self._inside(node_id))

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        own = self.flat_id(node_id)
        if self.definition_of(node_id) is None:
            found = list(self._checker.problems_of(own))
        else:
            found = [problem for flat_id in self._inside(node_id) for problem in self._checker.problems_of(flat_id)]
        # An instance that cannot be opened as it is drawn is told with the problems of the whole.
        return (*(item for item in self._checker.problems_of_project() if item.node == own), *found)

    def problems(self) -> list[Problem]:
        return self._checker.problems()


class _ScopedSpecs:
    def __init__(self, scope: ScopedChecks) -> None:
        self._scope = scope

    def get(self, key: tuple[str, str], /) -> TensorSpec | None:
        return self._scope._checker.specs.get(self._scope.output_id(*key))


class _ScopedLayers:
    def __init__(self, scope: ScopedChecks) -> None:
        self._scope = scope

    def get(self, key: str, /) -> Layer | None:
        scope = self._scope
        definition = scope.definition_of(key)
        if definition is not None:
            return instance_layer(definition, scope.graph.node(key))
        return scope._checker.layers.get(scope.flat_id(key))


def scoped(checker: ShapeChecker, prefix: str = "", block: str = "") -> Checks:
    """What is known of a drawn graph: the checker itself where the project has no blocks."""
    if not prefix and checker.flattening.project is checker.flattening.source:
        return checker
    return ScopedChecks(checker, prefix, block)
