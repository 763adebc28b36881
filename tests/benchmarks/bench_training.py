"""Training throughput of our loop, log and checkpoints included, against the best loop written by hand.

Three processes take turns on the same machine, so that noise hits all alike: `ours` (the real Loop), `hand` (tensors
in memory, one gather a batch, no .item(), fused AdamW, gradients set to None; nothing reported) and `hand +
allocator` (the same with the C library told to keep memory). Ratios above 1 mean that ours does more samples in the
same processor time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOAL = 1.0
WHO = ("hand", "hand + allocator", "ours")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network by name, with its data."""

    name: str
    shape: tuple[int, ...]
    classes: int
    samples: int
    batch_size: int
    epochs: int


CASES = (
    Case(name="MLP 784-256-10", shape=(784,), classes=10, samples=12_800, batch_size=128, epochs=6),
    Case(name="small CNN", shape=(1, 28, 28), classes=10, samples=1_280, batch_size=128, epochs=1),
    Case(name="toy MLP", shape=(4,), classes=3, samples=6_400, batch_size=32, epochs=10),
)


# -- written by hand ---------------------------------------------------------------------------------------------------


def hand(case: Case) -> Callable[[], None]:
    """A round of the best hand-written loop."""
    import torch
    from torch import nn
    from torch.nn import functional

    networks: dict[str, Callable[[], nn.Module]] = {
        "MLP 784-256-10": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
        "toy MLP": lambda: nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)),
        "small CNN": lambda: nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(3136, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        ),
    }
    rows, labels = made_up(case)

    def work() -> None:
        torch.manual_seed(7)
        network = networks[case.name]().train()
        optimizer = torch.optim.AdamW(network.parameters(), fused=True)
        for _ in range(case.epochs):
            order = torch.randperm(case.samples)
            for start in range(0, case.samples, case.batch_size):
                chosen = order[start : start + case.batch_size]
                loss = functional.cross_entropy(network(rows.index_select(0, chosen)), labels.index_select(0, chosen))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()

    return work


def made_up(case: Case) -> tuple[Any, Any]:
    """Rows and labels."""
    import torch

    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(case.samples, *case.shape, generator=generator)
    return rows, torch.randint(0, case.classes, (case.samples,), generator=generator)


# -- ours --------------------------------------------------------------------------------------------------------------


class _Column:
    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def whole(self) -> Any:
        return self.rows

    def gather(self, rows: Any) -> Any:
        return self.rows.index_select(0, rows)


class _Data:
    fingerprint = "benchmark"

    def __init__(self, rows: Any, labels: Any) -> None:
        self.values = {"input": rows, "label": labels}

    def columns(self, fields: Sequence[str], split: str) -> _Column:
        rows = self.values[fields[0]]
        return _Column(rows if split == "train" else rows[:0])


def drawn(case: Case) -> Any:
    """The same network as a project."""
    from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
    from engine.document.graph import Edge, Graph, Node
    from engine.document.project import Project
    from engine.document.recipe import Phase, Player, Recipe

    conv = {"kernel_size": 3, "padding": 1}
    layers: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "MLP 784-256-10": [("Linear", {"out_features": 256}), ("ReLU", {})],
        "toy MLP": [("Linear", {"out_features": 16}), ("ReLU", {})] * 2,
        "small CNN": [
            ("Conv2d", {"out_channels": 32, **conv}),
            ("BatchNorm2d", {}),
            ("ReLU", {}),
            ("MaxPool2d", {"kernel_size": 2, "stride": 2}),
            ("Conv2d", {"out_channels": 64, **conv}),
            ("BatchNorm2d", {}),
            ("ReLU", {}),
            ("MaxPool2d", {"kernel_size": 2, "stride": 2}),
            ("Flatten", {}),
            ("Linear", {"out_features": 128}),
            ("ReLU", {}),
        ],
    }
    nodes = [Node(id="input", type="Input", attributes={"fields": ["input"]})]
    edges = []
    middle = [*layers[case.name], ("Linear", {"out_features": case.classes})]
    for number, (kind, attributes) in enumerate(middle):
        nodes.append(Node(id=f"layer{number}", type=kind, attributes=attributes))
        edges.append(Edge(source=nodes[-2].id, target=nodes[-1].id))
    last = nodes[-1].id
    nodes += [
        Node(id="truth", type="Input", attributes={"fields": ["label"]}),
        Node(id="output", type="Output", attributes={"field": "label"}),
        Node(id="loss", type="CrossEntropyLoss"),
    ]
    edges += [
        Edge(source=last, target="output", input="prediction"),
        Edge(source=last, target="loss", input="prediction"),
        Edge(source="truth", target="loss", input="target"),
    ]
    if len(case.shape) == 3:
        channels, height, width = case.shape
        prepared = (Step(type="Channels", attributes={"mode": "gray"}), Step(type="Scale"))
        shape = Statistics(shape=(height, width, channels))
        field = Field(name="input", kind=FieldKind.IMAGE, preparation=prepared, statistics=shape)
    else:
        field = Field(name="input", kind=FieldKind.ARRAY, statistics=Statistics(shape=case.shape))
    names = tuple(f"class {number}" for number in range(case.classes))
    target = Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=names, counts=(1,) * case.classes),
    )
    player = Player(optimizer=Step(type="AdamW", attributes={"lr": 1e-3}))
    recipe = Recipe(phases=(Phase(epochs=case.epochs, batch_size=case.batch_size, players=(player,)),))
    return Project(name=case.name, data=DataSpec(fields=(field, target)), graph=Graph(nodes, edges), recipe=recipe)


def ours(case: Case) -> Callable[[], None]:
    """A round of the real loop, from its first word in the log to its last checkpoint."""
    from engine.protocol.run_folder import RunFolder
    from engine.training.loop import Loop
    from engine.training.run_log import Inbox, RunLog
    from engine.training.saver import Saver
    from engine.training.task import prepare_task

    project, data = drawn(case), _Data(*made_up(case))

    def work() -> None:
        with tempfile.TemporaryDirectory() as directory:
            folder = RunFolder(Path(directory))
            log = RunLog(folder)
            saver = Saver(folder, log)
            task = prepare_task(project, data)
            log.append(Loop(task, log, Inbox(folder, skip=False), saver).run())
            saver.close()
            task.close()
            log.close()

    return work


# -- taking turns ------------------------------------------------------------------------------------------------------


def serve(who: str, threads: int) -> None:
    """Run the rounds that are asked for on stdin; answer with processor and wall seconds."""
    if who != "hand":
        from engine.training.runtime import keep_memory, wait_politely

        keep_memory()
        if who == "ours":
            wait_politely()
    import torch

    torch.set_num_threads(threads)
    if who == "ours":
        torch.set_flush_denormal(True)
    made: dict[str, Callable[[], None]] = {}
    for line in sys.stdin:
        case = next(item for item in CASES if item.name == line.strip())
        if case.name not in made:
            made[case.name] = ours(case) if who == "ours" else hand(case)
            made[case.name]()  # the first round makes and imports things
        cpu, wall = time.process_time(), time.perf_counter()
        made[case.name]()
        print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall]), flush=True)


def main() -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--case", default="")
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(options.worker, options.threads)
        return
    command = [sys.executable, __file__, "--threads", str(options.threads), "--worker"]
    workers = {
        who: subprocess.Popen([*command, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for who in WHO
    }
    print(
        f"{options.threads} compute thread(s), medians of {options.rounds} rounds in turn; samples per processor second"
    )
    print(f"{'':16}{'hand':>10}{'+allocator':>12}{'ours':>10}{'ours/hand':>11}{'ours/+alloc':>12}{'wall/hand':>11}")
    for case in CASES:
        if options.case not in case.name:
            continue
        told: dict[str, list[tuple[float, float]]] = {who: [] for who in WHO}
        for _ in range(options.rounds):
            for who, worker in workers.items():
                assert worker.stdin is not None and worker.stdout is not None
                worker.stdin.write(case.name + "\n")
                worker.stdin.flush()
                cpu, wall = json.loads(worker.stdout.readline())
                told[who].append((cpu, wall))
        done = case.samples * case.epochs
        rate = {who: done / statistics.median(cpu for cpu, _ in told[who]) for who in WHO}
        wall_ratio = statistics.median(w for _, w in told["hand"]) / statistics.median(w for _, w in told["ours"])
        ratio = rate["ours"] / rate["hand"]
        print(
            f"{case.name:16}{rate['hand']:10,.0f}{rate['hand + allocator']:12,.0f}{rate['ours']:10,.0f}{ratio:11.2f}"
            f"{rate['ours'] / rate['hand + allocator']:12.2f}{wall_ratio:11.2f}"
            f"   {'goal met' if ratio >= GOAL else f'BELOW THE GOAL of {GOAL}'}"
        )
    for worker in workers.values():
        worker.communicate()


if __name__ == "__main__":
    main()
