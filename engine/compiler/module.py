"""Project -> torch module with a flat generated forward, on which torch.compile, torch.export and deepcopy work."""

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from types import MethodType
from typing import cast

import torch
from torch import Tensor, nn

from engine.catalog.layers.data import Noise
from engine.catalog.losses.loss import Loss
from engine.checks.inference import ShapeChecker
from engine.compiler.build import built
from engine.compiler.functional import FRESH, NAMESPACE, expression
from engine.compiler.generated import functions, identifier, literal, module_names
from engine.compiler.initializing import initialize
from engine.compiler.modules.noise import draw_noise
from engine.compiler.plan import Call, Plan, Value, plan
from engine.document.graph import natural
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import GraphError

TrainingPass = Callable[..., tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]
"""Prepared inputs -> predictions and losses."""


class CompiledNetwork(nn.Module):
    """The network of a project: a module a node under the node's id (`conv1.weight`), run by a generated forward.

    `input_ids` are the Input nodes whose tensors `forward` takes, in order; `training_input_ids` those of
    `training_forward`, targets included. A frozen node keeps its weights and its running statistics.
    """

    input_ids: tuple[str, ...]
    training_input_ids: tuple[str, ...]
    input_fields: dict[str, tuple[str, ...]]
    input_shifts: dict[str, tuple[int, int]]
    """Of the Inputs whose text is moved right: by how much, and what stands before it then."""
    noise_ids: tuple[str, ...]
    """The Noise nodes whose random numbers `forward` takes behind the inputs, in order."""
    noises: dict[str, Noise]
    output_ids: tuple[str, ...]
    output_fields: dict[str, str]
    loss_ids: tuple[str, ...]
    measure_ids: tuple[str, ...]
    """The losses that only tell, and from which nothing is learned unless a player names them."""
    silent_ids: tuple[str, ...]
    """The losses whose value does not tell how good the network is."""
    frozen_names: tuple[str, ...]
    resting: frozenset[str] = frozenset()
    """Modules that nobody trains for now, as a phase says: their normalizations are as those of frozen nodes."""
    source: str
    """The generated code, for reading."""
    _plan: Plan

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Predictions in the order of `output_ids`, from prepared inputs in the order of `input_ids` and then random
        numbers in the order of `noise_ids`, as `noise` draws them."""
        raise NotImplementedError

    def training_forward(self, *inputs: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Predictions and, in the order of `loss_ids`, losses, from inputs in the order of `training_input_ids`.

        Noise is drawn within, a row for each row of the inputs, from torch's own generator.
        """
        raise NotImplementedError

    def noise(self, rows: int, generator: torch.Generator | None = None) -> tuple[Tensor, ...]:
        """What `forward` takes behind its inputs for so many rows, on the CPU; nothing where there is no Noise."""
        found = (self.noises[node_id] for node_id in self.noise_ids)
        return tuple(draw_noise(rows, item.size, item.distribution, item.std, generator=generator) for item in found)

    def train(self, mode: bool = True) -> "CompiledNetwork":
        """As in torch, but a frozen normalization goes on using the statistics it has, so that it stays as it is."""
        super().train(mode)
        for name in (*self.frozen_names, *self.resting):
            module = self._modules[name]
            if module is not None and any(True for _ in module.buffers()):
                module.eval()
        return self


def compile_project(
    project: Project,
    *,
    hookable: bool = False,
    generator: torch.Generator | None = None,
    checker: ShapeChecker | None = None,
    training: bool = True,
) -> CompiledNetwork:
    """Build the network of a project, in training mode.

    Initial weights depend on the seed alone (torch.manual_seed by the caller, or `generator`) and the order of ids.
    `hookable` calls every module, so that hooks see their inputs and outputs, at some cost in speed. `checker` spares
    checking a project twice. Without `training` it need only answer, and may lack a loss. Raises GraphError or
    ProjectError with the words of the first problem when it has errors.
    """
    steps = plan(project, checker or ShapeChecker(project), training=training)
    if generator is None:
        modules = build_modules(steps, project.recipe)
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
            modules = build_modules(steps, project.recipe)
    source = forward_source(steps, modules, hookable=hookable)
    methods = functions(source, NAMESPACE)
    network = cast(CompiledNetwork, type("CompiledNetwork", (CompiledNetwork,), dict(methods))())
    names = module_names(modules)
    for node_id, module in modules.items():
        network.add_module(names[node_id], module)
    if project.recipe.class_weights:
        _weigh_classes(project, steps, modules)
    network.input_ids = steps.input_ids
    network.training_input_ids = steps.training_input_ids
    network.input_fields = dict(steps.input_fields)
    network.input_shifts = dict(steps.input_shifts)
    network.noise_ids = steps.noise_ids
    network.noises = dict(steps.noises)
    network.output_ids = tuple(steps.predictions)
    network.output_fields = dict(steps.output_fields)
    network.loss_ids = tuple(call.node.id for call in steps.losses)
    losses = [(call.node.id, call.layer) for call in steps.losses if isinstance(call.layer, Loss)]
    network.measure_ids = tuple(loss_id for loss_id, layer in losses if layer.measure)
    network.silent_ids = tuple(loss_id for loss_id, layer in losses if not layer.tells)
    frozen = list(dict.fromkeys(call.owner for call in steps.calls if call.node.frozen))
    network.frozen_names = tuple(names[node_id] for node_id in frozen)
    network.source = source
    network._plan = steps
    for node_id in frozen:
        modules[node_id].requires_grad_(False)
    return network.train()


def hookable_twin(network: CompiledNetwork, project: Project) -> CompiledNetwork:
    """The same network, with the very same modules, that calls each of them, so that hooks see what comes out.

    What is trained in one is trained in both, and a mode or a hook set on one holds for both; so it costs no memory.
    `project` is the one the network was built from.
    """
    steps = plan(project, ShapeChecker(project))
    owners = dict.fromkeys(call.owner for call in sorted_calls((*steps.calls, *steps.losses)))
    names = module_names(owners)
    modules = {owner: network.get_submodule(names[owner]) for owner in owners}
    methods = functions(forward_source(steps, modules, hookable=True), NAMESPACE)
    twin = copy(network)
    twin.__class__ = type("CompiledNetwork", (CompiledNetwork,), dict(methods))
    return twin


def training_part(network: CompiledNetwork, outputs: Collection[int], losses: Collection[int]) -> TrainingPass | None:
    """The training forward of a network for these of its outputs and losses alone, by place; None for nothing to spare.

    It takes the same inputs, and gives what is asked for in the network's order. Noise that nothing asked for needs is
    not drawn, and normalizations there do not see the batch.
    """
    steps = network._plan
    output_ids = [network.output_ids[place] for place in sorted(outputs)]
    part = steps.only(output_ids, [network.loss_ids[place] for place in sorted(losses)])
    if len(part.losses) == len(steps.losses) and len(part.calls) == len(steps.calls):
        return None
    owners = dict.fromkeys(call.owner for call in sorted_calls((*steps.calls, *steps.losses)))
    names = module_names(owners)
    modules = {owner: network.get_submodule(names[owner]) for owner in owners}
    written = functions(training_source(part, modules, names, hookable=False), NAMESPACE)["training_forward"]
    return cast("TrainingPass", MethodType(written, network))


def changing_places(network: CompiledNetwork, moved: Collection[str]) -> tuple[set[int], set[int]]:
    """The places of the outputs, and of the losses, that these modules have a part in, given by their names."""
    steps = network._plan
    owners = {call.node.id: call.owner for call in (*steps.calls, *steps.losses)}
    names = module_names(dict.fromkeys(call.owner for call in sorted_calls((*steps.calls, *steps.losses))))

    def changes(nodes: Iterable[str]) -> bool:
        return any(names[owners[node_id]] in moved for node_id in nodes if node_id in owners)

    outputs = {place for place, value in enumerate(steps.predictions.values()) if changes(steps.stands_on([value]))}
    losses = {
        place for place, call in enumerate(steps.losses) if changes((call.node.id, *steps.stands_on(call.inputs)))
    }
    return outputs, losses


def _weigh_classes(project: Project, steps: Plan, modules: dict[str, nn.Module]) -> None:
    """Give each class as much say in a loss as any other: weight = samples / (classes * samples of the class).

    The weights belong to the recipe, not to what is learned, so they stay out of the state dict.
    """
    for call in steps.losses:
        source = call.inputs[1] if len(call.inputs) > 1 else None
        fields = steps.input_fields.get(source[0], ()) if source is not None else ()
        field = project.data.field(fields[0]) if len(fields) == 1 else None
        module = modules[call.owner]
        if field is None or not field.statistics.counts or "weight" not in module._buffers:
            continue
        counts = torch.tensor(field.statistics.counts, dtype=torch.float32)
        weights = torch.where(counts > 0, counts.sum() / (len(counts) * counts.clamp(min=1)), 0.0)
        module.register_buffer("weight", weights, persistent=False)


def build_modules(steps: Plan, recipe: Recipe | None = None) -> dict[str, nn.Module]:
    """The module of each node that has its own, by id in natural order, with fresh weights as the recipe wants them."""
    modules: dict[str, nn.Module] = {}
    for call in sorted_calls((*steps.calls, *steps.losses)):
        if call.owner not in modules:
            modules[call.owner] = build(call)
            initialize(modules[call.owner], call.node, recipe or Recipe())
    return modules


def sorted_calls(calls: Iterable[Call]) -> list[Call]:
    """Calls in the order of their nodes' ids, in which modules are built."""
    return sorted(calls, key=lambda call: natural(call.node.id))


def build(call: Call) -> nn.Module:
    """The module of one call, with fresh weights. Raises GraphError naming the node when torch refuses its settings."""
    try:
        return built(call.layer, *call.specs)
    except GraphError as error:
        error.where = call.node.id
        raise
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        # torch refused a combination of settings that the checks let through; the user is told which node.
        raise GraphError(
            f"{call.layer.label()} '{call.node.id}' cannot be built: {error}", where=call.node.id
        ) from error


def forward_source(steps: Plan, modules: dict[str, nn.Module], *, hookable: bool) -> str:
    """Source of `forward` and `training_forward`."""
    predictions = list(steps.predictions.values())
    names = module_names(modules)
    forward = _Body(modules, names, (*steps.input_ids, *steps.noise_ids), hookable=hookable)
    forward.shift(steps.input_shifts)
    forward.write(steps.prediction_calls, kept=predictions)
    shown = _tuple(_variable(value) for value in predictions)
    training = training_source(steps, modules, names, hookable=hookable)
    return forward.text("forward", f"return {shown}") + "\n\n" + training


def training_source(steps: Plan, modules: dict[str, nn.Module], names: dict[str, str], *, hookable: bool) -> str:
    """Source of `training_forward`, whose modules have these names."""
    predictions = list(steps.predictions.values())
    body = _Body(modules, names, steps.training_input_ids, hookable=hookable)
    body.draw(steps.noises)
    body.shift(steps.input_shifts)
    body.write(steps.calls, kept=predictions, losses=steps.losses)
    shown = _tuple(_variable(value) for value in predictions)
    losses = _tuple(f"loss_{identifier(call.node.id)}" for call in steps.losses)
    return body.text("training_forward", f"return {shown}, {losses}")


def _tuple(items: Iterable[str]) -> str:
    items = list(items)
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _sloped(loss: Call) -> list[Value]:
    """The tensors at which a loss asks for slopes."""
    slopes = loss.layer.slopes if isinstance(loss.layer, Loss) else ()
    ports = (port.name for port in loss.layer.input_ports())
    return [value for value, port in zip(loss.inputs, ports, strict=False) if value is not None and port in slopes]


def _variable(value: Value) -> str:
    """The local variable of a tensor. The prefix keeps ids clear of keywords and of the functions in scope."""
    node_id, port = value
    return f"v_{identifier(node_id)}" if port == "output" else f"v_{identifier(node_id)}__{identifier(port)}"


class _Body:
    """Collects the lines of one function."""

    def __init__(
        self, modules: dict[str, nn.Module], names: dict[str, str], inputs: tuple[str, ...], *, hookable: bool
    ) -> None:
        self.modules = modules
        self.names = names
        self.hookable = hookable
        self.parameters = [_variable((node_id, "output")) for node_id in inputs]
        self.lines: list[str] = []
        self.drawn: frozenset[str] = frozenset()

    def text(self, name: str, last: str) -> str:
        """The function, `last` being its last line."""
        body = "".join(f"    {line}\n" for line in (*self.lines, last))
        return f"def {name}({', '.join(['self', *self.parameters])}):\n{body}"

    def draw(self, noises: Mapping[str, Noise]) -> None:
        """Draw random numbers for each row of the first input."""
        self.drawn = frozenset(noises)
        for node_id, layer in noises.items():
            first = self.parameters[0]
            settings = ", ".join(literal(item) for item in (layer.size, layer.distribution, layer.std))
            name = _variable((node_id, "output"))
            self.lines.append(f"{name} = draw_noise({first}.shape[0], {settings}, device={first}.device)")

    def shift(self, shifts: Mapping[str, tuple[int, int]]) -> None:
        """Move the texts of Inputs that are to be moved."""
        for node_id, (count, begin) in shifts.items():
            name = _variable((node_id, "output"))
            if name in self.parameters:
                self.lines.append(f"{name} = shift_right({name}, {literal(count)}, {literal(begin)})")

    def write(self, calls: tuple[Call, ...], *, kept: list[Value], losses: tuple[Call, ...] = ()) -> None:
        if calls or losses:
            self.lines.append("m = self._modules")
        steep = {value for call in losses for value in _sloped(call)}
        for value in sorted(steep):
            if _variable(value) in self.parameters or value[0] in self.drawn:
                self._slope(value)
        uses: dict[Value, int] = {}
        for value in (*kept, *(value for call in (*calls, *losses) for value in call.inputs if value is not None)):
            uses[value] = uses.get(value, 0) + 1
        total = dict(uses)
        fresh: set[Value] = set()
        for call in calls:
            module = self.modules[call.owner]
            overwrite = (
                bool(call.inputs)
                and call.inputs[0] in fresh
                and total[call.inputs[0]] == 1
                and type(module) is nn.ReLU
                and not self.hookable
            )
            self._call(call, module, overwrite=overwrite)
            for value in call.outputs:
                if value in steep:
                    self._slope(value)
            if isinstance(module, FRESH):
                fresh.update(call.outputs)
            self._forget(call, uses)
        for call in losses:
            inputs = [_variable(value) if value is not None else "None" for value in call.inputs]
            name = self.names[call.owner]
            self.lines.append(f"loss_{identifier(call.node.id)} = m['{name}']({', '.join(inputs)})")
            self._forget(call, uses)

    def _slope(self, value: Value) -> None:
        self.lines.append(f"{_variable(value)} = sloped({_variable(value)})")

    def _call(self, call: Call, module: nn.Module, *, overwrite: bool) -> None:
        name = self.names[call.owner]
        inputs = [_variable(value) if value is not None else "None" for value in call.inputs]
        written = None if self.hookable else expression(module, name, inputs, overwrite=overwrite)
        if written is None:
            written = f"m['{name}']({', '.join(inputs)})"
        else:
            if "p['" in written:
                self.lines.append(f"p = m['{name}']._parameters")
            if "b['" in written:
                self.lines.append(f"b = m['{name}']._buffers")
                if f"m['{name}'].training" in written:  # torch's batch normalization counts its steps; so do we
                    self.lines.append(f"if m['{name}'].training: b['num_batches_tracked'].add_(1)")
        self.lines.append(f"{', '.join(_variable(value) for value in call.outputs)} = {written}")

    def _forget(self, call: Call, uses: dict[Value, int]) -> None:
        """Let go of tensors after their last use, as `x = f(x)` does in hand-written code; it saves memory."""
        done = []
        for value in call.inputs:
            if value is not None:
                uses[value] -= 1
                if uses[value] == 0 and _variable(value) not in done:
                    done.append(_variable(value))
        if done:
            self.lines.append(f"del {', '.join(done)}")
