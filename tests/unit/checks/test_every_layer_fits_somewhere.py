"""What fits at a link is asked of every layer of the catalog with every kind of tensor; none may fail on it."""

import pytest

from engine.catalog.registry import layers
from engine.catalog.tensors import DType, TensorSpec
from engine.checks.connection import compatible_types
from engine.checks.inference import ShapeChecker
from engine.checks.repairs import other_dimension
from engine.document.data_spec import DataSpec, Field, FieldKind, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project

TENSORS = (
    TensorSpec((None,)),
    TensorSpec((None,), DType.INT, 10),
    TensorSpec((None, 128)),
    TensorSpec((None, 12, 64)),
    TensorSpec((None, 12), DType.INT, 100),
    TensorSpec((None, 32, 14, 14)),
    TensorSpec((None, 4, 8, 14, 14)),
    TensorSpec((None, 32, 14, 14), DType.BOOL),
    TensorSpec((None, None, None)),
    TensorSpec((None, 3, None, None)),
)


@pytest.mark.parametrize("spec", TENSORS, ids=str)
def test_every_layer_says_whether_it_takes_a_tensor(spec: TensorSpec) -> None:
    checker = ShapeChecker(Project(name="one", graph=Graph([Node(id="a", type="Identity")])))
    checker.specs["a", "output"] = spec  # type: ignore[index]
    found = compatible_types(checker.project, checker, "a", "output")
    assert any(kind.type_name() == "Identity" for kind in found) or spec.dtype is DType.BOOL


@pytest.mark.parametrize("spec", TENSORS, ids=str)
def test_every_layer_knows_its_twin_for_other_dimensions_or_none(spec: TensorSpec) -> None:
    for kind in layers():
        name = other_dimension(kind.type_name(), spec)
        assert name is None or name[:-2] == kind.type_name()[:-2]


def test_every_layer_alone_and_fed_by_every_other_family_is_judged() -> None:
    """Problems and their repairs are found for each layer behind a picture, behind numbers and with nothing."""
    pixels = Field(
        name="pixels", kind=FieldKind.IMAGE, preparation=(Step(type="Scale"),), statistics=Statistics(shape=(28, 28, 1))
    )
    data = DataSpec(fields=(pixels,))
    for kind in layers():
        nodes = [
            Node(id="images", type="Input", attributes={"fields": ["pixels"]}),
            Node(id="conv", type="Conv2d"),
            Node(id="flat", type="Flatten"),
            Node(id="it", type=kind.type_name()),
        ]
        ports = kind().input_ports()
        for source in ("conv", "flat"):
            edges = [Edge(source="images", target="conv"), Edge(source="conv", target="flat")]
            edges += [Edge(source=source, target="it", input=port.name) for port in ports]
            checker = ShapeChecker(Project(name="one", data=data, graph=Graph(nodes, edges)))
            assert checker.specs.get(("conv", "output")) is not None
            checker.problems()
        ShapeChecker(Project(name="one", data=data, graph=Graph(nodes))).problems()
