"""Real sound and series, from the command line with nothing else said: what they are, a network, scores, an export.

The floors are below what was measured; resources/help/data.md states the scores.
"""

import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.deployment.export import export_network
from engine.deployment.predict import Predictor
from engine.document.data_spec import FieldKind, SourceKind, Split, SplitMethod
from engine.training.task import prepare_task
from tests.end2end.command import netwright
from tests.sample_sets import sample_set

FORECASTS = {
    "co2_mauna_loa_weekly": {},
    "sunspots_yearly": {},
    "beijing_pm25": {"task": "forecasting"},
    "seattle-weather": {"task": "forecasting", "target": "temp_max"},
}


def table(name: str, folder: Path) -> Path:
    with zipfile.ZipFile(sample_set("tabular_small.zip")) as archive:
        path = folder / f"{name}.csv"
        path.write_bytes(archive.read(f"tabular_small/{name}.csv"))
    return path


def some_digits(folder: Path, most: int = 12) -> Path:
    """A few recordings of each digit and speaker, by their names alone."""
    out = folder / "digits"
    out.mkdir()
    with zipfile.ZipFile(sample_set("fsdd_900.zip")) as archive:
        for name in archive.namelist():
            take = name.removesuffix(".wav").rpartition("_")[2]
            if name.endswith(".wav") and take in ("0", "1"):
                (out / Path(name).name).write_bytes(archive.read(name))
    return out


def one_step_and_export(found: Any, folder: Path) -> Predictor:
    torch.set_num_threads(1)
    project = propose("x", found.data, found.samples)
    dataset = open_dataset(folder, found.data)
    task = prepare_task(project, dataset)
    optimizer = torch.optim.AdamW(task.network.parameters(), lr=1e-3)
    order = torch.arange(task.train.samples)
    (batch, *_) = task.train.batches([0, 16], order)
    _, losses = task.network.training_forward(*batch[: task.input_count])
    losses[0].backward()
    optimizer.step()
    task.close()
    made = export_network(project, task.network.eval(), dataset, folder / "model.onnx", samples=24)
    assert made.verified.same_answers == made.verified.samples == 24
    assert made.verified.max_abs_difference < 1e-3
    return Predictor(folder / "model.onnx")


@pytest.mark.parametrize("name", FORECASTS)
def test_a_series_is_imported_learned_from_for_a_step_and_exported(name: str, tmp_path: Path) -> None:
    path = table(name, tmp_path)
    found = inspect(path, **FORECASTS[name])
    assert found.data.sources[0].kind is SourceKind.SERIES
    assert found.data.split.method is SplitMethod.TIME
    predictor = one_step_and_export(found, tmp_path)
    (answer,) = predictor.predict([str(path)]).predictions
    assert not answer.problem
    horizon = found.data.fields[1].statistics.shape[0]
    assert len(answer.outputs["next"].series) == horizon
    low, high = found.data.fields[1].statistics.minimum[0], found.data.fields[1].statistics.maximum[0]
    wide = high - low
    assert all(low - wide < row[0] < high + wide for row in answer.outputs["next"].series)


def test_without_the_word_a_table_with_classes_stays_a_table_and_offers_the_series(tmp_path: Path) -> None:
    for name in ("beijing_pm25", "seattle-weather"):
        found = inspect(table(name, tmp_path))
        assert [item.kind for item in found.layouts] == [SourceKind.TABLE, SourceKind.SERIES]


def test_spoken_digits_are_imported_learned_from_for_a_step_and_exported(tmp_path: Path) -> None:
    folder = some_digits(tmp_path)
    found = inspect(folder)
    assert found.data.sources[0].kind is SourceKind.NAMED_FILES
    assert found.data.targets()[0].statistics.classes == tuple("0123456789")
    assert found.left_out_count == 0
    predictor = one_step_and_export(found, tmp_path)
    answers = predictor.predict([str(folder / "7_jackson_0.wav"), str(tmp_path / "none.wav")]).predictions
    assert set(answers[0].outputs["label"].scores) == set("0123456789")
    assert "There is no file" in answers[1].problem
    assert len(predictor.predict([str(folder)]).predictions) == 120


def test_speakers_stay_together_when_the_split_goes_by_them(tmp_path: Path) -> None:
    found = inspect(some_digits(tmp_path))
    speakers = next(
        field.name
        for field in found.data.fields
        if field.kind is FieldKind.CATEGORY and field.name != "label" and field.name.endswith("2")
    )
    data = msgspec.structs.replace(found.data, split=Split(method=SplitMethod.GROUPED, field=speakers))
    dataset = open_dataset(tmp_path, data)
    of_speaker: dict[str, set[int]] = {}
    for index in range(dataset.samples):
        of_speaker.setdefault(dataset.name(index).split("_")[1], set()).add(int(dataset.splits[index]))
    assert len(of_speaker) == 6
    assert all(len(splits) == 1 for splits in of_speaker.values())
    assert (np.bincount(dataset.splits, minlength=3)[:3] > 0).all()


def trained(path: Path, folder: Path, made: dict[str, str], *settings: str) -> dict[str, float]:
    """The scores on the test split of a project that was made and trained from the command line."""
    project = folder / "project"
    netwright("new", project, "--data", path, *(word for name, value in made.items() for word in (f"--{name}", value)))
    netwright("train", project, "--device", "cpu", *settings)
    answer: dict[str, Any] = netwright("evaluate", project)
    scores: dict[str, float] = answer["outputs"][0]["metrics"]
    return scores


@pytest.mark.slow
def test_spoken_digits(tmp_path: Path) -> None:
    assert trained(sample_set("fsdd_900.zip"), tmp_path, {})["accuracy"] >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings", "skill"),
    [
        ("co2_mauna_loa_weekly", (), 0.65),
        # The cycle of ten years alone is nearly as good; the last value is not.
        ("sunspots_yearly", (), -0.10),
        ("seattle-weather", (), 0.02),
        ("beijing_pm25", ("--epochs", "3"), 0.02),
    ],
)
def test_forecasts_beat_what_costs_nothing(name: str, settings: tuple[str, ...], skill: float, tmp_path: Path) -> None:
    scores = trained(table(name, tmp_path), tmp_path, FORECASTS[name], *settings)
    assert scores["mean_absolute_error"] < scores["last_value_error"]
    assert scores["skill"] > skill
