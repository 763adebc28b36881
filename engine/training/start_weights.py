"""Gives a network the weights its run begins with: those its nodes name, and those of the run it was forked from."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from engine.compiler.generated import module_names
from engine.document.flat import flattened
from engine.document.graph import Node
from engine.document.node_weights import WeightsOf, weights_file, weights_of
from engine.document.project import Project
from engine.errors import ProjectError, TrainingError
from engine.protocol.run_folder import RunFolder, about
from engine.training.checkpoint import read_weights
from engine.training.runs import START

_MOST_NAMED = 5


def begin_with(network: nn.Module, folder: RunFolder) -> str:
    """Give a network the weights that lie in its run's folder, where they fit; what was done, in words.

    Empty when there are none. Weights of nodes that are new, or have another size now, stay as they are. Raises
    RunNotFound when they are damaged.
    """
    path = folder.path / START
    if not path.exists():
        return ""
    weights = read_weights(path)
    held = network.state_dict(keep_vars=True)
    fitting = {name: value for name, value in weights.items() if name in held and held[name].shape == value.shape}
    with torch.no_grad():
        for name, value in fitting.items():
            held[name].detach().copy_(value)
    left = sorted({name.partition(".")[0] for name in held if name not in fitting})
    told = f"Began with the weights of {_origin(folder)}"
    if not left:
        return f"{told}."
    names = ", ".join(left[:5]) + (" and others" if len(left) > 5 else "")
    return f"{told}, but for {names}, which {'is' if len(left) == 1 else 'are'} new or of another size."


def _origin(folder: RunFolder) -> str:
    """What the weights came from, in words."""
    told = about(folder)
    epoch = f", epoch {told.from_epoch}" if told.from_epoch else ""
    return f"run {told.from_run}{epoch}" if told.from_run else "another run"


def begin_with_files(network: nn.Module, project: Project, project_dir: Path) -> tuple[list[str], list[str]]:
    """Give the nodes of a network the weights their `Node.weights` names; what was done, and what was not, in words.

    A tensor that is not there or has another shape leaves its node's parameter as it is and is told. Raises
    TrainingError when a frozen node would begin with chance numbers that nothing could ever change.
    """
    nodes = flattened(project).graph.nodes
    names = module_names(nodes)
    modules = dict(network.named_children())
    by_file: dict[str, list[tuple[Node, WeightsOf, nn.Module]]] = {}
    for node in nodes.values():
        named = weights_of(node) if not node.shares else None
        module = modules.get(names[node.id])
        if named is not None and module is not None and any(True for _ in module.state_dict()):
            by_file.setdefault(named.name, []).append((node, named, module))
    done: list[str] = []
    warnings: list[str] = []
    for name, users in by_file.items():
        try:
            filled, faults = _fill(weights_file(project_dir, name), users)
        except ProjectError as error:
            filled, faults = 0, {node.id: error.message for node, _named, _module in users}
        frozen = next((node for node, _named, _module in users if node.frozen and node.id in faults), None)
        if frozen is not None:
            raise TrainingError(
                f"{frozen.type} '{frozen.id}' is frozen and has no weights to begin with: {faults[frozen.id]}",
                where=frozen.id,
                expected=f"weights that fit it, in the file '{name[:80]}'",
                found=faults[frozen.id].removesuffix("."),
                hint="Add the network again, or let the node start fresh, which lets it learn.",
            )
        if filled:
            done.append(f"{filled} {'layer' if filled == 1 else 'layers'} began with the weights '{name}'.")
        if faults:
            told = " ".join(f"{node_id}: {said}" for node_id, said in list(faults.items())[:_MOST_NAMED])
            more = f" So it is with {len(faults) - _MOST_NAMED} more." if len(faults) > _MOST_NAMED else ""
            warnings.append(f"Not everything could begin with the weights '{name[:80]}'. {told}{more}")
    return done, warnings


def _fill(path: Path, users: list[tuple[Node, WeightsOf, nn.Module]]) -> tuple[int, dict[str, str]]:
    """Fill modules from one file; how many were filled whole, and what is wrong with the others by node."""
    if not path.is_file():
        raise ProjectError(f"there is no file {path.name} in the folder {path.parent.name} of the project.")
    filled, faults = 0, {}
    try:
        with safe_open(path, framework="pt") as file:
            keys = set(file.keys())
            for node, named, module in users:
                fault = _fill_module(module.state_dict(keep_vars=True), named, file, keys)
                if fault:
                    faults[node.id] = fault
                else:
                    filled += 1
    except (SafetensorError, OSError) as error:
        raise ProjectError(f"the file {path.name} cannot be read: {error}.", where=str(path)) from error
    return filled, faults


def _fill_module(held: Mapping[str, Tensor], named: WeightsOf, file: safe_open, keys: set[str]) -> str:
    """Fill what a module holds; what is wrong, and then nothing of it was touched."""
    found: dict[str, Tensor] = {}
    for name, tensor in held.items():
        key = named.key(name)
        if key not in keys:
            if name.rpartition(".")[2] == "num_batches_tracked":
                continue
            return f"there is no '{key[:100]}' among them."
        shape = tuple(file.get_slice(key).get_shape())  # type: ignore[no-untyped-call]
        if shape != tuple(tensor.shape):
            return f"'{key[:100]}' is of the size {_size(shape)}, and it needs {_size(tuple(tensor.shape))}."
        found[name] = file.get_tensor(key)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for name, value in found.items():
            held[name].detach().copy_(value)
    return ""


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one number"
