"""Explanations of runs on disk: samples of the data and new inputs, through the engine's door, server and command."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.cli import main as cli
from engine.errors import AttributeOutOfRange, Cancelled, DataError
from engine.evaluation.explaining.explain import explain, explaining
from engine.protocol.codec import Decoder, encode
from engine.protocol.messages import AnyEvent, AnyRequest
from engine.protocol.messages.explanation import Explain, Explained
from engine.protocol.run_folder import RunFolder
from engine.server.datasets import OpenDatasets
from engine.server.handlers import explain as handler
from engine.training import checkpoint
from engine.training.run_state import RunState
from tests.unit.deployment import small_runs

Made = tuple[Path, RunFolder]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("pictures")
    return folder / "project", small_runs.finished_run(folder / "project", small_runs.pictures(folder))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("rows")
    return folder / "project", small_runs.finished_run(folder / "project", small_runs.table(folder), target="kind")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("lines")
    return folder / "project", small_runs.finished_run(folder / "project", small_runs.text(folder))


def png(seed: int = 5, size: tuple[int, int] = (14, 20)) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_samples_and_inputs_are_explained_together(pictures: Made) -> None:
    folder, run = pictures
    found = explain(folder, run, samples=[2, 20], inputs=[{"pixels": png()}], method="occlusion", size=64)
    assert [item.index for item in found.explanations] == [2, 20, -1]
    assert [item.true for item in found.explanations] == ["cats", "dogs", ""]
    assert all(item.choices == ["cats", "dogs"] and not item.problem for item in found.explanations)
    given = found.explanations[2].fields[0]
    assert (given.height, given.width) == (14, 20) and len(given.raw.rgb) == 14 * 20 * 3
    assert len(given.heat) == 4 * 14 * 20
    assert found.run == run.number and found.seconds > 0


def test_what_is_sent_is_what_arrives(pictures: Made) -> None:
    folder, run = pictures
    found = explain(folder, run, samples=[0])
    request = Explain(id=3, project_dir=str(folder), samples=[0], settings={"layer": "conv1"})
    (event,) = Decoder(AnyEvent).feed(encode(found))
    assert event == found
    assert Decoder(AnyRequest).feed(encode(request)) == [request]


def test_one_that_cannot_be_explained_does_not_stop_the_others(pictures: Made, tmp_path: Path) -> None:
    folder, run = pictures
    broken = tmp_path / "broken.png"
    broken.write_bytes(png()[:60])
    found = explain(folder, run, samples=[10_000, 1], inputs=[{"pixels": str(broken)}, {}])
    problems = [item.problem for item in found.explanations]
    assert "no sample 10,000" in problems[0] and problems[1] == "" and problems[2] and "no value for" in problems[3]


def test_questions_that_make_no_sense_are_refused(pictures: Made, rows: Made) -> None:
    folder, run = pictures
    with pytest.raises(DataError, match="no way to explain called 'magic'"):
        explain(folder, run, samples=[0], method="magic")
    with pytest.raises(DataError, match="does not answer 'weather'"):
        explain(folder, run, samples=[0], output="weather")
    with pytest.raises(AttributeOutOfRange):
        explain(folder, run, samples=[0], method="lime", settings={"samples": 1})
    with pytest.raises(DataError, match="table has none"):
        explain(*rows, samples=[0], method="grad-cam")
    with pytest.raises(Cancelled):
        explain(folder, run, samples=[0], cancelled=lambda: True)


def test_a_row_is_explained_against_training_rows(rows: Made) -> None:
    found = explain(*rows, samples=[3], method="shap", settings={"background": 8}).explanations[0]
    assert found.baseline == "8 training samples"
    assert {field.field for field in found.fields} == {"width (mm)", "colour", "weight", "price"}
    total = sum(field.total for field in found.fields)
    assert total == pytest.approx(found.score - found.baseline_score, abs=1e-4) and found.explained == pytest.approx(1)
    missing = explain(
        *rows, inputs=[{"width (mm)": "", "colour": "purple", "weight": "3000", "price": 1}]
    ).explanations[0]
    assert not missing.problem and missing.fields[0].text == "missing"


def test_new_weights_are_explained_anew(rows: Made, tmp_path: Path) -> None:
    folder, run = rows
    known = explaining(folder, run)
    assert explaining(folder, run) is known
    network = known.taps.network
    weights = {key: value + 0.01 for key, value in network.state_dict().items() if value.dtype.is_floating_point}
    weights = {**network.state_dict(), **weights}
    checkpoint.write(run.checkpoints, "best", RunState(step=9, epoch=2), weights)
    assert explaining(folder, run) is not known


class Work:
    """What a handler is given."""

    def __init__(self) -> None:
        self.datasets = OpenDatasets()
        self.told: list[float] = []

    def progress(self, fraction: float, message: str = "") -> None:
        self.told.append(fraction)

    def cancelled(self) -> bool:
        return False


def test_the_server_answers_for_samples_also_where_an_input_names_one(pictures: Made) -> None:
    work: Any = Work()
    request = Explain(
        id=7, project_dir=str(pictures[0]), run="1", samples=[4], inputs=[{"pixels": {"sample": 4}}], method="GradCam"
    )
    found = handler.handle(request, work)
    assert isinstance(found, Explained) and found.request == 7
    assert found.explanations[0].fields == found.explanations[1].fields
    assert max(work.told) <= 1.0


# The command line


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = cli.main(["explain", *arguments, "--run", "1", "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_command_explains_a_picture_and_draws_it(
    capsys: pytest.CaptureFixture[str], pictures: Made, tmp_path: Path
) -> None:
    given, to = tmp_path / "given.png", tmp_path / "why.png"
    given.write_bytes(png())
    code, found = command(capsys, str(pictures[0]), str(given), "--method", "magic", "--to", str(to))
    assert code == 2 and found["error"]["kind"] == "usage"  # no such way
    code, found = command(capsys, str(pictures[0]), str(given), "--method", "occlusion", "--to", str(to))
    assert code == 0 and found["file"] == str(to)
    with Image.open(to) as drawn:
        assert drawn.size[0] / drawn.size[1] == pytest.approx(20 / 14, abs=0.02)
        assert len(np.unique(np.asarray(drawn.convert("RGB")).reshape(-1, 3), axis=0)) > 20
    told = found["explanations"][0]
    assert told["input"] == str(given) and told["method"] == "Occlusion"
    assert len(told["fields"][0]["heat"]) == 14 and "raw" not in told["fields"][0]


def test_the_command_explains_rows_text_and_samples(
    capsys: pytest.CaptureFixture[str], rows: Made, lines: Made
) -> None:
    row = "width (mm)=50,colour=red,weight=3000,price=20000"
    code, found = command(capsys, str(rows[0]), row, "--sample", "2", "--choice", "kind 1")
    assert code == 0
    assert [item["input"] for item in found["explanations"]] == ["sample 2", row]
    assert all(item["choices"][item["choice"]] == "kind 1" for item in found["explanations"])
    code, found = command(capsys, str(lines[0]), "abc uvw")
    spans = found["explanations"][0]["fields"][0]["spans"]
    assert code == 0 and [(span["start"], span["end"]) for span in spans] == [(at, at + 1) for at in range(7)]
    assert cli.main(["explain", str(lines[0]), "abc uvw", "--run", "1"]) == 0
    shown = capsys.readouterr().out
    assert "explained with Shap" in shown and "COUNTS" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to explain"),
        (["x", "--choice", "kind 9"], "no class 'kind 9'"),
        (["x"], "does not say what the network needs"),
        (["--sample", "0", "--to", "x.png"], "no picture or sound to draw over"),
        (["{broken"], "no JSON object"),
    ],
)
def test_wrong_usage_says_what_is_expected(
    capsys: pytest.CaptureFixture[str],
    rows: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, found = command(capsys, str(rows[0]), *arguments)
    assert code == 2 and message in found["error"]["message"]
    assert not (tmp_path / "x.png").exists()
