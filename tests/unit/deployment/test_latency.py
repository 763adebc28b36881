"""How long a file takes: of a picture network and a table, by real answers to raw samples."""

from pathlib import Path

import pytest

from engine.data.dataset import open_dataset
from engine.deployment import latency as module
from engine.deployment.export import export_onnx
from engine.deployment.latency import measure_latency
from engine.document.files import load
from engine.errors import Cancelled
from tests.unit.deployment.small_runs import finished_run, pictures, table


@pytest.mark.parametrize("make", [pictures, table])
def test_single_raw_samples_are_answered(tmp_path: Path, make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "MOST_S", 0.05)
    source = make(tmp_path)
    project_dir = tmp_path / "project"
    run = finished_run(project_dir, source, target="kind" if source.is_file() else "")
    export_onnx(project_dir, run, tmp_path / "model.onnx", samples=4)
    dataset = open_dataset(project_dir, load(project_dir).data)
    found = measure_latency(tmp_path / "model.onnx", 3, dataset)
    assert found.run == 3 and found.times >= 5
    assert 0 < found.milliseconds <= found.slow_milliseconds < 5000
    with pytest.raises(Cancelled):
        measure_latency(tmp_path / "model.onnx", 3, dataset, cancelled=lambda: True)
