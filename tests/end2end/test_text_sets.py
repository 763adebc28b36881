"""Real sets of text, from the command line with nothing else said: what they are, a network, its scores, an export.

The floors are below what was measured; resources/help/data.md states the scores.
"""

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.deployment.export import export_network
from engine.deployment.predict import Predictor
from engine.training.task import prepare_task
from tests.end2end.command import netwright
from tests.end2end.order_model import OrderModel
from tests.sample_sets import sample_set

SETS = ["sentence_polarity.zip", "pros_cons.zip", "names.zip", "swe-eng.zip", "text_lm.zip", "story", "list"]


def source(name: str, folder: Path) -> Path:
    """The archive, or one of the two files of text_lm.zip by itself."""
    member = {"story": "tinyshakespeare.txt", "list": "names.txt"}.get(name)
    if member is None:
        return sample_set(name)
    with zipfile.ZipFile(sample_set("text_lm.zip")) as archive:
        path = folder / member
        path.write_bytes(archive.read(f"text_lm/{member}"))
    return path


@pytest.mark.parametrize("name", SETS)
def test_it_is_imported_learned_from_for_a_step_and_exported(name: str, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    found = inspect(source(name, tmp_path))
    assert found.left_out_count == 0
    project = propose("x", found.data, found.samples)
    dataset = open_dataset(tmp_path, found.data)
    task = prepare_task(project, dataset)
    optimizer = torch.optim.AdamW(task.network.parameters(), lr=1e-3)
    (batch,) = task.train.batches([0, 16])
    _, losses = task.network.training_forward(*batch[: task.input_count])
    losses[0].backward()
    optimizer.step()
    task.close()
    made = export_network(project, task.network, dataset, tmp_path / "model.onnx", samples=24)
    assert made.verified.same_answers == made.verified.samples == 24
    predictor = Predictor(tmp_path / "model.onnx")
    (answer,) = predictor.predict([{predictor.fields[0].name: "The cat is old."}]).predictions
    assert not answer.problem and answer.outputs


def trained(name: str, folder: Path, *settings: str) -> dict[str, float]:
    """The scores on the test split of a project that was made and trained from the command line."""
    project = folder / "project"
    netwright("new", project, "--data", source(name, folder))
    netwright("train", project, "--device", "cpu", *settings, timeout=1500)
    answer: dict[str, Any] = netwright("evaluate", project, timeout=600)
    scores: dict[str, float] = answer["outputs"][0]["metrics"]
    return scores


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize(
    ("name", "settings", "floor"),
    [
        ("sentence_polarity.zip", (), 0.69),
        ("pros_cons.zip", ("--epochs", "2"), 0.91),
        ("names.zip", (), 0.80),
    ],
)
def test_classes_of_text(name: str, settings: tuple[str, ...], floor: float, tmp_path: Path) -> None:
    assert trained(name, tmp_path, *settings)["accuracy"] > floor


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize(("name", "epochs"), [("story", 2), ("list", 3), ("text_lm.zip", 2)])
def test_what_comes_next_is_said_better_than_by_counting(name: str, epochs: int, tmp_path: Path) -> None:
    bits = trained(name, tmp_path, "--epochs", str(epochs))["bits_per_character"]
    dataset = open_dataset(tmp_path, inspect(source(name, tmp_path)).data)
    marked = name == "list"  # the end of a line counts as a character, for both
    parts = {
        split: [dataset.raw(int(n), "text") + "\n" * marked for n in dataset.split_numbers(split)]
        for split in ("train", "test")
    }
    whole = parts if marked else {split: ["".join(texts)] for split, texts in parts.items()}
    counted = OrderModel(3, whole["train"]).bits_per_character(whole["test"])
    assert bits < counted - 0.1
    said = netwright("predict", tmp_path / "project", "the cat", "--seed", "1")
    text = said["predictions"][0]["outputs"]["text"]["value"]
    assert text.startswith("the cat") and re.search("[a-z]{2}", text[7:])


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_translation_is_better_than_chance(tmp_path: Path) -> None:
    scores = trained("swe-eng.zip", tmp_path, "--epochs", "2")
    assert scores["chrf"] > 0.33 and scores["perplexity"] < 18 and scores["exact_match"] >= 0.02
    said = netwright("predict", tmp_path / "project", "I am here.")
    assert said["predictions"][0]["outputs"]["translation"]["value"]
