"""Small projects for tests: data specs with statistics, and a short way to draw a graph.

draw(PICTURES, {"conv1": ("Conv2d", {"padding": 1}), ...}, "pixels > conv1 > relu1 > out.prediction")
"""

import itertools
from typing import Any

import torch

from engine.catalog import registry
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project

CLASSES = ("boot", "猫", "Å b")


def _target(name: str = "label", classes: tuple[str, ...] = CLASSES) -> Field:
    return Field(
        name=name,
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=classes, counts=tuple(range(5, 5 + len(classes)))),
    )


def number(name: str, role: Role = Role.INPUT, *, fill: bool = True) -> Field:
    """A number in its own unit, mean 100 and spread 20."""
    steps = (*((Step(type="FillMissing"),) if fill else ()), Step(type="Standardize"))
    statistics = Statistics(mean=(100.0,), std=(20.0,), minimum=(40.0,), maximum=(160.0,), fill=99.0)
    return Field(name=name, kind=FieldKind.NUMBER, role=role, preparation=steps, statistics=statistics)


PICTURES = DataSpec(
    fields=(
        Field(
            name="pixels",
            kind=FieldKind.IMAGE,
            preparation=(
                Step(type="Channels", attributes={"mode": "rgb"}),
                Step(type="Resize", attributes={"height": 12, "width": 12}),
                Step(type="Scale"),
            ),
            statistics=Statistics(shape=(None, None, 3)),
        ),
        _target(),
    )
)
TABLE = DataSpec(
    fields=(
        number("width (mm)"),
        number("weight"),
        Field(
            name="island",
            kind=FieldKind.CATEGORY,
            preparation=(Step(type="OneHot"),),
            statistics=Statistics(classes=("north", "south"), counts=(3, 4)),
        ),
        _target("species"),
        number("price", Role.TARGET, fill=False),
    )
)
TEXT = DataSpec(
    fields=(
        Field(
            name="text",
            kind=FieldKind.TEXT,
            preparation=(Step(type="Characters", attributes={"length": 9}),),
            statistics=Statistics(vocabulary=tuple("abcdefghij"), longest=9),
        ),
        _target(),
    )
)

Spec = tuple[str, dict[str, Any]]


def draw(data: DataSpec, nodes: dict[str, Spec | str | Node], *chains: str, name: str = "Small net") -> Project:
    """A project. A chain is "a > b > c.port": links from output to input; an Input node is made for each field named.

    A node may be given as its type alone. The port is the node's first where none is named; "a:indices > b" is a link
    from another output than "output".
    """
    made: dict[str, Node] = {}
    for node_id, item in nodes.items():
        if isinstance(item, Node):
            made[node_id] = item
            continue
        type_name, attributes = (item, {}) if isinstance(item, str) else item
        made[node_id] = Node(id=node_id, type=type_name, attributes=attributes)
    edges = []
    for chain in chains:
        ends = [end.strip() for end in chain.split(">")]
        for source, target in itertools.pairwise(ends):
            source, _, output = source.split(".")[0].partition(":")
            if source not in made:
                made[source] = Node(id=source, type="Input", attributes={"fields": [source]})
            node_id, _, port = target.partition(".")
            port = port or registry.layer(made[node_id]).input_ports()[0].name
            edges.append(Edge(source=source, output=output or "output", target=node_id, input=port))
    return Project(name=name, data=data, graph=Graph(made.values(), edges))


def small_cnn() -> Project:
    """Pictures to three classes: convolution, normalization, a skip, pooling, dropout."""
    return draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 6, "padding": 1, "bias": False}),
            "bn1": "BatchNorm2d",
            "relu1": "ReLU",
            "conv2": ("Conv2d", {"out_channels": 6, "padding": "same"}),
            "add1": "Add",
            "relu2": "ReLU",
            "pool1": "MaxPool2d",
            "flatten1": "Flatten",
            "drop1": "Dropout",
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > bn1 > relu1 > conv2 > add1.a",
        "relu1 > add1.b",
        "add1 > relu2 > pool1 > flatten1 > drop1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def table_network() -> Project:
    """Numbers and a category to a class and a price: two outputs, two losses, one Input of three fields."""
    project = draw(
        TABLE,
        {
            "row": ("Input", {"fields": ["width (mm)", "weight", "island"]}),
            "linear1": ("Linear", {"out_features": 8}),
            "act1": "GELU",
            "classes": ("Linear", {"out_features": 3}),
            "money": ("Linear", {"out_features": 1}),
            "out1": ("Output", {"field": "species"}),
            "out2": ("Output", {"field": "price"}),
            "loss1": "CrossEntropyLoss",
            "loss2": "MSELoss",
        },
        "row > linear1 > act1 > classes > out1",
        "act1 > money > out2",
        "classes > loss1.prediction",
        "species > loss1.target",
        "money > loss2.prediction",
        "price > loss2.target",
    )
    return project


def text_network(cell: str = "LSTM", **attributes: Any) -> Project:
    """Characters to a class through a recurrent layer."""
    return draw(
        TEXT,
        {
            "embed": ("Embedding", {"embedding_dim": 6}),
            "cell": (cell, {"hidden_size": 5, **attributes}),
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "text > embed > cell > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def masked_text_network() -> Project:
    """Texts of different length: packed by their lengths, padding out of sight, a memory handed on to a decoder."""
    return draw(
        TEXT,
        {
            "embed": ("Embedding", {"embedding_dim": 8, "padding_idx": 0}),
            "words": "PaddingMask",
            "lengths": "CountNonzero",
            "reader": ("GRU", {"hidden_size": 8, "result": "sequence", "states": True}),
            "writer": ("GRU", {"hidden_size": 8, "result": "sequence", "states": True}),
            "decode": ("TransformerDecoder", {"num_layers": 2, "nhead": 2, "dim_feedforward": 16}),
            "last": ("Select", {"dim": 1}),
            "linear1": ("Linear", {"out_features": 3, "weight_kind": "low_rank", "lora_rank": 2}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "text > embed > reader > decode.memory",
        "text > lengths > reader.lengths",
        "embed > writer > decode > last > linear1 > out",
        "reader:hidden > writer.hidden",
        "text > words > decode.memory_present",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def volume_network() -> Project:
    """Pictures as slices of a volume, down by pooling and up by putting values back to their places."""
    return draw(
        PICTURES,
        {
            "cube": ("Unflatten", {"dim": 1, "unflattened_size": [1, 3]}),
            "conv1": ("Conv3d", {"out_channels": 4, "padding": "same", "weight_kind": "spectral_norm"}),
            "norm1": "BatchNorm3d",
            "pool1": ("MaxPool3d", {"kernel_size": [1, 2, 3], "return_indices": True}),
            "conv2": ("Conv3d", {"out_channels": 4, "kernel_size": 1, "weight_kind": "weight_norm"}),
            "back": ("MaxUnpool3d", {"kernel_size": [1, 2, 3]}),
            "pad1": ("ReplicationPad3d", {"padding": [1, 0, 0, 1, 1, 1]}),
            "up": ("ConvTranspose3d", {"out_channels": 2, "stride": 2}),
            "all": "GlobalAveragePool3d",
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > cube > conv1 > norm1 > pool1 > conv2 > back > pad1 > up > all > linear1 > out",
        "pool1:indices > back.indices",
        "norm1 > back.like",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def transformer_network() -> Project:
    """Characters through positions, attention and a transformer block; the mean over the steps is classified."""
    return draw(
        TEXT,
        {
            "embed": ("Embedding", {"embedding_dim": 8}),
            "where": ("PositionalEncoding", {"max_length": 9, "learned": True}),
            "attend": ("MultiheadAttention", {"num_heads": 2}),
            "add1": "Add",
            "block": ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16}),
            "mean1": "Mean",
            "norm": "LayerNorm",
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "text > embed > where > attend > add1.a",
        "where > add1.b",
        "add1 > block > mean1 > norm > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def many_ways() -> Project:
    """A picture through every layer that is written as a plain expression, and through what goes with it."""
    return draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 4, "padding": 1}),
            "conv2": ("Conv2d", {"out_channels": 4, "padding": 1}),
            "sub1": "Subtract",
            "mul1": "Multiply",
            "max1": ("Maximum", {"count": 3}),
            "cat1": ("Concatenate", {"count": 2}),
            "slice1": ("Slice", {"dim": -1, "start": 2, "end": 10}),
            "slice2": ("Slice", {"dim": 2, "start": 1}),
            "gap": "GlobalAveragePool2d",
            "gmp": "GlobalMaxPool2d",
            "stack1": "Stack",
            "permute1": "Permute",
            "matmul1": "MatMul",
            "reshape1": ("Reshape", {"shape": [2, -1, 2]}),
            "sum1": ("Sum", {"dim": -1, "keepdim": True}),
            "squeeze1": "Squeeze",
            "max2": ("Max", {"dim": 1}),
            "unsqueeze1": "Unsqueeze",
            "select1": ("Select", {"index": 0}),
            "divide1": "Divide",
            "softplus1": "Softplus",
            "flatten1": "Flatten",
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > sub1.a",
        "pixels > conv2 > sub1.b",
        "sub1 > mul1.a",
        "conv1 > mul1.b",
        "mul1 > max1.a",
        "conv2 > max1.b",
        "conv1 > max1.c",
        "max1 > cat1.a",
        "sub1 > cat1.b",
        "cat1 > slice1 > slice2 > gap > stack1.a",
        "slice2 > gmp > stack1.b",
        "stack1 > permute1 > matmul1.a",
        "stack1 > matmul1.b",
        "matmul1 > reshape1 > sum1 > squeeze1 > max2 > unsqueeze1 > select1 > divide1.a",
        "select1 > softplus1 > divide1.b",
        "divide1 > flatten1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


def random_inputs(network: Any, project: Project, count: int = 4, seed: int = 1) -> list[torch.Tensor]:
    """Prepared tensors for `training_forward`, in order; `forward` takes those of `input_ids`."""
    from engine.checks.inference import ShapeChecker

    checker = ShapeChecker(project)
    generator = torch.Generator().manual_seed(seed)
    found = []
    for node_id in network.training_input_ids:
        spec = checker.specs[(node_id, "output")]
        assert spec is not None
        shape = [count, *(size if size is not None else 7 for size in spec.shape[1:])]
        if spec.dtype.value == "int":
            found.append(torch.randint(0, spec.classes or 2, shape, generator=generator))
        else:
            found.append(torch.randn(shape, generator=generator))
    return found


def forward_inputs(network: Any, project: Project, count: int = 4) -> list[torch.Tensor]:
    """Those of `random_inputs` that `forward` takes, and the noise behind them."""
    every = dict(zip(network.training_input_ids, random_inputs(network, project, count), strict=True))
    noise = network.noise(count, torch.Generator().manual_seed(2))
    return [*(every[node_id] for node_id in network.input_ids), *noise]
