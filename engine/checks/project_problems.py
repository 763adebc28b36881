"""What is wrong with a project as a whole: data, targets, Outputs and losses that are missing, and the recipe."""

import math
from collections.abc import Iterator

from engine.catalog import registry
from engine.catalog.layers.data import Input, Noise, Output
from engine.catalog.losses import Loss
from engine.checks import repairs
from engine.checks.mask_problems import mask_problems
from engine.checks.problem import Problem, Repair, Severity
from engine.checks.recipe_problems import recipe_problems
from engine.checks.shapes import ShapeInference
from engine.checks.walking import sources_of, without_target
from engine.checks.weights_problems import weights_problems
from engine.document.data_spec import Step
from engine.document.graph import Edge
from engine.errors import NetwrightError


def project_problems(checker: ShapeInference) -> tuple[Problem, ...]:
    """Problems that belong to no node of the flat form."""
    return (
        *_blocks(checker),
        *_data(checker),
        *mask_problems(checker),
        *_ends(checker),
        *_recipe(checker),
        *recipe_problems(checker),
        *weights_problems(checker),
    )


_OF_NODES = {item.type_name() for item in registry.initializers()} - {
    item.type_name() for item in registry.blind_initializers()
}


def _has_target(checker: ShapeInference, loss: str) -> bool:
    """Whether a loss has a place for the truth by that name."""
    layer = checker.layers.get(loss)
    return layer is not None and any(port.name == "target" for port in layer.inputs)


def _error(message: str, *, expected: str = "", found: str = "", mended: tuple[Repair, ...] = ()) -> Problem:
    return Problem(severity=Severity.ERROR, node="", message=message, expected=expected, found=found, repairs=mended)


def _warning(message: str, *, mended: tuple[Repair, ...] = ()) -> Problem:
    return Problem(severity=Severity.WARNING, node="", message=message, repairs=mended)


def _data(checker: ShapeInference) -> Iterator[Problem]:
    data, graph = checker.project.data, checker.project.graph
    if not data.fields:
        yield _error("There is no data yet. Add some in the tab Data.", expected="data", found="none")
        return
    learned: set[str] = set()
    losses = [node_id for node_id in checker.sinks if isinstance(checker.layers.get(node_id), Loss)]
    for loss in losses:
        for port, edge in graph.inputs_of(loss).items():
            if port == "target" or not _has_target(checker, loss):  # what a TD error is told is learned from as well
                learned.update(getattr(checker.layers.get(edge.source), "fields", ()))
    # What is made of noise is held against pictures that are there, by a critic, what is made again against what came
    # in, and maps and energies against nothing: then no field has to be learned.
    made_of_noise = any(isinstance(layer, Noise) for layer in checker.layers.values())
    known = any(data.field(name) is not None for name in learned)
    if not data.targets() and not known and not made_of_noise and not without_target(checker, losses):
        yield _error(
            "No field of the data is to be learned. Choose one in the tab Data.",
            expected="a field with the role target",
            found=", ".join(field.name for field in data.fields)[:200],
        )
    split = data.split
    shares = (split.train, split.val, split.test)
    if min(shares) < 0 or split.train <= 0 or not math.isfinite(sum(shares)):
        yield _error(
            "The shares of the split leave nothing to learn from. Change them in the tab Data.",
            expected="train above 0, val and test 0 or more",
            found=f"train {split.train:g}, val {split.val:g}, test {split.test:g}",
        )
    if losses:
        # What only losses look at is learned from, whatever lies between: classes that say who is a partner.
        answered = sources_of(graph, [sink for sink in checker.sinks if sink not in losses])
        for node_id in sources_of(graph, losses) - answered:
            learned.update(getattr(checker.layers.get(node_id), "fields", ()))
        for field in data.targets():
            if field.name not in learned:
                free = [loss for loss in losses if _has_target(checker, loss) and "target" not in graph.inputs_of(loss)]
                mended = tuple(
                    repair
                    for loss in free[:1]
                    for repair in repairs.link_target(checker, graph.node(loss))
                    if f"'{field.name}'" in repair.title
                )
                yield _warning(
                    f"The field '{field.name}' is to be learned, but no loss has it as its target.", mended=mended
                )


def _blocks(checker: ShapeInference) -> Iterator[Problem]:
    """Instances of blocks that cannot be opened, and links to ports that are gone."""
    for fault in checker.flattening.faults:
        if fault.instance in checker.resting:
            continue
        yield Problem(
            severity=Severity.ERROR,
            node=fault.instance,
            message=f"Block '{fault.instance}': {fault.message} {fault.hint}".rstrip(),
            expected="a block that can be opened",
            found=fault.message,
        )


def _ends(checker: ShapeInference) -> Iterator[Problem]:
    """Inputs, Outputs and losses must be there."""
    graph, layers = checker.project.graph, checker.layers
    if not graph.nodes:
        yield _error(
            "The network is empty. Drag an Input onto the canvas, or press Tab there.", expected="layers", found="none"
        )
        return
    if not any(isinstance(layer, Input) for layer in layers.values()):
        yield _error("Nothing brings data into the network. Add an Input.", expected="an Input", found="none")
    elif any(isinstance(layers.get(node_id), Noise) for node_id in checker.needed) and not any(
        isinstance(layers.get(node_id), Input) for node_id in checker.needed
    ):
        yield _error(
            "Nothing says how many samples a batch of noise has. Link an Input to a layer or a loss.",
            expected="an Input that leads to an Output or a loss",
            found="Noise alone",
        )
    outputs = [sink for sink in checker.sinks if isinstance(layers[sink], Output)]
    losses = [sink for sink in checker.sinks if isinstance(loss := layers[sink], Loss) and not loss.measure]
    if not outputs:
        yield _error(
            "The network has no Output, so it has no answer.",
            expected="an Output",
            found="none",
            mended=tuple(_output_repairs(checker, losses)),
        )
    if not losses:
        yield _error(
            "The network has no loss, so it cannot learn.",
            expected="a loss",
            found="none",
            mended=tuple(_loss_repairs(checker, outputs)),
        )
    weights = [node_id for node_id in checker.needed if checker.cost_of(node_id).parameters]
    known = all(node_id in layers and None not in checker.output_specs(node_id) for node_id in checker.needed)
    if losses and known and all(graph.nodes[node_id].frozen for node_id in weights):
        yield _error(
            "There is nothing to train: no layer with weights leads to a loss, or all of them are frozen.",
            expected="a layer with weights",
            found="none",
        )


def _output_repairs(checker: ShapeInference, losses: list[str]) -> Iterator[Repair]:
    """Put the Output where a loss looks, or at the end of the drawing."""
    graph, data = checker.project.graph, checker.project.data
    for loss in sorted(losses):
        edges = graph.inputs_of(loss)
        prediction, target = edges.get("prediction"), edges.get("target")
        fields = getattr(checker.layers.get(target.source), "fields", ()) if target is not None else ()
        field = data.field(fields[0]) if fields else None
        if prediction is not None and field is not None:
            yield repairs.add_output(checker, field, prediction)
    if not losses:
        last = _end(checker)
        if last is not None:
            for field in data.targets()[:1]:
                yield repairs.add_output(checker, field, last)


def _loss_repairs(checker: ShapeInference, outputs: list[str]) -> Iterator[Repair]:
    graph, data = checker.project.graph, checker.project.data
    for output in sorted(outputs):
        edge = graph.inputs_of(output).get("prediction")
        field = data.field(getattr(checker.layers[output], "field", ""))
        if edge is not None and field is not None:
            yield repairs.add_loss(checker, field, edge)
    if not outputs:
        last = _end(checker)
        if last is not None:
            for field in data.targets()[:1]:
                yield repairs.add_loss(checker, field, last)


def _end(checker: ShapeInference) -> Edge | None:
    """The last tensor that nobody uses, as a link whose target is its own node (only its place is asked for)."""
    graph = checker.project.graph
    for node_id in reversed(checker.order):
        layer = checker.layers.get(node_id)
        if (
            layer is None
            or isinstance(layer, Input | Noise)
            or not layer.output_ports()
            or any(graph.consumers_of(node_id))
        ):
            continue
        output = layer.output_ports()[0]
        if checker.specs.get((node_id, output)) is not None:
            return Edge(source=node_id, output=output, target=node_id)
    return None


def _refused(kind: str, step: Step) -> Iterator[Problem]:
    """What is wrong with a choice of the recipe."""
    try:
        registry.entry(kind, step)
    except NetwrightError as error:
        yield _error(
            f"Training, {kind}: {error.message} {error.hint}".strip(), expected=error.expected, found=error.found
        )


def _recipe(checker: ShapeInference) -> Iterator[Problem]:
    """Something must be trained; optimizers and schedules must exist and take their settings, players name nodes."""
    graph, recipe = checker.project.graph, checker.project.recipe
    shared = (("average", recipe.average), ("initializer", recipe.weight_init), ("initializer", recipe.bias_init))
    for kind, step in shared:
        if step is not None:
            yield from _refused(kind, step)
            if kind == "initializer" and step.type in _OF_NODES:
                yield _error(
                    f"'{step.type}' looks at what comes into a node, so it cannot be chosen for all weights at once.",
                    expected="an initializer that needs no data; or choose this one at the node",
                    found=step.type,
                )
    if not checker.project.recipe.phases:
        yield _error(
            "The recipe has no phase, so there is nothing to train.",
            expected="at least one phase in recipe.phases",
            found="none",
        )
    for phase in checker.project.recipe.phases:
        if not phase.players:
            yield _error(
                f"Nothing learns in the phase '{phase.name[:80]}': it has no players.",
                expected="at least one player: losses, the nodes they train, and an optimizer",
                found="none",
            )
        for player in phase.players:
            steps = [("optimizer", player.optimizer), ("schedule", player.schedule)]
            if player.wrapper is not None:
                steps.append(("wrapper", player.wrapper))
            for kind, step in steps:
                yield from _refused(kind, step)
            for name in player.losses:
                if not isinstance(checker.layers.get(name), Loss):
                    yield _error(
                        f"Training names the loss '{name[:80]}', which does not exist. Choose the losses again.",
                        expected="a loss of the network",
                        found=name[:80],
                    )
            for name in player.nodes:
                if name not in graph.nodes:
                    yield _error(
                        f"Training names the node '{name[:80]}', which does not exist. Choose the nodes again.",
                        expected="a node of the network",
                        found=name[:80],
                    )
    for name in checker.project.recipe.metrics:
        if registry.metric_named(name) is None:
            known = ", ".join(item.key for item in registry.metrics())
            yield _error(
                f"Training names the metric '{name[:80]}', which is not known.", expected=known, found=name[:80]
            )
