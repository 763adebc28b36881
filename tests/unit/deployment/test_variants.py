"""Every number format of a run, measured: size, score, same answers, time; kept for the weights they belong to."""

import json
from pathlib import Path

import pytest
import torch
from small_runs import finished_run, pictures, table, text

from engine.cli.main import main
from engine.deployment import int8, variants
from engine.deployment.kept_variants import kept_variants
from engine.deployment.variants import measure_variants
from engine.errors import Cancelled
from engine.training import checkpoint
from engine.training.checkpoint import load_weights
from engine.training.run_state import RunState

torch.set_num_threads(1)


def test_a_network_of_convolutions_is_measured_in_every_format(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", pictures(tmp_path))
    told: list[tuple[float, str]] = []
    found = measure_variants(tmp_path / "p", run, progress=lambda done, text: told.append((done, text)))
    names = [(item.precision, item.int8) for item in found.variants]
    assert names == [("float32", ""), ("float16", ""), ("int8", "static"), ("int8", "dynamic")]
    sizes = [item.bytes for item in found.variants]
    assert sizes[1] < 0.6 * sizes[0] and sizes[2] < sizes[1]
    assert found.score_name == "accuracy" and found.scored == 3 and found.samples == 30
    assert all(item.latency_ms > 0 for item in found.variants) and found.torch_ms > 0
    whole = found.variants[0]
    assert whole.same == 1.0 and whole.score == found.score_before and not whole.refused
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_what_was_measured_is_kept_for_these_weights_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project_dir = tmp_path / "p"
    run = finished_run(project_dir, table(tmp_path), target="price")
    assert kept_variants(project_dir, run) is None
    first = measure_variants(project_dir, run)
    assert first.score_name == "r2" and kept_variants(project_dir, run) == first
    opened: list[int] = []
    right = variants.open_run
    monkeypatch.setattr(variants, "open_run", lambda *a, **k: (opened.append(1), right(*a, **k))[1])
    assert measure_variants(project_dir, run) == first and not opened
    measure_variants(project_dir, run, fresh=True)
    assert opened == [1]
    moved = {name: value * 1.5 for name, value in load_weights(run).items()}
    checkpoint.write(run.checkpoints, "best", RunState(step=9, epoch=2), moved, {})
    assert kept_variants(project_dir, run) is None
    measure_variants(project_dir, run)
    assert opened == [1, 1]
    assert len(list((project_dir / ".netwright" / "variants").iterdir())) == 1, "the old weights' are gone"
    assert not list((project_dir / ".netwright" / "variants").rglob("*.onnx"))


def test_a_variant_that_loses_too_much_says_so_and_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished_run(tmp_path / "p", text(tmp_path))
    monkeypatch.setattr(int8, "LARGEST_DROP", -1.0)
    found = measure_variants(tmp_path / "p", run)
    assert found.variants[-1].precision == "int8" and "accuracy would fall" in found.variants[-1].refused
    assert not any(item.refused for item in found.variants[:-1])


def test_stopping_keeps_nothing(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "p", table(tmp_path), target="kind")
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 10

    with pytest.raises(Cancelled):
        measure_variants(tmp_path / "p", run, cancelled=cancelled)
    assert kept_variants(tmp_path / "p", run) is None


def test_the_command_tells_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished_run(tmp_path / "p", table(tmp_path), target="kind")
    assert main(["variants", str(tmp_path / "p"), "--run", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["variants"][0]) == {
        "precision",
        "int8",
        "bytes",
        "score",
        "same",
        "max_abs_difference",
        "latency_ms",
        "refused",
    }
    assert main(["variants", str(tmp_path / "p"), "--run", "1"]) == 0
    shown = capsys.readouterr().out
    assert "float32" in shown and "1.00x" in shown and "accuracy on" in shown
    to = tmp_path / "m.onnx"
    arguments = ["export", str(tmp_path / "p"), "--run", "1", "--to", str(to), "--contents", "network", "--optimise"]
    arguments += ["--opset", "13"]
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["contents"], told["opset"], told["precision"]) == ("network", 13, "float32")
    assert told["proof"] == str(tmp_path / "m.proof.json")
