"""Exported files: the largest difference from torch on 1,000 samples, time to export, and speed against torch.

Run it alone: `python tests/benchmarks/bench_export.py`. The data are those of the examples; weights are random, which
does not matter for the difference. Speed is CPU time on one thread, the two ways in turn, best of the rounds.
"""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from engine.compiler.module import CompiledNetwork, compile_project
from engine.data.dataset import Dataset, open_dataset
from engine.data.importing import inspect
from engine.data.preparation import Preparation
from engine.data.preparation.chain import join
from engine.data.proposals import propose
from engine.deployment.export import export_network
from engine.deployment.session import as_input, open_session
from engine.document.project import Project
from tests.benchmarks.bench_compiler import in_turn

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "garments": (ROOT / "resources/data/fashion_mnist", ""),
    "penguins": (ROOT / "projects/penguins/data/penguins.csv", "species"),
    "names": (ROOT / "projects/names/data/names", ""),
}
BATCHES = (1, 64)


def project_of(name: str) -> Project:
    """What is proposed for the data."""
    source, target = SOURCES[name]
    return propose(name, inspect(source, target=target).data)


def measure(name: str, precision: str, folder: Path) -> None:
    """Export, and ask the file and torch from raw inputs to answers."""
    project = project_of(name)
    torch.manual_seed(0)
    network = compile_project(project).eval()
    dataset = open_dataset(None, project.data)
    to = folder / f"{name}-{precision}.onnx"
    start = time.perf_counter()
    made = export_network(project, network, dataset, to, precision=precision)
    seconds = time.perf_counter() - start
    proof = made.verified
    print(
        f"{name:9} {precision}: {proof.samples} samples, {proof.same_answers} same answers, "
        f"largest difference {proof.max_abs_difference:.1e}, {made.bytes / 1000:.0f} kB, exported in {seconds:.2f} s"
    )
    if precision == "float32":
        speed(project, network, dataset, made.inputs, to)


def speed(
    project: Project, network: CompiledNetwork, dataset: Dataset, inputs: list[dict[str, object]], path: Path
) -> None:
    """Raw input to answer: the file in onnxruntime, and preparation, network and softmax in torch."""
    session = open_session(str(path))
    fields = {str(item["field"]): project.data.field(str(item["field"])) for item in inputs}
    preparations = {name: Preparation(field) for name, field in fields.items() if field is not None}

    def in_torch(raw: dict[str, list[object]]) -> object:
        with torch.inference_mode():
            prepared = []
            for node_id in network.input_ids:
                names = network.input_fields[node_id]
                prepared.append(join([preparations[name].apply(raw[name]) for name in names], names))
            return np.asarray(network(*prepared)[0].softmax(1).argmax(1))

    for batch in BATCHES:
        raw = {name: [dataset.raw(number, name) for number in range(batch)] for name in fields}
        arrays = {str(item["name"]): as_input(raw[str(item["field"])], str(item["kind"])) for item in inputs}
        ways = {"torch": partial(in_torch, raw), "file": partial(session.run, None, arrays)}
        found = in_turn(ways, 15)
        ratio = found["torch"] / found["file"]
        print(f"          {batch:3} at once: {found['file'] * 1e3 / batch:.3f} ms a sample, {ratio:.1f} × torch eager")


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        for precision in ("float32", "float16"):
            for source in SOURCES:
                measure(source, precision, Path(name))


if __name__ == "__main__":
    main()
