"""What the live pictures of weights cost a run: milliseconds each, and their share of the time of training.

The goal is 0.5 % at most, whatever the network: what costs more comes more rarely.
"""

import statistics
import time
from collections.abc import Callable

import msgspec
import torch
from torch import nn

from engine.training.pictures import EVERY_S, SHARE_OF_TIME, WeightPictures

GOAL_SHARE = 0.005
ROUNDS = 9


def network(count: int, make: Callable[[], nn.Module]) -> nn.Module:
    """That many layers beside each other."""
    whole = nn.Module()
    for number in range(count):
        whole.add_module(f"layer{number}", make())
    return whole


CASES: dict[str, Callable[[], nn.Module]] = {
    "small CNN, 6 layers": lambda: network(6, lambda: nn.Conv2d(32, 64, 3)),
    "as a ResNet-50, 54 layers": lambda: network(54, lambda: nn.Conv2d(224, 224, 3)),
    "a thousand small layers": lambda: network(1000, lambda: nn.Linear(64, 64)),
    "one of 67 M weights": lambda: network(1, lambda: nn.Linear(8192, 8192, bias=False)),
}


def cost_s(build: Callable[[], nn.Module]) -> float:
    """Processor seconds that a picture takes, its line in the log included."""
    told: list[bytes] = []
    look = WeightPictures(build(), lambda event: told.append(msgspec.json.encode(event)))
    costs = []
    for step in range(ROUNDS):
        began = time.process_time()
        look.look(step, 1, last=True)
        costs.append(time.process_time() - began)
    return statistics.median(costs)


def main() -> None:
    """Print a line for each network."""
    torch.set_num_threads(1)
    print(f"{'':28}{'a picture':>12}{'every':>9}{'of the time':>14}")
    for name, build in CASES.items():
        cost = cost_s(build)
        every = max(EVERY_S, cost / SHARE_OF_TIME)
        share = cost / (every + cost)
        good = share <= GOAL_SHARE
        print(
            f"{name:28}{cost * 1e3:9.2f} ms{every:7.1f} s{share * 100:12.3f} %"
            f"   {'goal met' if good else f'ABOVE THE GOAL of {GOAL_SHARE * 100} %'}"
        )


if __name__ == "__main__":
    main()
