"""What is easily drawn wrong where a network writes text: padding that counts, its side, the answer in sight."""

from collections.abc import Iterator

from engine.catalog.layers.data import Input, Output
from engine.catalog.losses.classes import CrossEntropyLoss
from engine.catalog.preparation_text import text_step
from engine.checks import repairs
from engine.checks.problem import Problem, Severity
from engine.checks.shapes import ShapeInference
from engine.document.data_spec import Field, FieldKind
from engine.document.graph import Node


def text_problems(checker: ShapeInference, node: Node) -> Iterator[Problem]:
    """Warnings of a node that brings, learns or answers text."""
    layer = checker.layers.get(node.id)
    if isinstance(layer, Input) and layer.shift:
        yield from _filled_up_on_the_left(checker, node, layer)
    elif isinstance(layer, CrossEntropyLoss) and layer.ignore_index != 0:
        yield from _padding_counts(checker, node)
    elif isinstance(layer, Output):
        yield from _answer_in_sight(checker, node, layer)


def _text_of(checker: ShapeInference, layer: object) -> Field | None:
    """The one field of text that an Input brings as numbers."""
    if not isinstance(layer, Input) or len(layer.fields) != 1:
        return None
    field = checker.project.data.field(layer.fields[0])
    return field if field is not None and field.kind is FieldKind.TEXT and text_step(field) is not None else None


def _warning(node: Node, text: str, **found: object) -> Problem:
    return Problem(severity=Severity.WARNING, node=node.id, message=f"{node.type} '{node.id}': {text}", **found)  # type: ignore[arg-type]


def _filled_up_on_the_left(checker: ShapeInference, node: Node, layer: Input) -> Iterator[Problem]:
    field = _text_of(checker, layer)
    step = text_step(field) if field is not None else None
    if field is not None and step is not None and step.pad == "left":
        yield _warning(
            node,
            f"'{field.name}' is filled up on the left, where a text that is written begins. "
            "Set Fill up to right in its preparation.",
            expected="right",
            found="left",
        )


def _padding_counts(checker: ShapeInference, node: Node) -> Iterator[Problem]:
    edge = checker.project.graph.inputs_of(node.id).get("target")
    field = _text_of(checker, checker.layers.get(edge.source)) if edge is not None else None
    if field is not None:
        yield _warning(
            node,
            f"what fills up short texts of '{field.name}' is learned as well, and easily. Leave out class 0.",
            expected="0",
            found=str(getattr(checker.layers[node.id], "ignore_index", "")),
            repairs=(repairs.set_attribute(node, "ignore_index", 0, "Leave out class 0"),),
        )


def _answer_in_sight(checker: ShapeInference, node: Node, layer: Output) -> Iterator[Problem]:
    graph = checker.project.graph
    field = checker.project.data.field(layer.field)
    if field is None or field.kind is not FieldKind.TEXT:
        return
    seen: set[str] = set()
    waiting = [edge.source for edge in graph.inputs_of(node.id).values()]
    while waiting:
        node_id = waiting.pop()
        if node_id in seen or node_id not in graph.nodes:
            continue
        seen.add(node_id)
        before = checker.layers.get(node_id)
        if isinstance(before, Input) and before.fields == (field.name,) and not before.shift:
            yield _warning(
                node,
                f"it looks at '{field.name}', which it is to write: it will only learn to copy it.",
                expected="the text moved right by 1",
                found="the text as it is",
                repairs=(repairs.set_attribute(graph.node(node_id), "shift", 1, f"Move '{node_id}' right by 1"),),
            )
            return
        waiting.extend(edge.source for edge in graph.inputs_of(node_id).values())
