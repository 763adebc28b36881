"""Networks everybody knows, drawn anywhere: what tidy is judged by. All of them have shapes throughout."""

import re

from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node, Value
from engine.document.project import Project

_PICTURES = DataSpec(
    fields=(
        Field(
            name="pixels",
            kind=FieldKind.IMAGE,
            preparation=(Step(type="Scale"),),
            statistics=Statistics(shape=(64, 64, 3)),
        ),
        Field(
            name="label",
            kind=FieldKind.CATEGORY,
            role=Role.TARGET,
            preparation=(Step(type="ClassIndex"),),
            statistics=Statistics(classes=("cat", "dog", "owl"), counts=(10, 10, 10)),
        ),
    )
)


class _Drawing:
    """Nodes and links in the order in which they are named."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self._counts: dict[str, int] = {}

    def put(self, kind: str, *sources: str, **attributes: Value) -> str:
        """A node fed by these, in the order of its ports."""
        stem = re.sub(r"[123]d$", "", kind).lower()[:9]
        self._counts[stem] = self._counts.get(stem, 0) + 1
        name = f"{stem}{self._counts[stem]}"
        self.nodes.append(Node(id=name, type=kind, attributes=attributes))
        ports = {
            "Input": (),
            "Add": ("a", "b"),
            "Concatenate": ("a", "b"),
            "MultiheadAttention": ("query", "key", "value"),
            "Output": ("prediction",),
            "CrossEntropyLoss": ("prediction", "target"),
        }.get(kind, ("input",))
        for port, source in zip(ports, sources, strict=True):
            self.edges.append(Edge(source=source, target=name, input=port))
        return name

    def convolution(self, source: str, channels: int, *, relu: bool = True, stride: int = 1, kernel: int = 3) -> str:
        """Convolution, normalization and, if wanted, ReLU."""
        padding: Value = "same" if stride == 1 else kernel // 2
        made = self.put("Conv2d", source, out_channels=channels, kernel_size=kernel, stride=stride, padding=padding)
        made = self.put("BatchNorm2d", made)
        return self.put("ReLU", made) if relu else made

    def project(self, name: str) -> Project:
        """All of it, in one heap at the origin."""
        return Project(name=name, data=_PICTURES, graph=Graph(self.nodes, self.edges))


def resnet(stages: tuple[int, ...] = (3, 4, 18, 3)) -> Project:
    """Bottleneck blocks after He et al. 2015; 300 nodes unless told otherwise."""
    draw = _Drawing()
    last = draw.put("Input", fields=["pixels"])
    last = draw.put("MaxPool2d", draw.convolution(last, 16, stride=2, kernel=7))
    width = 8
    for stage, blocks in enumerate(stages):
        for block in range(blocks):
            stride = 2 if stage and block == 0 else 1
            inner = draw.convolution(last, width, kernel=1)
            inner = draw.convolution(inner, width, stride=stride)
            inner = draw.convolution(inner, width * 4, relu=False, kernel=1)
            skip = last
            if block == 0:
                skip = draw.put("Conv2d", last, out_channels=width * 4, kernel_size=1, stride=stride)
                skip = draw.put("BatchNorm2d", skip)
            last = draw.put("ReLU", draw.put("Add", inner, skip))
        width *= 2
    _ends(draw, draw.put("Linear", draw.put("Flatten", draw.put("AdaptiveAvgPool2d", last)), out_features=3))
    return draw.project("ResNet")


def residual_chain(blocks: int) -> Project:
    """Convolution, normalization, ReLU and a skip around them, so many times: four nodes a block."""
    draw = _Drawing()
    last = draw.put("Conv2d", draw.put("Input", fields=["pixels"]), out_channels=8, padding="same")
    for _block in range(blocks):
        last = draw.put("Add", draw.convolution(last, 8), last)
    _ends(draw, draw.put("Linear", draw.put("Flatten", draw.put("AdaptiveAvgPool2d", last)), out_features=3))
    return draw.project("Chain")


def _ends(draw: _Drawing, answer: str) -> None:
    draw.put("Output", answer, field="label")
    draw.put("CrossEntropyLoss", answer, draw.put("Input", fields=["label"]))


def unet(depth: int = 4) -> Project:
    """After Ronneberger et al. 2015: each step down is joined to its step up; about 60 nodes with a depth of 4."""
    draw = _Drawing()
    last = draw.put("Input", fields=["pixels"])
    width = 8
    kept: list[str] = []
    for _step in range(depth):
        last = draw.put("ReLU", draw.put("Conv2d", draw.convolution(last, width), out_channels=width, padding="same"))
        kept.append(last)
        last = draw.put("MaxPool2d", last)
        width *= 2
    last = draw.convolution(last, width)
    for skip in reversed(kept):
        width //= 2
        up = draw.put("ConvTranspose2d", last, out_channels=width, kernel_size=2, stride=2)
        both = draw.put("Concatenate", skip, up)
        last = draw.put("ReLU", draw.put("Conv2d", draw.convolution(both, width), out_channels=width, padding="same"))
    pooled = draw.put("Flatten", draw.put("AdaptiveAvgPool2d", last))
    _ends(draw, draw.put("Linear", pooled, out_features=3))
    return draw.project("U-Net")


def transformer(blocks: int = 12) -> Project:
    """Encoder blocks after Vaswani et al. 2017, normalized first."""
    draw = _Drawing()
    last = draw.put("Input", fields=["pixels"])
    last = draw.put("Flatten", draw.put("Conv2d", last, out_channels=32, kernel_size=8, stride=8), start_dim=2)
    last = draw.put("Permute", last, dims=[0, 2, 1])
    for _block in range(blocks):
        normal = draw.put("LayerNorm", last)
        last = draw.put("Add", draw.put("MultiheadAttention", normal, normal, normal, num_heads=4), last)
        inner = draw.put("GELU", draw.put("Linear", draw.put("LayerNorm", last), out_features=64))
        last = draw.put("Add", draw.put("Linear", inner, out_features=32), last)
    _ends(draw, draw.put("Linear", draw.put("Flatten", last), out_features=3))
    return draw.project("Transformer")


def dense(count: int = 24) -> Project:
    """Every layer sees all before it, after Huang et al. 2016."""
    draw = _Drawing()
    last = draw.put("Input", fields=["pixels"])
    for _layer in range(count):
        new = draw.convolution(last, 4)
        last = draw.put("Concatenate", last, new)
    _ends(draw, draw.put("Linear", draw.put("Flatten", draw.put("AdaptiveAvgPool2d", last)), out_features=3))
    return draw.project("DenseNet")
