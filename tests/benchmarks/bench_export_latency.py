"""One sample at a time: the network in onnxruntime against torch eager and torch.compile; int8 against float32.

Run it alone: `python tests/benchmarks/bench_export_latency.py`. A multilayer perceptron and a convolutional network on
pictures of garments, an LSTM and a transformer on surnames, each trained for an epoch so that scores mean something.
All ways are asked in turn on one thread, the median of the rounds is told. Scores: the whole exported file on the test
split, as `netwright variants` measures them.
"""

import contextlib
import io
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from engine.cli.main import main as netwright
from engine.deployment.build import build_file
from engine.deployment.export import export_network, open_run
from engine.deployment.form import FileForm
from engine.deployment.proof import TorchPath, choose_samples, read_samples
from engine.deployment.session import open_session
from engine.deployment.variants import measure_variants
from engine.document import files
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.training.runs import find_run

_ROUNDS = 300


def node(name: str, type_name: str, **attributes: object) -> Node:
    """A node of the drawing."""
    return Node(id=name, type=type_name, attributes=dict(attributes))  # type: ignore[arg-type]


def chain(project: Project, *layers: Node) -> None:
    """Put these layers between the project's input and its answer."""
    field = project.data.inputs()[0].name
    target = project.data.targets()[0].name
    classes = len(project.data.targets()[0].statistics.classes)
    nodes = [
        node("given", "Input", fields=[field]),
        *layers,
        node("scores", "Linear", out_features=classes),
        node("answer", "Output", field=target),
        node("truth", "Input", fields=[target]),
        node("loss", "CrossEntropyLoss"),
    ]
    names = ["given", *(layer.id for layer in layers), "scores"]
    edges = [Edge(source=one, target=other) for one, other in pairwise(names)]
    edges += [
        Edge(source="scores", target="answer", input="prediction"),
        Edge(source="scores", target="loss", input="prediction"),
        Edge(source="truth", target="loss", input="target"),
    ]
    project.graph = Graph(nodes, edges)


def perceptron(project: Project) -> None:
    """784-256-256-10."""
    chain(
        project,
        node("flat", "Flatten"),
        node("one", "Linear", out_features=256),
        node("relu1", "ReLU"),
        node("two", "Linear", out_features=256),
        node("relu2", "ReLU"),
    )


def recurrent(project: Project) -> None:
    """An LSTM of 128."""
    chain(
        project,
        node("table", "Embedding", embedding_dim=64),
        node("memory", "LSTM", hidden_size=128),
    )


def transformer(project: Project) -> None:
    """Two layers of four heads, 64 wide."""
    chain(
        project,
        node("table", "Embedding", embedding_dim=64),
        node("places", "PositionalEncoding"),
        node("first", "TransformerEncoderLayer", nhead=4, dim_feedforward=256),
        node("second", "TransformerEncoderLayer", nhead=4, dim_feedforward=256),
        node("whole", "AttentionPooling"),
    )


CASES: dict[str, tuple[str, Callable[[Project], None] | None]] = {
    "perceptron": ("garments", perceptron),
    "CNN": ("garments", None),
    "LSTM": ("names", recurrent),
    "transformer": ("names", transformer),
}


def trained(name: str, folder: Path) -> Path:
    """A project with one trained run."""
    example, change = CASES[name]
    place = folder / name
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert netwright(["new", str(place), "--from", example]) == 0
        if change is not None:
            project = files.load(place)
            change(project)
            files.save(place, project)
        assert netwright(["train", str(place), "--epochs", "1"]) == 0
    return place


def in_turn(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median milliseconds of each, asked in turn after an untimed call."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            way()
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    return {name: 1000 * statistics.median(values) for name, values in seconds.items()}


def measure(name: str, folder: Path) -> None:
    """Train, export, and print the ratios."""
    place = trained(name, folder)
    run = find_run(place, "best")
    opened = open_run(place, run)
    alone = build_file(
        opened.project,
        opened.steps,
        opened.network,
        form=FileForm(contents="network"),
        description=opened.description,
    )
    _, raw = read_samples(opened.dataset, alone, choose_samples(opened.dataset, 1), lambda: False)
    arrays = TorchPath(opened.network, alone).arrays(raw)
    ways: dict[str, Callable[[], object]] = {}
    kind = ""
    for precision in ("float32", "int8"):
        to = folder / f"{name}-{precision}.onnx"
        form = FileForm(contents="network", precision=precision)
        made = export_network(
            opened.project, opened.network, opened.dataset, to, description=opened.description, form=form, report=False
        )
        session = open_session(str(to))
        ways[f"onnxruntime {precision}"] = partial(session.run, None, arrays)
        kind = made.int8
    inputs = [torch.from_numpy(array) for array in arrays.values()]
    network = opened.network.eval()

    def eager() -> object:
        with torch.inference_mode():
            return network(*inputs)

    ways["torch eager"] = eager
    compiled = torch.compile(network)

    def through_compile() -> object:
        with torch.inference_mode():
            return compiled(*inputs)

    try:
        through_compile()
        ways["torch.compile"] = through_compile
    except Exception as error:  # noqa: BLE001 - told: a machine without a compiler has no such figure
        print(f"{name}: torch.compile does not run here: {type(error).__name__}")
    found = in_turn(ways)
    base = found["onnxruntime float32"]
    print(
        f"{name:12} onnxruntime float32 {base:.3f} ms: "
        + ", ".join(
            f"{found[way] / base:.1f} x faster than {way} ({found[way]:.3f} ms)"
            for way in ("torch eager", "torch.compile")
            if way in found
        )
        + f"; int8 {kind} {base / found['onnxruntime int8']:.2f} x float32"
    )
    measured = measure_variants(place, run)
    for item in measured.variants:
        points = 100 * (measured.score_before - item.score)
        print(
            f"{'':12}   {item.precision} {item.int8}: {item.bytes / 1000:.0f} kB, {measured.score_name} "
            f"{item.score:.4f} ({points:+.2f} points lost on {measured.scored} samples), same answers {item.same:.4f}, "
            f"raw to answer {item.latency_ms:.3f} ms, {measured.variants[0].latency_ms / item.latency_ms:.2f} x float32"
            + (f" REFUSED: {item.refused}" if item.refused else "")
        )


def main() -> None:
    """Print the figures."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            measure(name, Path(folder))


if __name__ == "__main__":
    main()
