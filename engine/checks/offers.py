"""What suits the data comes first wherever one picks a loss or a metric; the rest is behind "All"."""

from collections.abc import Iterable, Sequence

from engine.catalog import registry
from engine.catalog.layers.data import Output
from engine.catalog.losses import Loss
from engine.catalog.metrics.metric import Metric
from engine.catalog.tensors import TensorSpec
from engine.checks.field_specs import prepared_spec
from engine.checks.knowledge import Shapes
from engine.document.data_spec import Field, FieldKind, Role
from engine.document.project import Project
from engine.errors import NetwrightError


def losses_for(
    field: Field, prediction: TensorSpec | None = None
) -> tuple[tuple[type[Loss], ...], tuple[type[Loss], ...]]:
    """Losses that suit a field as it is prepared, the usual one first, and all others.

    `prediction` is what the network answers with: of those that suit the field, the ones that take it come first.
    """
    usual = registry.layer_type(usual_loss(field))
    suiting = [item for item in registry.losses() if suits(item, field)]
    suiting.sort(key=lambda item: (not _takes(item, field, prediction), item is not usual))
    return tuple(suiting), tuple(item for item in registry.losses() if item not in suiting)


def suits(loss: type[Loss], field: Field) -> bool:
    """Whether the target of a loss can be this field, as it is prepared."""
    if field.kind not in loss.kinds:
        return False
    wanted = next((port.dtype for port in loss.inputs if port.name == "target"), None)
    try:
        return wanted is None or prepared_spec(field).dtype is wanted
    except NetwrightError:  # the tab Data says what is wrong with the field
        return True


def _takes(loss: type[Loss], field: Field, prediction: TensorSpec | None) -> bool:
    if prediction is None:
        return True
    try:
        loss().output_specs(*(prediction if port.name != "target" else prepared_spec(field) for port in loss.inputs))
    except NetwrightError:
        return False
    return True


def usual_loss(field: Field) -> str:
    """The type of the loss that most people take for a field."""
    if field.kind is FieldKind.CATEGORY:
        one_hot = any(step.type == "OneHot" for step in field.preparation)
        return "BCEWithLogitsLoss" if one_hot else "CrossEntropyLoss"
    if field.kind is FieldKind.LABELS:
        return "BCEWithLogitsLoss"
    return "CrossEntropyLoss" if field.kind in (FieldKind.MASK, FieldKind.TEXT) else "MSELoss"


def could_learn(project: Project, loss: type[Loss]) -> bool:
    """Whether a loss is of use here: it suits a field that is to be learned, or wants no field at all."""
    targets = project.data.targets()
    return not loss.kinds or not targets or any(suits(loss, field) for field in targets)


def losses_of(project: Project) -> tuple[list[type[Loss]], list[type[Loss]]]:
    """Losses of use in a project, those for its fields first, and all others."""
    targets = project.data.targets()
    of_use = [item for item in registry.losses() if could_learn(project, item)]
    of_use.sort(key=lambda item: not any(suits(item, field) for field in targets))
    return of_use, [item for item in registry.losses() if item not in of_use]


def metrics_for(fields: Iterable[Field]) -> tuple[tuple[type[Metric], ...], tuple[type[Metric], ...]]:
    """Metrics that score one of these fields, and all others."""
    kinds = {field.kind for field in fields}
    first = tuple(item for item in registry.metrics() if kinds & set(item.kinds))
    return first, tuple(item for item in registry.metrics() if item not in first)


def scored_fields(project: Project, shapes: Shapes) -> Sequence[Field]:
    """The fields that the network answers, or, while it has no Output, those that are to be learned."""
    answered = [
        field
        for node_id in project.graph.nodes
        if isinstance(layer := shapes.layers.get(node_id), Output)
        and (field := project.data.field(layer.field)) is not None
    ]
    return answered or [field for field in project.data.fields if field.role is Role.TARGET]
