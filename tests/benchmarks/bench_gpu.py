"""Training on a graphics card: our loop against the best loop written by hand with the same tricks, and against the
peak of the chip.

By hand: data and shuffling on the card, bfloat16 autocast, channels last, fused AdamW, torch.compile (with CUDA graphs
where steps are short), nothing reported and no loss read. Ours: the real Loop with its log, charts and checkpoints. The
time of an epoch is taken once compiling is over; the best of the later epochs counts on either side. Ratios above 1
mean that ours does more samples a second; the goal is 0.98.
"""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

GOAL = 0.98

PEAKS = {
    "B200": 2250.0,
    "H200": 989.4,
    "H100 PCIe": 756.5,
    "H100 NVL": 835.5,
    "H100": 989.4,
    "GH200": 989.4,
    "A100": 312.0,
    "A10": 125.0,
    "L40S": 362.0,
    "L40": 181.0,
    "L4": 121.0,
    "RTX 4090": 165.2,
    "RTX 3090": 71.0,
}
"""Dense bfloat16 matrix units, 10^12 operations a second, by words of the device's name; the longest that fit count.

Source: NVIDIA's data sheets of each (those that state figures with sparsity halved), and the Ada and Ampere white
papers for GeForce, with sums kept in float32.
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network by name, with made-up data of that shape."""

    name: str
    shape: tuple[int, ...]
    classes: int
    samples: int
    batch_size: int
    epochs: int = 6
    mode: str = "default"
    """How both sides compile; "eager" for not at all."""
    tokens: int = 0
    width: int = 64
    """Channels of the first stage, or features of a token."""
    layers: int = 0


CASES = (
    Case(
        name="transformer",
        shape=(512,),
        classes=16,
        samples=2_048,
        batch_size=32,
        tokens=8_192,
        width=1024,
        layers=8,
    ),
    Case(name="ResNet-18", shape=(3, 32, 32), classes=10, samples=50_176, batch_size=512),
    Case(
        name="ResNet-18 graphs", shape=(3, 32, 32), classes=10, samples=50_176, batch_size=512, mode="reduce-overhead"
    ),
    Case(name="CNN", shape=(3, 32, 32), classes=10, samples=50_176, batch_size=256, mode="eager"),
    Case(name="CNN graphs", shape=(3, 32, 32), classes=10, samples=50_176, batch_size=256, mode="reduce-overhead"),
    Case(name="toy", shape=(4,), classes=3, samples=32_000, batch_size=32, mode="eager"),
    Case(name="toy graphs", shape=(4,), classes=3, samples=32_000, batch_size=32, mode="reduce-overhead"),
)


def tiny(case: Case) -> Case:
    """The same at a size that any processor does in a moment, to see that all of it works."""
    sizes: dict[str, dict[str, Any]] = {
        "transformer": {"shape": (16,), "width": 32, "layers": 1, "tokens": 50},
        "ResNet-18": {"shape": (3, 8, 8), "width": 4},
        "CNN": {"shape": (3, 8, 8), "width": 4},
        "toy": {},
    }
    return replace(case, samples=32, batch_size=8, epochs=3, mode="eager", **sizes[case.name.split()[0]])


# -- written by hand ---------------------------------------------------------------------------------------------------


def network_of(case: Case) -> Any:
    """The network as one would write it."""
    import torch
    from torch import nn

    width = case.width

    class Block(nn.Module):
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.one = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.two = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.norms = nn.ModuleList([nn.BatchNorm2d(after), nn.BatchNorm2d(after)])
            self.skip = nn.Sequential()
            if before != after:
                self.skip = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.norms[1](self.two(torch.relu(self.norms[0](self.one(x)))))
            return torch.relu(y + self.skip(x))

    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(case.tokens, width)
            self.layers = nn.Sequential(*(_encoder(nn, width) for _ in range(case.layers)))
            self.head = nn.Linear(width, case.classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.head(self.layers(self.embedding(x)).mean(1))
            return found

    def resnet() -> nn.Module:
        stem = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        blocks = [Block(before, after, stride) for before, after, stride in blocks_of(width)]
        return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, case.classes))

    def convolutional() -> nn.Module:
        layers: list[nn.Module] = []
        for before, after in ((3, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        flat = 4 * width * (case.shape[1] // 8) * (case.shape[2] // 8)
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, case.classes))

    def toy() -> nn.Module:
        return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, case.classes))

    networks: dict[str, Callable[[], nn.Module]] = {
        "transformer": Attending,
        "ResNet-18": resnet,
        "CNN": convolutional,
        "toy": toy,
    }
    return networks[case.name.split()[0]]()


def _encoder(nn: Any, width: int) -> Any:
    return nn.TransformerEncoderLayer(width, width // 64 or 2, 4 * width, dropout=0.0, batch_first=True)


def blocks_of(width: int) -> list[tuple[int, int, int]]:
    """(channels before, after, stride) of the eight blocks of a ResNet-18."""
    found, before = [], width
    for stage in range(4):
        after = width * 2**stage
        found += [(before, after, 1 if before == after else 2), (after, after, 1)]
        before = after
    return found


def made_up(case: Case, device: Any) -> tuple[Any, Any]:
    """Rows and labels."""
    import torch

    generator = torch.Generator(device).manual_seed(0)
    at: dict[str, Any] = {"generator": generator, "device": device}
    rows = (
        torch.randint(0, case.tokens, (case.samples, *case.shape), **at)
        if case.tokens
        else torch.randn(case.samples, *case.shape, **at)
    )
    return rows, torch.randint(0, case.classes, (case.samples,), **at)


def hand(case: Case, device: Any) -> float:
    """Samples a second of the best hand-written loop: the best epoch after the first two."""
    import torch
    from torch.nn import functional

    torch.manual_seed(7)
    rows, labels = made_up(case, device)
    network = network_of(case).to(device).train()
    if len(case.shape) == 3:
        network = network.to(memory_format=torch.channels_last)
        rows = rows.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    options: dict[str, Any] = {"mode": case.mode} if case.mode != "default" else {}
    forward = network if case.mode == "eager" else torch.compile(network, dynamic=False, **options)
    best = 0.0
    whole = case.samples // case.batch_size * case.batch_size
    for epoch in range(case.epochs):
        wait_for(device)
        began = time.perf_counter()
        order = torch.randperm(case.samples, device=device)
        for start in range(0, whole, case.batch_size):
            chosen = order[start : start + case.batch_size]
            with torch.autocast(device.type, dtype=torch.bfloat16):
                answer = forward(rows.index_select(0, chosen))
                loss = functional.cross_entropy(answer, labels.index_select(0, chosen))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        wait_for(device)
        if epoch >= min(2, case.epochs - 1):
            best = max(best, whole / (time.perf_counter() - began))
    return best


def wait_for(device: Any) -> None:
    """Until the card has done what was asked of it."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


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

    def columns(self, fields: Sequence[str], split: str, *, raw: bool = False) -> _Column:
        rows = self.values[fields[0]]
        return _Column(rows if split == "train" else rows[:0])


class _Drawing:
    """A network drawn node by node; `at` is the node that the next one follows."""

    def __init__(self) -> None:
        from engine.document.graph import Node

        self.nodes = [Node(id="input", type="Input", attributes={"fields": ["input"]})]
        self.edges: list[Any] = []
        self.at = "input"

    def then(self, kind: str, after: str = "", **attributes: Any) -> str:
        """A node behind `after`, or behind the last one."""
        from engine.document.graph import Edge, Node

        name = f"n{len(self.nodes)}"
        self.nodes.append(Node(id=name, type=kind, attributes=attributes))
        self.edges.append(Edge(source=after or self.at, target=name))
        self.at = name
        return name

    def add(self, first: str, second: str) -> None:
        """The sum of two nodes."""
        from engine.document.graph import Edge, Node

        name = f"n{len(self.nodes)}"
        self.nodes.append(Node(id=name, type="Add"))
        self.edges += [Edge(source=first, target=name, input="a"), Edge(source=second, target=name, input="b")]
        self.at = name


def drawn(case: Case) -> Any:
    """The same network as a project."""
    from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
    from engine.document.graph import Edge, Graph, Node
    from engine.document.project import Project
    from engine.document.recipe import Phase, Player, Precision, Recipe

    it, width, kind = _Drawing(), case.width, case.name.split()[0]
    if kind == "transformer":
        it.then("Embedding", embedding_dim=width)
        for _ in range(case.layers):
            it.then("TransformerEncoderLayer", nhead=width // 64 or 2, dim_feedforward=4 * width, dropout=0.0)
        it.then("Mean", dim=1)
    elif kind == "ResNet-18":
        it.then("Conv2d", out_channels=width, kernel_size=3, padding=1, bias=False)
        it.then("BatchNorm2d")
        it.then("ReLU")
        for before, after, stride in blocks_of(width):
            came = it.at
            it.then("Conv2d", out_channels=after, kernel_size=3, stride=stride, padding=1, bias=False)
            it.then("BatchNorm2d")
            it.then("ReLU")
            it.then("Conv2d", out_channels=after, kernel_size=3, padding=1, bias=False)
            way = it.then("BatchNorm2d")
            if before != after:
                it.then("Conv2d", came, out_channels=after, kernel_size=1, stride=stride, bias=False)
                came = it.then("BatchNorm2d")
            it.add(way, came)
            it.then("ReLU")
        it.then("AdaptiveAvgPool2d", output_size=1)
        it.then("Flatten")
    elif kind == "CNN":
        for after in (width, 2 * width, 4 * width):
            it.then("Conv2d", out_channels=after, kernel_size=3, padding=1)
            it.then("BatchNorm2d")
            it.then("ReLU")
            it.then("MaxPool2d", kernel_size=2, stride=2)
        it.then("Flatten")
    else:
        for _ in range(2):
            it.then("Linear", out_features=16)
            it.then("ReLU")
    last = it.then("Linear", out_features=case.classes)
    it.nodes += [
        Node(id="truth", type="Input", attributes={"fields": ["label"]}),
        Node(id="output", type="Output", attributes={"field": "label"}),
        Node(id="loss", type="CrossEntropyLoss"),
    ]
    it.edges += [
        Edge(source=last, target="output", input="prediction"),
        Edge(source=last, target="loss", input="prediction"),
        Edge(source="truth", target="loss", input="target"),
    ]
    if case.tokens:
        words = tuple(f"word{number}" for number in range(case.tokens - 2))
        steps = (Step(type="Words", attributes={"length": case.shape[0], "vocabulary_size": case.tokens}),)
        field = Field(name="input", kind=FieldKind.TEXT, preparation=steps, statistics=Statistics(vocabulary=words))
    elif len(case.shape) == 3:
        channels, height, wide = case.shape
        prepared = (Step(type="Channels", attributes={"mode": "rgb"}), Step(type="Scale"))
        shape = Statistics(shape=(height, wide, channels))
        field = Field(name="input", kind=FieldKind.IMAGE, preparation=prepared, statistics=shape)
    else:
        field = Field(name="input", kind=FieldKind.ARRAY, statistics=Statistics(shape=case.shape))
    target = Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(
            classes=tuple(f"class {number}" for number in range(case.classes)), counts=(1,) * case.classes
        ),
    )
    player = Player(optimizer=Step(type="AdamW", attributes={"lr": 1e-3}))
    phase = Phase(epochs=case.epochs, batch_size=case.batch_size, players=(player,))
    recipe = Recipe(phases=(phase,), precision=Precision.BFLOAT16)
    data = DataSpec(fields=(field, target))
    return Project(name=case.name, data=data, graph=Graph(it.nodes, it.edges), recipe=recipe)


def ours(case: Case, device: Any) -> tuple[float, list[str], int]:
    """Samples a second of the real loop (the best epoch after the first two, reports and saves included), what its log
    says of compiling, and how many weights are trained."""
    from engine.document.recipe import Precision
    from engine.protocol.run_events import EpochFinished, RunNote
    from engine.protocol.run_folder import RunFolder
    from engine.training.loop import Loop
    from engine.training.run_log import Inbox, RunLog, whole_log
    from engine.training.run_state import RunState
    from engine.training.saver import Saver
    from engine.training.task import prepare_task

    with tempfile.TemporaryDirectory() as directory:
        folder = RunFolder(Path(directory))
        log = RunLog(folder)
        saver = Saver(folder, log)
        rows, labels = (tensor.cpu() for tensor in made_up(case, device))
        precision = Precision.BFLOAT16
        task = prepare_task(drawn(case), _Data(rows, labels), device=device, precision=precision)
        state = RunState(compiled=case.mode)  # as in a run that goes on: both sides compile from the first epoch on
        Loop(task, log, Inbox(folder, skip=False), saver, precision=precision, state=state).run()
        saver.close()
        task.close()
        log.close()
        weights = sum(parameter.numel() for parameter in task.network.parameters())
        events = whole_log(folder)
        notes = [event.text for event in events if isinstance(event, RunNote) and "compile" in event.text]
        epochs = [event for event in events if isinstance(event, EpochFinished)]
        later = epochs[min(2, len(epochs) - 1) :]
        return max(case.samples / event.seconds for event in later), notes, weights


def waits(case: Case, device: Any) -> str:
    """How often the program waits for the card in two epochs, in words: only reports and the ends of epochs may."""
    import warnings

    import torch

    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ours(replace(case, epochs=2, mode="eager"), device)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    count = sum("synchronizing" in str(warning.message) for warning in caught)
    return f"waited {count:,} times for the card in {2 * math.ceil(case.samples / case.batch_size):,} steps"


# -- the chip ----------------------------------------------------------------------------------------------------------


def measured_peak(device: Any, *, side: int, rounds: int = 20) -> float:
    """10^12 operations a second of a product of square bfloat16 matrices, the best of some."""
    import torch

    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    best = math.inf
    for _ in range(rounds):
        wait_for(device)
        began = time.perf_counter()
        for _ in range(5):
            torch.mm(a, b)
        wait_for(device)
        best = min(best, (time.perf_counter() - began) / 5)
    return 2 * side**3 / best / 1e12


def operations(case: Case, weights: int) -> float:
    """Of one sample, there and back: six for each weight and token, and those of attention (Chowdhery et al. 2022,
    PaLM, appendix B). Tables of tokens are looked up, not multiplied."""
    length = case.shape[0]
    multiplied = weights - case.tokens * case.width
    return length * (6.0 * multiplied + 12.0 * case.layers * length * case.width)


def peak_of(name: str) -> float:
    """What the data sheet of a chip says; 0 for one that is not in the table."""
    words = set(name.replace("-", " ").split())
    known = [part for part in PEAKS if words.issuperset(part.split())]
    return PEAKS[max(known, key=len)] if known and "Laptop" not in words else 0.0


def main() -> None:
    """Print a table, or a sentence where there is no card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="", help="only cases whose name begins so")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    import torch

    if not torch.cuda.is_available() and not options.tiny:
        print("There is no graphics card here that torch can use, so nothing was measured.")
        return
    device = torch.device("cpu" if options.tiny else "cuda:0")
    name = "processor" if options.tiny else torch.cuda.get_device_name(device)
    if not options.tiny:
        torch.backends.cudnn.benchmark = True
    found = measured_peak(device, side=128 if options.tiny else 8192)
    sheet = peak_of(name)
    said = f"{sheet:,.0f} on its data sheet, " if sheet else ""
    print(f"{name}, torch {torch.__version__}; bfloat16, 10^12 operations a second: {said}{found:,.3g} measured")
    print(f"{'':18}{'compiled':>16}{'ours /s':>12}{'hand /s':>12}{'ratio':>8}")
    for case in CASES:
        if not case.name.startswith(options.case):
            continue
        case = tiny(case) if options.tiny else case
        if not options.tiny:
            torch.compiler.reset()
            torch.cuda.empty_cache()
        quick, notes, weights = ours(case, device)
        best = hand(case, device)
        ratio = quick / best
        verdict = "" if options.tiny else "goal met" if ratio >= GOAL else f"BELOW THE GOAL of {GOAL}"
        print(f"{case.name:18}{case.mode:>16}{quick:12,.0f}{best:12,.0f}{ratio:8.2f}   {verdict}", flush=True)
        for note in notes:
            print(f"{'':18}{note}")
        if case.mode == "eager" and not options.tiny:
            print(f"{'':18}{waits(case, device)}", flush=True)
        if case.tokens:
            done = operations(case, weights) * quick / 1e12
            against = f"{done / sheet:.1%} of the data sheet's peak, " if sheet else ""
            print(f"{'':18}{done:,.3g}: {against}{done / found:.1%} of the measured one", flush=True)


if __name__ == "__main__":
    main()
