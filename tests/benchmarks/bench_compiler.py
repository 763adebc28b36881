"""A drawn network against the same network written by hand: forward and backward; and what compiling costs.

Run it alone: `python tests/benchmarks/bench_compiler.py`. CPU time on one thread, the ways in turn, best of the rounds.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import Tensor, nn

from engine.checks.inference import ShapeChecker
from engine.compiler.module import compile_project
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project

WIDTH = 32
BATCH = 32
ROUNDS = 40


def drawn(layers: int) -> Project:
    """Linear and ReLU in turn, with a skip every fourth pair."""
    fields = (
        Field(name="x", kind=FieldKind.ARRAY, statistics=Statistics(shape=(WIDTH,))),
        Field(
            name="label",
            kind=FieldKind.CATEGORY,
            role=Role.TARGET,
            preparation=(Step(type="ClassIndex"),),
            statistics=Statistics(classes=("a", "b", "c")),
        ),
    )
    nodes = [Node(id=name, type="Input", attributes={"fields": [name]}) for name in ("x", "label")]
    edges: list[Edge] = []
    last = skip = "x"
    for number in range(layers // 2):
        nodes += [
            Node(id=f"linear{number}", type="Linear", attributes={"out_features": WIDTH}),
            Node(id=f"relu{number}", type="ReLU"),
        ]
        edges += [
            Edge(source=last, target=f"linear{number}"),
            Edge(source=f"linear{number}", target=f"relu{number}"),
        ]
        last = f"relu{number}"
        if number % 4 == 3:
            nodes.append(Node(id=f"add{number}", type="Add"))
            edges += [
                Edge(source=last, target=f"add{number}", input="a"),
                Edge(source=skip, target=f"add{number}", input="b"),
            ]
            last = skip = f"add{number}"
    nodes += [
        Node(id="head", type="Linear", attributes={"out_features": 3}),
        Node(id="out", type="Output", attributes={"field": "label"}),
        Node(id="loss", type="CrossEntropyLoss"),
    ]
    edges += [
        Edge(source=last, target="head"),
        Edge(source="head", target="out", input="prediction"),
        Edge(source="head", target="loss", input="prediction"),
        Edge(source="label", target="loss", input="target"),
    ]
    return Project(name="chain", data=DataSpec(fields=fields), graph=Graph(nodes, edges))


class ByHand(nn.Module):
    """The same, as a person writes it."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(layers // 2))
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(layers // 2))
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        skip = x
        for number, (linear, relu) in enumerate(zip(self.linears, self.relus, strict=True)):
            x = relu(linear(x))
            if number % 4 == 3:
                x = skip = x + skip
        return self.head(x)


def in_turn(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least CPU seconds of each."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            for _ in range(3):
                way()
            best[name] = min(best[name], (time.process_time() - start) / 3)
    return best


def steps(layers: int) -> None:
    """Forward, loss and backward."""
    network, by_hand, loss = compile_project(drawn(layers)), ByHand(layers), nn.CrossEntropyLoss()
    hookable = compile_project(drawn(layers), hookable=True)
    x, y = torch.randn(BATCH, WIDTH), torch.randint(0, 3, (BATCH,))
    values = {"x": x, "label": y}
    inputs = [values[node_id] for node_id in network.training_input_ids]

    def run_drawn(module: nn.Module = network) -> None:
        module.training_forward(*inputs)[1][0].backward()

    def run_by_hand() -> None:
        loss(by_hand(x), y).backward()

    ways = {"by hand": run_by_hand, "drawn": run_drawn, "hookable": lambda: run_drawn(hookable)}
    found = in_turn(ways, ROUNDS)
    base = found["by hand"]
    print(
        f"{layers:5} layers, forward and backward: by hand {base * 1e3:7.2f} ms, "
        f"drawn {found['drawn'] / base:.2f} of it, hookable {found['hookable'] / base:.2f} of it"
    )


def compiling(layers: int) -> None:
    """From a project to a module, checked and unchecked."""
    project = drawn(layers)
    checker = ShapeChecker(project)
    found = in_turn(
        {"all": lambda: compile_project(project), "checked": lambda: compile_project(project, checker=checker)}, 3
    )
    whole, rest = found["all"] * 1e3, found["checked"] * 1e3
    print(f"{layers:5} layers, compiling: {whole:.0f} ms with its check, {rest:.0f} ms without")


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for layers in (20, 200):
        steps(layers)
    for layers in (100, 1000):
        compiling(layers)


if __name__ == "__main__":
    main()
