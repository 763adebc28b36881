"""Which ways of explaining fit a drawn network, and why the others do not."""

from engine.catalog import registry
from engine.catalog.explanations import EXPLAINERS, Explainer, GradCam, IntegratedGradients, Shap
from engine.catalog.layer import Family
from engine.catalog.layers.data import Input, Output
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


def reason_against(method: type[Explainer], project: Project, output: str = "") -> str:
    """Why this way cannot explain an output (that of a field; "" any) of a project; empty where it can."""
    inputs = explained_inputs(project)
    if not inputs:
        return "Nothing goes into this network but random numbers, so there is nothing to look at."
    field = project.data.field(output) if output else None
    if field is not None and field.kind in (FieldKind.IMAGE, FieldKind.AUDIO):
        return "An answer that is a picture or sound has no single score that could be explained."
    if _is_place(flattened(project).graph, output):
        return "An embedding is a place among other samples, which has no score to explain. See Latent space."
    if method.needs_convolution:
        if all(field.kind in COLUMNS for field in inputs):
            return f"{method.label()} shows places, and a table has none. Choose SHAP."
        if not has_convolution(flattened(project).graph):
            return f"{method.label()} needs a convolution, and this network has none."
    return ""


def _is_place(graph: Graph, field: str) -> bool:
    """Whether the Outputs of a field ("" all) answer with embeddings."""
    outputs = [node for node in graph.nodes.values() if node.type == Output.type_name()]
    asked = [node.id for node in outputs if not field or node.attributes.get("field") == field]
    return bool(asked) and all(answer_of(graph, output_id) == "embedding" for output_id in asked)


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


def has_convolution(graph: Graph) -> bool:
    """Whether a node of a flat graph is a convolution that is at work."""
    return any(is_convolution(node.type) and not node.bypassed for node in graph.nodes.values())


def is_convolution(node_type: str) -> bool:
    """Whether nodes of this type have feature maps with places."""
    found = registry.layer_type(node_type)
    return found is not None and found.family is Family.CONVOLUTION
