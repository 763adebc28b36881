"""What is proposed for data checks without a problem, compiles, and learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from engine.checks.inference import ShapeChecker
from engine.compiler.module import compile_project
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.data.proposals.drawing import COLUMN, PER_ROW, ROW
from engine.document.project import Project
from tests.unit.data.samples_on_disk import idx_folder, picture_folder, text_folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


def mixed_table(path: Path) -> Path:
    rows = [f"this is the fine story number {i},{i % 7},{'rgb'[i % 3]},{'yes' if i % 2 else 'no'}" for i in range(60)]
    path.write_text("story,count,color,label\n" + "\n".join(rows) + "\n")
    return path


def number_table(path: Path) -> Path:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 3))
    path.write_text("a,b,c,price\n" + "\n".join(f"{r[0]},{r[1]},{r[2]},{r[0] * 3 - r[1] + 100}" for r in x) + "\n")
    return path


def many_columns(path: Path) -> Path:
    rng = np.random.default_rng(1)
    np.savez(path, x=rng.normal(size=(40, 100)), y=np.arange(40) % 2)
    return path


SETS = {
    "pictures": lambda root: picture_folder(root / "pets", size=50),
    "small pictures": lambda root: idx_folder(root / "idx"),
    "text": lambda root: text_folder(root / "names"),
    "mixed table": lambda root: mixed_table(root / "mixed.csv"),
    "numbers": lambda root: number_table(root / "numbers.csv"),
    "array": lambda root: many_columns(root / "d.npz"),
}


@pytest.mark.parametrize("name", SETS)
def test_a_proposal_checks_clean_and_makes_steps(name: str, tmp_path: Path) -> None:
    data = inspect(SETS[name](tmp_path)).data
    project = propose(name, data)
    checker = ShapeChecker(project)
    checker.refresh()
    assert checker.problems() == []
    dataset = open_dataset(tmp_path, data)
    torch.manual_seed(project.recipe.seed)
    network = compile_project(project)
    count = min(8, len(dataset.split_indices("train")))
    rows = torch.arange(count)
    inputs = [dataset.columns(network.input_fields[node], "train").gather(rows) for node in network.training_input_ids]
    predictions, losses = network.training_forward(*inputs)
    sum(losses).backward()  # type: ignore[union-attr]
    assert all(torch.isfinite(loss) for loss in losses)
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert predictions[0].shape[0] == count


def test_nodes_stand_apart_in_reading_order(tmp_path: Path) -> None:
    for name, make in SETS.items():
        folder = tmp_path / name
        folder.mkdir()
        project = propose(name, inspect(make(folder)).data)
        places = [(node.x, node.y) for node in project.graph.nodes.values()]
        assert len(set(places)) == len(places)
        for x, y in places:
            assert x % COLUMN == 0 and 0 <= x <= (PER_ROW + 1) * COLUMN and y % ROW == 0
        for edge in project.graph.edges:
            source, target = project.graph.node(edge.source), project.graph.node(edge.target)
            assert (source.y, source.x) < (target.y, target.x), f"{edge.source} -> {edge.target} leads back"


def learned(project: Project, dataset_dir: Path, epochs: int) -> float:
    """Accuracy on the train split after a few epochs of plain AdamW."""
    torch.manual_seed(1)
    dataset = open_dataset(dataset_dir, project.data)
    network = compile_project(project)
    x = dataset.columns(network.input_fields[network.input_ids[0]], "train").whole()
    y = dataset.columns(("label",), "train").whole()
    assert x is not None and y is not None
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(epochs):
        (scores,) = network(x)
        optimizer.zero_grad()
        cross_entropy(scores, y).backward()
        optimizer.step()
    network.eval()
    return float((network(x)[0].argmax(1) == y).float().mean())


def test_a_proposal_learns(tmp_path: Path) -> None:
    project = propose("names", inspect(text_folder(tmp_path / "names")).data)
    assert learned(project, tmp_path, 15) > 0.95


def test_uneven_and_large_sets_get_fitting_recipes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,label\n" + "".join(f"{i},{'a' if i % 10 else 'b'}\n" for i in range(900)))
    recipe = propose("t", inspect(path).data).recipe
    assert 10 <= recipe.phases[0].epochs <= 80
    assert recipe.phases[0].players[0].optimizer.type == "AdamW"
    assert recipe.phases[0].players[0].schedule.type == "CosineAnnealing"
