"""What a step of each optimizer costs, against torch.optim.AdamW with foreach on the same parameters in the same run.

Ratios above 1 are quicker than AdamW there. Gradients are given, so nothing but the step is measured; optimizers that
compute the loss again are given one that is free.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from engine.catalog import registry
from engine.training.optimizers import mover

SHAPES = [(256, 196), (256,), (256, 256), (256,), (64, 32, 3, 3), (64,), (10, 256), (10,)]
ROUNDS = 5
STEPS = 5


def parameters() -> list[tuple[str, nn.Parameter]]:
    """A small network's worth, the same each time."""
    generator = torch.Generator().manual_seed(0)
    return [(f"p{i}", nn.Parameter(torch.randn(shape, generator=generator))) for i, shape in enumerate(SHAPES)]


def stepping(named: list[tuple[str, nn.Parameter]], step: Callable[[], None]) -> Callable[[], float]:
    """Seconds a step takes, setting the gradients not counted."""
    gradients = [torch.randn_like(p) * 0.01 for _, p in named]

    def round_() -> float:
        total = 0.0
        for _ in range(STEPS):
            for (_, parameter), gradient in zip(named, gradients, strict=True):
                parameter.grad = gradient.clone()
            begun = time.process_time()
            step()
            total += time.process_time() - begun
        return total / STEPS

    return round_


def main() -> None:
    """Print a line an optimizer, or with --json one object."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    reference = parameters()
    theirs = torch.optim.AdamW([p for _, p in reference], foreach=True)
    rounds = {"torch.optim.AdamW": stepping(reference, lambda: theirs.step())}
    for kind in registry.optimizers():
        named = parameters()
        moved = mover(kind(), named)

        def again(named: list[tuple[str, nn.Parameter]] = named) -> Tensor:
            for _, parameter in named:
                parameter.grad = torch.zeros_like(parameter)
            return torch.zeros(())

        def step(moved=moved, again=again) -> None:  # type: ignore[no-untyped-def]
            moved.step(1e-4, again if moved.asks_again else None)

        rounds[kind.type_name()] = stepping(named, step)
    for measure in rounds.values():
        measure()  # the first steps make what is remembered
    told: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(ROUNDS):
        for name, measure in rounds.items():
            told[name].append(measure())
    base = statistics.median(told["torch.optim.AdamW"])
    found = {name: base / statistics.median(times) for name, times in told.items()}
    if chosen.json:
        print(json.dumps({"unit": "ratio to torch.optim.AdamW(foreach=True)", "ratios": found}))
        return
    print(f"torch.optim.AdamW(foreach=True): {base * 1e6:.0f} us a step")
    for name, ratio in sorted(found.items(), key=lambda item: -item[1]):
        print(f"{name:24s} {ratio:5.2f}")


if __name__ == "__main__":
    main()
