"""Every tensor of a drawing, node by node, as the network computes it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from torch import Tensor

from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork
from engine.compiler.modules.shifting import shift_right
from engine.compiler.plan import Call, Plan, Value


def each_value(
    steps: Plan, network: CompiledNetwork, inputs: Sequence[Tensor], *, before: Callable[[Call], None] | None = None
) -> Iterator[tuple[Value, Tensor]]:
    """The tensors between `inputs` (as `forward` takes them) and the outputs, each as soon as it is computed.

    What no layer needs any more is let go of, so that walking through a large network takes little memory. `before` is
    told of each call before it is made. Switch gradients off around it where none are wanted.
    """
    module_of = module_names(dict.fromkeys(call.owner for call in (*steps.calls, *steps.losses)))
    needed = Counter(value for call in steps.prediction_calls for value in set(call.inputs) if value is not None)
    values: dict[Value, Tensor] = {}
    for node_id, tensor in zip((*steps.input_ids, *steps.noise_ids), inputs, strict=True):
        count, begin = steps.input_shifts.get(node_id, (0, 0))
        values[(node_id, "output")] = shift_right(tensor, count, begin) if count else tensor
        yield (node_id, "output"), values[(node_id, "output")]
    for call in steps.prediction_calls:
        if before is not None:
            before(call)
        module = network.get_submodule(module_of[call.owner])
        result = module(*(values[value] if value is not None else None for value in call.inputs))
        values.update(zip(call.outputs, result if isinstance(result, tuple) else (result,), strict=True))
        for value in {value for value in call.inputs if value is not None}:
            needed[value] -= 1
            if not needed[value]:
                del values[value]
        for value in call.outputs:
            yield value, values[value]
            if not needed[value]:
                del values[value]
