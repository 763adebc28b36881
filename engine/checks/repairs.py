"""Repairs: edits that mend a problem with one click, undone like any other.

Every repair is one Batch. New nodes get ids that are free in the graph and stand between the nodes they join.
"""

import math
from collections.abc import Mapping

import msgspec

from engine.catalog import registry
from engine.catalog.layer import Layer
from engine.catalog.losses.loss import ClassLoss
from engine.catalog.rules import PICTURE
from engine.catalog.tensors import DType, TensorSpec
from engine.checks.connection import refusal
from engine.checks.offers import usual_loss
from engine.checks.problem import Repair
from engine.checks.shapes import ShapeInference, keeps_width
from engine.checks.walking import passed_on, upstream, width_setter
from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.document.edits import AddNode, Batch, Connect, Disconnect, Edit, RemoveNode, SetAttributes, SetData, SetType
from engine.document.graph import Edge, Graph, Node, Value
from engine.errors import NetwrightError

STEP_X = 240.0
"""Distance between neighbouring nodes on the canvas."""
_CARD = (168.0, 64.0)


def between(graph: Graph, edge: Edge) -> tuple[float, float]:
    """A place for a node on a link: half way, and below it where the two stand too near or other cards lie there."""
    source, target = graph.node(edge.source), graph.node(edge.target)
    x, y = (source.x + target.x) / 2, (source.y + target.y) / 2
    near = abs(target.x - source.x) < 2 * STEP_X - 1 and abs(target.y - source.y) < 120
    y = y + 110 if near else y
    # A link may pass over cards that have nothing to do with it.
    width, height = _CARD
    for top in sorted(node.y for node in graph.nodes.values() if abs(node.x - x) < width + 8):
        if top - height - 16 < y < top + height + 16:
            y = top + height + 24
    return x, y


def insert(
    graph: Graph, edge: Edge, type_name: str, title: str, attributes: Mapping[str, Value] | None = None
) -> Repair:
    """Put a new node on a link."""
    x, y = between(graph, edge)
    node = Node(id=graph.free_id(type_name), type=type_name, attributes=dict(attributes or {}), x=x, y=y)
    return Repair(title=title, edit=Batch(title=title, edits=insertion(graph, edge, node)))


def classes_first(checker: ShapeInference, edge: Edge) -> Repair:
    """Scores of steps, (N, steps, classes), as losses and answers want them: (N, classes, steps)."""
    graph = checker.project.graph
    x, y = between(graph, edge)
    node = Node(id=graph.free_id("Permute"), type="Permute", attributes={"dims": [2, 1]}, x=x, y=y)
    edits: list[Edit] = [
        AddNode(node=node),
        Connect(edge=Edge(source=edge.source, output=edge.output, target=node.id, input="input")),
    ]
    for other in graph.consumers_of(edge.source):
        if other.output == edge.output and other.input == "prediction":
            edits.append(Connect(edge=Edge(source=node.id, target=other.target, input=other.input)))
    title = "Put the classes before the steps"
    return Repair(title=title, edit=Batch(title=title, edits=tuple(edits)))


def insertion(graph: Graph, edge: Edge, node: Node) -> tuple[Edit, ...]:
    """The edits that put a node on a link; the node's first input and its output carry on what went there."""
    found = registry.layer_type(node.type)
    port = found().input_ports()[0].name if found is not None else "input"
    return (
        AddNode(node=node),
        Connect(edge=Edge(source=edge.source, output=edge.output, target=node.id, input=port)),
        Connect(edge=Edge(source=node.id, target=edge.target, input=edge.input)),
    )


def removal(graph: Graph, node_id: str) -> tuple[Edit, ...]:
    """The edits that take a node out and join its first input with whatever it fed."""
    before = passed_on(graph, node_id)
    edits: list[Edit] = [RemoveNode(id=node_id)]
    if before is not None:
        edits += [
            Connect(edge=Edge(source=before.source, output=before.output, target=edge.target, input=edge.input))
            for edge in graph.consumers_of(node_id)
        ]
    return tuple(edits)


def remove(graph: Graph, node_id: str) -> Repair:
    """Take a node out of its way."""
    title = f"Remove {node_id}"
    return Repair(title=title, edit=Batch(title=title, edits=removal(graph, node_id)))


def set_attribute(node: Node, name: str, value: Value, title: str = "") -> Repair:
    """Set one attribute."""
    text = title or f"Set {name} of {node.id} to {value}"
    return Repair(title=text, edit=Batch(title=text, edits=(SetAttributes(id=node.id, attributes={name: value}),)))


def set_type(node: Node, type_name: str) -> Repair:
    """Give a node another type; attributes that the new type knows stay."""
    found = registry.layer_type(type_name)
    kept: dict[str, Value] = {}
    if found is not None:
        kept = keep_attributes(found, node.attributes)
    text = f"Make {node.id} a {type_name}"
    return Repair(title=text, edit=Batch(title=text, edits=(SetType(id=node.id, type=type_name, attributes=kept),)))


def keep_attributes(layer: type[Layer], attributes: Mapping[str, Value]) -> dict[str, Value]:
    """The attributes that a layer knows and takes."""
    kept: dict[str, Value] = {}
    for name, value in attributes.items():
        try:
            layer.from_attributes({name: value})
        except NetwrightError:
            continue
        kept[name] = value
    return kept


def disconnect(node_id: str, port: str) -> Repair:
    """Remove a link."""
    text = f"Remove the link to '{port}' of {node_id}"
    return Repair(title=text, edit=Batch(title=text, edits=(Disconnect(target=node_id, input=port),)))


def connect(edge: Edge) -> Repair:
    """Add a link."""
    text = f"Link {edge.source} to {edge.target}"
    return Repair(title=text, edit=Batch(title=text, edits=(Connect(edge=edge),)))


def set_width(checker: ShapeInference, edge: Edge, width: int, reason: str) -> list[Repair]:
    """Make `width` features arrive at an edge: by the layer that sets it, else by a Linear put in."""
    graph = checker.project.graph
    setter = width_setter(checker, edge)
    if setter is not None:
        name = checker.layers[setter.id].width
        return [set_attribute(setter, name, width, f"Let {setter.id} give {width} values, {reason}")]
    spec = checker.specs.get((edge.source, edge.output))
    if spec is not None and spec.rank == 2:
        return [insert(graph, edge, "Linear", f"Insert a Linear that gives {width} values", {"out_features": width})]
    return []


def bring_to_vector(checker: ShapeInference, edge: Edge) -> list[Repair]:
    """Bring a tensor of 3 or more dimensions to (N, features)."""
    graph = checker.project.graph
    found: list[Repair] = []
    spec = checker.specs.get((edge.source, edge.output))
    for node in upstream(checker, edge):
        layer = checker.layers.get(node.id)
        if layer is None:
            break
        if getattr(layer, "result", "") == "sequence":
            found.append(set_attribute(node, "result", "last", f"Let {node.id} give the last step alone"))
            break
        if not keeps_width(layer) and node.type != "Linear":
            break
    place = flatten_place(checker, edge)
    found.append(insert(graph, place, "Flatten", f"Insert a Flatten before {place.target}"))
    if spec is not None and spec.rank == 4:
        found.append(insert(graph, edge, "GlobalAveragePool2d", f"Insert a global average pool before {edge.target}"))
    return found


def flatten_place(checker: ShapeInference, edge: Edge) -> Edge:
    """The link where a Flatten does most good: before the first of the Linear layers that lead to `edge`."""
    place = edge
    graph = checker.project.graph
    for node in upstream(checker, edge):
        layer = checker.layers.get(node.id)
        if layer is None or (node.type != "Linear" and not keeps_width(layer)):
            break
        inner = graph.inputs_of(node.id).get("input")
        if inner is None:
            break
        if node.type == "Linear":
            place = inner
    return place


def wrong_rank(checker: ShapeInference, node: Node, edge: Edge, spec: TensorSpec) -> list[Repair]:
    """A layer that wants another number of dimensions than arrives."""
    graph = checker.project.graph
    layer = checker.layers[node.id]
    found: list[Repair] = []
    wanted = next((len(port.axes) for port in layer.input_ports() if port.name == edge.input), 0)
    source = graph.node(edge.source)
    if spec.rank < wanted:
        for before in upstream(checker, edge):
            kind = checker.layers.get(before.id)
            if kind is None:
                break
            if before.type == "Flatten" or before.type.startswith("Global"):
                specs = checker.input_specs(before.id)
                if specs and specs[0] is not None and specs[0].rank == wanted:
                    found.append(remove(graph, before.id))
                break
            if getattr(kind, "result", "") == "last" and wanted == 3:
                found.append(set_attribute(before, "result", "sequence", f"Let {before.id} give the whole sequence"))
                break
            if not keeps_width(kind):
                break
    twin = other_dimension(node.type, spec)
    if twin is not None:
        found.append(set_type(node, twin))
    if spec.rank == 3 and wanted == 4:
        found.append(insert(graph, edge, "Unsqueeze", f"Insert an Unsqueeze before {node.id}", {"dim": 1}))
    if spec.rank == 2 and wanted == 3 and spec.dtype is DType.FLOAT:
        axis = 1 if "channels" in layer.input_ports()[0].axes else 2
        found.append(insert(graph, edge, "Unsqueeze", f"Insert an Unsqueeze before {node.id}", {"dim": axis}))
    if spec.rank == 4 and wanted == 3 and source.type not in ("Flatten",):
        found.append(
            insert(graph, edge, "Flatten", f"Join height and width before {node.id}", {"start_dim": 2, "end_dim": -1})
        )
    if not found and not (keeps_width(layer) and node.bypassed):
        found.append(remove(graph, node.id))
    return found


def other_dimension(type_name: str, spec: TensorSpec) -> str | None:
    """The same layer for another number of dimensions (BatchNorm2d for BatchNorm1d), if it takes the tensor."""
    kinds = ("1d", "2d", "3d")
    if not type_name.endswith(kinds):
        return None
    for other in kinds:
        name = type_name[:-2] + other
        found = registry.layer_type(name)
        if found is not None and name != type_name and _takes(found(), spec):
            return name
    return None


def _takes(layer: Layer, spec: TensorSpec) -> bool:
    """Whether a layer as it comes takes a tensor at its first input; with several it is enough that the rank fits."""
    ports = layer.input_ports()
    axes = ports[0].axes
    if axes and len(axes) != spec.rank:
        return False
    if sum(not port.optional for port in ports) > 1:
        return bool(axes)
    try:
        layer.output_specs(spec)
    except NetwrightError:
        return False
    return True


def wrong_dtype(checker: ShapeInference, node: Node, edge: Edge, spec: TensorSpec) -> list[Repair]:
    """Numbers of another kind than the input takes: whole, decimal, or yes and no."""
    graph, data = checker.project.graph, checker.project.data
    found: list[Repair] = []
    source = graph.node(edge.source)
    field = single_field(checker, source)
    if spec.dtype is DType.INT:
        if field is not None and field.kind is FieldKind.CATEGORY:
            title = f"Prepare '{field.name}' with One-hot"
            found.append(Repair(title=title, edit=_prepare(checker, field, Step(type="OneHot"), title)))
        if spec.classes is not None and not isinstance(checker.layers.get(node.id), ClassLoss):
            found.append(insert(graph, edge, "Embedding", f"Insert an Embedding before {node.id}"))
        if edge.input == "target" and spec.rank == 1:
            found.append(set_type(node, "CrossEntropyLoss"))
    else:
        if field is not None and field.kind is FieldKind.CATEGORY and data.field(field.name) is not None:
            title = f"Prepare '{field.name}' with class numbers"
            found.append(Repair(title=title, edit=_prepare(checker, field, Step(type="ClassIndex"), title)))
        if edge.input == "target" and spec.rank == 2:
            is_number = field is not None and field.kind is FieldKind.NUMBER
            found.append(set_type(node, "MSELoss" if is_number else "BCEWithLogitsLoss"))
    wanted = next((port.dtype for port in checker.ports(node.id) if port.name == edge.input), None)
    if edge.input != "target" and wanted in _TURNING and (wanted is not DType.INT or spec.dtype is DType.BOOL):
        kind, words = _TURNING[wanted]
        found.append(insert(graph, edge, kind, f"Turn it into {words}"))
    return found


_TURNING = {
    DType.FLOAT: ("ToFloat", "decimal numbers"),
    DType.INT: ("ToInt", "whole numbers"),
    DType.BOOL: ("ToBool", "yes and no"),
}


def single_field(checker: ShapeInference, node: Node) -> Field | None:
    """The one field that an Input brings in."""
    fields: tuple[str, ...] = getattr(checker.layers.get(node.id), "fields", ())
    return checker.project.data.field(fields[0]) if len(fields) == 1 else None


def _prepare(checker: ShapeInference, field: Field, step: Step, title: str) -> Edit:
    """Replace the preparation of a field."""
    data = checker.project.data
    fields = tuple(
        msgspec.structs.replace(item, preparation=(step,)) if item.name == field.name else item for item in data.fields
    )
    return Batch(title=title, edits=(SetData(data=msgspec.structs.replace(data, fields=fields)),))


def unequal_sizes(checker: ShapeInference, node: Node) -> list[Repair]:
    """Two ways that cannot be added: a 1 × 1 convolution or a Linear on the shorter makes the sizes equal."""
    graph = checker.project.graph
    edges = graph.inputs_of(node.id)
    ports = [port.name for port in checker.ports(node.id) if port.name in edges]
    if len(ports) != 2:
        return []
    ways = sorted((edges[port] for port in ports), key=lambda edge: checker.position(edge.source) or 0)
    skip, main = ways
    wanted, given = (checker.specs.get((edge.source, edge.output)) for edge in (main, skip))
    if wanted is None or given is None or wanted.rank != given.rank or given.dtype is not DType.FLOAT:
        return []
    width = wanted.shape[1]
    if width is None:
        return []
    if wanted.rank == 2:
        return [insert(graph, skip, "Linear", "Project the skip with a Linear", {"out_features": width})]
    if wanted.rank == 3 and wanted.shape[2] is not None and given.shape[1] == width:
        return [insert(graph, skip, "Linear", "Project the skip with a Linear", {"out_features": wanted.shape[2]})]
    if wanted.rank != len(PICTURE):
        return []
    strides: list[bool | int | float | str] = []
    for have, want in zip(given.shape[2:], wanted.shape[2:], strict=True):
        if have is None or want is None or want > have:
            return []
        stride = max(1, math.ceil(have / want))
        if (have - 1) // stride + 1 != want:
            return []
        strides.append(stride)
    attributes: dict[str, Value] = {"out_channels": width, "kernel_size": 1}
    if strides != [1, 1]:
        attributes["stride"] = strides[0] if strides[0] == strides[1] else strides
    return [insert(graph, skip, "Conv2d", "Project the skip with a 1 × 1 convolution", attributes)]


def fitting_divisor(number: int, wanted: int) -> int:
    """The largest divisor of a number that is at most `wanted`."""
    return next(count for count in range(min(wanted, number), 0, -1) if number % count == 0)


def from_attributes(checker: ShapeInference, node: Node) -> list[Repair]:
    """Settings that do not go together with each other or with what arrives: groups, heads, stride, output padding."""
    layer = checker.layers[node.id]
    specs = checker.input_specs(node.id)
    x = specs[0] if specs else None
    if x is None:
        return []
    found: list[Repair] = []
    channels = x.shape[1] if x.rank > 1 else None
    if node.type in ("MultiheadAttention", "TransformerEncoderLayer") and x.rank == 3 and x.shape[2]:
        name = "num_heads" if node.type == "MultiheadAttention" else "nhead"
        heads = fitting_divisor(x.shape[2], getattr(layer, name))
        if heads != getattr(layer, name):
            found.append(set_attribute(node, name, heads, f"Use {heads} heads"))
    if node.type == "GroupNorm" and channels:
        groups = fitting_divisor(channels, getattr(layer, "num_groups", 1))
        found.append(set_attribute(node, "num_groups", groups, f"Use {groups} groups"))
    asked, filters = getattr(layer, "groups", 1), getattr(layer, "out_channels", 1)
    if channels and (channels % asked or filters % asked):
        groups = fitting_divisor(math.gcd(channels, filters), asked)
        title = f"Use {groups} groups" if groups > 1 else "Use no groups"
        found.append(set_attribute(node, "groups", groups, title))
    if getattr(layer, "padding", None) == "same" and getattr(layer, "stride", 1) not in (1, (1, 1)):
        found.append(set_attribute(node, "stride", 1, f"Set the stride of {node.id} to 1"))
    return found


def add_output(checker: ShapeInference, field: Field, edge: Edge) -> Repair:
    """An Output for a field, at the tensor of `edge`."""
    graph = checker.project.graph
    at = graph.node(edge.target)
    node = Node(id=graph.free_id("Output"), type="Output", attributes={"field": field.name}, x=at.x, y=at.y - 120)
    title = f"Add an Output for '{field.name}'"
    link = Connect(edge=Edge(source=edge.source, output=edge.output, target=node.id, input="prediction"))
    return Repair(title=title, edit=Batch(title=title, edits=(AddNode(node=node), link)))


def add_loss(checker: ShapeInference, field: Field, edge: Edge) -> Repair:
    """A loss at the tensor of `edge`, with the field as its target."""
    graph = checker.project.graph
    at = graph.node(edge.target)
    type_name = usual_loss(field)
    loss = Node(id=graph.free_id(type_name), type=type_name, x=at.x, y=at.y + 120)
    title = f"Add {registry.layer_type(type_name).label()} for '{field.name}'"  # type: ignore[union-attr]
    link = Connect(edge=Edge(source=edge.source, output=edge.output, target=loss.id, input="prediction"))
    edits = (AddNode(node=loss), link, *target_edits(checker, field, loss))
    return Repair(title=title, edit=Batch(title=title, edits=edits))


def target_edits(checker: ShapeInference, field: Field, loss: Node) -> tuple[Edit, ...]:
    """The edits that link a field to the target of a loss, through the Input it has already, or a new one."""
    graph = checker.project.graph
    for node_id, layer in checker.layers.items():
        if getattr(layer, "fields", None) == (field.name,):
            return (Connect(edge=Edge(source=node_id, target=loss.id, input="target")),)
    node = Node(
        id=graph.free_id("Input", (loss.id,)),
        type="Input",
        attributes={"fields": [field.name]},
        x=loss.x - STEP_X,
        y=loss.y + 120,
    )
    return (AddNode(node=node), Connect(edge=Edge(source=node.id, target=loss.id, input="target")))


def link_target(checker: ShapeInference, loss: Node) -> list[Repair]:
    """Link a field to be learned to a loss whose target is free."""
    found = []
    for field in checker.project.data.targets():
        title = f"Link '{field.name}' to {loss.id}"
        found.append(Repair(title=title, edit=Batch(title=title, edits=target_edits(checker, field, loss))))
    return found


def link_input(checker: ShapeInference, node: Node, port: str) -> list[Repair]:
    """Link the nearest node on the left whose output nobody uses, if the tensor is of a fitting kind."""
    graph = checker.project.graph
    ports = {item.name: item for item in checker.ports(node.id)}
    best: tuple[float, Edge] | None = None
    for other in graph.nodes.values():
        layer = checker.layers.get(other.id)
        if layer is None or other.id == node.id or not layer.output_ports() or any(graph.consumers_of(other.id)):
            continue
        output = layer.output_ports()[0]
        spec = checker.specs.get((other.id, output))
        if spec is None or (ports[port].dtype is not None and spec.dtype is not ports[port].dtype):
            continue
        if other.type == "Input" and is_target(checker, other):
            continue
        edge = Edge(source=other.id, output=output, target=node.id, input=port)
        if refusal(checker.project, checker, edge) is not None:
            continue
        distance = math.hypot(other.x - node.x, 2 * (other.y - node.y)) + (1e6 if other.x > node.x else 0)
        if best is None or distance < best[0]:
            best = (distance, edge)
    return [] if best is None else [connect(best[1])]


def is_target(checker: ShapeInference, node: Node) -> bool:
    """Whether an Input brings in a field to be learned."""
    fields = getattr(checker.layers.get(node.id), "fields", ())
    return any((field := checker.project.data.field(name)) is not None and field.role is Role.TARGET for name in fields)
