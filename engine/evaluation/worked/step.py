"""Works one step of training out: the batch that training would take, walked forward and back, then moved by the
stepper and the optimizer that training uses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from msgspec.structs import replace
from torch import Tensor

from engine.catalog.layer import Family
from engine.catalog.registry import optimizer
from engine.compiler.generated import module_names
from engine.compiler.plan import Call, Plan, Value, plan
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.data_spec import FieldKind
from engine.document.project import Project
from engine.document.recipe import Phase, Precision
from engine.errors import Cancelled, DataError, RunNotFound, TrainingError
from engine.evaluation.insides.look import names_in
from engine.evaluation.worked.loss_words import LossWords, loss_words
from engine.evaluation.worked.numbers import factor, moved, number, weighted_sum
from engine.evaluation.worked.units import (
    ALL_UNITS,
    MOST_WORKED,
    SOME_UNITS,
    Maker,
    chosen,
    place_name,
)
from engine.evaluation.worked.walk import Local, Walk, column, local, modules_of, walk
from engine.protocol.messages.worked_step import NodeWorked, StepWorked, UnitWorked, WeightWorked
from engine.training.feed import batch_bounds, keyed_seed, phase_order, phase_samples
from engine.training.guard import NotFiniteError
from engine.training.moving import MovingValues
from engine.training.placing import begin_with_data
from engine.training.player import Player, players_of
from engine.training.start_weights import begin_with_files
from engine.training.step import Stepper
from engine.training.task import Data, Task, prepare_task

MOST_ROWS: Final = 64
MOST_STEPS: Final = 1000
MOST_NODES: Final = 400
MOST_VALUES: Final = 64
MOST_PARAMETERS: Final = 50_000_000
_TIME_TO_TELL: Final = 8
_TO_COMPARE: Final = 3
_SEARCHED: Final = 2_000
"""Samples among which one of a class is looked for."""


def worked_step(
    project: Project,
    data: Data,
    *,
    step: int = 1,
    rows: int = 1,
    samples: Sequence[int] = (),
    weights: dict[str, Tensor] | None = None,
    phase: int = 0,
    player: int = 0,
    project_dir: Path | None = None,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> StepWorked:
    """The numbers of one step. `weights` are those to begin with, by name, in place of fresh ones.

    Raises TrainingError for a step or a player that is not there, DataError for samples that training does not see,
    RunNotFound for weights of another network, Cancelled.
    """
    phases = project.recipe.phases
    if not 0 <= phase < len(phases) or not 0 <= player < len(phases[phase].players):
        raise TrainingError("There is no such player in the recipe.", where="recipe", hint="Choose another.")
    if not 1 <= step <= MOST_STEPS:
        raise TrainingError(
            f"Steps can be shown up to number {MOST_STEPS:,}.",
            expected=f"1 to {MOST_STEPS:,}",
            found=str(step),
            hint="Train the network, and look at a step that begins with what it learned.",
        )
    task = prepare_task(project, data)
    try:
        if project_dir is not None and weights is None:
            begin_with_files(task.network, task.project, project_dir)
        if weights is None:
            begin_with_data(task)
        else:
            _load(task, weights)
        if project.recipe.class_weights:
            task.weigh_classes()
        count = sum(parameter.numel() for parameter in task.network.parameters())
        if count > MOST_PARAMETERS:
            return StepWorked(
                step=step,
                refusal=f"The network has {count:,} weights; a step is worked out for up to {MOST_PARAMETERS:,}.",
            )
        return _Working(task, phase, player, rows, samples, progress, cancelled).step(step)
    finally:
        task.close()


def _load(task: Task, weights: dict[str, Tensor]) -> None:
    try:
        task.network.load_state_dict(weights)
    except RuntimeError as error:
        raise RunNotFound(
            "The weights of this run do not fit the network.",
            found=str(error).split("\n", 1)[-1].strip()[:300],
            hint="Begin with fresh weights, or train again.",
        ) from error


def _compared_classes(task: Task) -> str | None:
    """The field whose classes say what is alike, where the network learns by comparing samples."""
    names = [name for name, answer in task.answers if answer == "embedding"]
    fields = (task.project.data.field(name) for name in names)
    return next((field.name for field in fields if field is not None and field.kind is FieldKind.CATEGORY), None)


class _Working:
    """One walk at work."""

    def __init__(
        self,
        task: Task,
        phase: int,
        player: int,
        rows: int,
        samples: Sequence[int],
        progress: Progress,
        cancelled: IsCancelled,
    ) -> None:
        self.task = task
        self.recipe = task.project.recipe  # of the flat form: blocks that are trained are named by what is inside
        self.number_of_phase, self.phase = phase, self.recipe.phases[phase]
        self.progress, self.cancelled = progress, cancelled
        self.network = task.network.train()
        steps = [item.epochs * self._batches(item) for item in self.recipe.phases]
        self.players = players_of(self.phase, self.network, steps[phase], task.trainable)
        self._moving = MovingValues(task, steps)
        self.number = player
        self.player: Player = self.players[player]
        self._classes = _compared_classes(task)
        least = _TO_COMPARE if self._classes is not None else 2 if task.join_single else 1
        self.rows = max(least, min(rows, MOST_ROWS, task.train.samples))
        self.notes: list[str] = []
        if self.rows > rows and not samples and self._classes is not None:
            self.notes.append(
                "Samples are compared here: the second is of the first one's class, the third of another."
            )
        elif self.rows > rows and not samples:
            self.notes.append("Batch normalization needs more than one sample: two are taken.")
        if self.phase.play is not None:
            self.notes.append("Training learns here from what it plays; a sample of the data stands in for that.")
        self._fixed = self._rows_of(samples)
        count = phase_samples(task.train.samples, self.phase.samples)
        self.bounds = batch_bounds(count, self.rows, join_single=task.join_single)
        for item in self.players:
            for slow in item.copies:
                slow.begin()

    def _batches(self, phase: Phase) -> int:
        """How many batches training takes in an epoch of a phase."""
        size = phase.batch_size * phase.accumulate
        samples = phase_samples(self.task.train.samples, phase.samples)
        if phase.play is not None:
            samples = phase.play.batches * size
        return len(batch_bounds(samples, size, join_single=self.task.join_single)) - 1

    def _rows_of(self, samples: Sequence[int]) -> list[int]:
        """Rows of the train split of samples named by their number in the data. Raises DataError."""
        if not samples:
            return []
        numbers = self.task.sample_numbers("train", range(self.task.train.samples))
        row_of = {number: row for row, number in enumerate(numbers)}
        for sample in samples[:MOST_ROWS]:
            if sample not in row_of:
                raise DataError(
                    f"Sample {sample:,} is not among those to learn from.",
                    where=str(sample),
                    hint="Choose a sample of the train split.",
                )
        return [row_of[sample] for sample in samples[:MOST_ROWS]]

    def _batch(self, step: int) -> tuple[tuple[Tensor, ...], int, list[int]]:
        """What training takes in a step: a batch, its epoch (from 1), and rows of the train split."""
        train, seed = self.task.train, self.recipe.seed
        if self._fixed:
            rows = torch.tensor(self._fixed)
            batch = next(iter(train.batches([0, len(rows)], rows, 0, 0)))
            return batch, step, self._fixed
        epoch, position = divmod(step - 1, len(self.bounds) - 1)
        order = phase_order(train.samples, seed, epoch, self.phase.samples)
        taken = order[self.bounds[position] : self.bounds[position + 1]]
        if self._classes is not None and len(taken) == _TO_COMPARE:
            taken = self._to_compare(order.roll(-self.bounds[position]), self._classes)
            batch = next(iter(train.batches([0, len(taken)], taken, 0, epoch)))
        else:
            batch = next(iter(train.batches(self.bounds, order, position, epoch)))
        return batch, epoch + 1, taken.tolist()

    def _to_compare(self, order: Tensor, field: str) -> Tensor:
        """The first of these rows, the next of its class and the next of another: few rows would hardly be alike."""
        near = order[:_SEARCHED]
        classes = self.task.column(field, "train").gather(near).reshape(len(near), -1)[:, 0]
        alike = (classes == classes[0]).nonzero().flatten()[1:2]
        other = (classes != classes[0]).nonzero().flatten()[:1]
        chosen = torch.cat([torch.zeros(1, dtype=torch.int64), alike, other])
        rest = torch.tensor([at for at in range(len(near)) if at not in chosen.tolist()], dtype=torch.int64)
        return near[torch.cat([chosen, rest])[:_TO_COMPARE]]

    def _stepper(self, players: list[Player]) -> Stepper:
        return Stepper(self.task, players, precision=Precision.FLOAT32, clip_norm=self.recipe.clip_norm)

    def _seed(self, step: int) -> int:
        return keyed_seed(self.recipe.seed, "worked", step)

    def _take(self, stepper: Stepper, batch: Sequence[Tensor], step: int) -> None:
        self._moving.move(self.number_of_phase, step - 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._seed(step))
            stepper.take(batch, step, step - 1)

    def step(self, step: int) -> StepWorked:
        """Take the steps before, then work this one out."""
        before = self._stepper(self.players)
        for earlier in range(1, step):
            if self.cancelled():
                raise Cancelled
            self.progress(earlier / step, f"Step {earlier}")
            try:
                self._take(before, self._batch(earlier)[0], earlier)
            except NotFiniteError:
                return StepWorked(
                    step=step,
                    refusal=f"In step {earlier} numbers became too large to compute with. Lower the learning rate.",
                )
        batch, epoch, rows = self._batch(step)
        inputs = batch[: self.task.input_count]
        steps = plan(self.task.project)
        buffers = {name: value.clone() for name, value in self.network.named_buffers()}
        weights = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self._moving.move(self.number_of_phase, step - 1)
        found = walk(steps, self.network, inputs, self.player, seed=self._seed(step))
        self._restore(buffers)
        if not bool(torch.isfinite(found.total.detach())):
            return StepWorked(step=step, refusal="The loss of this step is not a number. Lower the learning rate.")
        worked = _Nodes(self, steps, found)
        nodes = worked.nodes()
        self._restore(buffers)
        self.player.drop_gradients()
        rate = self._move(batch, step)
        worked.add_weights(nodes, weights, rate)
        after = walk(steps, self.network, inputs, self.player, seed=self._seed(step), back=False)
        settings = self.phase.players[self.number]
        chosen_optimizer = optimizer(settings.optimizer)
        if len(rows) > 1:
            self.notes.append(f"The loss is the mean of {len(rows)} samples; the values are those of the first.")
        norm = sum(float(item.double().square().sum()) for item in found.gradients.values()) ** 0.5
        if self.recipe.clip_norm is not None and norm > self.recipe.clip_norm:
            self.notes.append(
                f"All gradients together have the length {number(norm)}: before the step they are shortened to "
                f"{number(self.recipe.clip_norm)}, as the recipe says."
            )
        if settings.wrapper is not None:
            self.notes.append(f"{settings.wrapper.type} is put around the optimizer.")
        return StepWorked(
            step=step,
            epoch=epoch,
            samples=self.task.sample_numbers("train", rows),
            nodes=nodes,
            loss=float(found.total.detach()),
            loss_after=float(after.total),
            optimizer=chosen_optimizer.label(),
            optimizer_formula=chosen_optimizer.formula,
            learning_rate=rate,
            players=[item.name or f"Player {place}" for place, item in enumerate(self.phase.players, 1)],
            notes=self.notes,
        )

    def _move(self, batch: Sequence[Tensor], step: int) -> float:
        """Let the player whose numbers are shown take its step; its learning rate."""
        for parameter in self.network.parameters():
            parameter.grad = None
        stepper = self._stepper([self.player])
        # A player that waits for its turn is shown as if it were its turn.
        every, self.player.every = self.player.every, 1
        try:
            self._take(stepper, batch, step)
        finally:
            self.player.every = every
        return stepper.rates[0]

    @torch.no_grad()
    def _restore(self, buffers: dict[str, Tensor]) -> None:
        for name, value in self.network.named_buffers():
            value.copy_(buffers[name])


class _Nodes:
    """Puts into words and numbers what a walk found."""

    def __init__(self, working: _Working, steps: Plan, found: Walk) -> None:
        self.working, self.steps, self.found = working, steps, found
        self.project = working.task.project
        self.modules = modules_of(steps, working.network)
        self.names = module_names(dict.fromkeys(call.owner for call in (*steps.calls, *steps.losses)))
        self._locals: dict[str, Local | None] = {}
        self._place: dict[Value, int] = {}
        self._loss_weights = dict(working.player.weights)

    def nodes(self) -> list[NodeWorked]:
        """Every tensor, then every loss."""
        made: list[NodeWorked] = []
        calls = {value: call for call in self.steps.calls for value in call.outputs}
        for value, tensor in self.found.values.items():
            if len(made) >= MOST_NODES:
                self.working.notes.append(f"The first {MOST_NODES} values of a larger network are shown.")
                break
            if self.working.cancelled():
                raise Cancelled
            self._place[value] = len(made)
            made.append(self._node(value, tensor, calls.get(value)))
            if len(made) % _TIME_TO_TELL == 0:
                self.working.progress(0.5, "Writing the numbers out")
        for call in self.steps.losses:
            made.append(self._loss(call))
        return made

    def _local(self, call: Call) -> Local | None:
        if call.node.id not in self._locals:
            self._locals[call.node.id] = local(call, self.modules[call.owner], self.found)
        return self._locals[call.node.id]

    def _sources(self, call: Call | None) -> list[int]:
        values = call.inputs if call is not None else ()
        return [self._place[value] for value in values if value is not None and value in self._place]

    def _node(self, value: Value, tensor: Tensor, call: Call | None) -> NodeWorked:
        node_id, port = value
        node = self.project.graph.node(node_id)
        first = tensor.detach()[0] if tensor.dim() else tensor.detach()
        grad = tensor.grad[0] if tensor.grad is not None and tensor.dim() else None
        flat = first.reshape(-1)
        names = names_in(self.project.data, self.steps, node_id if port == "output" else f"{node_id}.{port}", len(flat))
        shape = list(first.shape)
        layer = call.layer if call is not None else None
        units = self._units(value, first, grad, call, names) if first.is_floating_point() and len(flat) else []
        return NodeWorked(
            node=node_id,
            port=port,
            title=node.title or (layer.label() if layer is not None else node_id),
            type=node.type,
            family=(layer.family if layer is not None else Family.DATA).value,
            shape=shape,
            count=len(flat),
            values=flat[:MOST_VALUES].double().tolist(),
            gradients=grad.reshape(-1)[:MOST_VALUES].double().tolist() if grad is not None else [],
            sources=self._sources(call),
            formula=layer.formula if layer is not None else "",
            units=units or self._plain_units(flat, names, shape),
            note=self._note(value, call, tensor),
        )

    def _note(self, value: Value, call: Call | None, tensor: Tensor) -> str:
        if call is None:
            name = self._class_of(value)
            said = f"This is what comes in: the number of {name}." if name else "This is what comes in."
            return f"{said} It is data: nothing here can be changed, so no gradient is needed."
        if tensor.grad is None:
            return "No gradient flows back to here: nothing before it is trained by this loss."
        return ""

    def _plain_units(self, flat: Tensor, names: list[str], shape: list[int]) -> list[UnitWorked]:
        """Values that are whole numbers: words, classes."""
        return [
            UnitWorked(name=names[place] if names else place_name(place, shape), value=float(flat[place]))
            for place in range(min(len(flat), ALL_UNITS))
        ]

    def _units(
        self, value: Value, first: Tensor, grad: Tensor | None, call: Call | None, names: list[str]
    ) -> list[UnitWorked]:
        places = chosen(first, grad)
        shape = list(first.shape)
        maker = None
        port = 0
        if call is not None:
            port = call.outputs.index(value)
            inputs = [self.found.values[item] if item is not None else None for item in call.inputs]
            maker = Maker(call, self.modules[call.owner], inputs, self.found.chance[call.node.id])
        flat = first.reshape(-1)
        units: list[UnitWorked] = []
        for place in places:
            written = maker.words(port, place) if maker is not None else ""
            result = number(float(flat[place]))
            flow = float(grad.reshape(-1)[place]) if grad is not None else None
            units.append(
                UnitWorked(
                    name=names[place] if names else place_name(place, shape),
                    value=float(flat[place]),
                    gradient=flow,
                    forward=f"{written} = {result}" if written and written != result else written,
                    backward=self._backward(value, place, flow) if flow is not None else "",
                )
            )
        return units

    def _users(self, value: Value) -> list[Call]:
        return [call for call in (*self.steps.calls, *self.steps.losses) if value in call.inputs]

    def _backward(self, value: Value, place: int, flow: float) -> str:
        """The chain rule with numbers: what flows back from each that was made of it."""
        parts: list[str] = []
        for call in self._users(value):
            said = self._back_from_loss(call, value, place) if not call.outputs else ""
            if said:
                parts.append(said)
                continue
            about = self._local(call)
            if about is None or sum(output.numel() for output in about.outputs) > MOST_WORKED:
                return ""
            for port, given in enumerate(call.inputs):
                subject = about.inputs[port]
                if given != value or subject is None or not subject.requires_grad:
                    continue
                terms = column(about, subject, place)
                if terms is None:
                    return ""
                if terms:
                    parts.append(weighted_sum(terms))
        return f"{' + '.join(parts) if parts else '0'} = {number(flow)}"

    def _back_from_loss(self, call: Call, value: Value, place: int) -> str:
        if call.inputs[0] != value:
            return ""
        words = self._loss_words(call)
        weight = self._loss_weights.get(self.working.network.loss_ids.index(call.node.id), 0.0)
        if words is None or not words.backward or weight == 0.0 or self._rows() > 1:
            return ""
        said = words.backward[place]
        return said if weight == 1.0 else f"{factor(weight)} · ({said})"

    def _rows(self) -> int:
        return len(next(iter(self.found.values.values())))

    def _loss_words(self, call: Call) -> LossWords | None:
        module = self.modules[call.owner]
        if len(call.inputs) != 2 or call.inputs[0] is None or call.inputs[1] is None:
            return None
        if getattr(module, "weight", None) is not None or getattr(module, "pos_weight", None) is not None:
            return None  # rare classes count more: another sum
        prediction, target = (self.found.values[value].detach() for value in call.inputs if value is not None)
        if not prediction.dim() or not target.dim():
            return None
        return loss_words(call.layer, _flat(prediction[0]), _flat(target[0]))

    def _loss(self, call: Call) -> NodeWorked:
        node = self.project.graph.node(call.node.id)
        value = float(self.found.losses[call.node.id].detach())
        words = self._loss_words(call)
        forward = ""
        if words is not None:
            forward = words.forward if self._rows() > 1 else f"{words.forward} = {number(value)}"
        weight = self._loss_weights.get(self.working.network.loss_ids.index(call.node.id), 0.0)
        target = call.inputs[1] if len(call.inputs) > 1 else None
        note = self._truth(target)
        if weight not in (0.0, 1.0):
            note = f"{note} It counts {number(weight)} times.".strip()
        elif weight == 0.0:
            note = f"{note} The player that is shown does not look at this loss.".strip()
        unit = UnitWorked(
            name="loss",
            value=value,
            gradient=weight,
            forward=forward,
            backward=f"The way back begins here: the loss moves by {number(weight)} with itself." if weight else "",
        )
        return NodeWorked(
            node=call.node.id,
            port="",
            title=node.title or call.layer.label(),
            type=node.type,
            family=Family.LOSS.value,
            shape=[],
            count=1,
            values=[value],
            gradients=[weight] if weight else [],
            sources=self._sources(call),
            formula=call.layer.formula,
            units=[unit],
            note=note,
        )

    def _truth(self, target: Value | None) -> str:
        """What the right answer is, in words."""
        name = self._class_of(target) if target is not None else ""
        return f"The right answer is {name}." if name else ""

    def _class_of(self, value: Value) -> str:
        """The class whose number an input is; empty for what is no class."""
        fields = self.steps.input_fields.get(value[0], ())
        field = self.project.data.field(fields[0]) if len(fields) == 1 else None
        tensor = self.found.values[value].detach()
        if field is None or tensor.dim() != 1 or tensor.is_floating_point():
            return ""
        classes, number = field.statistics.classes, int(tensor[0])
        return classes[number] if 0 <= number < len(classes) else ""

    # -- what is learned ----------------------------------------------------------------------------------------------

    def add_weights(self, nodes: list[NodeWorked], before: dict[str, Tensor], rate: float) -> None:
        """Tell at each node with parameters how they moved; `before` are those from before the step."""
        after = dict(self.working.network.named_parameters())
        calls: dict[str, list[Call]] = {}
        for call in (*self.steps.calls, *self.steps.losses):
            calls.setdefault(call.owner, []).append(call)
        for place, node in enumerate(nodes):
            own = calls.get(node.node)
            if own is None or node.port not in ("", own[0].outputs[0][1] if own[0].outputs else ""):
                continue
            prefix = f"{self.names[node.node]}."
            mine = [name for name in after if name.startswith(prefix)]
            count = sum(after[name].numel() for name in mine)
            if not count:
                continue
            learned = [name for name in mine if name in self.found.gradients]
            weights: list[WeightWorked] = []
            share = max(2, SOME_UNITS // max(1, len(learned)) * 2)
            for name in learned:
                weights += self._weights(name, prefix, own, before[name], after[name].detach(), rate, share)
            note = node.note
            if not learned:
                note = f"{note} Its {count:,} weights are frozen, or belong to another player.".strip()
            nodes[place] = _with_weights(node, weights, count, note)

    def _weights(
        self, name: str, prefix: str, calls: list[Call], before: Tensor, after: Tensor, rate: float, most: int
    ) -> list[WeightWorked]:
        gradient = self.found.gradients[name]
        shown: list[WeightWorked] = []
        for place in chosen(gradient, gradient, most):
            old, new = float(before.reshape(-1)[place]), float(after.reshape(-1)[place])
            flow = float(gradient.reshape(-1)[place])
            shown.append(
                WeightWorked(
                    name=f"{name.removeprefix(prefix)}{place_name(place, list(before.shape))}",
                    before=old,
                    gradient=flow,
                    after=new,
                    from_units=self._of_units(name, calls, place, flow),
                    step=self._moved(old, flow, new, rate),
                )
            )
        return shown

    def _of_units(self, name: str, calls: list[Call], place: int, flow: float) -> str:
        """The gradient of a weight: at each unit it helped to make, gradient times what it was multiplied with."""
        parts: list[tuple[float, float]] = []
        parameter = dict(self.working.network.named_parameters())[name]
        for call in calls:
            about = self._local(call)
            if about is None or sum(output.numel() for output in about.outputs) > MOST_WORKED:
                return ""
            terms = column(about, parameter, place)
            if terms is None:
                return ""
            parts += terms
        if not parts:
            return f"0 = {number(flow)}" if flow else "0"
        return f"{weighted_sum(parts)} = {number(flow)}"

    def _moved(self, old: float, flow: float, new: float, rate: float) -> str:
        """Plain steps against the gradient as the product they are; else how far the optimizer went."""
        before, by, after = moved(old, new)
        if abs(old - rate * flow - new) <= 1e-6 * max(abs(old), abs(rate * flow), 1e-3):
            return f"{before} − {number(rate)} · {factor(flow)} = {after}"
        sign = "−" if by.startswith("−") else "+"
        return f"{before} {sign} {by.removeprefix('−')} = {after}"


def _with_weights(node: NodeWorked, weights: list[WeightWorked], count: int, note: str) -> NodeWorked:
    return replace(node, weights=weights, weight_count=count, note=note)


def _flat(tensor: Tensor) -> list[float]:
    return [float(value) for value in tensor.reshape(-1)] if tensor.numel() <= MOST_WORKED else []
