"""The card of a node that is not in the graph yet: while it is dragged here, or proposed by a repair."""

from engine.catalog.layer import Layer
from engine.catalog.registry import layer as layer_of
from engine.catalog.registry import layer_type
from engine.document.data_spec import DataSpec
from engine.document.graph import Node
from engine.errors import NetwrightError
from gui.design.canvas.face import NodeFace
from gui.design.families import color_name
from gui.design.node_text import caption, line_of, main_parts


def new_card(node: Node, data: DataSpec) -> NodeFace:
    """What the card will show, as far as it does not follow from links."""
    kind = layer_type(node.type)
    layer: Layer | None = None
    try:
        layer = layer_of(node)
    except NetwrightError:
        pass  # the card shows its name alone
    ports = layer.input_ports() if layer is not None else kind.inputs if kind is not None else ()
    outputs = layer.output_ports() if layer is not None else kind.outputs if kind is not None else ("output",)
    return NodeFace(
        id=node.id,
        title=caption(node, kind, data),
        line=line_of(main_parts(node, layer, [None] * len(ports), None, data)),
        color=color_name(kind.family) if kind is not None else "shape",
        inputs=tuple(port.name for port in ports),
        outputs=outputs,
    )
