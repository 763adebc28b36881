"""The direct kernels give torch.optim's numbers to the last bit, and their memory can be put back."""

import pytest
import torch
from torch import Tensor, nn

from engine.catalog.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, NAdam, Optimizer, RAdam, RMSprop
from engine.training.optimizers import mover

CASES: list[Optimizer] = [
    AdamW(),
    AdamW(amsgrad=True, lr=0.1, weight_decay=0.3),
    Adam(weight_decay=0.1, beta1=0.5),
    SGD(lr=0.1),
    SGD(lr=0.1, momentum=0.9, weight_decay=0.01),
    SGD(lr=0.1, momentum=0.9, nesterov=True),
    SGD(lr=0.1, momentum=0.9, dampening=0.5),
    Adagrad(lr_decay=0.1, initial_accumulator_value=0.2),
]
THROUGH_TORCH: list[Optimizer] = [RMSprop(momentum=0.5, centered=True), NAdam(), RAdam(), Adamax(), Adadelta()]


def parameters() -> list[tuple[str, nn.Parameter]]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(7, 5), (7,), (4, 3, 3, 3), (1,)]
    made = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]
    made[2].data = made[2].data.contiguous(memory_format=torch.channels_last)
    return [(f"layer{i}.weight", parameter) for i, parameter in enumerate(made)]


def gradients(step: int, like: list[tuple[str, nn.Parameter]]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(step)
    return [
        torch.randn(p.shape, generator=generator).contiguous(
            memory_format=torch.channels_last if p.dim() == 4 else torch.contiguous_format
        )
        for _, p in like
    ]


@pytest.mark.parametrize("optimizer", CASES, ids=str)
def test_equals_torch(optimizer: Optimizer) -> None:
    ours, theirs = parameters(), parameters()
    moved = mover(optimizer, ours)
    kind = getattr(torch.optim, type(optimizer).__name__)
    reference = kind([p for _, p in theirs], fused=True, **optimizer.arguments())
    for step in range(5):
        lr = optimizer.lr * (1 - step / 10)
        for group in reference.param_groups:
            group["lr"] = lr
        for (_, a), (_, b), gradient in zip(ours, theirs, gradients(step, ours), strict=True):
            a.grad, b.grad = gradient.clone(), gradient.clone()
        moved.step(lr)
        reference.step()
    for (name, a), (_, b) in zip(ours, theirs, strict=True):
        assert torch.equal(a, b), name
        assert a.grad is None


@pytest.mark.parametrize("optimizer", CASES + THROUGH_TORCH, ids=str)
def test_goes_on_from_its_memory(optimizer: Optimizer) -> None:
    whole, broken = parameters(), parameters()
    first, second = mover(optimizer, whole), mover(optimizer, broken)
    for step in range(6):
        if step == 3:
            kept = {name: value.clone() for name, value in second.state().items()}
            second = mover(optimizer, broken)
            second.load(kept)
        for (_, a), (_, b), gradient in zip(whole, broken, gradients(step, whole), strict=True):
            a.grad, b.grad = gradient.clone(), gradient.clone()
        first.step(optimizer.lr)
        second.step(optimizer.lr)
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(whole, broken, strict=True))


def test_parameters_without_a_gradient_stay_as_they_are() -> None:
    named = parameters()
    before = named[1][1].detach().clone()
    moved = mover(AdamW(weight_decay=0.5), named)
    for step in range(2):
        for number, ((_, parameter), gradient) in enumerate(zip(named, gradients(step, named), strict=True)):
            parameter.grad = None if number == 1 else gradient
        moved.step(0.1)
    assert torch.equal(named[1][1], before)
    assert not torch.equal(named[0][1], parameters()[0][1])


def test_missing_memory_is_an_error() -> None:
    moved = mover(AdamW(), parameters())
    state = dict(moved.state())
    del state["layer0.weight/exp_avg"]
    with pytest.raises(KeyError):
        mover(AdamW(), parameters()).load(state)


def test_nothing_to_move_is_no_error() -> None:
    moved = mover(AdamW(), [])
    moved.step(0.1)
    assert moved.state() == {}
