"""The network of a run as it was trained, ready to answer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.compiler.module import CompiledNetwork, compile_project
from engine.document.files import from_bytes
from engine.document.own_code import code_of
from engine.document.project import Project
from engine.errors import RunNotFound
from engine.protocol.run_folder import RunFolder
from engine.training.checkpoint import load_weights
from engine.training.run_state import Kind


def project_of(folder: RunFolder) -> Project:
    """The project as it was when the run began. Raises RunNotFound or ProjectError."""
    try:
        data = folder.project_file.read_bytes()
    except OSError as error:
        raise RunNotFound(
            f"The project of run {folder.number} cannot be read: {error.strerror}.", where=str(folder.project_file)
        ) from error
    return from_bytes(data, str(folder.project_file))


def load_network(folder: RunFolder, which: Kind = "best", *, project: Project | None = None) -> CompiledNetwork:
    """The network with the weights of the best epoch (or the last), in evaluation mode, on the CPU.

    `project` spares reading it again. Raises RunNotFound when no checkpoint is whole or it belongs to another network.
    """
    weights = load_weights(folder, which)
    with torch.random.fork_rng(devices=[]), code_of(folder.path):
        network = compile_project(project or project_of(folder), training=False)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise RunNotFound(
            f"The weights of run {folder.number} do not fit its network.",
            where=str(folder.path),
            found=str(error).split("\n", 1)[-1].strip()[:300],
            hint="The folder of the run was changed by hand. Train again.",
        ) from error
    return network.eval()


@torch.inference_mode()
def predict_tensor(network: CompiledNetwork, inputs: Sequence[Tensor], *, batch_size: int = 512) -> tuple[Tensor, ...]:
    """What stands at the outputs, in the order of `output_ids`, for prepared inputs in the order of `input_ids` and
    then noise in the order of `noise_ids`.

    Whole splits may be given: they are answered a batch at a time. The network stays in the mode it is in.
    """
    if not inputs:
        return network()  # type: ignore[no-any-return]
    count = len(inputs[0])
    parts = [
        network(*(tensor[start : start + batch_size] for tensor in inputs))
        for start in range(0, max(1, count), batch_size)
    ]
    return tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
