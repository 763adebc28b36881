"""Training throughput of our loop, log and checkpoints included, against the best loop written by hand and peers.

Processes take turns on the same machine, so that noise hits all alike: `ours` (the real Loop), `hand` (tensors in
memory, one gather a batch, no .item(), fused AdamW, gradients set to None; nothing reported), `hand + allocator` (the
same with the C library told to keep memory), `bare kernels` (what a step is when there is nothing but its kernels: how
far a loop can get with these), and peers that are installed for the Python given with --peers: Lightning, skorch,
fastai and Keras 3 on torch, each with tensors in memory and its progress bar and logger off. Ratios above 1 mean that
ours does more samples in the same processor time. Goals are those of the hand-written loop as it is.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

WHO = ("hand", "hand + allocator", "bare kernels", "ours")
PEERS = ("lightning", "skorch", "fastai", "keras")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network by name, with its data."""

    name: str
    shape: tuple[int, ...]
    classes: int
    samples: int
    batch_size: int
    epochs: int
    goal: float
    tokens: int = 0
    """How many different whole numbers the data are made of; 0 for decimal numbers."""


CASES = (
    Case(name="toy MLP 32", shape=(4,), classes=3, samples=6_400, batch_size=32, epochs=150, goal=1.8),
    Case(name="MLP 784-256-10", shape=(784,), classes=10, samples=12_800, batch_size=128, epochs=80, goal=1.2),
    Case(name="CNN 128", shape=(1, 28, 28), classes=10, samples=1_280, batch_size=128, epochs=3, goal=1.2),
    Case(name="LSTM 32", shape=(28, 28), classes=10, samples=640, batch_size=32, epochs=10, goal=1.0),
    Case(name="LSTM 512", shape=(28, 28), classes=10, samples=2_560, batch_size=512, epochs=3, goal=1.4),
    Case(name="transformer 128", shape=(32,), classes=4, samples=512, batch_size=128, epochs=2, goal=1.0, tokens=1000),
)


# -- written by hand ---------------------------------------------------------------------------------------------------


def network_of(case: Case) -> Any:
    """The network as one would write it."""
    import torch
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(case.shape[1], 128, batch_first=True)
            self.head = nn.Linear(128, case.classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.head(self.lstm(x)[0][:, -1])
            return found

    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(case.tokens, 128)
            layers = [nn.TransformerEncoderLayer(128, 4, 512, batch_first=True, dropout=0.1) for _ in range(2)]
            self.layers = nn.Sequential(*layers)
            self.head = nn.Linear(128, case.classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.head(self.layers(self.embedding(x)).mean(1))
            return found

    def convolutional() -> nn.Module:
        return nn.Sequential(
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
        )

    networks: dict[str, Callable[[], nn.Module]] = {
        "MLP": lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
        "toy": lambda: nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)),
        "CNN": convolutional,
        "LSTM": Recurrent,
        "transformer": Attending,
    }
    return networks[case.name.split()[0]]()


def hand(case: Case) -> Callable[[], None]:
    """A round of the best hand-written loop."""
    import torch
    from torch.nn import functional

    rows, labels = made_up(case)

    def work() -> None:
        torch.manual_seed(7)
        network = network_of(case).train()
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


def kernels(case: Case) -> Callable[[], None]:
    """A round of the kernels alone, as they are recorded: no modules, no autograd, no optimizer object, no report."""
    import torch
    from torch.nn import functional

    from engine.training.recorded import record

    rows, labels = made_up(case)

    def work() -> None:
        torch.manual_seed(7)
        network = network_of(case).train()
        weights = list(network.parameters())
        player: Any = SimpleNamespace(tensors=weights, loss=lambda losses: losses[0])

        def forward(x: Any, y: Any) -> Any:
            said = network(x)
            return (said,), (functional.cross_entropy(said, y),)

        first = torch.arange(case.batch_size)
        recording = record(forward, network, player, (rows[first], labels[first]))
        if recording is None:
            raise SystemExit(1)  # the table says that it could not
        moved = [weight.detach() for weight in weights]
        means, squares = ([torch.zeros_like(weight) for weight in moved] for _ in range(2))
        steps = [torch.zeros((), dtype=torch.float32) for _ in moved]
        settings = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "weight_decay": 0.01, "eps": 1e-8}
        for _ in range(case.epochs):
            order = torch.randperm(case.samples)
            for start in range(0, case.samples, case.batch_size):
                chosen = order[start : start + case.batch_size]
                played = recording.play((rows.index_select(0, chosen), labels.index_select(0, chosen)))
                torch._foreach_add_(steps, 1)
                torch._fused_adamw_(
                    moved, list(played.gradients), means, squares, [], steps, amsgrad=False, maximize=False, **settings
                )

    return work


def made_up(case: Case) -> tuple[Any, Any]:
    """Rows and labels."""
    import torch

    generator = torch.Generator().manual_seed(0)
    rows = (
        torch.randint(0, case.tokens, (case.samples, *case.shape), generator=generator)
        if case.tokens
        else torch.randn(case.samples, *case.shape, generator=generator)
    )
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
    encoder = ("TransformerEncoderLayer", {"nhead": 4, "dim_feedforward": 512, "dropout": 0.1})
    layers: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "MLP": [("Linear", {"out_features": 256}), ("ReLU", {})],
        "toy": [("Linear", {"out_features": 16}), ("ReLU", {})] * 2,
        "CNN": [
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
        "LSTM": [("LSTM", {"hidden_size": 128})],
        "transformer": [("Embedding", {"embedding_dim": 128}), encoder, encoder, ("Mean", {"dim": 1})],
    }
    nodes = [Node(id="input", type="Input", attributes={"fields": ["input"]})]
    edges = []
    middle = [*layers[case.name.split()[0]], ("Linear", {"out_features": case.classes})]
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
    if case.tokens:
        length = case.shape[0]
        words = tuple(f"word{number}" for number in range(case.tokens - 2))
        steps = (Step(type="Words", attributes={"length": length, "vocabulary_size": case.tokens}),)
        field = Field(name="input", kind=FieldKind.TEXT, preparation=steps, statistics=Statistics(vocabulary=words))
    elif len(case.shape) == 3:
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


# -- peers -------------------------------------------------------------------------------------------------------------


def lightning(case: Case) -> Callable[[], None]:
    """Lightning's Trainer."""
    import logging
    import warnings

    import lightning as pl
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, TensorDataset

    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network_of(case)

        def training_step(self, batch: Any, number: int) -> Any:
            return functional.cross_entropy(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), fused=True)

    data = TensorDataset(*made_up(case))

    def work() -> None:
        torch.manual_seed(7)
        loader = DataLoader(data, case.batch_size, shuffle=True)
        with tempfile.TemporaryDirectory() as folder:
            pl.Trainer(
                max_epochs=case.epochs,
                accelerator="cpu",
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                default_root_dir=folder,
            ).fit(Module(), loader)

    return work


def skorch(case: Case) -> Callable[[], None]:
    """skorch's NeuralNet."""
    import torch
    from skorch import NeuralNetClassifier

    rows, labels = made_up(case)

    def work() -> None:
        torch.manual_seed(7)
        NeuralNetClassifier(
            network_of(case),
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.AdamW,
            optimizer__fused=True,
            batch_size=case.batch_size,
            max_epochs=case.epochs,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        ).fit(rows, labels)

    return work


def fastai(case: Case) -> Callable[[], None]:
    """fastai's Learner."""
    import torch
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader
    from fastai.learner import Learner
    from fastai.optimizer import OptimWrapper
    from torch.utils.data import TensorDataset

    data = TensorDataset(*made_up(case))

    def work() -> None:
        torch.manual_seed(7)
        loader = DataLoader(data, bs=case.batch_size, shuffle=True)
        learner = Learner(
            DataLoaders(loader, loader),
            network_of(case),
            loss_func=torch.nn.functional.cross_entropy,
            opt_func=lambda parameters, lr: OptimWrapper(parameters, torch.optim.AdamW, lr=lr),
        )
        with learner.no_logging():  # there is no bar unless fastai.callback.progress is imported
            learner.fit(case.epochs, 1e-3)

    return work


def keras(case: Case) -> Callable[[], None]:
    """Keras 3 on torch, its own layers."""
    import os

    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k
    from keras import layers as on

    rows, labels = (tensor.numpy() for tensor in made_up(case))

    def network() -> Any:
        kind = case.name.split()[0]
        given = k.Input((*case.shape[1:], 1) if kind == "CNN" else case.shape)
        if kind == "MLP":
            x = on.Dense(256, "relu")(given)
        elif kind == "toy":
            x = on.Dense(16, "relu")(on.Dense(16, "relu")(given))
        elif kind == "CNN":
            x = given
            for filters in (32, 64):
                x = on.Conv2D(filters, 3, padding="same")(x)
                x = on.MaxPooling2D(2)(on.ReLU()(on.BatchNormalization()(x)))
            x = on.Dense(128, "relu")(on.Flatten()(x))
        elif kind == "LSTM":
            x = on.LSTM(128)(given)
        else:
            x = on.Embedding(case.tokens, 128)(given)
            for _ in range(2):
                x = on.LayerNormalization()(x + on.Dropout(0.1)(on.MultiHeadAttention(4, 32, dropout=0.1)(x, x)))
                inner = on.Dropout(0.1)(on.Dense(512, "relu")(x))
                x = on.LayerNormalization()(x + on.Dropout(0.1)(on.Dense(128)(inner)))
            x = on.GlobalAveragePooling1D()(x)
        return k.Model(given, on.Dense(case.classes)(x))

    if case.name.startswith("CNN"):
        rows = rows.transpose(0, 2, 3, 1)

    def work() -> None:
        k.utils.set_random_seed(7)
        model = network()
        model.compile(k.optimizers.AdamW(1e-3), k.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(rows, labels, batch_size=case.batch_size, epochs=case.epochs, shuffle=True, verbose=0)

    return work


MAKERS: dict[str, Callable[[Case], Callable[[], None]]] = {
    "bare kernels": kernels,
    "lightning": lightning,
    "skorch": skorch,
    "fastai": fastai,
    "keras": keras,
}


# -- taking turns ------------------------------------------------------------------------------------------------------


def serve(who: str, threads: int) -> None:
    """Run the rounds that are asked for on stdin; answer with processor and wall seconds."""
    if who in WHO[1:]:
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
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
            made[case.name] = ours(case) if who == "ours" else MAKERS.get(who, hand)(case)
            with contextlib.redirect_stdout(sys.stderr):
                made[case.name]()  # the first round makes and imports things
        cpu, wall = time.process_time(), time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            made[case.name]()
        print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall]), flush=True)


def main() -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--case", default="")
    parser.add_argument("--peers", default="", help="a Python that has lightning, skorch, fastai and keras")
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(options.worker, options.threads)
        return
    arguments = [__file__, "--threads", str(options.threads), "--worker"]
    workers = {who: started([sys.executable, *arguments, who]) for who in WHO}
    if options.peers:
        workers |= {who: started([options.peers, *arguments, who]) for who in PEERS}
    print(
        f"{options.threads} compute thread(s), medians of {options.rounds} rounds in turn; processor time of each "
        "beside that of ours (above 1: ours does more in the same time)"
    )
    print(f"{'':16}{'ours /s':>10}" + "".join(f"{who:>18}" for who in workers if who != "ours"))
    for case in CASES:
        if options.case in case.name:
            compare(case, workers, options.rounds)
    for worker in workers.values():
        worker.communicate()


Worker = subprocess.Popen[str]


def started(command: list[str]) -> Worker:
    """A process that does rounds when it is asked to."""
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def compare(case: Case, workers: dict[str, Worker], rounds: int) -> None:
    """Let all do a case in turn, and print what came out."""
    told: dict[str, list[float]] = {who: [] for who in workers}
    for _ in range(rounds):
        for who, worker in workers.items():
            assert worker.stdin is not None and worker.stdout is not None
            if worker.poll() is None:
                with contextlib.suppress(BrokenPipeError):
                    worker.stdin.write(case.name + "\n")
                    worker.stdin.flush()
            line = worker.stdout.readline()
            if line:
                told[who].append(json.loads(line)[0])
    best = {who: statistics.median(seconds) for who, seconds in told.items() if seconds}
    ratio = best["hand"] / best["ours"]
    cells = "".join(
        f"{best[who] / best['ours']:18.2f}" if who in best else f"{'could not':>18}" for who in workers if who != "ours"
    )
    verdict = "goal met" if ratio >= case.goal else f"BELOW THE GOAL of {case.goal}"
    print(f"{case.name:16}{case.samples * case.epochs / best['ours']:10,.0f}{cells}   {verdict}", flush=True)


if __name__ == "__main__":
    main()
