"""A network run node by node, so that any tensor on the way can be taken out, or another put in its place."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.catalog.layer import Family
from engine.catalog.tensors import DType
from engine.checks.inference import ShapeChecker
from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork, sorted_calls
from engine.compiler.modules.shifting import shift_right
from engine.compiler.plan import Call, Value, plan
from engine.document.project import Project

_PASSED_ON = (Family.NORMALIZATION, Family.ACTIVATION, Family.DROPOUT)


class Taps:
    """`network` as it was compiled from `project`; its modules are used as they are, in the mode they are in.

    Safe to use from several threads as long as nobody trains the network.
    """

    def __init__(self, network: CompiledNetwork, project: Project) -> None:
        self.network = network
        checker = ShapeChecker(project)
        self.steps = plan(project, checker)
        self.multiply_adds = sum(checker.cost_of(call.node.id).multiply_adds for call in self.steps.prediction_calls)
        """Of one answer."""
        calls = sorted_calls((*self.steps.calls, *self.steps.losses))
        names = module_names(dict.fromkeys(call.owner for call in calls))
        self._modules = {call.owner: network.get_submodule(names[call.owner]) for call in self.steps.prediction_calls}
        self.noise = network.noise(1, torch.Generator().manual_seed(0))  # the same for every variant of a sample

    def run(
        self,
        inputs: Mapping[str, Tensor],
        *,
        given: Mapping[Value, Tensor] | None = None,
        wanted: Sequence[Value] = (),
        output: str = "",
    ) -> dict[Value, Tensor]:
        """Tensors by where they stand: those `wanted`, and that at the node `output`, for prepared inputs (N, ...).

        `given` stand in for what their nodes would have computed.
        """
        steps = self.steps
        rows = next((len(tensor) for tensor in (*inputs.values(), *(given or {}).values())), 1)
        values: dict[Value, Tensor] = {(node_id, "output"): tensor for node_id, tensor in inputs.items()}
        for node_id, tensor in zip(steps.noise_ids, self.noise, strict=True):
            device = next(iter(values.values())).device if values else tensor.device
            values[node_id, "output"] = tensor.to(device).expand(rows, *tensor.shape[1:])
        for node_id, (count, begin) in steps.input_shifts.items():
            if (node_id, "output") in values:
                values[node_id, "output"] = shift_right(values[node_id, "output"], count, begin)
        values |= given or {}
        ends = {*wanted, steps.predictions[output]} if output else set(wanted)
        for call in steps.prediction_calls:
            if ends <= values.keys():
                break
            if all(value in values for value in call.outputs):
                continue
            found = self._modules[call.owner](*(None if value is None else values[value] for value in call.inputs))
            outputs = found if isinstance(found, tuple) else (found,)
            for value, tensor in zip(call.outputs, outputs, strict=False):
                values.setdefault(value, tensor)
        return {value: values[value] for value in ends}

    def entries(self, input_id: str) -> tuple[Value, ...]:
        """Where an Input becomes numbers with gradients: itself, or behind the embeddings of tokens and classes."""
        start = (input_id, "output")
        if self._is_float(start):
            return (start,)
        whole, found = {start}, []
        behind: set[Value] = set()  # what is made of those found; lengths and masks that come in there are no entry
        for call in self.steps.prediction_calls:
            if any(value in behind for value in call.inputs):
                behind.update(call.outputs)
            elif any(value in whole for value in call.inputs):
                for value in call.outputs:
                    if self._is_float(value):
                        found.append(value)
                        behind.add(value)
                    elif self._dtype(value) is DType.INT:
                        whole.add(value)
        return tuple(found)

    def depends_on(self, input_id: str) -> set[Value]:
        """All tensors that an Input has a say in."""
        found = {(input_id, "output")}
        for call in self.steps.prediction_calls:
            if any(value in found for value in call.inputs):
                found.update(call.outputs)
        return found

    def leads_to(self, output_id: str) -> set[Value]:
        """All tensors that have a say in an Output."""
        found = {self.steps.predictions[output_id]}
        for call in reversed(self.steps.prediction_calls):
            if any(value in found for value in call.outputs):
                found.update(value for value in call.inputs if value is not None)
        return found

    def convolutions(self, output_id: str) -> list[Call]:
        """The convolutions that have a say in an Output and whose maps have more than one place, in order."""
        leading = self.leads_to(output_id)
        return [
            call
            for call in self.steps.prediction_calls
            if call.layer.family is Family.CONVOLUTION
            and call.outputs[0] in leading
            and self.places(call.outputs[0]) > 1
        ]

    def places(self, value: Value) -> int:
        """How many places a map (N, C, ...) has; 0 where the tensor is none, 2 where sizes are free."""
        shape = self.steps.specs[value].shape if value in self.steps.specs else ()
        if len(shape) < 3:
            return 0
        total = 1
        for size in shape[2:]:
            total *= 2 if size is None else size
        return total

    def finished(self, value: Value) -> Value:
        """The tensor after the normalization and activation that alone follow it: what the next layer is given."""
        while True:
            users = [call for call in self.steps.prediction_calls if value in call.inputs]
            if len(users) != 1 or users[0].layer.family not in _PASSED_ON or len(users[0].outputs) != 1:
                return value
            if self.places(users[0].outputs[0]) != self.places(value):
                return value
            value = users[0].outputs[0]

    def call_of(self, node_id: str) -> Call | None:
        """The call of a node, None where no answer needs it."""
        return next((call for call in self.steps.prediction_calls if call.node.id == node_id), None)

    def _dtype(self, value: Value) -> DType | None:
        spec = self.steps.specs.get(value)
        return None if spec is None else spec.dtype

    def _is_float(self, value: Value) -> bool:
        return self._dtype(value) is DType.FLOAT
