"""Moves parameters: torch's kernels for common optimizers, torch.optim and rules of ours for the others.

Whatever an optimizer remembers is tensors with names, so that a run goes on from a checkpoint to the last bit.
"""

import torch

from engine.catalog.optimizers import (
    LAMB,
    LARS,
    LBFGS,
    SGD,
    SOAP,
    AdaBelief,
    Adagrad,
    Adam,
    AdamW,
    Adan,
    Lion,
    Muon,
    Optimizer,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
    SparseAdam,
)
from engine.catalog.wrappers import SAM, Lookahead, Wrapper
from engine.training.optimizers.around import LookaheadMover, SAMMover
from engine.training.optimizers.direct import AdagradMover, AdamMover, SGDMover
from engine.training.optimizers.mover import Again, Mover, Named
from engine.training.optimizers.own import AdaBeliefMover, AdanMover, LAMBMover, LARSMover, LionMover, SparseAdamMover
from engine.training.optimizers.schedule_free import ScheduleFreeMover
from engine.training.optimizers.soap import SOAPMover
from engine.training.optimizers.torch_optim import LBFGSMover, SplitMover, TorchMover, matrices

__all__ = ["Again", "Mover", "mover"]


def mover(optimizer: Optimizer, parameters: Named, wrapper: Wrapper | None = None) -> Mover:
    """The quickest way to carry out a catalog's optimizer on these named parameters, with what is put around it."""
    inner = _plain(optimizer, parameters)
    if wrapper is None or not parameters:
        return inner
    if isinstance(wrapper, SAM):
        return SAMMover(wrapper, inner)
    assert isinstance(wrapper, Lookahead)
    return LookaheadMover(wrapper, inner, [name for name, _ in parameters])


def _plain(optimizer: Optimizer, parameters: Named) -> Mover:
    tensors = [parameter for _, parameter in parameters]
    if not tensors:
        return TorchMover(optimizer, parameters)
    match optimizer:
        case Lion():
            return LionMover(optimizer, parameters)
        case LAMB():
            return LAMBMover(optimizer, parameters)
        case LARS():
            return LARSMover(optimizer, parameters)
        case Adan():
            return AdanMover(optimizer, parameters)
        case AdaBelief():
            return AdaBeliefMover(optimizer, parameters)
        case ScheduleFreeAdamW() | ScheduleFreeSGD():
            return ScheduleFreeMover(optimizer, parameters)
        case SOAP():
            return SOAPMover(optimizer, parameters)
        case LBFGS():
            return LBFGSMover(optimizer, parameters)
        case SparseAdam():
            return SparseAdamMover(optimizer, parameters)
        case Muon():
            return _muon(optimizer, parameters)
    if all(p.dtype is torch.float32 and p.device.type in ("cpu", "cuda") for p in tensors):
        on_one = len({p.device for p in tensors}) == 1
        if on_one and isinstance(optimizer, Adam | AdamW):
            return AdamMover(optimizer, parameters)
        if on_one and isinstance(optimizer, SGD):
            return SGDMover(optimizer, parameters)
        if on_one and isinstance(optimizer, Adagrad) and tensors[0].device.type == "cpu":
            return AdagradMover(optimizer, parameters)
    return TorchMover(optimizer, parameters)


def _muon(optimizer: Muon, parameters: Named) -> Mover:
    """Muon for matrices; what else there is moves by AdamW, whose step has the same size."""
    square, others = matrices(parameters)
    rest = AdamW(lr=optimizer.lr, beta1=optimizer.beta1, beta2=optimizer.beta2, weight_decay=optimizer.weight_decay)
    movers: list[tuple[Mover, list[str]]] = []
    if square:
        movers.append((TorchMover(optimizer, square, foreach=False), [name for name, _ in square]))
    if others:
        movers.append((_plain(rest, others), [name for name, _ in others]))
    return SplitMover(movers)
