"""What is wrong at one node, in words, with repairs."""

from collections.abc import Iterator, Sequence

from engine.catalog.layer import Family, Layer
from engine.catalog.layers.data import Input, Noise, Output
from engine.catalog.losses import Loss
from engine.catalog.losses.loss import ClassLoss
from engine.catalog.rules import found_text, same_sizes
from engine.catalog.tensors import TensorSpec, axes_text
from engine.checks import repairs
from engine.checks.answers import answer_of
from engine.checks.field_specs import answer_spec
from engine.checks.problem import Problem, Repair, Severity
from engine.checks.shapes import ShapeInference, keeps_width
from engine.checks.text_problems import text_problems
from engine.checks.walking import handed_on, sources_of, upstream, without_target
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT
from engine.document.data_spec import FieldKind
from engine.document.edits import Batch, SetAttributes, SetShares
from engine.document.flat import SEPARATOR
from engine.document.graph import Edge, Node
from engine.errors import NetwrightError

ERROR, WARNING = Severity.ERROR, Severity.WARNING
_TURNS_INTO = {
    "softmax": ("Softmax", "LogSoftmax", "Sigmoid"),
    "sigmoid": ("Sigmoid", "Softmax"),
}
"""What must not stand right before a loss that turns scores into such an answer itself."""


def problems_of(checker: ShapeInference, node_id: str) -> tuple[Problem, ...]:
    """Errors first. A node that leads nowhere only warns, once there is an Output or a loss to lead to.

    None for what only leads to inputs that a Switch does not choose: it may be half drawn, or fit another task.
    None for an instance of a block that could not be opened: that is told with the problems of the project.
    """
    graph = checker.project.graph
    node = graph.nodes[node_id]
    if node.type == BLOCK or node_id in checker.resting:
        return ()
    layer = checker.layers.get(node_id)
    edges = graph.inputs_of(node_id)
    if (
        layer is not None
        and checker.error_of(node_id) is None
        and layer.family not in _WITH_CONTEXT
        and node_id not in checker.cycle
        and len(edges) == len(checker.ports(node_id)) == 1
        and "input" in edges
        and checker.specs.get((node_id, "output")) is not None
        and any(True for _ in graph.consumers_of(node_id))
        and not node.shares
        and not _export_refusal(checker, node_id, layer)
        and not (node.type == "Linear" and checker.output_specs(node_id)[0].rank >= 4)  # type: ignore[union-attr]
    ):
        return ()  # the ordinary node, decided at once: large graphs ask this for every node at every edit
    found = list(_found(checker, node, layer))
    if checker.sinks and node_id not in checker.needed and not isinstance(layer, Loss | Output):
        found = [
            Problem(
                severity=WARNING,
                node=problem.node,
                message=problem.message,
                expected=problem.expected,
                found=problem.found,
                repairs=problem.repairs,
            )
            for problem in found
        ]
    return tuple(sorted(found, key=lambda problem: problem.severity is WARNING))


_WITH_CONTEXT = frozenset({Family.DATA, Family.LOSS})


def _title(node: Node) -> str:
    return f"{node.type} '{node.id}'"


def _problem(
    node: Node,
    text: str,
    *,
    expected: str = "",
    found: str = "",
    hint: str = "",
    severity: Severity = ERROR,
    mended: list[Repair] | tuple[Repair, ...] = (),
) -> Problem:
    message = f"{_title(node)}: {text}" + (f" {hint}" if hint else "")
    return Problem(
        severity=severity, node=node.id, message=message, expected=expected, found=found, repairs=tuple(mended)
    )


def _found(checker: ShapeInference, node: Node, layer: Layer | None) -> Iterator[Problem]:
    graph = checker.project.graph
    fault = checker.fault_of(node.id)
    if fault is not None or layer is None:
        yield _fault(checker, node, fault)
        return
    if node.bypassed and isinstance(layer, Output | Loss):
        return
    edges = graph.inputs_of(node.id)
    if node.id in checker.cycle:
        breaking = [edge for edge in edges.values() if edge.source in checker.cycle]
        yield _problem(
            node,
            "it feeds itself through others.",
            expected="links that lead forwards",
            found=" → ".join([*sorted(edge.source for edge in breaking), node.id]),
            hint="Remove one of the links of the circle.",
            mended=[repairs.disconnect(node.id, edge.input) for edge in breaking],
        )
    yield from _links(checker, node, layer)
    error = checker.error_of(node.id)
    if error is not None:
        yield _mismatch(checker, node, layer, error)
    elif isinstance(layer, Output):
        yield from _output(checker, node, layer)
    if node.shares:
        yield from _shared(checker, node, layer)
    if isinstance(layer, Loss):
        yield from _activation_before(checker, node)
    if isinstance(layer, Output):
        yield from _untrained(checker, node, layer)
    if error is None and layer.family in _WITH_CONTEXT:
        yield from text_problems(checker, node)
    if node.type == "Linear" and error is None:
        yield from _linear_on_picture(checker, node)
    refusal = "" if error is not None else _export_refusal(checker, node.id, layer)
    if refusal:
        yield _problem(node, "it trains, but cannot be exported to ONNX.", hint=refusal, severity=WARNING)
    if layer.output_ports() and not any(True for _ in graph.consumers_of(node.id)):
        if node.type == BLOCK_OUTPUT and SEPARATOR in node.id:
            instance, name = _instance_of(node.id)
            message = f"Block '{instance}': nothing uses its output '{node.title or name}'. It is left out of training."
            yield Problem(severity=WARNING, node=node.id, message=message)
            return
        yield _problem(
            node,
            "nothing uses what it gives.",
            hint="It is left out of training.",
            severity=WARNING,
            mended=[] if edges else [repairs.remove(graph, node.id)],
        )


def _shared(checker: ShapeInference, node: Node, layer: Layer) -> Iterator[Problem]:
    """A node can use the weights of one that is built alike."""
    owner = checker.layers.get(node.shares)
    text = ""
    expected, found = f"another {node.type}", f"'{node.shares[:80]}'"
    if owner is None or node.shares == node.id:
        text = f"it should use the weights of '{node.shares[:80]}', which is not there."
    elif checker.project.graph.node(checker.project.graph.owner(node.id)).shares:
        text = f"it should use the weights of '{node.shares}', which has none of its own."
    elif type(owner) is not type(layer):
        text = f"it should use the weights of '{node.shares}', which is another kind of layer."
        found = checker.project.graph.node(node.shares).type
    elif None not in (*checker.input_specs(node.id), *checker.input_specs(node.shares)):
        ours = layer.arguments(*checker.given_specs(node.id))
        theirs = owner.arguments(*checker.given_specs(node.shares))
        differing = [name for name in ours if ours[name] != theirs.get(name)]
        if differing:
            name = differing[0]
            text = f"it should use the weights of '{node.shares}', whose {name} is not the same."
            expected, found = f"{name} {theirs.get(name)}", f"{name} {ours[name]}"
    if text:
        own = SetShares(id=node.id)
        title = f"Give {node.id} its own weights"
        yield _problem(
            node,
            text,
            expected=expected,
            found=found,
            mended=[Repair(title=title, edit=Batch(title=title, edits=(own,)))],
        )


def _export_refusal(checker: ShapeInference, node_id: str, layer: Layer) -> str:
    """Why a node that works cannot be exported; empty where it can, or is left out of the file."""
    if type(layer).export_refusal is Layer.export_refusal and (layer.onnx.op or layer.onnx.rule):
        return ""  # the ordinary layer, decided at once
    if layer.family in _WITH_CONTEXT or not any(spec is not None for spec in checker.output_specs(node_id)):
        return ""
    return layer.export_refusal(*checker.given_specs(node_id))


def _fault(checker: ShapeInference, node: Node, fault: NetwrightError | None) -> Problem:
    """An unknown type or a wrong attribute."""
    graph = checker.project.graph
    if fault is None:
        return _problem(node, "it cannot be used.")
    mended: list[Repair] = []
    name = fault.where.partition(".")[2]
    if fault.kind == "attribute" and name:
        title = f"Set {name} of {node.id} back"
        mended.append(Repair(title=title, edit=Batch(title=title, edits=(SetAttributes(id=node.id, unset=(name,)),))))
    else:
        mended.append(repairs.remove(graph, node.id))
    return _problem(node, fault.message, expected=fault.expected, found=fault.found, hint=fault.hint, mended=mended)


def _links(checker: ShapeInference, node: Node, layer: Layer) -> Iterator[Problem]:
    """Free inputs, and links to ports that are not there."""
    graph = checker.project.graph
    edges = graph.inputs_of(node.id)
    ports = checker.ports(node.id)
    for port in ports:
        edge = edges.get(port.name)
        if edge is not None:
            source = checker.layers.get(edge.source)
            if source is not None and edge.output not in source.output_ports():
                yield _problem(
                    node,
                    f"{edge.source} has no output '{edge.output[:80]}'.",
                    expected=", ".join(source.output_ports()) or "no output",
                    found=edge.output[:80],
                    mended=[repairs.disconnect(node.id, port.name)],
                )
        elif not port.optional:
            yield _free(checker, node, layer, port.name, len(ports))
    names = {port.name for port in ports}
    for name in edges:
        if name not in names:
            yield _problem(
                node,
                f"it has no input '{name[:80]}'.",
                expected=", ".join(sorted(names)) or "no input",
                found=name[:80],
                hint="The link is left out.",
                severity=WARNING,
                mended=[repairs.disconnect(node.id, name)],
            )


def _instance_of(flat_id: str) -> tuple[str, str]:
    """The way to the instance a port belongs to, in words, and the port; of a repeated one the copy is not told."""
    *way, name = flat_id.split(SEPARATOR)
    return " › ".join(part for part in way if not part.isdigit()), name


def _free(checker: ShapeInference, node: Node, layer: Layer, port: str, count: int) -> Problem:
    mended: list[Repair]
    if isinstance(layer, Loss) and port == "target":
        mended = repairs.link_target(checker, node)
    else:
        mended = repairs.link_input(checker, node, port)
    if count > 2 and getattr(layer, "count", 0) == count:
        linked = len(checker.project.graph.inputs_of(node.id))
        if 2 <= linked < count and port == checker.ports(node.id)[-1].name:
            mended = [repairs.set_attribute(node, "count", count - 1, f"Show {count - 1} inputs"), *mended]
    if node.type == BLOCK_INPUT and SEPARATOR in node.id:
        instance, name = _instance_of(node.id)
        return Problem(
            severity=ERROR,
            node=node.id,
            message=f"Block '{instance}': nothing is linked to its input '{node.title or name}'.",
            expected="a link",
            found="none",
            repairs=tuple(mended),
        )
    where = "its input" if count == 1 else f"its {port}" if isinstance(layer, Loss | Output) else f"its input '{port}'"
    return _problem(node, f"nothing is linked to {where}.", expected="a link", found="none", mended=mended)


def _mismatch(checker: ShapeInference, node: Node, layer: Layer, error: NetwrightError) -> Problem:
    """What the shape rule, or the check before it, refused."""
    graph = checker.project.graph
    if isinstance(layer, Input):
        mended = []
        if not layer.fields or error.kind == "data":
            used = {name for item in checker.layers.values() for name in getattr(item, "fields", ())}
            for field in checker.project.data.fields:
                if field.name not in used and field.role != "ignored":
                    mended.append(repairs.set_attribute(node, "fields", [field.name], f"Use '{field.name}'"))
        if error.where == "shift":
            mended = [repairs.set_attribute(node, "shift", 0, "Do not move it")]
        return _problem(
            node, error.message, expected=error.expected, found=error.found, hint=error.hint, mended=mended[:4]
        )
    edges = graph.inputs_of(node.id)
    specs = checker.input_specs(node.id)
    edge = edges.get(error.where) if error.where else next(iter(edges.values()), None)
    text = error.message or f"expected {error.expected}, got {error.found}."
    hint = error.hint
    mended = []
    if error.where and edge is not None and not error.message:
        spec = checker.specs.get((edge.source, edge.output))
        assert spec is not None  # it was refused, so it is known
        if error.expected.startswith(tuple("0123456789")):
            mended = repairs.wrong_rank(checker, node, edge, spec)
            hint = mended[0].title + "." if mended else ""
        else:
            mended = repairs.wrong_dtype(checker, node, edge, spec)
            hint = mended[0].title + "." if mended else ""
        if len(checker.ports(node.id)) > 1:
            text = f"expected {error.expected} at '{error.where}', got {error.found}."
    elif isinstance(layer, Loss):
        mended = _loss_repairs(checker, node, edges, specs)
    elif layer.family is Family.MERGE:
        mended = repairs.unequal_sizes(checker, node)
    elif edge is not None:
        spec = specs[0]
        mended = repairs.from_attributes(checker, node)
        if not mended and spec is not None:
            if node.type == "BatchNorm1d" and spec.rank == 4:
                mended = [repairs.set_type(node, "BatchNorm2d")]
            elif node.type == "Embedding" and spec.classes is None and spec.rank >= 1:
                mended = []
            elif layer.family in (Family.POOLING, Family.CONVOLUTION) or keeps_width(layer):
                mended = [repairs.remove(graph, node.id)]
            elif node.type == "Linear" and spec.shape[-1] is None and spec.rank == 4:
                mended = [repairs.insert(graph, edge, "GlobalAveragePool2d", "Insert a global average pool")]
    return _problem(node, text, expected=error.expected, found=error.found, hint=hint, mended=mended)


def _loss_repairs(
    checker: ShapeInference, node: Node, edges: dict[str, Edge], specs: tuple[TensorSpec | None, ...]
) -> list[Repair]:
    edge = edges.get("prediction")
    if edge is None or len(specs) < 2:
        return []
    prediction, target = specs[0], specs[1]
    if prediction is None or target is None:
        return []
    layer = checker.layers.get(node.id)
    classes = layer if isinstance(layer, ClassLoss) else None
    if (
        classes is not None
        and prediction.rank == 3
        and target.rank == 2
        and same_sizes(prediction.shape[1], target.shape[1])
    ):
        return [repairs.classes_first(checker, edge)]
    if prediction.rank > 2 and target.rank == (1 if classes is not None else 2):
        return repairs.bring_to_vector(checker, edge)
    if classes is not None and target.rank == 1 and prediction.rank == 2 and target.classes is not None:
        reason = "one for each class" + (" but the first" if classes.fewer else "")
        return repairs.set_width(checker, edge, target.classes - classes.fewer, reason)
    if classes is None and prediction.rank == target.rank == 2 and target.shape[1] is not None:
        return repairs.set_width(checker, edge, target.shape[1], "as the target has")
    return []


def _output(checker: ShapeInference, node: Node, layer: Output) -> Iterator[Problem]:
    """Whether the tensor is what the field's kind wants."""
    data = checker.project.data
    edge = checker.project.graph.inputs_of(node.id).get("prediction")
    try:
        expected = answer_spec(data, layer.field, answer_of(checker.project.graph, node.id))
    except NetwrightError as error:
        choices = [field.name for field in data.targets()] or [field.name for field in data.fields][:3]
        yield _problem(
            node,
            error.message,
            expected=error.expected,
            found=error.found,
            hint=error.hint if data.fields else "Add data in the tab Data.",
            mended=[repairs.set_attribute(node, "field", name, f"Answer '{name}'") for name in choices],
        )
        return
    (spec,) = checker.input_specs(node.id) or (None,)
    if expected is None or spec is None or edge is None:
        return
    wanted, axes = expected
    if spec.rank == wanted.rank and all(map(same_sizes, spec.shape, wanted.shape)):
        return
    field = data.field(layer.field)
    yes_or_no = field is not None and field.kind is FieldKind.CATEGORY and wanted.shape == (None, 2)
    if yes_or_no and spec.rank == 2 and spec.shape[1] == 1:
        return  # one score says how much it is the second of two classes
    mended: list[Repair] = []
    hint = ""
    if field is not None and field.kind in (FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.NUMBER):
        width = wanted.shape[1]
        if spec.rank > 2:
            mended = repairs.bring_to_vector(checker, edge)
        elif spec.rank == 2 and width is not None:
            reason = "the number" if field.kind is FieldKind.NUMBER else "one for each class"
            mended = repairs.set_width(checker, edge, width, reason)
        hint = mended[0].title + "." if mended else ""
    names = axes if spec.rank == len(axes) else ()
    yield _problem(
        node,
        f"expected {axes_text(wanted.shape, axes)} for '{layer.field}', got {found_text(spec.shape, names)}.",
        expected=axes_text(wanted.shape, axes),
        found=found_text(spec.shape, names),
        hint=hint,
        mended=mended,
    )


def _activation_before(checker: ShapeInference, node: Node) -> Iterator[Problem]:
    """A Softmax or Sigmoid before a loss that does it itself."""
    loss = checker.layers.get(node.id)
    answer = loss.answer if isinstance(loss, Loss) else ""
    unwanted = ("Softmax",) if node.type == "NLLLoss" else _TURNS_INTO.get(answer)
    edge = checker.project.graph.inputs_of(node.id).get("prediction")
    if unwanted is None or edge is None:
        return
    before = next((item for item in upstream(checker, edge) if not item.bypassed), None)
    if before is None or before.type not in unwanted:
        return
    graph = checker.project.graph
    if node.type == "NLLLoss":
        mended = [repairs.set_type(before, "LogSoftmax")]
        text, hint = "it wants logarithms of probabilities.", f"Make {before.id} a LogSoftmax."
    else:
        mended = [repairs.remove(graph, before.id)]
        if len(list(graph.consumers_of(before.id))) > 1 and edge.source == before.id:
            inner = graph.inputs_of(before.id).get("input")
            if inner is not None:
                past = Edge(source=inner.source, output=inner.output, target=node.id, input="prediction")
                mended.insert(0, repairs.connect(past))
        text = f"it does what {before.id} does itself, so training would be slow and blurred."
        hint = f"Remove {before.id}; answers are still given as probabilities."
    yield _problem(node, text, expected="scores", found=f"{before.type} '{before.id}'", hint=hint, mended=mended)


def _judged(checker: ShapeInference, made: str, losses: Sequence[str]) -> bool:
    """Whether what is made of noise goes on, through a critic, to a loss; that is how a GAN learns."""
    if not any(isinstance(layer, Noise) for layer in checker.layers.values()):
        return False
    before = sources_of(checker.project.graph, [made])
    of_noise = any(isinstance(checker.layers.get(node_id), Noise) for node_id in before)
    return of_noise and made in sources_of(checker.project.graph, losses)


def _learned_elsewhere(checker: ShapeInference, made: str, losses: Sequence[str]) -> bool:
    """Whether nodes that share their weights learn all that this answer is made with, as a decoder does that learns
    beside its encoder and answers from noise."""
    graph = checker.project.graph
    before = sources_of(graph, [made])
    behind = sources_of(graph, losses)
    used = {owner for node_id in before if checker.cost_of(owner := graph.owner(node_id)).parameters}
    learned = {graph.owner(node_id) for node_id in behind}
    learned_by_others = {graph.owner(node_id) for node_id in behind - before}
    return used <= learned and bool(used & learned_by_others)


def _untrained(checker: ShapeInference, node: Node, layer: Output) -> Iterator[Problem]:
    """An Output that no loss learns from."""
    graph, data = checker.project.graph, checker.project.data
    edge = graph.inputs_of(node.id).get("prediction")
    losses = [sink for sink in checker.sinks if isinstance(checker.layers.get(sink), Loss)]
    if edge is None or not losses:
        return
    chain = _free_of_weights(checker, edge)
    for loss in losses:
        inner = graph.inputs_of(loss).get("prediction")
        if inner is not None and chain & _free_of_weights(checker, inner):
            return
    if _judged(checker, edge.source, losses) or _learned_elsewhere(checker, edge.source, losses):
        return
    if chain & sources_of(graph, without_target(checker, losses)):
        return  # as the dream of a Boltzmann machine, whose energy learns
    field = data.field(layer.field)
    yield _problem(
        node,
        "no loss learns from this answer.",
        expected="a loss at the same tensor",
        found="none",
        severity=WARNING,
        mended=[] if field is None else [repairs.add_loss(checker, field, edge)],
    )


def _free_of_weights(checker: ShapeInference, edge: Edge) -> set[str]:
    """The source of an edge, and what stands before it as long as no weights lie between."""
    found = set()
    for node in upstream(checker, edge):
        found.add(node.id)
        several = len(checker.ports(node.id)) != 1 and not handed_on(node)
        if checker.cost_of(node.id).parameters or several:
            break
    return found


def _linear_on_picture(checker: ShapeInference, node: Node) -> Iterator[Problem]:
    """A Linear right behind convolutions works on the last axis, the width, alone: seldom meant."""
    (x,) = checker.input_specs(node.id) or (None,)
    edge = checker.project.graph.inputs_of(node.id).get("input")
    if x is None or x.rank != 4 or edge is None or node.bypassed:
        return
    for before in upstream(checker, edge):
        layer = checker.layers.get(before.id)
        if layer is None or not keeps_width(layer):
            if layer is not None and layer.family in (Family.CONVOLUTION, Family.POOLING, Family.DATA):
                yield _problem(
                    node,
                    f"expected 2 dimensions (N, features), got {found_text(x.shape)}; it sees the width alone.",
                    expected="2 dimensions (N, features)",
                    found=found_text(x.shape),
                    hint="Insert a Flatten before it.",
                    severity=WARNING,
                    mended=repairs.bring_to_vector(checker, edge),
                )
            return
