"""What went wrong, in the user's words: numbers that are no numbers, and memory that ran out."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.project import Project
from engine.errors import TrainingError

MOST_SAMPLES: Final = 64


class NotFiniteError(TrainingError):
    """Numbers that are no numbers. `where` is the node with the first of them, where it is known.

    `epoch` and `batch` count from 1; `samples` are rows of the train split.
    """

    def __init__(self, message: str, *, step: int, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, expected="finite numbers", found="NaN or infinite", hint=hint)
        self.step = step
        self.epoch = 0
        self.batch = 0
        self.samples: tuple[int, ...] = ()

    def place(self, epoch: int, batch: int, samples: Sequence[int]) -> None:
        """Say in which batch it happened."""
        self.epoch, self.batch, self.samples = epoch, batch, tuple(samples[:MOST_SAMPLES])
        self.message = self.message.replace(":", f" (epoch {epoch}, batch {batch}):", 1)


_HINT = "Lower the learning rate, or limit the gradient's size (clipping). The last good state is kept."


def not_finite(project: Project, network: CompiledNetwork, inputs: Sequence[Tensor], step: int) -> NotFiniteError:
    """The error for a loss that is not finite at this step, naming the first node that is to blame.

    Runs the batch once more, with hooks; the state of the network and of the random generators is of no more use then.
    """
    for name, tensor in zip(network.training_input_ids, inputs, strict=False):
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            return NotFiniteError(
                f"Training stopped at step {step}: the data at '{name}' holds values that are not finite.",
                step=step,
                where=name,
                hint="Look at its fields in the tab Data; add Fill missing to their preparation.",
            )
    node = _last_broken_weight(project, network) or _first_broken_output(project, network, inputs)
    if node:
        message = f"Training stopped at step {step}: the numbers of '{node}' grew beyond all bounds."
    else:
        message = f"Training stopped at step {step}: the loss is no longer a finite number."
    return NotFiniteError(message, step=step, where=node, hint=_HINT)


def bad_gradient(project: Project, norms: dict[str, float], step: int) -> NotFiniteError | None:
    """The error for a gradient that is not finite, before it is applied; None when all are."""
    broken = [name for name, norm in norms.items() if not math.isfinite(norm)]
    if not broken:
        return None
    node = last_in_order(project, broken)
    return NotFiniteError(
        f"Training stopped at step {step}: the gradient of '{node}' is no longer a finite number.",
        step=step,
        where=node,
        hint=_HINT,
    )


def weights_are_finite(network: nn.Module) -> bool:
    """Whether every parameter is; one number is read from the device."""
    tensors = [parameter.detach() for parameter in network.parameters() if parameter.is_floating_point()]
    if not tensors:
        return True
    return math.isfinite(float(torch.stack(torch._foreach_norm(tensors)).sum()))


def last_in_order(project: Project, names: Iterable[str]) -> str:
    """Of these nodes the last to compute: a gradient that is not finite spoils all before it, so that one is to
    blame."""
    order = {node_id: number for number, node_id in enumerate(project.graph.topological()[0])}
    return max(names, key=lambda name: order.get(name, -1), default="")


def _last_broken_weight(project: Project, network: CompiledNetwork) -> str:
    broken = [name for name, parameter in network.named_parameters() if not bool(parameter.isfinite().all())]
    return last_in_order(project, (name.partition(".")[0] for name in broken))


def _first_broken_output(project: Project, network: CompiledNetwork, inputs: Sequence[Tensor]) -> str:
    """The first node, in the order of computing, that makes finite numbers infinite or undefined."""
    twin = compile_project(project, hookable=True).to(inputs[0].device if inputs else "cpu")
    twin.load_state_dict(network.state_dict())
    found: list[str] = []

    def look(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            tensors = output if isinstance(output, tuple) else (output,)
            for tensor in tensors:
                if isinstance(tensor, Tensor) and tensor.is_floating_point() and not bool(tensor.isfinite().all()):
                    found.append(name)
                    return

        return hook

    for name, module in twin.named_children():
        module.register_forward_hook(look(name))
    with torch.no_grad():
        twin.training_forward(*inputs)
    return found[0] if found else ""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it says that memory ran out, on whatever device."""
    text = str(error)
    return (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or "can't allocate memory" in text
        or "not enough memory" in text
    )


def out_of_memory(error: BaseException, batch_size: int) -> TrainingError | None:
    """The error in words when it says that memory ran out; None for any other."""
    if not is_out_of_memory(error):
        return None
    text, on_card = str(error), isinstance(error, torch.OutOfMemoryError)
    asked = re.search(r"allocate (\d+) bytes", text)
    return TrainingError(
        f"There is not enough memory{' on the graphics card' if on_card else ''} for batches of {batch_size}.",
        where="batch_size",
        found=f"{int(asked[1]) / 1e9:.1f} GB asked for at once" if asked else "",
        hint=f"Choose a smaller batch size, such as {max(1, batch_size // 2)}, or a smaller network.",
    )
