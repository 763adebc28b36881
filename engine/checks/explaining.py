"""Which ways of explaining fit a drawn network, and why the others do not."""

from collections.abc import Collection, Container, Sequence

from engine.catalog import registry
from engine.catalog.explanations import EXPLAINERS, Explainer, GradCam, IntegratedGradients, Shap
from engine.catalog.layer import Family
from engine.catalog.layers.data import Input, Output
from engine.catalog.preparation_text import text_step
from engine.checks.answers import answer_of
from engine.checks.walking import sources_of
from engine.document.data_spec import Field, FieldKind
from engine.document.flat import flattened
from engine.document.graph import Graph
from engine.document.project import Project

COLUMNS = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.DATE, FieldKind.ARRAY)
"""Kinds that are explained as a whole: one relevance for a column of a table."""


def explained_inputs(project: Project) -> tuple[Field, ...]:
    """The fields that the answers are made of, each once, in the order of the Inputs."""
    project = flattened(project)
    graph = project.graph
    outputs = [node.id for node in graph.nodes.values() if node.type == Output.type_name()]
    needed = sources_of(graph, outputs)
    found: dict[str, Field] = {}
    for node in graph.sorted_nodes():
        if node.type != Input.type_name() or node.id not in needed:
            continue
        names = node.attributes.get("fields")
        for name in names if isinstance(names, list | tuple) else ():
            field = project.data.field(str(name))
            if field is not None:
                found[field.name] = field
    return tuple(found.values())


def answered_fields(project: Project) -> tuple[Field, ...]:
    """The fields that the Outputs answer, each once, in the order of the drawing."""
    found: dict[str, Field] = {}
    for node in flattened(project).graph.sorted_nodes():
        field = project.data.field(str(node.attributes.get("field"))) if node.type == Output.type_name() else None
        if field is not None and not node.bypassed:
            found[field.name] = field
    return tuple(found.values())


def missing_inputs(fields: Collection[Field], given: Container[str]) -> list[str]:
    """The fields that an answer cannot be explained without; a text that is written may begin empty."""
    return [field.name for field in fields if field.name not in given and field.kind is not FieldKind.TEXT]


def reason_against_answer(graph: Graph, output_ids: Collection[str], field: Field) -> str:
    """Why the answers of these Outputs for a field have no score to explain, in whatever way; empty where they have.

    `graph` is flat.
    """
    if field.kind in (FieldKind.IMAGE, FieldKind.AUDIO):
        return "An answer that is a picture or sound has no single score that could be explained."
    if output_ids and all(answer_of(graph, output_id) == "embedding" for output_id in output_ids):
        return "An embedding is a place among other samples, which has no score to explain. See Latent space."
    if field.kind is FieldKind.TEXT and text_step(field) is None:
        return "A text that is not made of words, pieces or characters has no score that could be explained."
    return ""


def reason_against(
    method: type[Explainer], project: Project, output: str = "", given: Container[str] | None = None
) -> str:
    """Why this way cannot explain an output (that of a field; "" the first) of a project; empty where it can.

    `given` are the fields that a value was given for, where not all of a sample are known.
    """
    project = flattened(project)
    inputs, graph = explained_inputs(project), project.graph
    fields = answered_fields(project)
    field = next((field for field in fields if not output or field.name == output), None)
    if field is None:
        return "No Output of this network answers for a field of the data, so there is nothing to explain."
    if not inputs:
        return "Nothing goes into this network but random numbers, so there is nothing to look at."
    missing = missing_inputs(inputs, given) if given is not None else []
    if missing:
        return f"This answer was made without {', '.join(missing[:3])}, which an explanation looks at."
    ids = [node.id for node in graph.nodes.values() if node.type == Output.type_name()]
    own = [output_id for output_id in ids if graph.node(output_id).attributes.get("field") == field.name]
    reason = reason_against_answer(graph, own, field)
    if reason:
        return reason
    if method.needs_convolution:
        if all(item.kind in COLUMNS for item in inputs):
            return f"{method.label()} shows places, and a table has none. Choose SHAP."
        if not _has_convolution(graph, own):
            return f"{method.label()} needs a convolution before the answer, and there is none."
    return ""


def what_to_explain(
    project: Project, among: Sequence[str] = (), given: Container[str] | None = None
) -> tuple[str, str]:
    """Of these answered fields (none: all of the network's) the first that can be explained; and "".

    Where none can be, the first one, and why not.
    """
    fields = [field.name for field in answered_fields(project)]
    names = [name for name in among if name in fields] or fields or [""]
    reasons = [reason_against(usual_explainer(project, name), project, name, given) for name in names]
    at = reasons.index("") if "" in reasons else 0
    return names[at], reasons[at]


def usual_explainer(project: Project, output: str = "") -> type[Explainer]:
    """The way that says most at a glance: of those that work, the one that suits the kind of data."""
    if not all(field.kind in (*COLUMNS, FieldKind.TEXT) for field in explained_inputs(project)):
        for method in (GradCam, IntegratedGradients):
            if not reason_against(method, project, output):
                return method
    return Shap


def offered_explainers(project: Project, output: str = "") -> tuple[tuple[type[Explainer], str], ...]:
    """All ways in the order in which they are offered, each with why it does not fit; "" where it does."""
    return tuple((method, reason_against(method, project, output)) for method in EXPLAINERS)


def _has_convolution(graph: Graph, output_ids: Collection[str]) -> bool:
    """Whether what these Outputs of a flat graph answer comes through a convolution that is at work."""
    before = (graph.node(node_id) for node_id in sources_of(graph, output_ids))
    return any(is_convolution(node.type) and not node.bypassed for node in before)


def is_convolution(node_type: str) -> bool:
    """Whether nodes of this type have feature maps with places."""
    found = registry.layer_type(node_type)
    return found is not None and found.family is Family.CONVOLUTION
