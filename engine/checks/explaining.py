"""Which ways of explaining fit a drawn network, and why the others do not."""

from collections.abc import Collection, Container, Iterable, Sequence
from functools import cached_property

from engine.catalog import registry
from engine.catalog.explanations import EXPLAINERS, Explainer, GradCam, IntegratedGradients, Shap
from engine.catalog.layer import Family
from engine.catalog.layers.data import Input, Output
from engine.catalog.preparation_text import text_step
from engine.checks.answers import answer_of
from engine.checks.walking import sources_of
from engine.document.data_spec import Field, FieldKind
from engine.document.flat import flattened
from engine.document.graph import Graph, Node, natural
from engine.document.project import Project

COLUMNS = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.DATE, FieldKind.ARRAY)
"""Kinds that are explained as a whole: one relevance for a column of a table."""


class Explainable:
    """What of a drawn network matters to explaining its answers.

    The drawing is walked once for all questions, so this is to be made anew when it has changed.
    """

    def __init__(self, project: Project) -> None:
        self._project = flattened(project)
        self._graph = self._project.graph
        self._outputs = [node for node in self._graph.nodes.values() if node.type == Output.type_name()]

    @cached_property
    def inputs(self) -> tuple[Field, ...]:
        """The fields that the answers are made of, each once, in the order of the Inputs."""
        needed = sources_of(self._graph, (node.id for node in self._outputs))
        names: list[object] = []
        for node in _in_order(self._graph, needed, Input.type_name()):
            given = node.attributes.get("fields")
            names += given if isinstance(given, list | tuple) else ()
        return self._fields(names)

    @cached_property
    def answered(self) -> tuple[Field, ...]:
        """The fields that the Outputs answer, each once, in the order of the drawing."""
        outputs = _in_order(self._graph, (node.id for node in self._outputs if not node.bypassed), Output.type_name())
        return self._fields([node.attributes.get("field") for node in outputs])

    def reason_against(self, method: type[Explainer], output: str = "", given: Container[str] | None = None) -> str:
        """Why this way cannot explain an output (that of a field, or the first); empty where it can.

        `given` are the fields that a value was given for, where not all of a sample are known.
        """
        named = [field for field in self.answered if field.name == output] or self.answered
        if not named:
            return "No Output of this network answers for a field of the data, so there is nothing to explain."
        field = named[0]
        if not self.inputs:
            return "Nothing goes into this network but random numbers, so there is nothing to look at."
        missing = missing_inputs(self.inputs, given) if given is not None else []
        if missing:
            return f"This answer was made without {', '.join(missing[:3])}, which an explanation looks at."
        own = [node.id for node in self._outputs if node.attributes.get("field") == field.name]
        reason = reason_against_answer(self._graph, own, field)
        if reason:
            return reason
        if method.needs_convolution:
            if all(item.kind in COLUMNS for item in self.inputs):
                return f"{method.label()} shows places, and a table has none. Choose SHAP."
            if not self._has_convolution(own):
                return f"{method.label()} needs a convolution before the answer, and there is none."
        return ""

    def first(self, among: Sequence[str] = (), given: Container[str] | None = None) -> tuple[str, str]:
        """Of these answered fields (none: all of the network's) the first that can be explained; and "".

        Where none can be, the first one, and why not.
        """
        fields = [field.name for field in self.answered]
        names = [name for name in among if name in fields] or fields or [""]
        reasons = [self.reason_against(self.usual(name), name, given) for name in names]
        at = reasons.index("") if "" in reasons else 0
        return names[at], reasons[at]

    def usual(self, output: str = "") -> type[Explainer]:
        """The way that says most at a glance: of those that work, the one that suits the kind of data."""
        if not all(field.kind in (*COLUMNS, FieldKind.TEXT) for field in self.inputs):
            for method in (GradCam, IntegratedGradients):
                if not self.reason_against(method, output):
                    return method
        return Shap

    def offered(self, output: str = "") -> tuple[tuple[type[Explainer], str], ...]:
        """All ways in the order in which they are offered, each with why it does not fit; "" where it does."""
        return tuple((method, self.reason_against(method, output)) for method in EXPLAINERS)

    def _fields(self, names: Sequence[object]) -> tuple[Field, ...]:
        fields = (self._project.data.field(str(name)) for name in names)
        return tuple({field.name: field for field in fields if field is not None}.values())

    def _has_convolution(self, output_ids: Collection[str]) -> bool:
        """Whether what these Outputs answer comes through a convolution that is at work."""
        before = (self._graph.node(node_id) for node_id in sources_of(self._graph, output_ids))
        return any(is_convolution(node.type) and not node.bypassed for node in before)


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


def _in_order(graph: Graph, node_ids: Iterable[str], node_type: str) -> list[Node]:
    """Those of the nodes that are of this type, in the order of the drawing."""
    found = (graph.node(node_id) for node_id in node_ids)
    return sorted((node for node in found if node.type == node_type), key=lambda node: natural(node.id))


def is_convolution(node_type: str) -> bool:
    """Whether nodes of this type have feature maps with places."""
    found = registry.layer_type(node_type)
    return found is not None and found.family is Family.CONVOLUTION
