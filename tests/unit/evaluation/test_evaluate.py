"""Scoring a trained run on real files: the numbers, the matrix, the mistakes, and the refusals."""

import random
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import torch

from engine.compiler.module import compile_project
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import Split
from engine.document.files import create
from engine.document.project import Project
from engine.errors import Cancelled, DataError, RunNotFound
from engine.evaluation.evaluate import evaluate
from engine.evaluation.network import load_network, predict_tensor
from engine.protocol.run_folder import RunFolder
from engine.training import checkpoint
from engine.training.loop import Loop
from engine.training.run_log import Inbox, RunLog
from engine.training.run_state import RunState
from engine.training.runs import create_run, with_epochs
from engine.training.saver import Saver
from engine.training.task import prepare_task


@dataclass
class Trained:
    directory: Path
    project: Project
    run: RunFolder


def train(directory: Path, table: Path, target: str, epochs: int) -> Trained:
    torch.set_num_threads(1)
    project = propose("small", inspect(table, target=target).data)
    project.recipe = with_epochs(project.recipe, epochs)
    create(directory, project)
    run = create_run(directory, project)
    log = RunLog(run)
    saver = Saver(run, log)
    task = prepare_task(project, open_dataset(directory, project.data))
    log.append(Loop(task, log, Inbox(run, skip=False), saver).run())
    saver.close()
    task.close()
    log.close()
    return Trained(directory, project, run)


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("rings")
    chance = random.Random(5)
    rows = ["a,b,ring"]
    for _ in range(500):
        a, b = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{a:.5f},{b:.5f},{'inner' if a * a + b * b < 1 else 'right' if a > 0 else 'left'}")
    (folder / "rings.csv").write_text("\n".join(rows) + "\n")
    return train(folder / "project", folder / "rings.csv", "ring", 20)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("prices")
    chance = random.Random(6)
    rows = ["size,rooms,price"]
    for _ in range(400):
        size, rooms = chance.uniform(20, 200), chance.randrange(1, 7)
        rows.append(f"{size:.1f},{rooms},{2000 * size + 10000 * rooms + chance.gauss(0, 5000):.0f}")
    (folder / "prices.csv").write_text("\n".join(rows) + "\n")
    return train(folder / "project", folder / "prices.csv", "price", 20)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_categories(rings: Trained, split: str) -> None:
    found = evaluate(rings.directory, rings.run, split)
    assert (found.run, found.split) == (1, split)
    (output,) = found.outputs
    assert output.field == "ring"
    assert sorted(output.classes) == ["inner", "left", "right"]
    assert sum(map(sum, output.matrix)) == found.samples
    right = sum(output.matrix[i][i] for i in range(3))
    assert output.metrics["accuracy"] == pytest.approx(right / found.samples)
    assert output.metrics["accuracy"] > 0.8
    low, high = output.interval
    assert low < output.metrics["accuracy"] <= high
    assert len(output.mistakes) == min(60, found.samples - right)
    scores = [mistake.score for mistake in output.mistakes]
    assert scores == sorted(scores, reverse=True)
    dataset = open_dataset(rings.directory, rings.project.data)
    for mistake in output.mistakes:
        assert dataset.raw(mistake.index, "ring") == mistake.true != mistake.predicted
        assert 1 / 3 <= mistake.score <= 1
    assert [item.samples for item in output.per_class] == [sum(row) for row in output.matrix]


def test_validation_scores_are_those_the_run_told(rings: Trained) -> None:
    state = checkpoint.read(rings.run, "best").state
    found = evaluate(rings.directory, rings.run, "val")
    assert found.outputs[0].metrics["accuracy"] == pytest.approx(state.best["accuracy"])


def test_numbers_in_their_own_unit(prices: Trained) -> None:
    found = evaluate(prices.directory, prices.run)
    (output,) = found.outputs
    assert output.metrics["r2"] > 0.8
    assert 1000 < output.metrics["mean_absolute_error"] < 50_000
    assert output.matrix == []
    assert output.interval == []
    errors = [mistake.score for mistake in output.mistakes]
    assert errors == sorted(errors, reverse=True)
    dataset = open_dataset(prices.directory, prices.project.data)
    first = output.mistakes[0]
    assert float(first.true) == pytest.approx(dataset.raw(first.index, "price"), rel=1e-4)
    assert abs(float(first.true) - float(first.predicted)) == pytest.approx(first.score, rel=1e-3)


def test_the_network_is_the_trained_one_and_ready(rings: Trained) -> None:
    network = load_network(rings.run)
    assert not network.training
    weights = checkpoint.load_weights(rings.run, "best")
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())
    dataset = open_dataset(rings.directory, rings.project.data)
    inputs = [dataset.columns(network.input_fields[name], "test").whole() for name in network.input_ids]
    whole = predict_tensor(network, inputs)  # type: ignore[arg-type]
    pieces = predict_tensor(network, inputs, batch_size=7)  # type: ignore[arg-type]
    assert torch.allclose(whole[0], pieces[0], atol=1e-6)
    assert len(whole[0]) == len(dataset.split_indices("test"))


def test_loading_leaves_the_random_numbers_alone(rings: Trained) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    load_network(rings.run)
    assert torch.equal(before, torch.get_rng_state())


def test_cancelling(rings: Trained) -> None:
    with pytest.raises(Cancelled):
        evaluate(rings.directory, rings.run, cancelled=lambda: True)


def test_progress_is_told(rings: Trained) -> None:
    told: list[float] = []
    evaluate(rings.directory, rings.run, progress=lambda fraction, _message: told.append(fraction))
    assert told[-1] == 1.0


def test_an_empty_split_is_refused(rings: Trained) -> None:
    run = create_run(rings.directory, rings.project)
    weights = checkpoint.load_weights(rings.run)
    checkpoint.write(run.checkpoints, "best", RunState(step=1), weights)
    spec = msgspec.structs.replace(rings.project.data, split=Split(train=0.8, val=0.2, test=0.0))
    from engine.document.files import to_bytes

    run.project_file.write_bytes(
        to_bytes(Project(name="x", data=spec, graph=rings.project.graph, recipe=rings.project.recipe))
    )
    with pytest.raises(DataError, match="'test' holds no samples"):
        evaluate(rings.directory, run)


def test_a_run_without_a_checkpoint_is_refused(rings: Trained) -> None:
    with pytest.raises(RunNotFound, match="no checkpoint"):
        evaluate(rings.directory, create_run(rings.directory, rings.project))


def test_weights_of_another_network_are_refused(rings: Trained) -> None:
    run = create_run(rings.directory, rings.project)
    state = {name: tensor[..., :1].clone() for name, tensor in compile_project(rings.project).state_dict().items()}
    checkpoint.write(run.checkpoints, "best", RunState(step=1), state)
    with pytest.raises(RunNotFound, match="do not fit"):
        load_network(run)
