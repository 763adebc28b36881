"""A first network for masks: a small U-Net, which sees the whole picture and keeps its borders."""

from dataclasses import dataclass
from typing import Final

from engine.catalog.networks.drawing import Drawing as BlockDrawing
from engine.catalog.networks.drawing import Wire
from engine.data.proposals.drawing import Drawing
from engine.data.proposals.pictures import prepared_size
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, DrawnBlock
from engine.document.data_spec import Field
from engine.document.graph import Edge, Value

FILTERS: Final = (16, 32, 64, 128)
"""Of each level, the last at the bottom. 128 microscope pictures at 128 × 128, 30 epochs."""
_TWO: Final = "twoconvolutions"
_UP: Final = "unetup"


def _conv_norm(drawing: BlockDrawing, wire: Wire) -> tuple[Wire, Wire]:
    conv = drawing.add("Conv2d", wire, out_channels=16, kernel_size=3, padding=1, bias=False)
    return drawing.add("ReLU", drawing.add("BatchNorm2d", conv)), conv


def _two_convolutions() -> tuple[DrawnBlock, ...]:
    drawing = BlockDrawing(_TWO, "Two convolutions")
    y, first = _conv_norm(drawing, drawing.input())
    y, second = _conv_norm(drawing, y)
    drawing.output(y)
    drawing.expose("filters", (first, "out_channels"), (second, "out_channels"))
    return drawing.done()


def _up() -> tuple[DrawnBlock, ...]:
    """Enlarge, join with what the way down saw, two convolutions (Ronneberger, Fischer and Brox, 2015)."""
    drawing = BlockDrawing(_UP, "U-Net stage")
    below, seen = drawing.input("from below"), drawing.input("from the way down")
    up = drawing.add("Upsample", below, scale_factor=2.0)
    y = drawing.block(_two_convolutions(), drawing.add("Concatenate", seen, up, dim=1))
    drawing.output(y)
    drawing.expose("filters", (y, "filters"))
    return drawing.done()


def unet(drawing: Drawing, picture: Field, target: Field) -> dict[str, BlockDefinition]:
    """Draw the network from the picture to a score for each class and point, with its losses; returns its blocks.

    As the U it is: down on the left, across at the bottom, up on the right. A picture whose sides cannot be halved so
    often has fewer levels.
    """
    levels = list(FILTERS)
    height, width = prepared_size(picture)
    while len(levels) > 1 and (height % 2 ** (len(levels) - 1) or width % 2 ** (len(levels) - 1)):
        levels.pop()
    blocks = {block.id: BlockDefinition.of(block) for block in _up()}
    draw = _Unet(drawing, blocks)
    lowest = len(levels) - 1
    end = draw.layer("picture", "Input", 0, 0, title=picture.name, fields=[picture.name])
    seen: list[Wire] = []
    for level in range(lowest):
        end = draw.block(f"down{level + 1}", _TWO, level + 1, level, f"Down {level + 1}", levels[level], end)
        seen.append(end)
        end = draw.layer(f"pool{level + 1}", "MaxPool2d", level + 1, level + 1, end, kernel_size=2)
    column = lowest + 1
    end = draw.block("bottom", _TWO, column, lowest, "Bottom", levels[lowest], end)
    for level in reversed(range(lowest)):
        column += 1
        end = draw.block(f"up{level + 1}", _UP, column, level, f"Up {level + 1}", levels[level], end, seen.pop())
    classes = max(2, len(target.statistics.classes))
    scores = draw.layer("scores", "Conv2d", column + 1, 0, end, out_channels=classes, kernel_size=1)
    truth = draw.layer("target", "Input", column + 1, 1, title=target.name, fields=[target.name])
    draw.layer("answer", "Output", column + 2, 0, field=target.name)
    draw.link(scores, "answer", "prediction")
    # Cross entropy judges each point, Dice each region whatever its size: together they learn small regions too.
    for row, (node, loss) in enumerate((("loss", "CrossEntropyLoss"), ("overlap", "DiceLoss")), 1):
        draw.layer(node, loss, column + 2, row)
        draw.link(scores, node, "prediction")
        draw.link(truth, node, "target")
    return blocks


@dataclass(frozen=True, slots=True)
class _Unet:
    """Layers and instances of blocks at places of their own, linked by their ports."""

    drawing: Drawing
    blocks: dict[str, BlockDefinition]

    def layer(
        self, node: str, kind: str, column: int, row: int, source: Wire | None = None, title: str = "", **more: Value
    ) -> Wire:
        """A layer, behind another."""
        self.drawing.at(node, kind, column, row, title, **more)
        if source is not None:
            self.link(source, node, "input")
        return Wire(node)

    def block(self, node: str, name: str, column: int, row: int, title: str, filters: int, *sources: Wire) -> Wire:
        """An instance of a block, behind what its inputs take."""
        self.drawing.at(node, BLOCK, column, row, title, block=name, filters=filters)
        definition = self.blocks[name]
        for source, port in zip(sources, definition.ports(BLOCK_INPUT), strict=True):
            self.link(source, node, port)
        return Wire(node, definition.ports(BLOCK_OUTPUT)[0])

    def link(self, source: Wire, node: str, port: str) -> None:
        """A link."""
        self.drawing.graph.connect(Edge(source=source.node, output=source.port, target=node, input=port))
