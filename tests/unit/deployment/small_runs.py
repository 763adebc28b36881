"""Small real data on disk, a network for it, and a run with weights as training would have left it."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from engine.compiler.module import compile_project
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document import files
from engine.document.data_spec import DataSpec
from engine.document.graph import Edge, Node
from engine.document.project import Project
from engine.protocol.run_folder import RunFolder
from engine.training import checkpoint
from engine.training.run_state import RunState
from engine.training.runs import create_run


def pictures(folder: Path, count: int = 30) -> Path:
    """Two classes of RGB pictures of several sizes; one is grey, one has an alpha channel, one an EXIF rotation."""
    random = np.random.default_rng(1)
    for number in range(count):
        label = ("cats", "dogs")[number % 2]
        height, width = random.integers(9, 24, 2)
        pixels = random.integers(0, 256, (height, width, 3), np.uint8)
        image = Image.fromarray(pixels)
        if number == 3:
            image = image.convert("L")
        if number == 4:
            image.putalpha(120)
        path = folder / "pictures" / label / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
    return folder / "pictures"


def table(folder: Path, count: int = 60) -> Path:
    """Numbers with missing ones, a category, a class and a price that goes into the thousands."""
    random = np.random.default_rng(2)
    lines = ["width (mm);colour;weight;kind;price"]
    for number in range(count):
        kind = number % 3
        width = f"{random.normal(50 + 9 * kind, 3):.2f}" if number % 7 else "NA"
        colour = random.choice(["red", "blå", "green"])
        weight = f"{random.normal(3000 + 400 * kind, 150):.0f}"
        lines.append(f"{width};{colour};{weight};kind {kind};{random.normal(20000 + 5000 * kind, 900):.1f}")
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def text(folder: Path) -> Path:
    """A file of lines for each of two classes."""
    random = np.random.default_rng(3)
    for label, letters in (("front", "abcdeé "), ("back", "uvwxyz ")):
        words = ["".join(random.choice(list(letters), random.integers(1, 12))).strip() for _ in range(60)]
        path = folder / "lines" / f"{label}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(word or "x" for word in words), encoding="utf-8")
    return folder / "lines"


def two_answers(data: DataSpec) -> Project:
    """A table's numbers and category to its class and its price at once."""
    project = propose("Two answers", data)
    graph = project.graph
    hidden = next(
        graph.inputs_of(edge.source)["input"].source
        for node in graph.nodes.values()
        if node.type == "Output"
        for edge in graph.inputs_of(node.id).values()
    )
    graph.add(Node(id="money", type="Linear", attributes={"out_features": 1}))
    graph.add(Node(id="money_out", type="Output", attributes={"field": "price"}))
    graph.add(Node(id="money_in", type="Input", attributes={"fields": ["price"]}))
    graph.add(Node(id="money_loss", type="MSELoss"))
    for source, target, port in (
        (hidden, "money", "input"),
        ("money", "money_out", "prediction"),
        ("money", "money_loss", "prediction"),
        ("money_in", "money_loss", "target"),
    ):
        graph.connect(Edge(source=source, target=target, input=port))
    return project


def finished_run(project_dir: Path, source: Path, *, target: str = "", name: str = "Small", seed: int = 1) -> RunFolder:
    """A project on `source` in `project_dir` and a run with a best checkpoint of weights that are not the first."""
    project = propose(name, inspect(source, target=target).data)
    files.create(project_dir, project)
    return run_of(project_dir, project, seed)


def run_of(project_dir: Path, project: Project, seed: int = 1) -> RunFolder:
    """A run of that project with random weights and statistics."""
    run = create_run(project_dir, project)
    torch.manual_seed(seed)
    network = compile_project(project)
    weights = {}
    for key, value in network.state_dict().items():
        moved = value.float() + 0.1 * torch.rand(value.shape)
        weights[key] = (moved if value.dtype.is_floating_point else value).contiguous()
    checkpoint.write(run.checkpoints, "best", RunState(step=7, epoch=1), weights)
    return run
