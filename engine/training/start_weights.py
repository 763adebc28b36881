"""Gives a network the weights that its run begins with, when that was forked from another."""

import torch
from torch import nn

from engine.protocol.run_folder import RunFolder, about
from engine.training.checkpoint import read_weights
from engine.training.runs import START


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
