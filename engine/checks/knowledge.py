"""What is known of a drawn graph, whoever knows it: a ShapeChecker, or the view into a block."""

from typing import Protocol

from engine.catalog.layer import InputPort, Layer
from engine.catalog.tensors import TensorSpec
from engine.checks.problem import Problem
from engine.checks.shapes import Cost
from engine.document.project import Project
from engine.errors import NetwrightError


class Specs(Protocol):
    """The tensors at output ports."""

    def get(self, key: tuple[str, str], /) -> TensorSpec | None:
        """The tensor at (node, output port); None while it is unknown."""


class Layers(Protocol):
    """The layers of nodes."""

    def get(self, key: str, /) -> Layer | None:
        """The layer of a node; None where the catalog refused it."""


class Shapes(Protocol):
    """Shapes and cost of a drawn graph."""

    @property
    def project(self) -> Project:
        """The project, its `graph` being the one that is looked at."""

    @property
    def specs(self) -> Specs:
        """The tensors at output ports."""

    @property
    def layers(self) -> Layers:
        """The layers of nodes."""

    def position(self, node_id: str) -> int | None:
        """The place of a node in the order, where it is known."""

    def ports(self, node_id: str) -> tuple[InputPort, ...]:
        """The node's input ports."""

    def input_specs(self, node_id: str) -> tuple[TensorSpec | None, ...]:
        """What arrives at the node's input ports."""

    def output_specs(self, node_id: str) -> tuple[TensorSpec | None, ...]:
        """What leaves the node's output ports."""

    def error_of(self, node_id: str) -> NetwrightError | None:
        """What the node's shape rule refused."""

    def cost_of(self, node_id: str) -> Cost:
        """What a node costs; an instance costs all that is in it."""

    def total_cost(self) -> Cost:
        """What the graph that is looked at costs."""

    def rests(self, node_id: str) -> bool:
        """Whether a node only leads to inputs that a Switch does not choose; an instance, whether all in it does."""


class Checks(Shapes, Protocol):
    """All that is known of a drawn graph. A ShapeChecker knows it of a project without blocks."""

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """What is wrong at a node; at an instance, all that is wrong in it."""

    def problems(self) -> list[Problem]:
        """Everything that is wrong in the project."""
