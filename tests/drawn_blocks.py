"""A small network with blocks, and the same one drawn without."""

import itertools

from engine.document.block import BlockDefinition, Exposed
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from tests.drawn_networks import PICTURES, draw


def node(node_id: str, type_name: str, **attributes: object) -> Node:
    return Node(id=node_id, type=type_name, attributes=attributes)  # type: ignore[arg-type]


def residual() -> BlockDefinition:
    """conv - bn - relu - conv, added to what came in; how many filters is set by each instance."""
    nodes = (
        node("in1", "BlockInput"),
        node("conv1", "Conv2d", out_channels=6, padding=1, bias=False),
        node("bn1", "BatchNorm2d"),
        node("relu1", "ReLU"),
        node("conv2", "Conv2d", out_channels=6, padding="same"),
        node("add1", "Add"),
        node("out1", "BlockOutput"),
    )
    chain = ("in1", "conv1", "bn1", "relu1", "conv2")
    edges = [Edge(source=a, target=b) for a, b in itertools.pairwise(chain)]
    edges += [
        Edge(source="conv2", target="add1", input="a"),
        Edge(source="in1", target="add1", input="b"),
        Edge(source="add1", target="out1"),
    ]
    exposed = (
        Exposed(name="filters", node="conv1", attribute="out_channels"),
        Exposed(name="filters", node="conv2", attribute="out_channels"),
    )
    return BlockDefinition(id="residual1", title="Residual", exposed=exposed, graph=Graph(nodes, edges))


def with_blocks(**attributes: object) -> Project:
    """Pictures, a convolution, an instance of the residual block, and a head."""
    project = draw(
        PICTURES,
        {
            "stem1": ("Conv2d", {"out_channels": 6, "padding": 1}),
            "pool1": "GlobalAveragePool2d",
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > stem1",
        "pool1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )
    project.blocks["residual1"] = residual()
    project.graph.add(node("block1", "Block", block="residual1", **attributes))
    project.graph.connect(Edge(source="stem1", target="block1", input="in1"))
    project.graph.connect(Edge(source="block1", output="out1", target="pool1"))
    return project
