"""Optimizers that torch lacks follow their papers, and every one of the catalog learns and can be put away."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from engine.catalog import registry
from engine.catalog.optimizers import (
    LAMB,
    LARS,
    LBFGS,
    SOAP,
    AdaBelief,
    Adan,
    Lion,
    Muon,
    Optimizer,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
    SparseAdam,
)
from engine.catalog.wrappers import SAM, Lookahead, Wrapper
from engine.training.optimizers import mover

Weights = list[tuple[str, nn.Parameter]]
STEPS = 7


def parameters() -> Weights:
    generator = torch.Generator().manual_seed(0)
    shapes = [(7, 5), (7,), (4, 3, 3, 3), (1,)]
    return [
        (f"layer{i}.weight", nn.Parameter(torch.randn(shape, generator=generator, dtype=torch.float64)))
        for i, shape in enumerate(shapes)
    ]


def gradient(step: int, number: int, like: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(100 * step + number)
    return torch.randn(like.shape, generator=generator, dtype=like.dtype)


def after(optimizer: Optimizer, lr: float, steps: int = STEPS) -> tuple[list[Tensor], dict[str, Tensor]]:
    """The parameters after some steps, and those to answer with."""
    named = parameters()
    moved = mover(optimizer, named)
    for step in range(steps):
        for number, (_, parameter) in enumerate(named):
            parameter.grad = gradient(step, number, parameter)
        moved.step(lr)
    return [parameter.detach() for _, parameter in named], moved.for_use()


Rule = Callable[[Tensor, list[Tensor], float], Tensor]


def lion(p: Tensor, gradients: list[Tensor], lr: float) -> Tensor:
    m = torch.zeros_like(p)
    for g in gradients:
        p = p - lr * ((0.9 * m + 0.1 * g).sign() + 0.01 * p)
        m = 0.99 * m + 0.01 * g
    return p


def lamb(p: Tensor, gradients: list[Tensor], lr: float) -> Tensor:
    m = v = torch.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        u = (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-6) + 0.01 * p
        p = p - lr * p.norm() / u.norm() * u
    return p


def lars(p: Tensor, gradients: list[Tensor], lr: float) -> Tensor:
    v = torch.zeros_like(p)
    for g in gradients:
        if p.dim() > 1:
            rate = 1e-3 * p.norm() / (g.norm() + 1e-4 * p.norm())
            v = 0.9 * v + rate * (g + 1e-4 * p)
        else:
            v = 0.9 * v + g
        p = p - lr * v
    return p


def adan(p: Tensor, gradients: list[Tensor], lr: float) -> Tensor:
    m = d = n = torch.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        change = g - gradients[t - 2] if t > 1 else torch.zeros_like(g)
        m, d = 0.98 * m + 0.02 * g, 0.92 * d + 0.08 * change
        n = 0.99 * n + 0.01 * (g + 0.92 * change) ** 2
        size = (n / (1 - 0.99**t)).sqrt() + 1e-8
        p = (p - lr * (m / (1 - 0.98**t) + 0.92 * d / (1 - 0.92**t)) / size) / (1 + lr * 0.02)
    return p


def belief(p: Tensor, gradients: list[Tensor], lr: float) -> Tensor:
    m = s = torch.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        p = p * (1 - lr * 0.01)
        m = 0.9 * m + 0.1 * g
        s = 0.999 * s + 0.001 * (g - m) ** 2 + 1e-16
        p = p - lr * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-16)
    return p


PAPERS: list[tuple[Optimizer, Rule]] = [
    (Lion(), lion),
    (LAMB(), lamb),
    (LARS(), lars),
    (Adan(), adan),
    (AdaBelief(), belief),
]


@pytest.mark.parametrize(("optimizer", "rule"), PAPERS, ids=lambda item: getattr(item, "__name__", ""))
def test_follows_its_paper(optimizer: Optimizer, rule: Rule) -> None:
    found, _ = after(optimizer, 0.03)
    for number, (ours, (_, begun)) in enumerate(zip(found, parameters(), strict=True)):
        reference = rule(begun.detach(), [gradient(step, number, begun) for step in range(STEPS)], 0.03)
        torch.testing.assert_close(ours, reference, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_schedule_free_follows_its_paper(decay: float) -> None:
    """Defazio et al. 2024, algorithm 1 and equation 1, with x kept on its own."""
    found, answers = after(ScheduleFreeSGD(weight_decay=decay), 0.3)
    for number, (ours, (name, begun)) in enumerate(zip(found, parameters(), strict=True)):
        x = y = z = begun.detach()
        for step in range(STEPS):
            move = gradient(step, number, begun) + decay * y
            z = z - 0.3 * move
            x = x + (z - x) / (step + 1)
            y = 0.1 * z + 0.9 * x
        torch.testing.assert_close(ours, y, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(answers[name], x, rtol=1e-9, atol=1e-9)


def test_schedule_free_adam_weighs_points_by_their_learning_rate() -> None:
    named = parameters()
    moved = mover(ScheduleFreeAdamW(), named)
    rates = [0.01, 0.02, 0.03, 0.03, 0.01]
    begun = named[0][1].detach().clone()
    x = y = z = begun
    v, total = torch.zeros_like(begun), 0.0
    for step, lr in enumerate(rates):
        for number, (_, parameter) in enumerate(named):
            parameter.grad = gradient(step, number, parameter)
        moved.step(lr)
        g = gradient(step, 0, begun)
        v = 0.999 * v + 0.001 * g * g
        z = z - lr * g / ((v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8)
        weight = max(rates[: step + 1]) ** 2
        total += weight
        x = x + (z - x) * weight / total
        y = 0.1 * z + 0.9 * x
    torch.testing.assert_close(named[0][1].detach(), y, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(moved.for_use()["layer0.weight"], x, rtol=1e-9, atol=1e-9)


def test_soap_is_adam_in_turned_axes() -> None:
    """With directions that never change, turning gradients first and the step back gives the same as SOAP."""
    rule = SOAP(every=1000, weight_decay=0.0)
    named = parameters()[:1]
    moved = mover(rule, named)
    begun = named[0][1].detach().clone()
    named[0][1].grad = gradient(0, 0, begun)
    moved.step(0.01)
    assert torch.equal(named[0][1].detach(), begun), "the first step only learns directions"
    state = moved.state()
    left, right = state["layer0.weight/turn0"], state["layer0.weight/turn1"]
    for turn in (left, right):
        torch.testing.assert_close(turn.T @ turn, torch.eye(len(turn), dtype=turn.dtype))
    turned = begun.clone()
    m = v = torch.zeros_like(begun)
    for step in range(1, 6):
        named[0][1].grad = gradient(step, 0, begun)
        moved.step(0.01)
        g = left.T @ gradient(step, 0, begun) @ right
        m, v = 0.95 * m + 0.05 * g, 0.95 * v + 0.05 * g * g
        size = v.sqrt() + 1e-8
        turned -= 0.01 * (1 - 0.95**step) ** 0.5 / (1 - 0.95**step) * (left @ (m / size) @ right.T)
    torch.testing.assert_close(named[0][1].detach(), turned, rtol=1e-7, atol=1e-9)


def test_soap_follows_the_directions_of_its_means() -> None:
    named = parameters()[:1]
    moved = mover(SOAP(every=1), named)
    for step in range(300):
        named[0][1].grad = gradient(step, 0, named[0][1]) * torch.arange(1.0, 8.0)[:, None]
        moved.step(0.001)
    state = moved.state()
    spread, turn = state["layer0.weight/spread0"], state["layer0.weight/turn0"]
    seen = turn.T @ spread @ turn
    off = seen - torch.diag(seen.diagonal())
    assert float(off.abs().max()) < 0.1 * float(seen.diagonal().max())


def test_rows_without_a_gradient_are_left_alone() -> None:
    named, twin = parameters()[:1], parameters()[0][1]
    before = named[0][1].detach().clone()
    moved = mover(SparseAdam(), named)
    reference = torch.optim.SparseAdam([twin], lr=0.1)
    for step in range(4):
        grad = gradient(step, 0, before)
        grad[2 + step :] = 0
        named[0][1].grad = grad
        twin.grad = grad.to_sparse(1)
        moved.step(0.1)
        reference.step()
    torch.testing.assert_close(named[0][1].detach(), twin.detach(), rtol=1e-9, atol=1e-9)
    assert torch.equal(named[0][1].detach()[5:], before[5:])
    assert not torch.equal(named[0][1].detach()[:2], before[:2])


def test_muon_moves_matrices_evenly_and_the_rest_as_adamw() -> None:
    named = parameters()
    moved = mover(Muon(weight_decay=0.0), named)
    for number, (_, parameter) in enumerate(named):
        parameter.grad = gradient(0, number, parameter)
    moved.step(0.01)
    change = (named[0][1].detach() - parameters()[0][1].detach()) / 0.01
    sizes = torch.linalg.svdvals(change)
    assert float(sizes.max() / sizes.min()) < 2.5, "every direction is moved about as far"
    twin = parameters()
    adam = torch.optim.AdamW([twin[1][1]], lr=0.01, betas=(0.9, 0.95), weight_decay=0.0)
    twin[1][1].grad = gradient(0, 1, twin[1][1])
    adam.step()
    torch.testing.assert_close(named[1][1].detach(), twin[1][1].detach())


# -- every one of the catalog --------------------------------------------------------------------------------------


def valley() -> tuple[Weights, Callable[[], Tensor]]:
    """Parameters and a loss with its lowest point at given values."""
    generator = torch.Generator().manual_seed(3)
    wanted = [torch.randn(6, 4, generator=generator), torch.randn(6, generator=generator)]
    named = [(f"p{i}", nn.Parameter(torch.zeros_like(w) + 0.1)) for i, w in enumerate(wanted)]

    def loss() -> Tensor:
        for _, parameter in named:
            parameter.grad = None
        with torch.enable_grad():
            value = sum((p - w).square().mean() for (_, p), w in zip(named, wanted, strict=True))
            value.backward()  # type: ignore[union-attr]
        return value.detach()  # type: ignore[union-attr]

    return named, loss


RATES = {"SGD": 0.3, "ASGD": 0.3, "LARS": 3.0, "Adadelta": 10.0, "LBFGS": 0.5, "ScheduleFreeSGD": 0.3, "Lion": 0.02}
EVERY = pytest.mark.parametrize("kind", registry.optimizers(), ids=lambda item: item.__name__)
WRAPPERS = pytest.mark.parametrize("wrapper", [None, SAM(), SAM(adaptive=True, rho=0.5), Lookahead(k=3)], ids=str)


@EVERY
@WRAPPERS
def test_goes_downhill(kind: type[Optimizer], wrapper: Wrapper | None) -> None:
    named, loss = valley()
    moved = mover(kind(), named, wrapper)
    lr = RATES.get(kind.__name__, 0.03)
    first = float(loss())
    for _ in range(60):
        loss()
        moved.step(lr, loss if moved.asks_again else None)
        assert all(parameter.grad is None for _, parameter in named)
    assert float(loss()) < 0.8 * first


@EVERY
@WRAPPERS
def test_goes_on_from_its_memory_to_the_last_bit(kind: type[Optimizer], wrapper: Wrapper | None) -> None:
    results = []
    for broken in (False, True):
        named, loss = valley()
        moved = mover(kind(), named, wrapper)
        for step in range(9):
            if broken and step == 4:
                kept = {name: tensor.clone() for name, tensor in moved.state().items()}
                assert all(isinstance(tensor, Tensor) for tensor in kept.values())
                moved = mover(kind(), named, wrapper)
                moved.load(kept)
            loss()
            moved.step(RATES.get(kind.__name__, 0.03) * (1 - step / 20), loss if moved.asks_again else None)
        results.append([*(parameter.detach() for _, parameter in named), *moved.for_use().values()])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_sam_takes_the_gradient_from_the_worst_place_nearby() -> None:
    named, loss = valley()
    moved = mover(LARS(), named, SAM(rho=0.1))
    seen: list[list[Tensor]] = []

    def again() -> Tensor:
        seen.append([parameter.detach().clone() for _, parameter in named])
        return loss()

    loss()
    before = [parameter.detach().clone() for _, parameter in named]
    gradients = [parameter.grad.clone() for _, parameter in named if parameter.grad is not None]
    moved.step(0.0, again)
    length = torch.stack([g.norm() for g in gradients]).norm()
    for place, start, g, (_, now) in zip(seen[0], before, gradients, named, strict=True):
        torch.testing.assert_close(place, start + 0.1 * g / length)
        assert torch.equal(now.detach(), start), "with a learning rate of 0 it stands where it stood"


def test_lookahead_goes_back_half_the_way() -> None:
    named, _ = valley()
    plain, _ = valley()
    moved, alone = mover(Lion(), named, Lookahead(k=2, alpha=0.5)), mover(Lion(), plain)
    begun = [parameter.detach().clone() for _, parameter in named]
    for step in range(2):
        for number, ((_, a), (_, b)) in enumerate(zip(named, plain, strict=True)):
            a.grad = b.grad = gradient(step, number, a)
        moved.step(0.1)
        alone.step(0.1)
    for (_, ours), (_, far), start in zip(named, plain, begun, strict=True):
        torch.testing.assert_close(ours.detach(), (start + far.detach()) / 2)


def test_those_that_look_again_say_so() -> None:
    named, _ = valley()
    for item in (mover(LBFGS(), named), mover(Lion(), named, SAM())):
        assert item.asks_again
        with pytest.raises(TypeError):
            item.step(0.1)
